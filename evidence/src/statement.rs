//! What is signed: an in-toto statement, version 1.
//!
//! The subjects are the files of the pack with their digests; the predicate says what they are, and above all that the cloud
//! was emulated. Source: <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>.

use std::collections::BTreeMap;

use drill::report::{EMBEDDED, Verdict};
use drill::scenario::Exercise;
use serde::{Deserialize, Serialize};

/// The type of the statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The type of the predicate. A change that old readers would misread gets another number.
pub const PREDICATE_TYPE: &str = "https://github.com/firedrill/firedrill/evidence/v1";

/// A statement on the files of a pack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub kind: String,
    /// Every file but the statement's own, by name.
    pub subject: Vec<Subject>,
    /// [`PREDICATE_TYPE`].
    pub predicate_type: String,
    /// The predicate about them.
    pub predicate: Predicate,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Its name in the pack.
    pub name: String,
    /// `sha256` and the digest in hex.
    pub digest: BTreeMap<String, String>,
}

/// What the statement says of the drill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Predicate {
    /// Always true: no real system takes part in what Firedrill runs.
    pub emulated: bool,
    /// What that means, as text.
    pub emulation: String,
    /// Which kind of exercise it was; statements of before this field do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exercise: Option<Exercise>,
    /// The program that judged the records and made the pack.
    pub tool: Tool,
    /// What recorded the drill.
    pub recorded: Recorded,
    /// What was drilled.
    pub scenario: Scenario,
    /// SHA-256 (hex) of the plan of the drill: every draw, as its journal has it.
    pub plan_sha256: String,
    /// The recovery plan that was drilled, if it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_plan: Option<RecoveryPlan>,
    /// The seed of every draw.
    pub seed: u64,
    /// The backend (`embedded`).
    pub cloud: String,
    /// When the drill began: RFC 3339, UTC.
    pub started_at: String,
    /// When it ended.
    pub finished_at: String,
    /// Whether it came to its end (false: it was interrupted).
    pub complete: bool,
    /// The verdict.
    pub verdict: Verdict,
    /// The ends of the journal's chain of hashes.
    pub journal: JournalEnds,
    /// SHA-256 (hex) of `seal.sha256`, over the four records.
    pub seal: String,
    /// Which requirements of which standards the report answers, if the report maps them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<Control>,
    /// The name of the machine that made the pack, if its user wanted it told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packed_on: Option<String>,
}

/// A program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `firedrill`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What recorded a drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The program.
    pub tool: Tool,
    /// The machine, if the journal names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
}

/// A machine, without its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The kernel and its version (`Linux 6.12.0 x86_64`).
    pub kernel: String,
    /// The model of the processor.
    pub processor: String,
    /// The cores that the drill could use.
    pub cores: u64,
}

/// What was drilled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The system whose plan it drills.
    pub system: String,
    /// SHA-256 (hex) of the file.
    pub sha256: String,
}

/// The recovery plan that was drilled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryPlan {
    /// What it calls its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// SHA-256 (hex) of its file.
    pub sha256: String,
}

/// The ends of the journal's chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEnds {
    /// How many lines it has.
    pub lines: u64,
    /// SHA-256 (hex) of the first line, without its line feed.
    pub first_sha256: String,
    /// SHA-256 (hex) of the last line.
    pub last_sha256: String,
}

/// A requirement of a standard, and where the report answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// The standard and the number in it (`DORA Art. 25`).
    pub control: String,
    /// What it asks for.
    pub asks_for: String,
    /// Where the report shows it, or that it does not.
    pub shown: String,
}

/// What was emulated in such an exercise on this cloud, and what it therefore does not evidence.
pub fn emulation(cloud: &str, exercise: Exercise) -> String {
    let (what, evidences) = match exercise {
        Exercise::Tabletop => (
            "This was a tabletop exercise: the plan was gone through in words. No system was stood up, none was broken, and \
             nothing was measured"
                .to_owned(),
            "which steps were gone through and when, and by whom as far as the report says so; it evidences no recovery",
        ),
        Exercise::Walkthrough => (
            format!(
                "This was a walkthrough: {}; devices were virtual. No fault was injected and no recovery was measured; of the \
                 steps only those were performed that the report calls done",
                aws(cloud)
            ),
            "which steps were gone through and when, and by whom as far as the report says so; it evidences no recovery",
        ),
        Exercise::Functional | Exercise::Simulation => (
            format!(
                "{}; devices were virtual, faults were injected by the tool, and the work of people was modelled unless the \
                 report says that they did it",
                aws(cloud)
            ),
            "the recovery procedure and the figures that the report calls measured, on that machine",
        ),
    };
    format!("{what}. This evidences {evidences}; it does not evidence the state of any real installation.")
}

/// What stood in for AWS.
fn aws(cloud: &str) -> String {
    match cloud {
        EMBEDDED => {
            "S3, Lambda and the MQTT brokers were Firedrill's own emulation of AWS on one machine".to_owned()
        }
        other => format!(
            "the cloud was {other} behind Firedrill's gateway, and the rest (Lambda, MQTT brokers, replication where it has \
             none) Firedrill's own emulation on one machine"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exercise_without_faults_claims_no_faults() {
        for kind in [Exercise::Tabletop, Exercise::Walkthrough] {
            let said = emulation(EMBEDDED, kind);
            assert!(!said.contains("faults were injected"), "{said}");
            assert!(said.contains("it evidences no recovery"), "{said}");
        }
        assert!(!emulation(EMBEDDED, Exercise::Tabletop).contains("MQTT"));
        for kind in [Exercise::Simulation, Exercise::Functional] {
            assert!(emulation("localstack", kind).contains("faults were injected by the tool"));
        }
    }
}
