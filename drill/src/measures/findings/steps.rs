//! Steps that failed, were late, were tried again, or never began; people who were told too late; work that is
//! not scaled to the real inventory.

use super::{Evidence, about_step, count, sentence, why_red};
use super::{explain, people};
use crate::journal::{StepEnd, StepOutcome};
use crate::measures::case::Case;
use crate::measures::tables;
use crate::report::{Finding, Message, Severity};
use crate::scenario::{Reference, Step};
use crate::units::{ByteSize, Span};

/// How many of its last lines a failed command is quoted with.
const LAST_LINES: usize = 3;

pub(super) fn findings(evidence: &Evidence<'_, '_>) -> Vec<Finding> {
    let case = evidence.case;
    let mut findings = Vec::new();
    for step in &case.scenario.runbook {
        let run = case.step_run(step);
        let end = run.and_then(|run| run.ended).map(|(_, end)| end);
        match tables::outcome(run.and_then(|run| run.start), end) {
            StepOutcome::Failed => findings.push(failed(case, step, end)),
            StepOutcome::NotStarted => findings.push(not_started(step, end)),
            StepOutcome::Interrupted => {
                let text = format!("Step {} was still running when the drill ended.", step.id);
                let text = text + &reasons_of_gate(case, step);
                findings.push(about_step(Severity::Warning, "step_interrupted", step, text));
            }
            StepOutcome::Skipped => findings.push(people::skipped(case, step, end)),
            StepOutcome::Done | StepOutcome::GoneThrough => {}
        }
        findings.extend(end.and_then(|end| people::not_ticked(step, end)));
        match tables::message(case, step) {
            Some(message) => findings.extend(late_message(step, &message)),
            // That it never began says it all.
            None if run.is_none_or(|run| run.start.is_none()) => {}
            None => findings.extend(missed_window(case, step)),
        }
        findings.extend(end.and_then(|end| tried_again(step, end)));
        findings.extend(end.and_then(|end| not_scaled(case, step, end)));
    }
    findings.extend(people::answered_from_file(case));
    findings
}

/// `Step contain (s3.put_versioning) failed: 409 InvalidBucketState (PutBucketVersioning): …`
fn failed(case: &Case<'_>, step: &Step, end: Option<&StepEnd>) -> Finding {
    let mut text = format!("Step {} ({}) failed", step.id, step.action.name());
    if let Some(error) = end.and_then(|end| end.error.as_ref()) {
        let status = explain::http_status(&error.code)
            .map(|status| format!("{status} "))
            .unwrap_or_default();
        text.push_str(&format!(": {status}{} ({})", error.code, error.operation));
        if !error.message.is_empty() {
            text.push_str(&format!(": {}", error.message));
        }
        text = sentence(&text);
        if let Some(words) = explain::code(&error.code, &step.action) {
            text.push_str(&format!(" {words}"));
        }
    } else {
        text = sentence(&text);
    }
    text.push_str(&last_words(case, step, &text));
    text.push_str(&reasons_of_gate(case, step));
    text.push_str(&format!(" {}", step.not_achieved()));
    about_step(Severity::Critical, "step_failed", step, text)
}

/// ` Its probe was red: NoSuchKey (57 times).`, of a gate that did not open.
fn reasons_of_gate(case: &Case<'_>, step: &Step) -> String {
    match why_red(&tables::reasons_of_gate(case, step)) {
        reasons if reasons.is_empty() => reasons,
        reasons => format!(" {}", sentence(&format!("Its probe was red{reasons}"))),
    }
}

/// The last lines that the user's own commands wrote, if they are not `said` already: of their errors, or where
/// there were none of the rest.
fn last_words(case: &Case<'_>, step: &Step, said: &str) -> String {
    let output = case.step_run(step).map_or(&[][..], |run| run.output.as_slice());
    let of = |wanted: &str| -> Vec<&str> {
        let lines = output.iter().filter(|(stream, _)| *stream == wanted);
        lines
            .map(|(_, text)| text.trim())
            .filter(|text| !text.is_empty())
            .collect()
    };
    let (errors, rest) = (of("stderr"), of("stdout"));
    let lines = if errors.is_empty() { rest } else { errors };
    match &lines[lines.len().saturating_sub(LAST_LINES)..] {
        last if last.iter().all(|line| said.contains(line)) => String::new(),
        last => format!(" It last wrote: {}", sentence(&last.join(" / "))),
    }
}

/// People who were told too late, or not at all.
fn late_message(step: &Step, message: &Message) -> Option<Finding> {
    let due = message.due_s.filter(|_| message.in_time == Some(false))?;
    let to = &message.to;
    let late = match message.at_s {
        Some(at) => format!(
            "{to} was told {} too late",
            Span::from_millis(((at - due) * 1_000.0).round() as i64)
        ),
        None => format!("{to} was never told"),
    };
    let within = step.within.as_ref()?;
    let text = format!("Step {}: {late}, where the plan gives {}.", step.id, within.to);
    Some(about_step(Severity::Warning, "told_late", step, text))
}

fn tried_again(step: &Step, end: &StepEnd) -> Option<Finding> {
    let text = || format!("Step {} was tried {} times.", step.id, end.attempts);
    (end.attempts > 1).then(|| about_step(Severity::Note, "step_tried_again", step, text()))
}

fn not_started(step: &Step, end: Option<&StepEnd>) -> Finding {
    let why = end
        .and_then(|end| end.detail.as_deref())
        .unwrap_or("the drill ended before");
    about_step(
        Severity::Warning,
        "step_not_started",
        step,
        sentence(&format!("Step {} was not started: {why}", step.id)),
    )
}

/// The end of a step lies behind its window, or had not come when the drill ended.
fn missed_window(case: &Case<'_>, step: &Step) -> Option<Finding> {
    let within = step.within.as_ref()?;
    let (_, closes) = case.window(step)?;
    let from = match &within.counted_from {
        Reference::Fault => "the first fault".to_owned(),
        Reference::Detection => "detection".to_owned(),
        Reference::Declaration => "the declaration".to_owned(),
        Reference::Step(id) => format!("the end of step {id}"),
    };
    let run = case.step_run(step);
    let late = match run.and_then(|run| run.interval()) {
        // Within the clock's error, it is unknown on which side of the end it was.
        Some(_) => format!("ended {} too late", tables::late(case, step)?),
        None if case.timeline.end > closes => "had not ended when the drill did".to_owned(),
        None => return None,
    };
    let text = format!(
        "Step {} missed its window of {} to {} from {from}: it {late}.",
        step.id, within.from, within.to
    );
    Some(about_step(Severity::Warning, "window_missed", step, text))
}

/// Work on the values of a store that stands for a larger one was done on what is here.
fn not_scaled(case: &Case<'_>, step: &Step, end: &StepEnd) -> Option<Finding> {
    let label = step.action.goes_through()?;
    let store = case.scenario.cloud.store(label)?;
    let real = store.stands_for?;
    if end.calls == 0 || end.charged > Span::ZERO {
        return None;
    }
    let (noun, here) = (
        store.kind.noun,
        store.inventory.map_or(0, |inventory| inventory.count),
    );
    let text = format!(
        "The {} measured for step {} are for the {here} objects that {label} held here at first ({}, {}). The \
         real {noun} holds {} objects and {}: the time is not scaled to that.",
        end.measured,
        step.id,
        count(end.calls, "call"),
        ByteSize(end.bytes),
        real.objects,
        real.bytes
    );
    Some(about_step(Severity::Note, "work_not_scaled", step, text))
}
