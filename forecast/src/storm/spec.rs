//! What comes together in a storm, and which engine runs it.

use drill::firmware::Reconnect;
use drill::units::Span;

/// What comes together, and against what.
#[derive(Clone, Debug)]
pub struct Storm {
    /// How many devices there are.
    pub devices: u64,
    /// With what it begins.
    pub begin: Begin,
    /// That happens to the devices evenly over this time, from 0 on.
    pub over: Span,
    /// Until then every attempt is refused, as by an endpoint that is down.
    pub closed_for: Span,
    /// Connects that the endpoint lets in per second; as many at once after a second of rest, as AWS IoT counts them.
    pub connects_per_second: u32,
    /// How devices wait between their attempts.
    pub reconnect: Reconnect,
    /// The simulation ends there.
    pub give_up: Span,
    /// Of every draw.
    pub seed: u64,
}

/// With what a storm begins for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Begin {
    /// Its session is lost: it waits as its policy says before the first attempt.
    SessionLost,
    /// It is switched on: its first attempt is made at once.
    SwitchedOn,
}

/// Which engine runs a storm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// Every device by itself: exact, at a cost that grows with the attempts.
    Each,
    /// Devices in the same state together: the mean of what chance does, at a cost that does not grow with the fleet.
    Counted,
}
