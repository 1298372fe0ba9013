//! `firedrill verify`: says of each thing in an evidence pack whether it holds.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use drill::report::Verdict;
use drill::text::one_line;
use evidence::{Check, LARGEST, Outcome, Verified};

use super::evidence::{judge, keys};
use crate::exit::{End, Failure};
use crate::output;

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The evidence pack (`.tar.gz`).
    file: PathBuf,
    /// The public key of whoever should have signed it, as PEM. Without it the key in the pack is taken, which proves that
    /// nothing was changed, and not who signed.
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
    Ok(match verified.holds() {
        true => End::Done,
        false => End::NotVerified,
    })
}

fn whole(file: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(file)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > LARGEST {
        true => Err(io::Error::other("it is larger than any evidence pack")),
        false => Ok(bytes),
    }
}

/// The records, judged by this version: the same version gives the same reports, another one the same verdict.
fn judged_again(verified: &Verified, file: &Path) -> Option<Check> {
    let statement = verified.statement.as_ref()?;
    let made_by = &statement.predicate.tool.version;
    let same_version = made_by == VERSION;
    let what = match same_version {
        true => "Judged again, the records give the same reports".to_owned(),
        false => format!("Judged again by version {VERSION}, the records give the same verdict"),
    };
    let judged = match judge::again(&verified.files, file) {
        Ok(judged) => judged,
        Err(why) if same_version => return Some(Check::new(what, Some(one_line(&why.to_string())))),
        Err(why) => {
            let why = format!("version {made_by} made it: {}", one_line(&why.to_string()));
            let outcome = Outcome::NotTold(why);
            return Some(Check { what, outcome });
        }
    };
    let (said, found) = (statement.predicate.verdict, judged.report.verdict);
    let wrong = match same_version {
        _ if said != found => Some(format!(
            "they give {}, and the statement says {}{}",
            word(found),
            word(said),
            if same_version {
                String::new()
            } else {
                format!("; verify it with version {made_by}, too")
            }
        )),
        true => judge::differing(&judged, &verified.files)
            .map(|file| format!("{file} is not what the records give")),
        false => None,
    };
    Some(Check::new(what, wrong))
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
            Outcome::Holds => ("✔", String::new()),
            Outcome::Fails(why) => ("✘ NOT SO:", format!(": {why}")),
            Outcome::NotTold(why) => ("– not told:", format!(": {why}")),
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
    let fingerprint = verified
        .key
        .as_ref()
        .map(evidence::PublicKey::fingerprint)
        .unwrap_or_default();
    match key_was_named {
        true => format!(
            "Verified: signed with the key that you named ({fingerprint}), and nothing was changed since.\n"
        ),
        false => format!(
            "Verified: nothing was changed since it was signed. That does not prove who signed it: the key came with the \
             pack.\nCompare its fingerprint with the one that the signer tells you by another way, or name the signer's key \
             with --key:\n{fingerprint}\n"
        ),
    }
}
