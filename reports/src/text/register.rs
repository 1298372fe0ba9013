//! The register of findings, as text.

use drill::details::RegisteredFinding;
use drill::report::{Finding, Report};

use super::date;

/// What the register says of a finding.
pub(crate) fn tracked<'a>(report: &'a Report, finding: &Finding) -> Option<&'a RegisteredFinding> {
    let register = report.details.as_ref()?.register.as_ref()?;
    let key = drill::register::key(&report.scenario.name, finding);
    register.findings.iter().find(|one| one.key == key)
}

/// Where a finding of this drill stands: as the register says, but *reopened* where the register had it closed before this
/// drill found it again.
pub(crate) fn status<'a>(report: &Report, one: &'a RegisteredFinding) -> &'a str {
    match one.status.as_str() {
        "closed" if !closed_since(report, one) => "reopened",
        status => status,
    }
}

/// Whether it was closed after this drill: the register was read after the drill, and knows of it or was closed on a later day.
fn closed_since(report: &Report, one: &RegisteredFinding) -> bool {
    let knows = one
        .last_seen_at
        .as_ref()
        .is_some_and(|at| *at >= report.started_at);
    let day = report.started_at.get(..10);
    let later = one
        .closed_on
        .as_deref()
        .is_some_and(|closed| day.is_some_and(|day| closed > day));
    read_after(report) && (knows || later)
}

/// Whether the register was read after the drill: otherwise every retest that it has is older than the drill.
pub(crate) fn read_after(report: &Report) -> bool {
    let register = report
        .details
        .as_ref()
        .and_then(|details| details.register.as_ref());
    register.is_some_and(|register| register.read_at > report.finished_at)
}

/// Where owners, dates and retests come from; nothing where no register was read.
pub(crate) fn register(report: &Report) -> Option<String> {
    let register = report.details.as_ref()?.register.as_ref()?;
    Some(format!(
        "Owners, due dates and retests are those of the register {} as it was on {}.",
        register.file,
        date(&register.read_at)
    ))
}

/// Where the report of another run of the same scenario is, seen from the folder of this one; nothing of other runs.
pub(crate) fn address_of(report: &Report, run: &str) -> Option<String> {
    let name = run
        .strip_prefix(report.scenario.name.as_str())?
        .strip_prefix('/')?;
    let plain = !name.is_empty()
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    plain.then(|| format!("../{name}/report.html"))
}
