//! One step from its beginning to its end: its modelled time, its work, again if it failed, in time or not.
//!
//! ```text
//!  began ──takes──► due ──attempt──(pause ──attempt)*──► ended
//!                    └──────────── timeout ───────────┘
//! ```
//!
//! The `timeout` bounds all attempts of a step and the pauses between them, in drill time; that of `shell` is
//! kept in wall time, by [`super::shell`]. What it cuts short is dropped, which leaves nothing behind.

use std::sync::Arc;

use cloud_emulator::client::{Operations, ask};
use drill::journal::{Event, Outcome, StepEnd, StepError};
use drill::ledger::Changer;
use drill::scenario::{Bucket, OnFailure, Step, StepAction, Timing};
use drill::units::{DrillTime, Span};
use runtime::wall;

use super::keys::Keys;
use super::perform::{Taker, go_through, perform, taker};
use super::steps::StepState;
use super::toll::{StepHold, Toll, Working};
use super::{Damages, StepContext, act};
use crate::conductor::context::Drill;
use drill::costs::{Scale, Stock};

/// The code of a step that was ended at its timeout.
pub(super) const TIMEOUT: &str = "Timeout";

/// The time that stands for what does not happen here.
pub(super) fn modelled(drill: &Drill, step: &Step) -> Span {
    let takes = drill.plan.takes(&step.id);
    match &step.action {
        StepAction::Wait(wait) => takes + wait.for_,
        _ => takes,
    }
}

/// Takes a step that began at `began`, to its end, by who takes it.
pub(super) async fn take(drill: &Drill, step: &Step, began: DrillTime, damages: &Damages) -> Outcome {
    match taker(drill, step) {
        Taker::Drill => work(drill, step, began, damages).await,
        Taker::People(counter) => perform(drill, counter, step, began).await,
        Taker::Time => go_through(drill, step, began).await,
    }
}

/// The drill takes a step: its modelled time, then its work.
async fn work(drill: &Drill, step: &Step, began: DrillTime, damages: &Damages) -> Outcome {
    let due = began + modelled(drill, step);
    drill.clock.sleep_until(due).await;
    let work = drill.clock.meter();
    let hold = StepHold::new(work.clone(), &step.id);
    let toll = toll(drill, step, &hold).await;
    let by = Changer::Step(step.id.clone());
    let keys = Keys::new(drill, drill.changes.of(by, toll.clone()));
    let (client, meter) = drill.operator_now().signed_by(keys.pair()).metered();
    let context = StepContext {
        drill,
        client,
        step,
        since: wall::mono(),
        work,
        rest: drill.operator_rest.signed_by(keys.pair()),
        keys,
        hold,
        toll,
        damages,
    };
    let deadline = match step.action {
        StepAction::Shell(_) => None,
        _ => step.timeout.map(|timeout| due + timeout),
    };
    let tried = try_to(&context, deadline).await;
    let (reading, measured) = (meter.read(), context.work.measured());
    let paid = context.toll.as_ref().map(|toll| toll.paid()).unwrap_or_default();
    // Our own clients know of calls that were made again; those of scripts are seen by the gateway alone.
    let scripted = match step.action {
        StepAction::Shell(_) => context.keys.operations(),
        _ => Operations::default(),
    };
    let (outcome, found, error) = match tried.result {
        Ok(detail) => (Outcome::Done, detail, None),
        Err(error) => (Outcome::Failed, String::new(), Some(error)),
    };
    let detail: Vec<String> = [found, paid.words()]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    // A step without work of its own ends when its modelled time does, however late this task woke.
    let ended = if step.action.works() {
        drill.clock.now()
    } else {
        due
    };
    let end = StepEnd {
        step: step.id.clone(),
        action: step.action.name().to_owned(),
        outcome,
        measured,
        modelled: (due - began) + tried.paused + paid.span,
        observed: Span::ZERO,
        source: step.takes.is_some().then(|| step.source.to_string()),
        calls: reading.calls + scripted.calls.values().sum::<u64>(),
        bytes: reading.bytes() + scripted.bytes,
        retries: reading.retries,
        sequential_waits: context.keys.sequential_waits(),
        attempts: tried.attempts,
        charged: paid.span,
        guards: context
            .work
            .intervals()
            .iter()
            .map(|held| (held.from, held.to))
            .collect(),
        error,
        detail: (!detail.is_empty()).then(|| detail.join("; ")),
        performed: None,
    };
    tell(drill, ended, end);
    outcome
}

/// The step's end goes into the journal.
pub(super) fn tell(drill: &Drill, ended: DrillTime, end: StepEnd) {
    if let Some(error) = &end.error {
        let tries = match end.attempts {
            1 => String::new(),
            n => format!(" (tried {n} times)"),
        };
        drill.progress.say(
            ended,
            &format!(
                "step {} failed{tries}: {}: {}",
                end.step, error.code, error.message
            ),
        );
    }
    drill.steps.set(&end.step, StepState::Ended);
    drill.course.ended(&end.step, ended);
    drill.emit_at(ended, Event::StepEnded(end));
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
        drill.steps.set(&step.id, StepState::Began { attempt });
        tried.result = in_time(context, deadline).await;
        let Err(error) = &tried.result else { return tried };
        let again =
            step.on_failure == OnFailure::Retry && attempt < step.max_attempts && error.code != TIMEOUT;
        if !again {
            return tried;
        }
        let now = drill.clock.now();
        let text = format!(
            "step {} failed and is tried again: {}: {}",
            step.id, error.code, error.message
        );
        drill.progress.say(now, &text);
        let due = now + step.retry_after;
        let until = deadline.map_or(due, |deadline| deadline.min(due));
        drill.clock.sleep_until(until).await;
        tried.paused += until - now;
        if until < due {
            tried.result = Err(timed_out(step));
            return tried;
        }
    }
}

/// What the step's calls take at AWS, if the scenario asks for that: each stands for as many as an object of its bucket
/// here stands for.
async fn toll(drill: &Drill, step: &Step, hold: &Arc<StepHold>) -> Option<Arc<Toll>> {
    if drill.scenario.timing() != Timing::Aws {
        return None;
    }
    let scripted = matches!(step.action, StepAction::Shell(_));
    // What a bucket holds as the step begins: writers do not wait for it.
    let mut scales: Vec<(Vec<String>, Scale)> = Vec::new();
    for bucket in &drill.scenario.cloud.buckets {
        let Some(real) = bucket.stands_for else { continue };
        let regions = drill.scenario.cloud.regions.iter();
        let names = regions.map(|region| bucket.name_in(&region.label)).collect();
        let scale = Scale {
            here: stock(drill, bucket).await,
            real: Stock {
                objects: real.objects,
                bytes: real.bytes.0,
            },
        };
        scales.push((names, scale));
    }
    let scale_of = move |name: &str| {
        let mut known = scales.iter();
        let found = known.find(|(names, _)| names.iter().any(|known| known == name))?;
        Some(found.1)
    };
    Some(Toll::new(&drill.clock, hold, scripted, Box::new(scale_of)))
}

/// What a bucket holds. What rules and functions file in it nobody keeps count of: the stores are listed, and the one that
/// has more counts.
async fn stock(drill: &Drill, bucket: &Bucket) -> Stock {
    let known = drill.register.stock(&bucket.label);
    if known.objects > 0 {
        return known;
    }
    let _held = drill.clock.hold("stock");
    let mut most = Stock::default();
    for region in &drill.scenario.cloud.regions {
        let name = bucket.name_in(&region.label);
        let listed = ask::list(drill.auditor.client(), &name).await.unwrap_or_default();
        let here = Stock {
            objects: listed.len() as u64,
            bytes: listed.iter().map(|object| object.size.unsigned_abs()).sum(),
        };
        if here.objects > most.objects {
            most = here;
        }
    }
    most
}

/// One attempt, which is cancelled at `deadline`.
async fn in_time(context: &StepContext<'_>, deadline: Option<DrillTime>) -> Result<String, StepError> {
    let work = act(&context.step.action, context);
    let Some(deadline) = deadline else {
        return work.await;
    };
    tokio::select! {
        result = work => result,
        _ = context.drill.clock.sleep_until(deadline) => Err(timed_out(context.step)),
    }
}

pub(super) fn timed_out(step: &Step) -> StepError {
    let timeout = step.timeout.unwrap_or_default();
    StepError {
        operation: step.action.name().to_owned(),
        code: TIMEOUT.to_owned(),
        message: format!("it was not done after {timeout} and was ended"),
    }
}

/// Holds the clock while an action works; those that wait for something do not.
pub(super) fn hold(context: &StepContext<'_>) -> Option<Working> {
    let waits = matches!(
        context.step.action,
        StepAction::Check(_) | StepAction::ReplicationReverse(_) | StepAction::ReplicationDrain(_)
    );
    (context.step.action.works() && !waits).then(|| context.hold.begin())
}
