//! Runs one device: its timer, its connection, its notes. All that decides is in [`crate::device`].

mod notes;

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

use crate::device::{Action, Device, Input, Packet};
use crate::dial::Dial;
use crate::discovery::{Discover, Finder};
use crate::epochs::EpochLedger;
use crate::governor::{ConnectRequest, Governor};
use crate::link::{Entrances, Event, Link};
use crate::meters::Meters;
use crate::mqtt_names::{client_id, topic};
use crate::programs::{PROGRAM_TOPIC, ProgramInbox};
use crate::schedule::Schedule;

/// What all devices of a fleet share.
pub(crate) struct Common {
    pub(crate) clock: Clock,
    pub(crate) meters: Arc<Meters>,
    pub(crate) governor: Governor,
    pub(crate) ledger: Mutex<EpochLedger>,
    pub(crate) entrances: Entrances,
    pub(crate) names: Arc<dyn Discover>,
    pub(crate) inbox: Option<ProgramInbox>,
    /// Bytes of a message.
    pub(crate) payload: usize,
    /// Devices that produce nothing more.
    pub(crate) stopped: AtomicU64,
    /// Told when a device stopped producing, and when the last message ended.
    pub(crate) settled: Notify,
}

/// Commands of the fleet to its devices.
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
    finder: Finder,
    /// Where the present attempt or session is; `None` when it found no endpoint.
    endpoint: Option<usize>,
    link: Link<D::Stream>,
    timer: Option<Sleep>,
    /// The attempt that the governor expects.
    expected: Option<DrillTime>,
    /// When it began to wait for its turn.
    request: Option<ConnectRequest>,
    /// The turn of its attempt has come, and it dials.
    dialled: bool,
    /// When the present attempt began.
    began: Option<Mono>,
    /// Publishes without acknowledgement on the present connection.
    on_wire: u64,
    /// One of them, and when it was sent.
    timed: Option<(u16, Mono)>,
}

/// What woke a driver.
enum Wake {
    Event(Event),
    Control,
}

impl<D: Dial> Driver<D> {
    pub(crate) fn new(
        common: Arc<Common>,
        dial: Arc<D>,
        device: Device,
        finder: Finder,
        schedule: Option<Schedule>,
    ) -> Driver<D> {
        let expected = device.next_attempt();
        if let Some(due) = expected {
            common.governor.expect(due);
        }
        Driver {
            common,
            dial,
            device,
            finder,
            schedule,
            endpoint: None,
            link: Link::Down,
            timer: None,
            expected,
            request: None,
            dialled: false,
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
                    Err(_) => Wake::Event(Event::Input(Input::Shutdown)),
                },
                event = poll_fn(|cx| self.poll_event(cx)) => Wake::Event(event),
            };
            match wake {
                Wake::Event(Event::Input(Input::Timer)) => {
                    self.catch_up(&mut actions).await;
                    self.step(Input::Timer, &mut actions);
                }
                Wake::Event(event) => self.handle(event, &mut actions),
                Wake::Control => {
                    let control = *control.borrow_and_update();
                    self.apply(control, &mut actions);
                }
            }
        }
    }

    /// Handles packets of the broker before the timer: an answer that has arrived while this process was busy
    /// is in time.
    async fn catch_up(&mut self, actions: &mut Vec<Action>) {
        if matches!(self.link, Link::Down) {
            return;
        }
        // Sockets are polled while this task yields to others.
        tokio::task::yield_now().await;
        while let Poll::Ready(event) = poll_fn(|cx| Poll::Ready(self.poll_link(cx))).await {
            self.handle(event, actions);
        }
    }

    fn handle(&mut self, event: Event, actions: &mut Vec<Action>) {
        match event {
            Event::Input(input) => self.step(input, actions),
            Event::Message(input, topic, payload) => {
                self.step(input, actions);
                if let Some(inbox) = &self.common.inbox
                    && topic == PROGRAM_TOPIC
                {
                    inbox.delivered(self.device.number(), &payload, self.common.clock.now());
                }
            }
        }
    }

    fn apply(&mut self, control: Control, actions: &mut Vec<Action>) {
        self.step(Input::StopProducing(control.stop_at), actions);
        if control.stopped {
            self.common.stopped.fetch_add(1, Relaxed);
            self.common.settled.notify_waiters();
        }
        if control.shutdown {
            self.step(Input::Shutdown, actions);
        }
    }

    /// What happens next: the timer, or something on the link.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        let due = self.device.next_due();
        if self.timer.as_ref().is_none_or(|timer| timer.due() != due) {
            self.timer = (due < DrillTime::MAX).then(|| self.common.clock.coalesced_sleep_until(due));
        }
        if let Some(timer) = &mut self.timer
            && Pin::new(timer).poll(cx).is_ready()
        {
            self.timer = None;
            return Poll::Ready(Event::Input(Input::Timer));
        }
        self.poll_link(cx)
    }

    fn poll_link(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        let number = self.device.number();
        let entrances = &self.common.entrances;
        self.link
            .poll_input(&*self.dial, entrances, || client_id(number), cx)
    }

    fn step(&mut self, input: Input, actions: &mut Vec<Action>) {
        let now = self.common.clock.now();
        match input {
            Input::TurnCame => {
                if let (Some(endpoint), Some(request)) = (self.endpoint, self.request.take()) {
                    self.dialled = matches!(self.link, Link::Dialling(..));
                    self.common.governor.waited(endpoint, request, now, self.dialled);
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
                self.connect(now);
            }
            Action::Send(packet) => self.send(packet),
            Action::Close => {
                if !matches!(self.link, Link::Up(_, None)) {
                    // Given up before the broker responded.
                    self.attempt_ended(now, false);
                }
                self.close();
            }
            Action::Queueing => self.leave_queue(now),
            Action::Note(note) => self.note(note, now, input),
        }
    }

    /// Finds the endpoint, and queues for it.
    fn connect(&mut self, now: DrillTime) {
        let common = &self.common;
        self.endpoint = self.finder.find(&*common.names, self.device.number(), now);
        self.link = match self.endpoint {
            Some(endpoint) => {
                let link = Link::request(&common.entrances, &self.dial, endpoint, &common.clock);
                let gathers = matches!(link, Link::Gathered(..));
                self.request = Some(common.governor.request(endpoint, now, gathers));
                link
            }
            None => Link::Lost(false),
        };
    }

    /// Leaves the queue of an endpoint that does not respond: without the queue, which exists on this machine
    /// only, the device would have got no response either.
    fn leave_queue(&mut self, now: DrillTime) {
        let (Link::Queued(..) | Link::Gathered(..), Some(endpoint), Some(request)) =
            (&self.link, self.endpoint, self.request)
        else {
            return;
        };
        if self.common.governor.hangs(endpoint, request, now) {
            self.request = None;
            self.attempt_ended(now, false);
            self.endpoint = None;
            self.link = Link::Lost(false);
        }
    }

    fn send(&mut self, packet: Packet) {
        let Link::Up(connection, _) = &mut self.link else {
            return;
        };
        match packet {
            Packet::PingReq => connection.ping(),
            Packet::Subscribe(packet_id) => connection.subscribe(PROGRAM_TOPIC, packet_id),
            Packet::PubAck(packet_id) => connection.acknowledge(packet_id),
            Packet::Disconnect => connection.disconnect(),
            Packet::Publish(publish) => {
                let Some(schedule) = self.schedule else { return };
                let number = self.device.number();
                let due = schedule.due(publish.seq);
                let line = telemetry::encode(number, publish.seq, due, self.common.payload);
                connection.publish(topic(number), publish.packet_id, publish.duplicate, line);
                self.on_wire += 1;
                if let Some(endpoint) = self.at_endpoint() {
                    Meters::add(&endpoint.on_wire, 1);
                }
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
