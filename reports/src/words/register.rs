//! What the register of findings says, in words.

use drill::details::RegisteredFinding;
use drill::report::{Finding, Report};

use super::date;

/// What the register says of a finding.
pub(crate) fn tracked<'a>(report: &'a Report, finding: &Finding) -> Option<&'a RegisteredFinding> {
    let register = report.details.as_ref()?.register.as_ref()?;
    let key = drill::register::key(&report.scenario.name, finding);
    register.findings.iter().find(|one| one.key == key)
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
