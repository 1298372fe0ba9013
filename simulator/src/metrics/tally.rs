//! What the lines of a journal add up to.
//!
//! A pure fold over events: whoever reads the journal up to the same line comes to the same counts.

use std::collections::{BTreeMap, BTreeSet};

use drill::journal::{Event, FunctionCounters, Health, Outcome, Purpose};

/// The counts so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Lines of the journal.
    pub(super) lines: u64,
    /// The backend of the cloud, once the drill has said it.
    pub(super) cloud: Option<String>,
    /// Rounds of probes, by probe, purpose and result.
    pub(super) rounds: BTreeMap<(String, &'static str, &'static str), u64>,
    /// Faults whose strike was made, well or not, by id.
    pub(super) faults: BTreeMap<String, Struck>,
    /// Whether the monitoring has fired.
    pub(super) detected: bool,
    /// Steps that are under way.
    pub(super) running: BTreeSet<String>,
    /// Steps that have ended, or never will begin, by outcome.
    pub(super) ended: BTreeMap<&'static str, u64>,
    /// The last counters of each function in each region.
    pub(super) functions: BTreeMap<(String, String), FunctionCounters>,
    /// How often something of ours was at its limit.
    pub(super) saturated: BTreeMap<String, u64>,
    /// Warnings.
    pub(super) warnings: u64,
}

/// A fault whose strike was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Struck {
    /// How many things it touched.
    pub(super) targets: u64,
    /// What its witness said, once it has spoken.
    pub(super) proven: Option<bool>,
    /// It is over.
    pub(super) ended: bool,
}

impl Struck {
    /// Whether it broke anything: a strike that touched nothing has failed.
    pub(super) fn touched(&self) -> bool {
        self.targets > 0
    }
}

impl Tally {
    /// One more line.
    pub(super) fn take(&mut self, event: &Event) {
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
            Event::FaultStruck { fault, targets, .. } => {
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
            Event::Saturated { what, .. } => *self.saturated.entry(what.clone()).or_default() += 1,
            Event::Warning { .. } => self.warnings += 1,
            _ => {}
        }
    }

    /// Rounds of one kind.
    pub(super) fn rounds_of(&self, probe: &str, purpose: Purpose, health: Health) -> u64 {
        let of = (probe.to_owned(), purpose_word(purpose), health_word(health));
        self.rounds.get(&of).copied().unwrap_or_default()
    }
}

/// The three results of a probe.
pub(super) const HEALTHS: [Health; 3] = [Health::Green, Health::Red, Health::Unknown];

/// The ways in which a step ends.
pub(super) const OUTCOMES: [Outcome; 6] = [
    Outcome::Done,
    Outcome::Failed,
    Outcome::Skipped,
    Outcome::GoneThrough,
    Outcome::NotStarted,
    Outcome::Interrupted,
];

pub(super) fn purpose_word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Health => "health",
        Purpose::Detection => "detection",
    }
}

pub(super) fn health_word(health: Health) -> &'static str {
    match health {
        Health::Green => "green",
        Health::Red => "red",
        Health::Unknown => "unknown",
    }
}

pub(super) fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Failed => "failed",
        Outcome::Skipped => "skipped",
        Outcome::GoneThrough => "gone_through",
        Outcome::NotStarted => "not_started",
        Outcome::Interrupted => "interrupted",
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
        let mut tally = Tally::default();
        tally.take(&round(Purpose::Health, Health::Red));
        tally.take(&round(Purpose::Health, Health::Red));
        tally.take(&round(Purpose::Detection, Health::Red));
        assert_eq!(tally.rounds_of("p", Purpose::Health, Health::Red), 2);
        assert_eq!(tally.rounds_of("p", Purpose::Detection, Health::Red), 1);
        assert_eq!(tally.rounds_of("p", Purpose::Health, Health::Green), 0);
        tally.take(&Event::FaultStruck {
            fault: fault.clone(),
            action: "a".to_owned(),
            targets: vec!["x".to_owned(), "y".to_owned()],
        });
        let mut expected = Struck {
            targets: 2,
            ..Struck::default()
        };
        assert_eq!(tally.faults["f"], expected);
        assert!(expected.touched());
        tally.take(&Event::FaultStruck {
            fault: "failed".to_owned(),
            action: "a".to_owned(),
            targets: vec![],
        });
        assert!(!tally.faults["failed"].touched());
        tally.take(&Event::FaultProven {
            fault: fault.clone(),
            proven: false,
            witness: String::new(),
        });
        tally.take(&Event::FaultEnded {
            fault,
            by: FaultEnd::Itself,
        });
        (expected.proven, expected.ended) = (Some(false), true);
        assert_eq!(tally.faults["f"], expected);
        assert_eq!(tally.lines, 7);
    }
}
