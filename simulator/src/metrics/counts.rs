//! What the lines of a journal add up to.
//!
//! A pure fold over events: the same lines give the same counts.

use std::collections::{BTreeMap, BTreeSet};

use drill::journal::{Event, FunctionCounters, Health, Purpose, StepOutcome};

/// The counts so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct JournalCounts {
    /// Lines of the journal.
    pub(crate) lines: u64,
    /// The backend of the cloud, once the drill has said it.
    pub(crate) cloud: Option<String>,
    /// Rounds of probes, by probe, purpose and result.
    pub(crate) rounds: BTreeMap<(String, &'static str, &'static str), u64>,
    /// Faults whose injection was tried, by id.
    pub(crate) faults: BTreeMap<String, InjectedFault>,
    /// Whether the monitoring has fired.
    pub(crate) detected: bool,
    /// Steps that are under way.
    pub(crate) running: BTreeSet<String>,
    /// Steps that have ended, or never will begin, by outcome.
    pub(crate) ended: BTreeMap<&'static str, u64>,
    /// The last counters of each function in each region.
    pub(crate) functions: BTreeMap<(String, String), FunctionCounters>,
    /// How often a component was saturated.
    pub(crate) saturated: BTreeMap<String, u64>,
    /// Warnings.
    pub(crate) warnings: u64,
}

/// A fault whose injection was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct InjectedFault {
    /// How many things it touched.
    pub(crate) targets: u64,
    /// Whether it was verified, once its verification has ended.
    pub(crate) proven: Option<bool>,
    /// It is over.
    pub(crate) ended: bool,
}

impl InjectedFault {
    /// Whether it broke anything: an injection that touched nothing has failed.
    pub(crate) fn touched(&self) -> bool {
        self.targets > 0
    }
}

impl JournalCounts {
    /// One more line.
    pub(crate) fn apply(&mut self, event: &Event) {
        self.lines += 1;
        match event {
            Event::Started { cloud, .. } => self.cloud = Some(cloud.clone()),
            Event::Probe {
                probe,
                purpose,
                health,
                ..
            } => {
                let of = (probe.clone(), purpose_word(*purpose), health_word(*health));
                *self.rounds.entry(of).or_default() += 1;
            }
            Event::FaultInjected { fault, targets, .. } => {
                self.faults.entry(fault.clone()).or_default().targets = targets.len() as u64;
            }
            Event::FaultProven { fault, proven, .. } => {
                self.faults.entry(fault.clone()).or_default().proven = Some(*proven);
            }
            Event::FaultEnded { fault, .. } => self.faults.entry(fault.clone()).or_default().ended = true,
            Event::Detected { .. } => self.detected = true,
            Event::StepStarted { step, .. } => drop(self.running.insert(step.clone())),
            Event::StepEnded(end) => {
                self.running.remove(&end.step);
                *self.ended.entry(outcome_word(end.outcome)).or_default() += 1;
            }
            Event::Functions(counters) => {
                let of = (counters.function.clone(), counters.region.clone());
                self.functions.insert(of, counters.clone());
            }
            Event::Saturated { component, .. } => {
                *self.saturated.entry(component.to_string()).or_default() += 1
            }
            Event::Warning { .. } => self.warnings += 1,
            _ => {}
        }
    }

    /// Rounds of one kind.
    pub(crate) fn rounds_of(&self, probe: &str, purpose: Purpose, health: Health) -> u64 {
        let of = (probe.to_owned(), purpose_word(purpose), health_word(health));
        self.rounds.get(&of).copied().unwrap_or_default()
    }
}

/// The three results of a probe.
pub(crate) const HEALTHS: [Health; 3] = [Health::Green, Health::Red, Health::Unknown];

/// The ways in which a step ends.
pub(crate) const OUTCOMES: [StepOutcome; 6] = [
    StepOutcome::Done,
    StepOutcome::Failed,
    StepOutcome::Skipped,
    StepOutcome::GoneThrough,
    StepOutcome::NotStarted,
    StepOutcome::Interrupted,
];

pub(crate) fn purpose_word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Health => "health",
        Purpose::Detection => "detection",
    }
}

pub(crate) fn health_word(health: Health) -> &'static str {
    match health {
        Health::Green => "green",
        Health::Red => "red",
        Health::Unknown => "unknown",
    }
}

pub(crate) fn outcome_word(outcome: StepOutcome) -> &'static str {
    match outcome {
        StepOutcome::Done => "done",
        StepOutcome::Failed => "failed",
        StepOutcome::Skipped => "skipped",
        StepOutcome::GoneThrough => "gone_through",
        StepOutcome::NotStarted => "not_started",
        StepOutcome::Interrupted => "interrupted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drill::journal::FaultEnd;
    use drill::units::DrillTime;

    #[test]
    fn probes_and_faults_are_counted_as_the_lines_say() {
        let round = |purpose, health| Event::Probe {
            probe: "p".to_owned(),
            purpose,
            began: DrillTime::ZERO,
            health,
            passed: 0,
            sampled: 0,
            detail: None,
            via: Default::default(),
        };
        let fault = "f".to_owned();
        let mut counts = JournalCounts::default();
        counts.apply(&round(Purpose::Health, Health::Red));
        counts.apply(&round(Purpose::Health, Health::Red));
        counts.apply(&round(Purpose::Detection, Health::Red));
        assert_eq!(counts.rounds_of("p", Purpose::Health, Health::Red), 2);
        assert_eq!(counts.rounds_of("p", Purpose::Detection, Health::Red), 1);
        assert_eq!(counts.rounds_of("p", Purpose::Health, Health::Green), 0);
        counts.apply(&Event::FaultInjected {
            fault: fault.clone(),
            action: "a".to_owned(),
            targets: vec!["x".to_owned(), "y".to_owned()],
        });
        let mut expected = InjectedFault {
            targets: 2,
            ..InjectedFault::default()
        };
        assert_eq!(counts.faults["f"], expected);
        assert!(expected.touched());
        counts.apply(&Event::FaultInjected {
            fault: "failed".to_owned(),
            action: "a".to_owned(),
            targets: vec![],
        });
        assert!(!counts.faults["failed"].touched());
        counts.apply(&Event::FaultProven {
            fault: fault.clone(),
            proven: false,
            evidence: String::new(),
        });
        counts.apply(&Event::FaultEnded {
            fault,
            by: FaultEnd::Itself,
        });
        (expected.proven, expected.ended) = (Some(false), true);
        assert_eq!(counts.faults["f"], expected);
        assert_eq!(counts.lines, 7);
    }
}
