//! Runs one device: its timer, its connection, its notes. All that decides is in [`crate::device`].

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};

use drill::telemetry;
use drill::units::DrillTime;
use parking_lot::Mutex;
use runtime::Clock;
use runtime::clock::Sleep;
use runtime::wall::{self, Mono};
use tokio::sync::{Notify, watch};

use crate::device::{Action, Device, Input, Note, Packet};
use crate::epochs::{EpochLedger, Fate};
use crate::governor::Governor;
use crate::link::{Dial, Link, Turns};
use crate::meters::Meters;
use crate::schedule::Schedule;
use crate::{client_id, topic};

/// What all devices of a fleet share.
pub(crate) struct Common {
    pub(crate) clock: Clock,
    pub(crate) meters: Arc<Meters>,
    pub(crate) governor: Governor,
    pub(crate) ledger: Mutex<EpochLedger>,
    pub(crate) turns: Turns,
    /// Bytes of a message.
    pub(crate) payload: usize,
    /// Devices that produce nothing more.
    pub(crate) stopped: AtomicU64,
    /// Told when a device stopped producing, and when the last message ended.
    pub(crate) settled: Notify,
}

/// What the fleet tells its devices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Control {
    /// Nothing due at this instant or later is produced.
    pub(crate) stop_at: DrillTime,
    /// Whether this is final: `stop_at` has passed.
    pub(crate) stopped: bool,
    /// All devices are switched off.
    pub(crate) shutdown: bool,
}

/// A device with everything around it.
pub(crate) struct Driver<D: Dial> {
    common: Arc<Common>,
    dial: Arc<D>,
    device: Device,
    schedule: Option<Schedule>,
    endpoint: usize,
    link: Link<D::Stream>,
    timer: Option<Sleep>,
    /// The attempt that the governor expects.
    expected: Option<DrillTime>,
    /// When it began to wait for its turn.
    asked: Option<DrillTime>,
    /// When the present attempt began.
    began: Option<Mono>,
    /// Publishes without acknowledgement on the present connection.
    on_wire: u64,
    /// One of them, and when it was sent.
    timed: Option<(u16, Mono)>,
}

/// What woke a driver.
enum Wake {
    Input(Input),
    Control,
}

impl<D: Dial> Driver<D> {
    pub(crate) fn new(
        common: Arc<Common>,
        dial: Arc<D>,
        device: Device,
        schedule: Option<Schedule>,
    ) -> Driver<D> {
        let expected = device.next_attempt();
        if let Some(due) = expected {
            common.governor.expect(due);
        }
        Driver {
            endpoint: device.number() as usize % dial.endpoints().max(1),
            common,
            dial,
            device,
            schedule,
            link: Link::Down,
            timer: None,
            expected,
            asked: None,
            began: None,
            on_wire: 0,
            timed: None,
        }
    }

    /// Runs the device until it is switched off.
    pub(crate) async fn run(mut self, mut control: watch::Receiver<Control>) {
        let mut actions = Vec::new();
        while !self.device.is_off() {
            let wake = tokio::select! {
                biased;
                changed = control.changed() => match changed {
                    Ok(()) => Wake::Control,
                    Err(_) => Wake::Input(Input::Shutdown),
                },
                input = poll_fn(|cx| self.poll_input(cx)) => Wake::Input(input),
            };
            match wake {
                Wake::Input(Input::Timer) => {
                    self.catch_up(&mut actions).await;
                    self.step(Input::Timer, &mut actions);
                }
                Wake::Input(input) => self.step(input, &mut actions),
                Wake::Control => {
                    let control = *control.borrow_and_update();
                    self.obey(control, &mut actions);
                }
            }
        }
    }

    /// Takes what the broker said before the timer: an answer that has arrived while this process was busy
    /// is in time.
    async fn catch_up(&mut self, actions: &mut Vec<Action>) {
        if matches!(self.link, Link::Down) {
            return;
        }
        // Sockets are looked at while this task lets others go first.
        tokio::task::yield_now().await;
        while let Poll::Ready(input) = poll_fn(|cx| Poll::Ready(self.poll_link(cx))).await {
            self.step(input, actions);
        }
    }

    fn obey(&mut self, control: Control, actions: &mut Vec<Action>) {
        self.step(Input::StopProducing(control.stop_at), actions);
        if control.stopped {
            self.common.stopped.fetch_add(1, Relaxed);
            self.common.settled.notify_waiters();
        }
        if control.shutdown {
            self.step(Input::Shutdown, actions);
        }
    }

    /// The next input: the timer's, or the link's.
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        let due = self.device.next_due();
        if self.timer.as_ref().is_none_or(|timer| timer.due() != due) {
            self.timer = (due < DrillTime::MAX).then(|| self.common.clock.sleep_until(due));
        }
        if let Some(timer) = &mut self.timer
            && Pin::new(timer).poll(cx).is_ready()
        {
            self.timer = None;
            return Poll::Ready(Input::Timer);
        }
        self.poll_link(cx)
    }

    fn poll_link(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        let number = self.device.number();
        self.link
            .poll_input(&*self.dial, self.endpoint, || client_id(number), cx)
    }

    fn step(&mut self, input: Input, actions: &mut Vec<Action>) {
        let now = self.common.clock.now();
        match input {
            Input::TurnCame => {
                if let Some(asked) = self.asked.take() {
                    self.common.governor.waited(asked, now);
                }
            }
            Input::PubAck(packet_id) => self.time_ack(packet_id),
            _ => {}
        }
        self.device.step(input, now, actions);
        for action in actions.drain(..) {
            self.act(action, now, input);
        }
    }

    fn act(&mut self, action: Action, now: DrillTime, input: Input) {
        match action {
            Action::Connect => {
                self.forget_expected();
                self.asked = Some(now);
                self.common.governor.asked(now);
                self.link = Link::ask(&self.common.turns, self.endpoint);
            }
            Action::Send(packet) => self.send(packet),
            Action::Close => {
                if !matches!(self.link, Link::Up(_, None)) {
                    // Given up before the broker said anything.
                    self.common.governor.ended(now, false);
                }
                self.close();
            }
            Action::Note(note) => self.note(note, now, input),
        }
    }

    fn send(&mut self, packet: Packet) {
        let Link::Up(connection, _) = &mut self.link else {
            return;
        };
        match packet {
            Packet::PingReq => connection.ping(),
            Packet::Disconnect => connection.disconnect(),
            Packet::Publish(publish) => {
                let Some(schedule) = self.schedule else { return };
                let number = self.device.number();
                let due = schedule.due(publish.seq);
                let line = telemetry::encode(number, publish.seq, due, self.common.payload);
                connection.publish(topic(number), publish.packet_id, publish.duplicate, line);
                self.on_wire += 1;
                Meters::add(&self.common.meters.on_wire, 1);
                Meters::add(&self.common.meters.published, 1);
                self.timed
                    .get_or_insert_with(|| (publish.packet_id, wall::mono()));
            }
        }
    }

    /// Lets the connection go; what is to be written goes if the socket takes it at once.
    fn close(&mut self) {
        if let Link::Up(connection, _) = &mut self.link {
            let mut cx = Context::from_waker(std::task::Waker::noop());
            let _ = connection.poll_written(&mut cx);
        }
        self.link = Link::Down;
    }

    fn note(&mut self, note: Note, now: DrillTime, input: Input) {
        let common = &self.common;
        let meters = &common.meters;
        match note {
            Note::AttemptDue(due) => {
                self.expected = Some(due);
                common.governor.expect(due);
            }
            Note::Attempted => {
                Meters::add(&meters.attempts, 1);
                self.began = Some(wall::mono());
            }
            Note::Failed => {
                Meters::add(&meters.failures, 1);
                if input == Input::Closed {
                    common.governor.ended(now, true);
                }
            }
            Note::Connected => {
                common.governor.ended(now, true);
                if let Some(began) = self.began.take() {
                    common.governor.connected(began);
                }
                Meters::add(&meters.sessions, 1);
                Meters::add(&meters.connected, 1);
            }
            Note::Disconnected => {
                Meters::sub(&meters.connected, 1);
                Meters::sub(&meters.on_wire, std::mem::take(&mut self.on_wire));
                self.timed = None;
            }
            Note::Produced(seq) => {
                Meters::add(&meters.produced, 1);
                common.ledger.lock().produced(self.device.number(), seq);
            }
            Note::Acknowledged(seq) => {
                Meters::add(&meters.acknowledged, 1);
                self.ended(seq, Fate::Acknowledged);
            }
            Note::Dropped(seq) => {
                Meters::add(&meters.dropped, 1);
                self.ended(seq, Fate::Dropped);
            }
        }
    }

    fn ended(&self, seq: u32, fate: Fate) {
        self.common.ledger.lock().ended(self.device.number(), seq, fate);
        if self.common.meters.pending() == 0 {
            self.common.settled.notify_waiters();
        }
    }

    /// A publish left the wire, whether or not its message was still wanted.
    fn time_ack(&mut self, packet_id: u16) {
        if self.on_wire > 0 {
            self.on_wire -= 1;
            Meters::sub(&self.common.meters.on_wire, 1);
        }
        if let Some((timed, sent)) = self.timed
            && timed == packet_id
        {
            self.timed = None;
            self.common.governor.acknowledged(sent);
        }
    }

    fn forget_expected(&mut self) {
        if let Some(due) = self.expected.take() {
            self.common.governor.forget(due);
        }
    }
}

impl<D: Dial> Drop for Driver<D> {
    fn drop(&mut self) {
        self.forget_expected();
    }
}
