//! Probes: whether a service works, as its users would find.
//!
//! A probe that asks the cloud holds the clock for at most 250 ms of wall time (2 s where the cloud is in other
//! programs); one that waits for something to come through holds nothing. What takes longer sets a pace ([`pace`]).
//! A round that found no answer in time gets a moment of wall time more: if the answer comes then, it was this machine
//! that was late, and nothing is known. The clock is held in that moment, so that what is modelled (a lateness that a
//! fault adds, a batch that is due much later) does not come to its end in it and pass for this machine's.

mod pace;
mod probe;
mod runner;

pub(crate) use self::probe::{ProbeResult, ProbeRound, ServiceProbe, Via};
pub(super) use self::runner::run;
