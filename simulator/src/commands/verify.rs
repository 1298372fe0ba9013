//! `firedrill verify`: says of each thing in an evidence pack whether it holds.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use drill::report::{DataSet, Objective, ObjectiveVerdict, Report, Verdict};
use drill::text::one_line;
use evidence::{Check, CheckOutcome, LARGEST, Statement, Verified};

use super::evidence::{judge, keys, statement};
use crate::exit::{End, Failure};
use crate::output;
use crate::run_folder;

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The evidence pack (`.tar.gz`).
    file: PathBuf,
    /// The public key of the expected signer, as PEM. Without it, the key in the pack is used, which proves that nothing was
    /// changed, and not who signed.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// This version, which packs name.
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) fn execute(arguments: &Verify) -> Result<End, Failure> {
    let name = arguments.file.display();
    let key = arguments.key.as_deref().map(keys::public).transpose()?;
    let bytes =
        whole(&arguments.file).map_err(|error| Failure::Input(format!("{name}: cannot be read: {error}")))?;
    let mut verified = evidence::verify(&bytes, key.as_ref(), VERSION)
        .map_err(|error| Failure::Input(format!("{name}: {error}")))?;
    if let Some(check) = judged_again(&verified, &arguments.file) {
        verified.checks.push(check);
    }
    output::write(&text(&verified, key.is_some()))?;
    Ok(if verified.holds() {
        End::Done
    } else {
        End::NotVerified
    })
}

fn whole(file: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(file)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        Err(io::Error::other("it is larger than any evidence pack"))
    } else {
        Ok(bytes)
    }
}

/// The records, judged by this version: the same version gives the same reports and the same statement, another one the same
/// verdict, and where it comes to other figures, that is told.
fn judged_again(verified: &Verified, file: &Path) -> Option<Check> {
    let statement = verified.statement.as_ref()?;
    let made_by = &statement.predicate.tool.version;
    let same_version = made_by == VERSION;
    let what = if same_version {
        "Judged again, the records give the same reports and the same statement".to_owned()
    } else {
        format!("Judged again by version {VERSION}, the records give the same verdict")
    };
    let judged = match judge::again(&verified.files, file) {
        Ok(judged) => judged,
        Err(why) if same_version => return Some(Check::new(what, Some(one_line(&why.to_string())))),
        Err(why) => {
            let why = format!("version {made_by} made it: {}", one_line(&why.to_string()));
            let outcome = CheckOutcome::NotTold(why);
            return Some(Check { what, outcome });
        }
    };
    let (said, found) = (statement.predicate.verdict, judged.report.verdict);
    let wrong = if said != found {
        Some(format!(
            "they give {}, and the statement says {}{}",
            word(found),
            word(said),
            if same_version {
                String::new()
            } else {
                format!("; verify it with version {made_by}, too")
            }
        ))
    } else if same_version {
        judge::differing(&judged, &verified.files)
            .map(|file| format!("{file} is not what the records give"))
            .or_else(|| other_statement(&judged.report, verified, statement))
    } else if let Some(other) = other_figures(&judged.report, &verified.files) {
        let why =
            format!("the verdict is the same, and {other} in the pack; version {made_by} verifies them");
        let outcome = CheckOutcome::NotTold(why);
        return Some(Check { what, outcome });
    } else {
        None
    };
    Some(Check::new(what, wrong))
}

/// That the records give another statement than the one that is signed, if so.
fn other_statement(report: &Report, verified: &Verified, signed: &Statement) -> Option<String> {
    let packed_on = signed.predicate.packed_on.clone();
    match statement::predicate(report, &verified.files, packed_on) {
        Ok(given) if given == signed.predicate => None,
        Ok(_) => Some("the statement says something of the drill that the records do not give".to_owned()),
        Err(why) => Some(one_line(&why.to_string())),
    }
}

/// Which objective, or whose losses, `report.json` has otherwise than the records give them.
fn other_figures(report: &Report, files: &BTreeMap<String, Vec<u8>>) -> Option<String> {
    let bytes = files.get(run_folder::REPORT).map_or(&[][..], Vec::as_slice);
    let Ok(packed) = serde_json::from_slice::<Report>(bytes) else {
        return Some(format!("{} is of another form", run_folder::REPORT));
    };
    let objectives = |report: &Report| -> Vec<(String, Option<u64>, ObjectiveVerdict)> {
        let of = |one: &Objective| (one.key(), one.actual_s.map(f64::to_bits), one.verdict);
        report.objectives.iter().map(of).collect()
    };
    let losses = |report: &Report| -> Vec<(String, [u64; 4])> {
        let of = |set: &DataSet| {
            (
                set.name.clone(),
                [set.lost, set.corrupted, set.stale, set.unknown],
            )
        };
        report.data.iter().map(of).collect()
    };
    if objectives(report) != objectives(&packed) {
        return Some("the figures of objectives are others".to_owned());
    }
    (losses(report) != losses(&packed)).then(|| "the losses are others".to_owned())
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive => "inconclusive",
    }
}

/// What it is, each check, and what all of it means.
fn text(verified: &Verified, key_was_named: bool) -> String {
    let mut text = String::new();
    if let Some(statement) = &verified.statement {
        let said = &statement.predicate;
        for line in [
            format!("{} ({})", said.scenario.title, said.scenario.name),
            format!(
                "verdict {}, begun {}, seed {}, recorded by version {} and packed by version {} of {}",
                word(said.verdict),
                said.started_at,
                said.seed,
                said.recorded.tool.version,
                said.tool.version,
                said.tool.name
            ),
            said.emulation.clone(),
        ] {
            let _ = writeln!(text, "  {}", one_line(&line));
        }
        text.push('\n');
    }
    for check in &verified.checks {
        let (sign, why) = match &check.outcome {
            CheckOutcome::Holds => ("✔", String::new()),
            CheckOutcome::Fails(why) => ("✘ NOT SO:", format!(": {why}")),
            CheckOutcome::NotTold(why) => ("– not told:", format!(": {why}")),
        };
        let _ = writeln!(text, "{sign} {}", one_line(&format!("{}{why}", check.what)));
    }
    text.push('\n');
    text.push_str(&conclusion(verified, key_was_named));
    text
}

fn conclusion(verified: &Verified, key_was_named: bool) -> String {
    let failed = verified.checks.iter().filter(|check| check.fails()).count();
    if failed > 0 {
        return format!(
            "NOT VERIFIED: {failed} of {} checks fail.\n",
            verified.checks.len()
        );
    }
    let not_told = verified
        .checks
        .iter()
        .filter(|check| matches!(check.outcome, CheckOutcome::NotTold(_)))
        .count();
    let not_told = match not_told {
        0 => String::new(),
        1 => "One check could not be made by this version (above, “not told”).\n".to_owned(),
        n => format!("{n} checks could not be made by this version (above, “not told”).\n"),
    };
    not_told + &signed(verified, key_was_named)
}

fn signed(verified: &Verified, key_was_named: bool) -> String {
    let fingerprint = verified
        .key
        .as_ref()
        .map(evidence::PublicKey::fingerprint)
        .unwrap_or_default();
    if key_was_named {
        format!(
            "Verified: signed with the key that you named ({fingerprint}), and nothing was changed since.\n"
        )
    } else {
        format!(
            "Verified: nothing was changed since it was signed. That does not prove who signed it: the key came with the \
             pack.\nCompare its fingerprint with the one that the signer tells you by another way, or name the signer's key \
             with --key:\n{fingerprint}\n"
        )
    }
}
