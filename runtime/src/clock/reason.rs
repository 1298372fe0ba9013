//! Changes of the rate and why they came, for the journal.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use drill::units::DrillTime;

/// Why the rate changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Drill 0.
    Started,
    /// The first guard was acquired; its label.
    Held(Arc<str>),
    /// The last guard was released; its label.
    Released(Arc<str>),
    /// The last guard was a probe's and reached its limit; its label.
    GaveUp(Arc<str>),
    /// A limit was set or changed; its reason.
    Limited(Arc<str>),
    /// A limit was removed; its reason.
    LimitRemoved(Arc<str>),
    /// Timers are late by this much wall time, at the 99th percentile, which allows no other rate.
    Accuracy(Duration),
    /// A timer was this much wall time late.
    Late(Duration),
    /// The rate comes back after a timer was late.
    Recovering,
    /// The rate was not renewed in time: this machine or this process was stalled.
    Stalled,
    /// They go on, after so much wall time.
    Resumed(Duration),
    /// The end of the drill.
    Stopped,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Started => f.write_str("started"),
            Reason::Held(label) => write!(f, "held: {label}"),
            Reason::Released(label) => write!(f, "released: {label}"),
            Reason::GaveUp(label) => write!(f, "guard gave up: {label}"),
            Reason::Limited(reason) => write!(f, "limited: {reason}"),
            Reason::LimitRemoved(reason) => write!(f, "limit removed: {reason}"),
            Reason::Accuracy(late) => write!(f, "timers are {:.1} ms late", late.as_secs_f64() * 1e3),
            Reason::Late(late) => write!(f, "a timer was {} ms late", late.as_millis()),
            Reason::Recovering => f.write_str("recovering from lateness"),
            Reason::Stalled => f.write_str("this machine stands still"),
            Reason::Resumed(after) => write!(f, "this machine stood still for {} ms", after.as_millis()),
            Reason::Stopped => f.write_str("stopped"),
        }
    }
}

/// One change of the rate, for the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct RateChange {
    /// When, in drill time.
    pub drill: DrillTime,
    /// When, in microseconds since the Unix epoch.
    pub wall_us: i64,
    /// Drill seconds per wall second from then on.
    pub rate: f64,
    /// Why.
    pub reason: Reason,
}
