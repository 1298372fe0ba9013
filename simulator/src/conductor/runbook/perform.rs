//! A step that people perform, or go through: real time, observed.
//!
//! ```text
//!   began ──guard (rate 1)── a person acts ──► confirmed, approved, skipped ──► ended     all of it is observed
//!                               └─ timeout, or everybody has left ──► failed
//! ```
//!
//! The guard counts towards no meter: nothing of it was measured. `takes` is not used, and the journal says so.

use drill::journal::{How, Performed, StepEnd, StepError, StepOutcome};
use drill::procedure::people::{Ending, OpenTask, Task};
use drill::scenario::{Exercise, Human, Notify, Parallel, Step, Wait};
use drill::units::{DrillTime, Span};
use jiff::Timestamp;
use runtime::wall;

use super::end::{modelled, not_started, record_end, timed_out};
use crate::conductor::context::Drill;
use crate::conductor::counter::{Counter, Left};

/// Who takes a step.
pub(super) enum Taker<'a> {
    /// The drill itself.
    Drill,
    /// People, who perform it, or go through it in an exercise without faults.
    People(&'a Counter),
    /// Time alone: in an exercise without faults and without people its modelled time passes.
    Time,
}

/// Who takes this step.
pub(super) fn taker<'a>(drill: &'a Drill, step: &Step) -> Taker<'a> {
    let exercise = drill.spec.is_exercise();
    let action = &step.action;
    let by_time = action.is::<Wait>() || action.is::<Parallel>() || action.is::<Notify>();
    let read_here = action.only_reads() && drill.spec.scenario.exercise == Exercise::Walkthrough;
    let by_people = action.is::<Human>() || (exercise && !by_time && !read_here);
    match (by_people, &drill.host.people) {
        (true, Some(counter)) => Taker::People(counter),
        (true, None) if exercise => Taker::Time,
        _ => Taker::Drill,
    }
}

/// Its modelled time passes, and nothing is done.
pub(super) async fn go_through(drill: &Drill, step: &Step, began: DrillTime) -> StepOutcome {
    let due = began + modelled(&drill.spec, step);
    drill.host.clock.sleep_until(due).await;
    let end = StepEnd {
        modelled: due - began,
        source: step.takes.is_some().then(|| step.source.to_string()),
        ..end_of(
            step,
            StepOutcome::GoneThrough,
            "nothing was done; no person took part",
        )
    };
    record_end(drill, due, end);
    StepOutcome::GoneThrough
}

/// People perform it.
pub(super) async fn perform(drill: &Drill, counter: &Counter, step: &Step, began: DrillTime) -> StepOutcome {
    let guard = drill.host.clock.hold(&format!("people at step {}", step.id));
    let answer = counter.begin(task(step));
    let timeout = async {
        match step.timeout {
            Some(timeout) => drill.host.clock.sleep_until(began + timeout).await,
            None => std::future::pending().await,
        }
    };
    let end = tokio::select! {
        answer = answer => match answer {
            Ok(Ok(ending)) => ended(drill, step, ending),
            Ok(Err(Left)) => failed(step, left(step), None),
            // The conductor has ended: so does this step.
            Err(_) => std::future::pending().await,
        },
        _ = timeout => {
            let open = counter.close(&step.id).await;
            failed(step, timed_out(step), open)
        }
    };
    let now = drill.host.clock.now();
    drop(guard);
    let outcome = end.outcome;
    let observed = (now - began).at_least_zero();
    record_end(drill, now, StepEnd { observed, ..end });
    outcome
}

fn task(step: &Step) -> Task {
    let human = step.action.get::<Human>();
    Task {
        step: step.id.clone(),
        checklist: human.map(|human| human.checklist.clone()).unwrap_or_default(),
        approval: human.and_then(|human| human.approval.clone()),
    }
}

fn ended(drill: &Drill, step: &Step, ending: Ending) -> StepEnd {
    let outcome = match ending.how {
        How::Skipped => StepOutcome::Skipped,
        How::Confirmed | How::Approved if drill.spec.is_exercise() => StepOutcome::GoneThrough,
        How::Confirmed | How::Approved => StepOutcome::Done,
    };
    let second =
        Timestamp::from_microsecond(wall::now_us()).and_then(|at| Timestamp::from_second(at.as_second()));
    StepEnd {
        performed: Some(Box::new(Performed {
            by: ending.by,
            role: ending.role,
            at: second.unwrap_or_default().to_string(),
            how: ending.how,
            note: ending.note,
            checklist: ending.checklist,
        })),
        ..end_of(step, outcome, &detail(drill, step, outcome))
    }
}

/// What became of the time that the scenario says, and what was done.
fn detail(drill: &Drill, step: &Step, outcome: StepOutcome) -> String {
    let nothing = match outcome {
        StepOutcome::GoneThrough => "nothing was done; ",
        _ => "",
    };
    match step.takes {
        Some(_) => format!(
            "{nothing}its time was observed, and its modelled {} was not used",
            drill.spec.plan.takes(&step.id)
        ),
        None => format!("{nothing}its time was observed"),
    }
}

fn left(step: &Step) -> StepError {
    StepError {
        operation: step.action.name().to_owned(),
        code: "InputEnded".to_owned(),
        message: "standard input ended, so that no person is left to perform it".to_owned(),
    }
}

fn failed(step: &Step, error: StepError, open: Option<OpenTask>) -> StepEnd {
    let ticked = open.filter(|open| !open.checklist.is_empty()).map(|open| {
        let ticked = open.checklist.iter().filter(|item| item.ticked).count();
        format!(
            "{ticked} of {} items of its checklist were ticked",
            open.checklist.len()
        )
    });
    StepEnd {
        error: Some(error),
        detail: ticked,
        ..end_of(step, StepOutcome::Failed, "")
    }
}

/// The end of a step that did no work here.
fn end_of(step: &Step, outcome: StepOutcome, detail: &str) -> StepEnd {
    StepEnd {
        outcome,
        modelled: Span::ZERO,
        ..not_started(step, detail.to_owned())
    }
}
