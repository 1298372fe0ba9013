//! How far each step has come, for the rest of the drill.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// How far a step of the runbook has come; one that has not begun stands nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepState {
    /// It is under way, for the so-many-th time.
    Began {
        /// From 1 on.
        attempt: u32,
    },
    /// It has ended, or never will begin.
    Ended,
}

/// The steps that have begun, by their ids.
#[derive(Debug, Default)]
pub(crate) struct Steps(Mutex<BTreeMap<String, StepState>>);

impl Steps {
    /// A step has come to this.
    pub(crate) fn set(&self, step: &str, state: StepState) {
        self.0.lock().insert(step.to_owned(), state);
    }

    /// How far it has come; `None` if it has not begun.
    pub(crate) fn state(&self, step: &str) -> Option<StepState> {
        self.0.lock().get(step).copied()
    }

    /// The steps that are under way, in the order of their names.
    pub(crate) fn under_way(&self) -> Vec<String> {
        let steps = self.0.lock();
        let under_way = steps.iter().filter(|(_, state)| **state != StepState::Ended);
        under_way.map(|(step, _)| step.clone()).collect()
    }
}
