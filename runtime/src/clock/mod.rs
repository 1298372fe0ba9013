//! The drill clock: drill time, what holds or bounds its rate, and timers in it.
//!
//! RTOs are hours and a drill takes minutes. Drill time is therefore a piecewise-linear function of wall
//! time, whose rate is at most `speed`, and 1 while a guard is held because real work is done here:
//!
//! ```text
//!   state    what decides the rate (pure)         guards   Hold, WorkMeter, ClockLimit
//!   timeline drill time from wall time (pure)     timer    Sleep, Interval, timeout
//!   queue    timers by due time (pure)            page     what children read
//!   accuracy how fast is exact enough (pure)      inner    the lock and the page around the pure parts
//!   backoff  what a late timer does (pure)        driver   the one timer thread
//!   meter    how long guards were held (pure)     manual   a clock for tests
//!   limit    what limited the rate (pure)         lateness how late timers were
//!                                                 drill_clock  Clock, which all of these serve
//! ```
//!
//! Every change of the rate reaches the listener ([`Clock::on_rate_change`]), in order and with the drill
//! time and wall time at which it happened. Guards taken while another is held change nothing and are
//! not reported. The changes of each quarter of a second are handed over together, so that a restore of
//! 20,000 objects with a guard each writes four lines a second and still loses none.

mod accuracy;
mod backoff;
mod drill_clock;
mod driver;
mod guards;
mod inner;
mod lateness;
mod limit;
mod manual;
mod meter;
mod page;
mod queue;
mod reason;
mod state;
#[cfg(test)]
mod tests;
mod timeline;
mod timer;

pub use self::drill_clock::Clock;
pub use self::guards::{ClockLimit, Hold, WorkMeter};
pub use self::lateness::Accounts;
pub use self::manual::ManualClock;
pub use self::meter::Held;
pub use self::reason::{RateChange, Reason};
pub use self::state::Phase;
pub use self::timer::{Elapsed, Fired, Interval, Sleep};
