//! When what windows count from happened, while the drill runs: for people who are shown how much of a window is left.
//!
//! Whether a window was missed is judged afterwards, from the journal.

use std::collections::BTreeMap;

use drill::scenario::{DECLARE, Reference, Scenario, Step};
use drill::units::DrillTime;
use parking_lot::Mutex;

/// What is known so far.
#[derive(Debug, Default)]
pub(crate) struct Course(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    fault: Option<DrillTime>,
    detected: Option<DrillTime>,
    ends: BTreeMap<String, DrillTime>,
}

impl Course {
    /// A fault has been injected.
    pub(crate) fn injected(&self, at: DrillTime) {
        self.0.lock().fault.get_or_insert(at);
    }

    /// The monitoring has fired.
    pub(crate) fn detected(&self, at: DrillTime) {
        self.0.lock().detected.get_or_insert(at);
    }

    /// A step has come to its end.
    pub(crate) fn ended(&self, step: &str, at: DrillTime) {
        self.0.lock().ends.insert(step.to_owned(), at);
    }

    /// The instants between which a step should end, if what they count from has come.
    pub(crate) fn window(&self, scenario: &Scenario, step: &Step) -> Option<(DrillTime, DrillTime)> {
        let within = step.within.as_ref()?;
        let known = self.0.lock();
        let end_of = |id: &str| known.ends.get(id).copied();
        let from = match &within.counted_from {
            Reference::Fault => known.fault,
            Reference::Detection => known.detected,
            Reference::Declaration if scenario.declaration().is_some() => end_of(DECLARE),
            Reference::Declaration => known.detected,
            Reference::Step(id) => end_of(id),
        }?;
        Some((from + within.from, from + within.to))
    }
}
