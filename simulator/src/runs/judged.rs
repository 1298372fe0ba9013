//! What a run's records give, whatever its `report.json` says, and which runs are copies of one.

use std::path::PathBuf;

use drill::history::Row;
use drill::register::key;
use drill::report::{Finding, Report, Severity};

use super::run::Run;
use crate::exit::Failure;
use crate::judge::judge_folder;
use crate::output;

/// Why a run counts for nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotJudged {
    /// Its records cannot be judged.
    #[error("cannot be judged again: {0}")]
    Records(Failure),
    /// It came to no end.
    #[error("has no seal, as every run has that came to its end")]
    NoSeal,
    /// Its report says something else than its records; the folder of the run.
    #[error(
        "report.json was changed since it was judged, or another version of Firedrill wrote it (firedrill report {} \
         writes it anew)",
        .0.display()
    )]
    Report(PathBuf),
}

/// Judges a run again; its report, unless the one in its folder says something else.
///
/// # Errors
/// What is wrong with it.
pub(super) fn again(told: &Run) -> Result<Report, NotJudged> {
    let judged = judge_folder(&told.folder).map_err(NotJudged::Records)?;
    let report = judged.report;
    if report.lacks_seal {
        return Err(NotJudged::NoSeal);
    }
    let same = row(&told.report) == row(&report)
        && findings(&told.report, &told.report) == findings(&report, &told.report);
    if same {
        Ok(report)
    } else {
        Err(NotJudged::Report(told.folder.clone()))
    }
}

/// What a report says in short, without the plan: one that was added later stands in no report that was written before.
fn row(report: &Report) -> Row {
    Row {
        plan: None,
        ..Row::from_report("", report)
    }
}

/// Which findings a report has. Of versions whose findings had no kinds, only how severe they are.
fn findings(report: &Report, written: &Report) -> Vec<(Severity, String)> {
    let kinds = written.findings.iter().all(|finding| !finding.kind.is_empty());
    let scenario = &report.scenario.name;
    let name = |finding: &Finding| {
        if kinds {
            key(scenario, finding)
        } else {
            String::new()
        }
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
        let row = Row::from_report(&run.id, &run.report);
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
