//! What the register of findings says of a scenario, as it is copied into the details of a drill.

use std::path::Path;

use drill::details::{RegisterCopy, RegisteredFinding};
use drill::register::{self, Day, Entry, FindingsRegister};
use runtime::wall;

use super::given::bytes;
use crate::exit::Failure;
use crate::output;
use crate::source::sha256_hex;

/// The largest register, in bytes.
const LARGEST: u64 = 4 << 20;

/// The register that `--register` names.
///
/// # Errors
/// If it cannot be read, or something in it is wrong.
pub(crate) fn named(file: &Path, scenario: &str, now: &str) -> Result<RegisterCopy, Failure> {
    let name = file.display().to_string();
    let bytes = bytes(file, LARGEST)
        .map_err(|error| Failure::Input(format!("--register: {name}: cannot be read: {error}")))?;
    let text = String::from_utf8(bytes)
        .map_err(|error| Failure::Input(format!("--register: {name}: is not UTF-8: {error}")))?;
    let today = Day::of_date_time(now).unwrap_or_else(|| Day::of_wall(wall::now_us()));
    let read = FindingsRegister::parse_on(&name, &text, &today).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::Input(lines.join("\n"))
    })?;
    let of_scenario = |entry: &&Entry| entry.key.split('/').next() == Some(scenario);
    let findings = read
        .entries
        .iter()
        .filter(of_scenario)
        .map(|entry| RegisteredFinding {
            key: entry.key.clone(),
            id: entry.id.clone(),
            status: entry.status.name().to_owned(),
            owner: entry.owner.clone(),
            due: entry.due.as_ref().map(ToString::to_string),
            remedy: entry.remedy.clone(),
            retested_by: entry.retested_by.clone(),
            last_seen_at: entry.last_seen_at.clone(),
            closed_on: entry.closed_on.as_ref().map(ToString::to_string),
        });
    Ok(RegisterCopy {
        file: name,
        sha256: sha256_hex(text.as_bytes()),
        read_at: now.to_owned(),
        findings: findings.collect(),
    })
}

/// The register that `--register` names, else the one in this folder, which is said; none where there is none.
///
/// # Errors
/// As [`named`].
pub(crate) fn for_run(
    file: Option<&Path>,
    scenario: &str,
    now: &str,
) -> Result<Option<RegisterCopy>, Failure> {
    if let Some(file) = file {
        return named(file, scenario, now).map(Some);
    }
    let here = Path::new(register::FILE);
    if !here.is_file() {
        return Ok(None);
    }
    let copy = named(here, scenario, now)?;
    output::note(format_args!(
        "firedrill: the report shows owners and dates of {} ({} of this scenario)",
        here.display(),
        copy.findings.len()
    ));
    Ok(Some(copy))
}
