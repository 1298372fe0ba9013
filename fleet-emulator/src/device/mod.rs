//! A device as a pure state machine: `step(input, now) -> actions`. No socket, no clock, no chance but
//! draws that are named after the device.
//!
//! ```text
//!            until boot + Wi-Fi                turn came            CONNACK
//!   start ──► Waiting ───────────────► Queued ──────────► Dialling ─────────► Up
//!                ▲                       │ closed            │ closed, late    │ closed, no PINGRESP
//!                └───────── backoff ─────┴───────────────────┴─────────────────┘
//!                               └─► GaveUp (retries used up)        shutdown: any ─► Off
//! ```
//!
//! Messages are produced on schedule, connected or not, and stamped with the time that they were due.
//! `Queued` stands for the queue in front of the socket: it is the driver's, not the device's, so that the
//! device's own timeout begins with the attempt. If the endpoint does not respond at all, a device that queues
//! times out when it would have timed out without a queue.

mod io;

use std::sync::Arc;

use drill::draw::Draws;
use drill::units::{DrillTime, Span};

use crate::outbox::Outbox;
use crate::schedule::Schedule;
use drill::firmware::Profile;

pub use self::io::{Action, DeviceInput, Input, Note, Packet};

/// A device that still queues checks this often whether the endpoint responds.
const QUEUE_CHECK_INTERVAL: Span = Span::from_secs(1);
/// How long a device waits for the answer to a publish before it sends a ping.
const ANSWER_GRACE: Span = Span::from_secs(5);

#[derive(Clone, Copy, Debug)]
enum State {
    Waiting {
        until: DrillTime,
    },
    Queued {
        check_at: DrillTime,
    },
    Dialling {
        until: DrillTime,
    },
    Up {
        heard: DrillTime,
        ping_by: Option<DrillTime>,
    },
    GaveUp,
    Off,
}

/// A virtual device.
#[derive(Clone, Debug)]
pub struct Device {
    number: u32,
    seed: u64,
    profile: Arc<Profile>,
    schedule: Option<Schedule>,
    subscribes: bool,
    stop_at: DrillTime,
    produced: u32,
    outbox: Outbox,
    state: State,
    /// Waits in a row without a session.
    retries: u32,
    /// The last of them.
    waited: Span,
    /// Waits ever: the index of the next draw.
    waits: u64,
}

impl Device {
    /// Device `number`, switched off until its boot; a message `every` so often, or none at all.
    pub fn new(
        seed: u64,
        number: u32,
        profile: Arc<Profile>,
        input: DeviceInput,
        every: Option<Span>,
    ) -> Device {
        let draws = Draws::new(seed, &format!("device/{number}/wifi"));
        let join = draws.span(0, profile.wifi_join_min, profile.wifi_join_max);
        Device {
            number,
            seed,
            schedule: every.map(|every| input.schedule(every)),
            subscribes: false,
            stop_at: DrillTime::MAX,
            produced: 0,
            outbox: Outbox::new(profile.outbox),
            state: State::Waiting {
                until: input.boot + join,
            },
            retries: 0,
            waited: Span::ZERO,
            waits: 0,
            profile,
        }
    }

    /// A device that wants programs: it subscribes at the beginning of each session.
    pub fn subscribing(self) -> Device {
        Device {
            subscribes: true,
            ..self
        }
    }

    /// Its number.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// When it needs its next [`Input::Timer`] at the latest.
    pub fn next_due(&self) -> DrillTime {
        let state = match self.state {
            State::Waiting { until } | State::Dialling { until } => until,
            State::Up {
                ping_by: Some(by), ..
            } => by,
            State::Up { heard, .. } => self.ping_due(heard),
            State::Off => return DrillTime::MAX,
            State::Queued { check_at } => check_at,
            State::GaveUp => DrillTime::MAX,
        };
        let message = self.next_message().unwrap_or(DrillTime::MAX);
        let expiry = self.next_expiry().unwrap_or(DrillTime::MAX);
        state.min(message).min(expiry)
    }

    /// When it will ask for a connection, if it waits for that.
    pub fn next_attempt(&self) -> Option<DrillTime> {
        match self.state {
            State::Waiting { until } => Some(until),
            _ => None,
        }
    }

    /// Whether it was switched off for good.
    pub fn is_off(&self) -> bool {
        matches!(self.state, State::Off)
    }

    /// Whether its outbox holds nothing.
    pub fn is_drained(&self) -> bool {
        self.outbox.len() == 0
    }

    /// Takes `input` at `now`, and appends what it does to `actions`.
    pub fn step(&mut self, input: Input, now: DrillTime, actions: &mut Vec<Action>) {
        if self.is_off() {
            return;
        }
        match input {
            Input::Timer => {}
            Input::TurnCame => self.turn_came(now, actions),
            Input::Connected => self.connected(now, actions),
            Input::Closed => self.closed(now, actions),
            Input::PubAck(packet_id) => self.acknowledged(packet_id, now, actions),
            Input::PingResp | Input::SubAck => self.record_activity(now),
            Input::Message(packet_id) => self.delivered(packet_id, now, actions),
            Input::StopProducing(at) => self.stop_at = self.stop_at.min(at),
            Input::Shutdown => return self.shut_down(now, actions),
        }
        self.produce(now, actions);
        self.expire(now, actions);
        self.send(actions);
        self.pass_time(now, actions);
    }

    fn turn_came(&mut self, now: DrillTime, actions: &mut Vec<Action>) {
        if let State::Queued { .. } = self.state {
            actions.push(Action::Note(Note::Attempted));
            self.state = State::Dialling {
                until: now + self.profile.connect_timeout,
            };
        }
    }

    fn connected(&mut self, now: DrillTime, actions: &mut Vec<Action>) {
        if let State::Dialling { .. } = self.state {
            actions.push(Action::Note(Note::Connected));
            self.retries = 0;
            self.waited = Span::ZERO;
            self.state = State::Up {
                heard: now,
                ping_by: None,
            };
            if self.subscribes {
                let packet_id = self.outbox.free_packet_id();
                actions.push(Action::Send(Packet::Subscribe(packet_id)));
            }
        }
    }

    fn delivered(&mut self, packet_id: u16, now: DrillTime, actions: &mut Vec<Action>) {
        self.record_activity(now);
        if packet_id != 0 && matches!(self.state, State::Up { .. }) {
            actions.push(Action::Send(Packet::PubAck(packet_id)));
        }
    }

    /// The socket is gone.
    fn closed(&mut self, now: DrillTime, actions: &mut Vec<Action>) {
        match self.state {
            State::Queued { .. } => self.back_off(now, actions),
            State::Dialling { .. } => {
                actions.push(Action::Note(Note::Failed));
                self.back_off(now, actions);
            }
            State::Up { .. } => {
                actions.push(Action::Note(Note::Disconnected));
                self.outbox.disconnected();
                self.back_off(now, actions);
            }
            State::Waiting { .. } | State::GaveUp | State::Off => {}
        }
    }

    fn acknowledged(&mut self, packet_id: u16, now: DrillTime, actions: &mut Vec<Action>) {
        self.record_activity(now);
        if let Some(seq) = self.outbox.acknowledge(packet_id) {
            actions.push(Action::Note(Note::Acknowledged(seq)));
        }
    }

    fn record_activity(&mut self, now: DrillTime) {
        if let State::Up { heard, ping_by } = &mut self.state {
            *heard = now;
            *ping_by = None;
        }
    }

    fn shut_down(&mut self, now: DrillTime, actions: &mut Vec<Action>) {
        self.produce(now, actions);
        self.expire(now, actions);
        match self.state {
            State::Up { .. } => {
                actions.push(Action::Send(Packet::Disconnect));
                actions.push(Action::Close);
                actions.push(Action::Note(Note::Disconnected));
            }
            State::Queued { .. } | State::Dialling { .. } => actions.push(Action::Close),
            State::Waiting { .. } | State::GaveUp | State::Off => {}
        }
        self.outbox.disconnected();
        self.state = State::Off;
    }

    /// Waits for the next attempt as the profile says, or gives up.
    fn back_off(&mut self, now: DrillTime, actions: &mut Vec<Action>) {
        let draws = Draws::new(self.seed, &format!("device/{}/backoff", self.number));
        let policy = &self.profile.reconnect;
        let Some(wait) = policy.wait(self.retries, self.waited, &draws, self.waits) else {
            self.state = State::GaveUp;
            return;
        };
        self.retries = self.retries.saturating_add(1);
        self.waits += 1;
        self.waited = wait;
        let until = now + wait;
        self.state = State::Waiting { until };
        actions.push(Action::Note(Note::AttemptDue(until)));
    }

    /// When a ping is due after the broker's last packet: a publish in flight awaits an answer already.
    fn ping_due(&self, heard: DrillTime) -> DrillTime {
        let grace = match self.outbox.on_wire() {
            0 => Span::ZERO,
            _ => ANSWER_GRACE,
        };
        heard + self.profile.ping_after() + grace
    }

    /// When the next message is due, while messages are produced.
    fn next_message(&self) -> Option<DrillTime> {
        let due = self.schedule?.due(self.produced);
        (due < self.stop_at).then_some(due)
    }

    /// When the oldest message is too old.
    fn next_expiry(&self) -> Option<DrillTime> {
        let due = self.schedule?.due(self.outbox.oldest()?);
        Some(due + self.profile.outbox_expiry?)
    }

    fn produce(&mut self, now: DrillTime, actions: &mut Vec<Action>) {
        while self.next_message().is_some_and(|due| due <= now) {
            let seq = self.produced;
            self.produced += 1;
            if let Some(dropped) = self.outbox.push(seq) {
                actions.push(Action::Note(Note::Dropped(dropped)));
            }
            actions.push(Action::Note(Note::Produced(seq)));
        }
    }

    fn expire(&mut self, now: DrillTime, actions: &mut Vec<Action>) {
        while self.next_expiry().is_some_and(|expiry| expiry <= now) {
            if let Some(dropped) = self.outbox.drop_oldest() {
                actions.push(Action::Note(Note::Dropped(dropped)));
            }
        }
    }

    /// Does what is due in the present state.
    fn pass_time(&mut self, now: DrillTime, actions: &mut Vec<Action>) {
        match self.state {
            State::Waiting { until } if until <= now => {
                let check_at = now + self.profile.connect_timeout;
                self.state = State::Queued { check_at };
                actions.push(Action::Connect);
            }
            State::Queued { check_at } if check_at <= now => {
                let check_at = now + QUEUE_CHECK_INTERVAL;
                self.state = State::Queued { check_at };
                actions.push(Action::Queueing);
            }
            State::Dialling { until } if until <= now => {
                actions.push(Action::Close);
                self.closed(now, actions);
            }
            State::Up {
                ping_by: Some(by), ..
            } if by <= now => {
                actions.push(Action::Close);
                self.closed(now, actions);
            }
            State::Up { heard, ping_by: None } if self.ping_due(heard) <= now => {
                actions.push(Action::Send(Packet::PingReq));
                let ping_by = Some(now + self.profile.ping_response_timeout());
                self.state = State::Up { heard, ping_by };
            }
            _ => {}
        }
    }

    /// Puts on the wire what may go there.
    fn send(&mut self, actions: &mut Vec<Action>) {
        if !matches!(self.state, State::Up { .. }) {
            return;
        }
        while let Some(publish) = self.outbox.send_next(self.profile.inflight) {
            actions.push(Action::Send(Packet::Publish(publish)));
        }
    }
}

#[cfg(test)]
mod tests;
