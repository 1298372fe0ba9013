//! Verifies a pack: each thing that can be checked, and whether it holds.
//!
//! Any one changed byte is found: it is in a file whose digest is signed, in the signature or the statement, or in what is
//! around them, which is held against the archive that the same files give. Where another version of Firedrill made the pack,
//! that version may have compressed it otherwise: then only the compression cannot be held against anything, and that is said.
//! What it holds is checked all the same.

use std::collections::BTreeMap;

use drill::frames::FrameError;
use drill::journal::{self, Event, Journal, JournalError};
use drill::measures::{Recording, RecordingError};
use drill::plan::Plan;
use drill::report::Verdict;
use drill::scenario::Exercise;
use drill::seal::{self, Files as Sealed};
use serde::Deserialize;

use crate::archive::{self, Files, Form};
use crate::digest::sha256;
use crate::dsse::Envelope;
use crate::key::PublicKey;
use crate::layout::{REQUIRED, SIGNER, STATEMENT};
use crate::statement::{PREDICATE_TYPE, STATEMENT_TYPE, Statement};

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What should hold, as a sentence.
    pub what: String,
    /// Whether it does.
    pub outcome: CheckOutcome,
}

/// Whether something holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckOutcome {
    /// It does.
    Holds,
    /// It does not: why.
    Fails(String),
    /// It cannot be checked, with the reason. That is no failure.
    NotTold(String),
}

impl Check {
    /// A check that holds unless there is a reason why not.
    pub fn new(what: impl Into<String>, wrong: Option<String>) -> Check {
        Check {
            what: what.into(),
            outcome: wrong.map_or(CheckOutcome::Holds, CheckOutcome::Fails),
        }
    }

    /// Whether it fails.
    pub fn fails(&self) -> bool {
        matches!(self.outcome, CheckOutcome::Fails(_))
    }
}

/// A file that is no pack at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no evidence pack: {0}")]
pub struct NotAPack(String);

/// What was found.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Everything that was checked, in order.
    pub checks: Vec<Check>,
    /// What was signed, if it can be read.
    pub statement: Option<Statement>,
    /// The files of the pack.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The key against which the signature was checked.
    pub key: Option<PublicKey>,
}

/// Verifies a pack against this key, or else the one that it brings along, as this version of Firedrill.
///
/// # Errors
/// A file that is no pack: nothing of it can be checked.
pub fn verify(bytes: &[u8], key: Option<&PublicKey>, version: &str) -> Result<Verified, NotAPack> {
    if !archive::is_gzip(bytes) {
        return Err(NotAPack("it does not begin as gzip does".to_owned()));
    }
    const UNPACKS: &str = "The archive can be unpacked, and its checksum holds";
    let unpacked = match archive::read(bytes) {
        Ok(unpacked) => unpacked,
        Err(why) => {
            return Ok(Verified {
                checks: vec![Check::new(UNPACKS, Some(why))],
                statement: None,
                files: Files::new(),
                key: None,
            });
        }
    };
    let files = unpacked.files;
    let Some(envelope) = files.get(STATEMENT) else {
        return Err(NotAPack(format!("it is an archive without {STATEMENT}")));
    };
    let mut checks = vec![Check::new(UNPACKS, None)];
    let envelope = Envelope::read(envelope);
    let payload = envelope
        .as_ref()
        .map_err(Clone::clone)
        .and_then(Envelope::payload);
    let statement = payload.and_then(|payload| statement(&payload));
    let wrong = statement.as_ref().err().cloned();
    checks.push(Check::new(
        "Its statement is one of in-toto (version 1) in a DSSE envelope",
        wrong,
    ));
    let statement = statement.ok();
    let (signature, key) = signature(envelope.as_ref().ok(), &files, key);
    checks.push(signature);
    if let Some(statement) = &statement {
        checks.push(Check::new(
            "Its members are the files that the statement names, no fewer and no more",
            members(statement, &files),
        ));
        checks.push(Check::new(
            "Each file has the SHA-256 that is signed",
            digests(statement, &files),
        ));
        checks.push(Check::new(
            "The statement says that the cloud was emulated",
            (!statement.predicate.emulated).then(|| "it says that it was not".to_owned()),
        ));
        checks.push(form(unpacked.form, &statement.predicate.tool.version, version));
        checks.push(chain(statement, &files));
        checks.push(Check::new(
            "The seal matches the four records",
            sealed(statement, &files),
        ));
        checks.push(named_in_journal(&files));
        checks.push(Check::new(
            "Verdict, scenario, seed and dates in the statement are those of report.json",
            reported(statement, &files),
        ));
    }
    Ok(Verified {
        checks,
        statement,
        files,
        key,
    })
}

impl Verified {
    /// Whether nothing fails.
    pub fn holds(&self) -> bool {
        !self.checks.iter().any(Check::fails)
    }
}

fn statement(payload: &[u8]) -> Result<Statement, String> {
    let statement: Statement =
        serde_json::from_slice(payload).map_err(|error| format!("it cannot be read: {error}"))?;
    match (statement.kind.as_str(), statement.predicate_type.as_str()) {
        (STATEMENT_TYPE, PREDICATE_TYPE) => Ok(statement),
        (STATEMENT_TYPE, other) => Err(format!(
            "its predicate is of type {other:?}, not {PREDICATE_TYPE}"
        )),
        (other, _) => Err(format!("it is of type {other:?}, not {STATEMENT_TYPE}")),
    }
}

/// The signature, by the key that the user named or else the pack's own.
fn signature(
    envelope: Option<&Envelope>,
    files: &Files,
    named: Option<&PublicKey>,
) -> (Check, Option<PublicKey>) {
    let own = files.get(SIGNER).and_then(|pem| std::str::from_utf8(pem).ok());
    let own = own.and_then(|pem| PublicKey::from_pem(SIGNER, pem).ok());
    let key = named.cloned().or(own);
    let what = match (named, &key) {
        (Some(key), _) => format!("It was signed with the key that you named, {}", key.fingerprint()),
        (None, Some(key)) => format!(
            "It was signed with the key that lies in it, {}",
            key.fingerprint()
        ),
        (None, None) => "It was signed with the key that lies in it".to_owned(),
    };
    let wrong = match (envelope, &key) {
        (None, _) => Some("the envelope cannot be read".to_owned()),
        (_, None) => Some(format!("{SIGNER} is no public key of ed25519")),
        (Some(envelope), Some(key)) if !envelope.is_signed_by(key) => match envelope.key_id() {
            id if id == key.fingerprint() => Some("the signature does not match the statement".to_owned()),
            id => Some(format!(
                "it names another key, {id}, and the signature is not of this one"
            )),
        },
        (Some(envelope), Some(key)) if envelope.key_id() != key.fingerprint() => {
            Some("the envelope names another key than the one that signed".to_owned())
        }
        _ => None,
    };
    (Check::new(what, wrong), key)
}

fn members(statement: &Statement, files: &Files) -> Option<String> {
    let named = |name: &str| {
        statement
            .subject
            .iter()
            .filter(|subject| subject.name == name)
            .count()
    };
    let required = REQUIRED.into_iter().chain([SIGNER]);
    let unnamed = required.into_iter().find(|name| named(name) == 0);
    let missing = statement
        .subject
        .iter()
        .find(|subject| !files.contains_key(&subject.name));
    let twice = statement.subject.iter().find(|subject| named(&subject.name) > 1);
    let more = files.keys().find(|name| *name != STATEMENT && named(name) == 0);
    unnamed
        .map(|name| format!("the statement does not name {name}, which every pack has"))
        .or_else(|| missing.map(|subject| format!("{} is not there", subject.name)))
        .or_else(|| twice.map(|subject| format!("the statement names {} twice", subject.name)))
        .or_else(|| more.map(|name| format!("{name} is in no statement")))
}

fn digests(statement: &Statement, files: &Files) -> Option<String> {
    statement.subject.iter().find_map(|subject| {
        let content = files.get(&subject.name)?;
        let (found, signed) = (sha256(content), subject.digest.get("sha256"));
        (signed != Some(&found)).then(|| {
            let signed = signed.map_or("none", String::as_str);
            format!(
                "{} was changed: its SHA-256 is {found}, signed is {signed}",
                subject.name
            )
        })
    })
}

fn form(form: Form, made_by: &str, version: &str) -> Check {
    let what = "The archive is, byte for byte, the one that these files give".to_owned();
    let outcome = match form {
        Form::Same => CheckOutcome::Holds,
        Form::Other => CheckOutcome::Fails(
            "its headers are not those that Firedrill writes, or it holds something else".to_owned(),
        ),
        Form::CompressedOtherwise if made_by == version => CheckOutcome::Fails(
            "its compressed bytes were changed, though they unpack to the same".to_owned(),
        ),
        Form::CompressedOtherwise => CheckOutcome::NotTold(format!(
            "version {made_by} made it, which may have compressed it otherwise than {version} does; all that it unpacks to, \
             headers of members included, is as it should be"
        )),
    };
    Check { what, outcome }
}

/// The journal, or what to say of this check where it cannot be read: one of another version tells nothing.
fn readable(bytes: &[u8], what: &str) -> Result<Journal, Check> {
    journal::read(bytes).map_err(|error| {
        let why = format!("journal.jsonl: {error}");
        let outcome = match error {
            JournalError::Version { .. } => CheckOutcome::NotTold(why),
            _ => CheckOutcome::Fails(why),
        };
        Check {
            what: what.to_owned(),
            outcome,
        }
    })
}

fn chain(statement: &Statement, files: &Files) -> Check {
    let what = "The journal's chain of hashes is whole, with the first and last line that are signed";
    let bytes = files.get("journal.jsonl").map_or(&[][..], Vec::as_slice);
    let journal = match readable(bytes, what) {
        Ok(journal) => journal,
        Err(check) => return check,
    };
    let lines: Vec<&[u8]> = bytes
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
        .collect();
    let ends = &statement.predicate.journal;
    let is = |line: Option<&&[u8]>, hash: &str| line.is_some_and(|line| journal::line_hash(line) == hash);
    let wrong = if journal.torn {
        Some(format!(
            "journal.jsonl:{}: the last line is cut short",
            journal.lines.len() + 1
        ))
    } else if lines.len() as u64 != ends.lines {
        Some(format!("it has {} lines, signed are {}", lines.len(), ends.lines))
    } else if !is(lines.first(), &ends.first_sha256) {
        Some("journal.jsonl:1: is not the line that is signed".to_owned())
    } else if !is(lines.last(), &ends.last_sha256) {
        Some(format!(
            "journal.jsonl:{}: is not the line that is signed",
            lines.len()
        ))
    } else {
        None
    };
    Check::new(what, wrong)
}

fn sealed(statement: &Statement, files: &Files) -> Option<String> {
    let of = |name: &str| files.get(name).map_or(&[][..], Vec::as_slice);
    let records = Sealed {
        scenario: of("scenario.yaml"),
        journal: of("journal.jsonl"),
        ledger: of("ledger.bin"),
        audit: of("audit.bin"),
    };
    let list = of(seal::FILE);
    match records.check(list) {
        Err(error) => Some(error.to_string()),
        Ok(seal) if seal != statement.predicate.seal => Some(format!(
            "the seal is {seal}, signed is {}",
            statement.predicate.seal
        )),
        // The ledger and the audit are also in the journal, by their hashes.
        Ok(_) => match Recording::read(&records, Some(list)) {
            // What another version wrote is judged, or cannot be, further down.
            Err(RecordingError::Journal(JournalError::Version { .. })) | Ok(_) => None,
            Err(RecordingError::Unreadable {
                error: FrameError::Version { .. },
                ..
            }) => None,
            Err(error) => Some(error.to_string()),
        },
    }
}

/// What the journal names by its hash: the scenario, the plan of draws, the details, and by them the recovery plan. That holds
/// whatever version judges the records.
fn named_in_journal(files: &Files) -> Check {
    let what = "Plan, details and recovery plan are those whose hashes the journal has";
    let of = |name: &str| files.get(name).map_or(&[][..], Vec::as_slice);
    let journal = match readable(of("journal.jsonl"), what) {
        Ok(journal) => journal,
        Err(check) => return check,
    };
    let started = journal.events().find_map(|(_, event)| match event {
        Event::Started {
            scenario_sha256,
            plan_sha256,
            details_sha256,
            ..
        } => Some((scenario_sha256, plan_sha256, details_sha256.as_deref())),
        _ => None,
    });
    let Some((scenario, plan, details)) = started else {
        return Check::new(what, Some("the journal names none".to_owned()));
    };
    let other = |name: &str| Some(format!("{name} is not the one with which the drill began"));
    let wrong = if sha256(of("scenario.yaml")) != *scenario {
        other("scenario.yaml")
    } else if Plan::digest_of(of("plan.json")) != *plan {
        other("plan.json")
    } else if files.get("details.json").map(|bytes| sha256(bytes)).as_deref() != details {
        other("details.json")
    } else {
        let plan = details_plan(of("details.json"));
        let copy = files.get("recovery-plan").map(|bytes| sha256(bytes));
        (copy != plan).then_some("recovery-plan is not the one that details.json names".to_owned())
    };
    Check::new(what, wrong)
}

/// The hash of the recovery plan that `details.json` names.
fn details_plan(details: &[u8]) -> Option<String> {
    let details: serde_json::Value = serde_json::from_slice(details).ok()?;
    details.pointer("/plan/sha256")?.as_str().map(str::to_owned)
}

/// What the statement repeats of `report.json`.
#[derive(Deserialize)]
struct Reported {
    scenario: ReportedScenario,
    seed: u64,
    cloud: String,
    started_at: String,
    finished_at: String,
    complete: bool,
    verdict: Verdict,
    seal: Option<String>,
    /// Of an exercise without faults.
    #[serde(default)]
    exercise: Option<ReportedExercise>,
}

#[derive(Deserialize)]
struct ReportedExercise {
    kind: Exercise,
}

#[derive(Deserialize)]
struct ReportedScenario {
    name: String,
    sha256: String,
}

fn reported(statement: &Statement, files: &Files) -> Option<String> {
    let bytes = files.get("report.json").map_or(&[][..], Vec::as_slice);
    let reported: Reported = match serde_json::from_slice(bytes) {
        Ok(reported) => reported,
        Err(error) => return Some(format!("report.json:{}: is no report: {error}", error.line())),
    };
    let said = &statement.predicate;
    let pairs = [
        ("verdict", word(said.verdict), word(reported.verdict)),
        ("scenario", said.scenario.name.clone(), reported.scenario.name),
        (
            "scenario's hash",
            said.scenario.sha256.clone(),
            reported.scenario.sha256,
        ),
        (
            "scenario file's hash",
            said.scenario.sha256.clone(),
            sha256(files.get("scenario.yaml").map_or(&[], |file| file)),
        ),
        ("seed", said.seed.to_string(), reported.seed.to_string()),
        ("cloud", said.cloud.clone(), reported.cloud),
        ("beginning", said.started_at.clone(), reported.started_at),
        ("end", said.finished_at.clone(), reported.finished_at),
        (
            "completeness",
            said.complete.to_string(),
            reported.complete.to_string(),
        ),
        ("seal", said.seal.clone(), reported.seal.unwrap_or_default()),
    ];
    let kinds = said.exercise.map(|kind| {
        (
            "kind of exercise",
            without_faults(Some(kind)),
            without_faults(reported.exercise.map(|one| one.kind)),
        )
    });
    let wrong = pairs
        .into_iter()
        .chain(kinds)
        .find(|(_, said, reported)| said != reported);
    wrong.map(|(what, said, reported)| {
        format!("of the {what} the statement says {said}, and report.json {reported}")
    })
}

/// The kind of an exercise without faults; a report does not tell the others apart.
fn without_faults(kind: Option<Exercise>) -> String {
    let kind = kind.filter(|kind| kind.is_without_faults());
    kind.map_or("with faults", Exercise::name).to_owned()
}

fn word(verdict: Verdict) -> String {
    format!("{verdict:?}").to_lowercase()
}
