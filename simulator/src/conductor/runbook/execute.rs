//! One step from its beginning to its end: its modelled time, its work, again if it failed, in time or not.
//!
//! ```text
//!  began ──takes──► due ──attempt──(pause ──attempt)*──► ended
//!                    └──────────── timeout ───────────┘
//! ```
//!
//! The `timeout` bounds all attempts of a step and the pauses between them, in drill time; that of `shell` is
//! kept in wall time, by [`super::shell`]. What it cuts short is dropped, which leaves nothing behind.

use cloud_emulator::client::{Operations, Reading};
use drill::journal::{StepEnd, StepError, StepOutcome};
use drill::ledger::Changer;
use drill::scenario::{OnFailure, Step};
use drill::units::{DrillTime, Span};
use runtime::wall;

use super::action::RunbookAction;
use super::context::{Damages, StepContext};
use super::end::{TIMEOUT, modelled, record_end, timed_out};
use super::keys::Keys;
use super::perform::{Taker, go_through, perform, taker};
use super::scales::toll;
use super::steps::StepState;
use super::toll::StepHold;
use crate::conductor::context::Drill;
use crate::services::{SERVICES, action_of};

/// Executes a step that began at `began`, to its end, by who takes it.
pub(super) async fn execute(drill: &Drill, step: &Step, began: DrillTime, damages: &Damages) -> StepOutcome {
    match taker(drill, step) {
        Taker::Drill => work(drill, step, began, damages).await,
        Taker::People(counter) => perform(drill, counter, step, began).await,
        Taker::Time => go_through(drill, step, began).await,
    }
}

/// The drill takes a step: its modelled time, then its work.
async fn work(drill: &Drill, step: &Step, began: DrillTime, damages: &Damages) -> StepOutcome {
    let due = began + modelled(&drill.spec, step);
    drill.host.clock.sleep_until(due).await;
    let work = drill.host.clock.meter();
    let hold = StepHold::new(work.clone(), &step.id);
    let runs_programs = runs_programs(step);
    let toll = toll(drill, runs_programs, &hold).await;
    let by = Changer::Step(step.id.clone());
    let keys = Keys::new(
        &drill.access.cloud,
        drill.observed.changes.observe(by, toll.clone()),
    );
    let (client, meter) = drill.access.operator_now().signed_by(keys.pair()).metered();
    let context = StepContext {
        drill,
        client,
        step,
        services: SERVICES,
        since: wall::mono(),
        work,
        rest: drill
            .access
            .operator
            .rest
            .signed_by(keys.pair())
            .counted_by(&meter),
        keys,
        hold,
        toll,
        damages,
    };
    let timeout = step.timeout.filter(|_| !runs_programs);
    let deadline = timeout.map(|timeout| due + timeout);
    let tried = try_to(&context, deadline).await;
    // A step without work of its own ends when its modelled time does, however late this task woke.
    let ended = if step.action.works() {
        drill.host.clock.now()
    } else {
        due
    };
    let end = end_of(&context, due - began, tried, meter.read());
    let outcome = end.outcome;
    record_end(drill, ended, end);
    outcome
}

/// Whether a step runs programs of the user's.
fn runs_programs(step: &Step) -> bool {
    action_of(&step.action).is_some_and(RunbookAction::runs_programs)
}

/// What is written down of a step's work, whose modelled time was `waited`.
fn end_of(context: &StepContext<'_>, waited: Span, tried: Tried, reading: Reading) -> StepEnd {
    let step = context.step;
    let paid = context.toll.as_ref().map(|toll| toll.paid()).unwrap_or_default();
    // Our own clients know of calls that were made again; those of scripts are seen by the gateway alone.
    let scripted = if runs_programs(step) {
        context.keys.operations()
    } else {
        Operations::default()
    };
    let (outcome, found, error) = match tried.result {
        Ok(detail) => (StepOutcome::Done, detail, None),
        Err(error) => (StepOutcome::Failed, String::new(), Some(error)),
    };
    let detail: Vec<String> = [found, paid.describe()]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    let guards = context.work.intervals();
    StepEnd {
        step: step.id.clone(),
        action: step.action.name().to_owned(),
        outcome,
        measured: context.work.measured(),
        modelled: waited + tried.paused + paid.span,
        observed: Span::ZERO,
        source: step.takes.is_some().then(|| step.source.to_string()),
        calls: reading.calls + scripted.calls.values().sum::<u64>(),
        bytes: reading.bytes() + scripted.bytes,
        retries: reading.retries,
        sequential_waits: context.keys.sequential_waits(),
        attempts: tried.attempts,
        charged: paid.span,
        guards: guards.iter().map(|held| (held.from, held.to)).collect(),
        error,
        detail: (!detail.is_empty()).then(|| detail.join("; ")),
        performed: None,
    }
}

/// What came of a step's attempts.
struct Tried {
    result: Result<String, StepError>,
    attempts: u32,
    /// The pauses between them.
    paused: Span,
}

/// Does the work of a step, again if it fails and may be tried again, before `deadline`.
async fn try_to(context: &StepContext<'_>, deadline: Option<DrillTime>) -> Tried {
    let (drill, step) = (context.drill, context.step);
    let mut tried = Tried {
        result: Ok(String::new()),
        attempts: 0,
        paused: Span::ZERO,
    };
    loop {
        tried.attempts += 1;
        let attempt = tried.attempts;
        drill.observed.steps.set(&step.id, StepState::Began { attempt });
        tried.result = in_time(context, deadline).await;
        let Err(error) = &tried.result else { return tried };
        let again =
            step.on_failure == OnFailure::Retry && attempt < step.max_attempts && error.code != TIMEOUT;
        if !again {
            return tried;
        }
        let now = drill.host.clock.now();
        let text = format!(
            "step {} failed and is tried again: {}: {}",
            step.id, error.code, error.message
        );
        drill.host.progress.say(now, &text);
        let due = now + step.retry_after;
        let until = deadline.map_or(due, |deadline| deadline.min(due));
        drill.host.clock.sleep_until(until).await;
        tried.paused += until - now;
        if until < due {
            tried.result = Err(timed_out(step));
            return tried;
        }
    }
}

/// One attempt, which is cancelled at `deadline`.
async fn in_time(context: &StepContext<'_>, deadline: Option<DrillTime>) -> Result<String, StepError> {
    let work = act(context);
    let Some(deadline) = deadline else {
        return work.await;
    };
    tokio::select! {
        result = work => result,
        _ = context.drill.host.clock.sleep_until(deadline) => Err(timed_out(context.step)),
    }
}

/// Does the work of a step. The clock is held meanwhile, unless the action waits for something.
async fn act(context: &StepContext<'_>) -> Result<String, StepError> {
    let Some(action) = action_of(&context.step.action) else {
        return Ok(String::new());
    };
    let _guard = (!action.waits()).then(|| context.hold.begin());
    action.run(context).await
}
