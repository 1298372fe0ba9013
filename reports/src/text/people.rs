//! Human steps, injects, and exercises without faults, as text.

use drill::journal::{How, Performed, ReadinessCheck, StepOutcome};
use drill::report::{Inject, Report, Step};
use drill::scenario::Exercise;

use super::{span, verdict};

/// What stands above everything else: the verdict, or of an exercise without faults what it was.
pub(crate) fn headline(report: &Report) -> String {
    let Some(exercise) = &report.exercise else {
        return verdict(report.verdict).to_owned() + &left_out(report);
    };
    let (name, done) = match exercise.kind {
        Exercise::Tabletop => ("TABLETOP EXERCISE", "discussed"),
        _ => ("WALKTHROUGH", "gone through"),
    };
    let how = match (exercise.complete, exercise.people.is_empty()) {
        (true, _) => done.to_owned(),
        (false, true) => "no person took part".to_owned(),
        (false, false) => format!("{done}, but not to its end"),
    };
    format!("{name}: {how}, nothing was broken or measured")
}

/// The steps that people were to perform in a drill and did not.
pub(crate) fn not_performed(report: &Report) -> impl Iterator<Item = &Step> {
    let is_open = |step: &&Step| {
        let open = matches!(step.outcome, StepOutcome::Skipped | StepOutcome::Failed);
        step.action == "human" && open && step.modelled_s == 0.0
    };
    report.steps.iter().filter(is_open)
}

/// `, step inform not performed`.
fn left_out(report: &Report) -> String {
    let steps: Vec<&str> = not_performed(report).map(|step| step.id.as_str()).collect();
    match steps.as_slice() {
        [] => String::new(),
        [one] => format!(", step {one} not performed"),
        all => format!(", {} steps of people not performed", all.len()),
    }
}

/// Whether no system was stood up.
pub(crate) fn is_tabletop(report: &Report) -> bool {
    let kind = report.exercise.as_ref().map(|exercise| exercise.kind);
    kind == Some(Exercise::Tabletop)
}

/// `a tabletop exercise`, `a walkthrough`; of what injected faults `a drill`.
pub(crate) fn exercise_kind(report: &Report) -> &'static str {
    match report.exercise.as_ref().map(|exercise| exercise.kind) {
        None => "a drill",
        Some(Exercise::Tabletop) => "a tabletop exercise",
        Some(_) => "a walkthrough",
    }
}

/// `approved by Grace as incident commander at 2026-11-21 09:14:03 UTC; 2 of 3 items ticked; note: …`
pub(crate) fn performed(performed: &Performed) -> String {
    let how = match performed.how {
        How::Confirmed => "confirmed",
        How::Skipped => "skipped",
        How::Approved => "approved",
    };
    let role = performed.role.as_ref();
    let role = role.map_or(String::new(), |role| format!(" as {role}"));
    let at = match performed.at.strip_suffix('Z').and_then(|at| at.split_once('T')) {
        Some((date, time)) => format!("{date} {time} UTC"),
        None => performed.at.clone(),
    };
    let ticked = match performed.checklist.len() {
        0 => String::new(),
        all => format!("; {} of {all} items ticked", performed.ticked()),
    };
    let note = performed.note.as_ref().map_or(String::new(), |note| {
        let kind = if performed.how == How::Skipped {
            "reason"
        } else {
            "note"
        };
        format!("; {kind}: {}", note.replace('\n', " / "))
    });
    format!("{how} by {}{role} at {at}{ticked}{note}", performed.by)
}

/// `at 35m, to operations: The hotline reports …`
pub(crate) fn inject(inject: &Inject) -> String {
    let when = match inject.at_s {
        Some(at) => format!("at {}", span(at)),
        None => "not announced: the drill ended before".to_owned(),
    };
    let to = inject
        .to
        .as_ref()
        .map_or(String::new(), |to| format!(", to {to}"));
    format!("{when}{to}: {}", inject.text.trim_end())
}

/// The sign of a check, and whether what it is about holds.
pub(crate) fn readiness(check: &ReadinessCheck) -> (&'static str, &'static str) {
    match check.holds {
        Some(true) => ("✔", "holds"),
        Some(false) => ("✘", "does not hold"),
        None => ("?", "cannot be told"),
    }
}
