//! What a drill is: its scenario, its plan, and the settings that it runs with.

use std::path::PathBuf;
use std::sync::Arc;

use drill::journal::ReadinessCheck;
use drill::plan::Plan;
use drill::scenario::{Fault, Scenario, Speed};
use drill::units::Span;

/// What is known of a drill before it begins, and does not change.
pub(crate) struct DrillSpec {
    pub(crate) scenario: Arc<Scenario>,
    pub(crate) plan: Plan,
    pub(crate) seed: u64,
    /// The highest rate of the clock.
    pub(crate) speed: f64,
    /// Whether that follows what keeps figures exact.
    pub(crate) pacing: Speed,
    /// Where on this machine the drill works.
    pub(crate) places: Places,
    /// The faults that are announced and not injected, in an exercise without faults.
    pub(crate) announced: Vec<Fault>,
    /// What was found of this machine before the drill.
    pub(crate) machine: Vec<ReadinessCheck>,
    /// When an exercise without faults begins, from drill 0.
    pub(crate) exercise_begins: Span,
}

/// The folders of a drill.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// Where the run leaves its records.
    pub(crate) run: PathBuf,
    /// Where the scenario's file lies, and scripts beside it.
    pub(crate) scenario: PathBuf,
}

impl DrillSpec {
    /// Whether it is an exercise without faults.
    pub(crate) fn is_exercise(&self) -> bool {
        self.scenario.exercise.is_without_faults()
    }

    /// For how long a rule keeps a batch open.
    pub(crate) fn batch_window(&self, rule: &str) -> Span {
        let rules = self.scenario.cloud.rules().iter();
        rules
            .filter(|of| of.name == rule)
            .map(|rule| rule.batch_window)
            .max()
            .unwrap_or(Span::ZERO)
    }
}
