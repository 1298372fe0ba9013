//! People in words: who performed a step, what they were told, and what an exercise without faults was.

use drill::journal::{How, Performed, ReadinessCheck};
use drill::report::{Inject, Report};
use drill::scenario::Exercise;

use super::{span, verdict};

/// What stands above everything else: the verdict, or of an exercise without faults what it was.
pub(crate) fn headline(report: &Report) -> String {
    let Some(exercise) = &report.exercise else {
        return verdict(report.verdict).to_owned();
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
        None => "never told, since the drill ended before".to_owned(),
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
