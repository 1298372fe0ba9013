//! Inputs and actions of a device, as values.

use drill::units::{DrillTime, Span};

use crate::outbox::Publish;
use crate::schedule::Schedule;

/// What the plan says about one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceInput {
    /// When it is switched on.
    pub boot: DrillTime,
    /// From then to its first message.
    pub phase: Span,
}

/// What can happen to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// [`Device::next_due`](super::Device::next_due) has come, or any other time.
    Timer,
    /// The attempt that it asked for begins.
    TurnCame,
    /// The broker accepted the session (CONNACK).
    Connected,
    /// The attempt failed, or the connection ended.
    Closed,
    /// The broker acknowledged a packet id.
    PubAck(u16),
    /// The broker answered a ping.
    PingResp,
    /// The broker answered the subscription.
    SubAck,
    /// The broker delivered a message with this packet id; 0 if it wants no acknowledgement.
    Message(u16),
    /// Nothing due at this instant or later is produced.
    StopProducing(DrillTime),
    /// It is switched off for good.
    Shutdown,
}

/// What a device does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask for a connection to the broker.
    Connect,
    /// Send a packet on it.
    Send(Packet),
    /// Give up the connection, or the attempt.
    Close,
    /// It has stood in the queue for as long as an attempt may take. Where nothing answers, this is an
    /// attempt that timed out: [`Input::TurnCame`], [`Input::Closed`]. Otherwise it goes on queueing.
    Queueing,
    /// Nothing to do: something to be counted or written down.
    Note(Note),
}

/// What a device sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet {
    /// A message.
    Publish(Publish),
    /// The wish for programs, with its packet id.
    Subscribe(u16),
    /// The acknowledgement of a message.
    PubAck(u16),
    /// Are you there?
    PingReq,
    /// Good-bye.
    Disconnect,
}

/// What is to be known about a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// It will ask for a connection at this instant.
    AttemptDue(DrillTime),
    /// An attempt began.
    Attempted,
    /// An attempt failed.
    Failed,
    /// A session began.
    Connected,
    /// A session ended.
    Disconnected,
    /// A message was produced.
    Produced(u32),
    /// The broker has a message.
    Acknowledged(u32),
    /// A message died in the outbox.
    Dropped(u32),
}

impl DeviceInput {
    /// The due times of its messages.
    pub(crate) fn schedule(&self, every: Span) -> Schedule {
        Schedule {
            first: self.boot + self.phase,
            every: every.max(Span::from_us(1)),
        }
    }
}
