//! What a run's records give, whatever its `report.json` says, and which runs are copies of one.

use drill::history::Row;
use drill::register::key;
use drill::report::{Finding, Report, Severity};

use super::Run;
use crate::commands::report::judge_folder;
use crate::output;

/// Judges a run again; its report, unless the one in its folder says something else.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub(super) fn again(told: &Run) -> Result<Report, String> {
    let judged =
        judge_folder(&told.folder).map_err(|failure| format!("cannot be judged again: {failure}"))?;
    let report = judged.report;
    if report.complete && report.seal.is_none() {
        return Err("has no seal, as every run has that came to its end".to_owned());
    }
    let same = row(&told.report) == row(&report)
        && findings(&told.report, &told.report) == findings(&report, &told.report);
    match same {
        true => Ok(report),
        false => Err(format!(
            "report.json was changed since it was judged, or another version of Firedrill wrote it (firedrill report {} \
             writes it anew)",
            told.folder.display()
        )),
    }
}

/// What a report says in short, without the plan: one that was added later stands in no report that was written before.
fn row(report: &Report) -> Row {
    Row {
        plan: None,
        ..Row::of("", report)
    }
}

/// Which findings a report has. Of versions whose findings had no kinds, only how severe they are.
fn findings(report: &Report, written: &Report) -> Vec<(Severity, String)> {
    let kinds = written.findings.iter().all(|finding| !finding.kind.is_empty());
    let scenario = &report.scenario.name;
    let name = |finding: &Finding| match kinds {
        true => key(scenario, finding),
        false => String::new(),
    };
    let of = |finding: &Finding| (finding.severity, name(finding));
    let mut all: Vec<(Severity, String)> = report.findings.iter().map(of).collect();
    all.sort();
    all
}

/// Each run once, the newest last: of copies that one which the history names, else the first by name.
pub(super) fn each_once(mut runs: Vec<Run>, known: &[Row]) -> Vec<Run> {
    let named = |run: &Run| known.iter().any(|row| row.run == run.id);
    runs.sort_by_key(|run| (!named(run), run.id.clone()));
    let mut once: Vec<(Row, Run)> = Vec::new();
    for run in runs {
        let row = Row::of(&run.id, &run.report);
        match once.iter().find(|(other, _)| other.is_same_drill(&row)) {
            Some((original, _)) => output::note(format_args!(
                "{}: is a copy of {}, and counts once with it",
                run.folder.display(),
                original.run
            )),
            None => once.push((row, run)),
        }
    }
    let mut runs: Vec<Run> = once.into_iter().map(|(_, run)| run).collect();
    runs.sort_by(|a, b| (&a.report.started_at, &a.id).cmp(&(&b.report.started_at, &b.id)));
    runs
}
