//! The plan of a drill: everything random that a run takes as input, drawn before anything runs.
//!
//! ```text
//! Scenario + seed ──► Plan { steps' durations, inventories, writers' schedules, faults' targets, devices }
//! ```
//!
//! It is a pure function of the two, and its JSON is the same bytes on every machine; [`Plan::digest`]
//! stands in the journal. Every draw has a path of its own ([`crate::draw`]), so that one more device,
//! object, fault or step leaves all others as they were. What happens between the machines of a live
//! drill (socket timings, which write finds its bucket gone) is not in the plan.

mod deletes;
mod load;
mod targets;

pub use load::{PlannedBucket, PlannedDevice, PlannedObject, PlannedWrite, PlannedWriter, body};
pub use targets::PlannedFault;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::draw::Draws;
use crate::scenario::{Durations, Fault, Scenario, Step, Writer};
use crate::units::{DrillTime, Span};

/// What a run takes as input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The seed of all draws.
    pub seed: u64,
    /// The modelled durations of the runbook's steps, in its order.
    pub steps: Vec<PlannedStep>,
    /// What the buckets hold at drill 0, in the order of the file.
    pub buckets: Vec<PlannedBucket>,
    /// When writers write.
    pub writers: Vec<PlannedWriter>,
    /// When faults are injected, and what, in the order of the file.
    pub faults: Vec<PlannedFault>,
    /// The devices, by number.
    pub devices: Vec<PlannedDevice>,
}

/// The modelled duration of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// The step.
    pub id: String,
    /// The modelled time that it takes, 0 if it has none.
    pub takes: Span,
}

impl Plan {
    /// The plan of this scenario under this seed.
    pub fn new(scenario: &Scenario, seed: u64) -> Plan {
        let durations = scenario.clock.durations;
        let step = |step: &Step| PlannedStep {
            id: step.id.clone(),
            takes: takes(seed, durations, step),
        };
        let buckets: Vec<PlannedBucket> = scenario
            .cloud
            .stores()
            .map(|store| PlannedBucket::new(seed, store))
            .collect();
        let writers: Vec<PlannedWriter> = scenario
            .writers
            .iter()
            .map(|writer| PlannedWriter::new(seed, writer))
            .collect();
        Plan {
            seed,
            steps: scenario.runbook.iter().map(step).collect(),
            faults: targets::plan(scenario, seed, &buckets, &writers),
            buckets,
            writers,
            devices: load::devices(scenario, seed),
        }
    }

    /// SHA-256 of the plan's JSON, in hexadecimal.
    pub fn digest(&self) -> String {
        let json = serde_json::to_vec(self).expect("a plan has only text and integers");
        Plan::digest_of(&json)
    }

    /// The same of a plan that was written down, however its JSON is indented. Of what is no plan it is another one.
    pub fn digest_of(json: &[u8]) -> String {
        hex::encode(Sha256::digest(without_indentation(json)))
    }

    /// The modelled time of a step; 0 if it has none, or is not in the plan.
    pub fn takes(&self, step: &str) -> Span {
        let planned = self.steps.iter().find(|planned| planned.id == step);
        planned.map_or(Span::ZERO, |planned| planned.takes)
    }

    /// The keys that a fault targets, in the order of their draws. `None` for a fault that has no keys
    /// of its own.
    pub fn targets(&self, fault: &str) -> Option<&[String]> {
        let planned = self.faults.iter().find(|planned| planned.id == fault)?;
        planned.targets.as_deref()
    }

    /// The targets of faults that are injected together at `at`, in their order and on disjoint objects; for
    /// faults whose time depends on a step. None for one that is not about keys.
    pub fn targets_at(&self, scenario: &Scenario, faults: &[&Fault], at: DrillTime) -> Vec<Vec<String>> {
        let planned = (self.seed, &*self.faults);
        let writes = (&*self.buckets, &*self.writers);
        targets::at(planned, writes, scenario, faults, at)
    }

    /// What a bucket holds at drill 0; nothing for one that is not in the plan.
    pub fn inventory(&self, bucket: &str) -> &[PlannedObject] {
        let planned = self.buckets.iter().find(|planned| planned.label == bucket);
        planned.map_or(&[], |planned| &planned.objects)
    }

    /// The `n`-th write of a writer: a body under a key, or a delete of what it wrote before.
    pub fn write(&self, writer: &Writer, n: u64) -> PlannedWrite {
        PlannedWriter::new(self.seed, writer).write(self.seed, n)
    }

    /// The bytes of an object of a bucket's inventory.
    pub fn object_body(&self, bucket: &str, object: &PlannedObject) -> Vec<u8> {
        body(self.seed, bucket, &object.key, 0, object.size)
    }
}

/// JSON without what only makes it legible. The rest stays byte by byte, whichever version wrote it.
fn without_indentation(json: &[u8]) -> Vec<u8> {
    let (mut in_text, mut escaped) = (false, false);
    let is_kept = |byte: &&u8| {
        match **byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ => {}
        }
        in_text || !byte.is_ascii_whitespace()
    };
    json.iter().filter(is_kept).copied().collect()
}

/// The modelled time of a step in the run of this seed.
pub fn takes(seed: u64, durations: Durations, step: &Step) -> Span {
    let Some(takes) = &step.takes else {
        return Span::ZERO;
    };
    match durations {
        Durations::P95 => takes.p95(),
        Durations::P50 => takes.p50(),
        Durations::Draw => {
            let draws = Draws::new(seed, &format!("step/{}/takes", step.id));
            takes.draw(&draws, 0)
        }
    }
}
