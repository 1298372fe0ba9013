//! What people did not do: steps that they skipped, items of a checklist that they did not tick.

use super::{about_step, finding, sentence};
use crate::journal::{How, StepEnd};
use crate::measures::case::Case;
use crate::report::{Finding, Severity};
use crate::scenario::Step;

/// `Ada skipped step verify: no access.`
pub(super) fn skipped(case: &Case<'_>, step: &Step, end: Option<&StepEnd>) -> Finding {
    let performed = end.and_then(|end| end.performed.as_ref());
    let text = match performed {
        Some(performed) => format!(
            "{} skipped step {}: {}",
            performed.by,
            step.id,
            performed.note.as_deref().unwrap_or("no reason was given")
        ),
        None => format!("Step {} was skipped", step.id),
    };
    // Where nothing was to be done, nothing is missing for it.
    match case.exercise() {
        Some(_) => about_step(Severity::Warning, "step_skipped", step, sentence(&text)),
        None => {
            let text = format!("{} {}", sentence(&text), step.not_achieved());
            about_step(Severity::Critical, "step_skipped", step, text)
        }
    }
}

/// The answers came from a file or pipe, as fast as it could give them, and not from a keyboard.
pub(super) fn answered_from_file(case: &Case<'_>) -> Option<Finding> {
    let started = case.timeline.started.as_ref()?;
    let text = "The answers of people were read from a file or pipe and not from a terminal: the names are those that it gave, \
                and the times observed need not be those of people.";
    started
        .answers_from_file
        .then(|| finding(Severity::Note, "answers_from_file", text.to_owned()))
}

/// A step that was confirmed with items of its checklist open.
pub(super) fn not_ticked(step: &Step, end: &StepEnd) -> Option<Finding> {
    let performed = end
        .performed
        .as_ref()
        .filter(|performed| performed.how != How::Skipped)?;
    let open = performed.checklist.iter().filter(|item| !item.ticked);
    let open: Vec<String> = open.map(|item| format!("{:?}", item.item)).collect();
    if open.is_empty() {
        return None;
    }
    let text = format!(
        "{} ended step {} with {} of {} items of its checklist not ticked: {}.",
        performed.by,
        step.id,
        open.len(),
        performed.checklist.len(),
        open.join(", ")
    );
    Some(about_step(Severity::Warning, "checklist_open", step, text))
}
