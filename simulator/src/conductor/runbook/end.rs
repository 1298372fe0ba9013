//! How a step ends, and what is written down of it.

use drill::journal::{Event, StepEnd, StepError, StepOutcome};
use drill::scenario::{Step, Wait};
use drill::units::{DrillTime, Span};

use super::steps::StepState;
use crate::conductor::context::Drill;
use crate::conductor::spec::DrillSpec;

/// The code of a step that was ended at its timeout.
pub(super) const TIMEOUT: &str = "Timeout";

/// The time that stands for what does not happen here.
pub(super) fn modelled(spec: &DrillSpec, step: &Step) -> Span {
    let takes = spec.plan.takes(&step.id);
    let waits = step.action.get::<Wait>().map_or(Span::ZERO, |wait| wait.for_);
    takes + waits
}

/// The end of a step that never began, and why it did not.
pub(crate) fn not_started(step: &Step, why: String) -> StepEnd {
    StepEnd {
        step: step.id.clone(),
        action: step.action.name().to_owned(),
        outcome: StepOutcome::NotStarted,
        measured: Span::ZERO,
        modelled: Span::ZERO,
        observed: Span::ZERO,
        source: None,
        calls: 0,
        bytes: 0,
        retries: 0,
        sequential_waits: 0,
        attempts: 1,
        charged: Span::ZERO,
        guards: Vec::new(),
        error: None,
        detail: (!why.is_empty()).then_some(why),
        performed: None,
    }
}

/// The step's end goes into the journal.
pub(super) fn record_end(drill: &Drill, ended: DrillTime, end: StepEnd) {
    if let Some(error) = &end.error {
        let tries = match end.attempts {
            1 => String::new(),
            n => format!(" (tried {n} times)"),
        };
        drill.host.progress.say(
            ended,
            &format!(
                "step {} failed{tries}: {}: {}",
                end.step, error.code, error.message
            ),
        );
    }
    drill.observed.steps.set(&end.step, StepState::Ended);
    drill.observed.course.ended(&end.step, ended);
    drill.host.emit_at(ended, Event::StepEnded(end));
}

/// What is said of a step that was ended at its timeout.
pub(super) fn timed_out(step: &Step) -> StepError {
    let timeout = step.timeout.unwrap_or_default();
    StepError {
        operation: step.action.name().to_owned(),
        code: TIMEOUT.to_owned(),
        message: format!("it was not done after {timeout} and was ended"),
    }
}
