//! An exercise without faults: what people went through, decided and told, and nothing of a recovery.
//!
//! ```text
//!  journal ──► steps, windows, who performed them, messages, injects ──► Report { exercise, verdict: inconclusive }
//!                                                  objectives ──► not exercised
//! ```
//!
//! Nothing was broken, so nothing was measured, and a drill that measured nothing never passes. Whether people went through
//! the exercise to its end says [`ExerciseSummary::complete`].

use super::case::Case;
use super::frame::frame;
use super::recording::Recording;
use super::{charts, findings, objectives, tables};
use crate::journal::{EndReason, StepOutcome};
use crate::report::{ExerciseSummary, Judged, Report, Verdict};
use crate::scenario::{Exercise, Step};

/// Reports an exercise of this kind.
pub(crate) fn judge(case: &Case<'_>, kind: Exercise, recording: &Recording) -> Judged {
    let summary = summary(case, kind);
    let reasons = std::iter::once(summary.text.clone()).chain(not_complete(case));
    let report = Report {
        verdict: Verdict::Inconclusive,
        reasons: reasons.collect(),
        exercise: Some(summary),
        objectives: objectives::not_exercised(case),
        steps: tables::steps(case),
        messages: tables::messages(case),
        findings: findings::of_exercise(case),
        seal: recording.seal.clone(),
        ..frame(case)
    };
    Judged {
        report,
        charts: charts::charts(case, &[]),
        session_loss: None,
    }
}

fn summary(case: &Case<'_>, kind: Exercise) -> ExerciseSummary {
    let steps = &case.scenario.runbook;
    let gone_through = steps.iter().filter(|step| was_gone_through(case, step)).count();
    let people = people(case);
    let complete = gone_through == steps.len()
        && !people.is_empty()
        && case.timeline.finished == Some(EndReason::ExerciseDone);
    let (name, what) = match kind {
        Exercise::Tabletop => ("Tabletop exercise", "the plan was discussed"),
        _ => (
            "Walkthrough",
            "the plan was gone through beside a cloud that worked",
        ),
    };
    let (what, by) = match people.as_slice() {
        [] => (
            "no person took part",
            "with their modelled durations alone".to_owned(),
        ),
        people => (what, format!("by {}", listed(people))),
    };
    let by = by + &performed(case);
    let of = match (gone_through, steps.len()) {
        (done, all) if done == all => format!("all {all} steps were gone through"),
        (done, all) => format!("{done} of {all} steps were gone through"),
    };
    ExerciseSummary {
        kind,
        complete,
        text: format!(
            "{name}: {what}. Nothing was broken and no recovery was measured, so that nothing is said of one; {of} {by}."
        ),
        people,
    }
}

/// `, except assess, which was performed`: the steps that were not only gone through.
fn performed(case: &Case<'_>) -> String {
    let was_performed = |step: &&Step| {
        let end = case.step_run(step).and_then(|run| run.ended);
        step.action.works() && end.is_some_and(|(_, end)| end.outcome == StepOutcome::Done)
    };
    let steps = case.scenario.runbook.iter().filter(was_performed);
    let steps: Vec<String> = steps.map(|step| step.id.clone()).collect();
    match steps.len() {
        0 => String::new(),
        1 => format!(", except {}, which was performed", listed(&steps)),
        _ => format!(", except {}, which were performed", listed(&steps)),
    }
}

/// Whether people, or its modelled duration, came to the end of a step.
fn was_gone_through(case: &Case<'_>, step: &Step) -> bool {
    let end = case.step_run(step).and_then(|run| run.ended);
    end.is_some_and(|(_, end)| matches!(end.outcome, StepOutcome::Done | StepOutcome::GoneThrough))
}

/// Who ended steps or noted something, in order of time.
fn people(case: &Case<'_>) -> Vec<String> {
    let ended = case.timeline.steps.values().filter_map(|run| run.ended);
    let mut named: Vec<_> = ended
        .filter_map(|(at, end)| Some((at, end.performed.as_ref()?.by.as_str())))
        .collect();
    named.extend(case.timeline.notes.iter().map(|(at, _, by, _)| (*at, *by)));
    named.sort();
    let mut people: Vec<String> = Vec::new();
    for (_, name) in named {
        if !people.iter().any(|known| known == name) {
            people.push(name.to_owned());
        }
    }
    people
}

/// Why the exercise is not complete, a sentence each.
fn not_complete(case: &Case<'_>) -> Vec<String> {
    let mut why = Vec::new();
    why.extend(super::verdict::cut_short(&case.timeline));
    match case.timeline.finished {
        Some(EndReason::GaveUp) => why.push(format!(
            "The exercise gave up at {}, before every step had ended.",
            case.timeline.end
        )),
        Some(EndReason::ExerciseDone | EndReason::Interrupted) | None => {}
        Some(_) => why.push("The exercise did not come to its end.".to_owned()),
    }
    let open = case
        .scenario
        .runbook
        .iter()
        .filter(|step| !was_gone_through(case, step));
    let open: Vec<&str> = open.map(|step| step.id.as_str()).collect();
    if !open.is_empty() {
        why.push(format!("Not gone through: {}.", open.join(", ")));
    }
    why
}

/// `Ada`, `Ada and Grace`, `Ada, Grace and Edsger`.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
