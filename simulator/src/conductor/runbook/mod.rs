//! The runbook: the recovery procedure, step after step, as the scenario says it.
//!
//! A step is its modelled time (what people or real systems would take), then the work that is done here,
//! under guards that hold the clock. Adding an action is one file here beside its entry in
//! [`drill::scenario::actions`], and one line in [`act`].

mod damage;
mod s3_audit;
mod s3_create_bucket;
mod s3_put_replication;
mod s3_put_versioning;
mod s3_restore_objects;
mod s3_restore_versions;
mod s3_sync;
mod s3_verify_integrity;

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_s3::Client;
use drill::journal::{Event, Outcome, StepEnd, StepError};
use drill::scenario::{Bucket, OnFailure, Step, StepAction};
use drill::units::Span;
use parking_lot::Mutex;

use self::damage::Damage;
use super::context::{Drill, StepState};

/// What a step works with.
pub(crate) struct StepContext<'a> {
    pub(crate) drill: &'a Drill,
    /// S3 as the operator sees it; its calls count towards this step.
    pub(crate) client: Client,
    id: &'a str,
    damages: &'a Mutex<HashMap<String, Arc<Damage>>>,
}

impl StepContext<'_> {
    /// The bucket that the scenario labels so; its decoder has seen to it that there is one.
    fn bucket(&self, label: &str) -> &Bucket {
        self.drill
            .scenario
            .bucket(label)
            .expect("the scenario's references were checked")
    }

    /// Keeps what this step found, for later ones.
    fn keep_damage(&self, damage: Damage) {
        self.damages.lock().insert(self.id.to_owned(), Arc::new(damage));
    }

    /// What an earlier step found.
    fn damage(&self, step: &str) -> Result<Arc<Damage>, StepError> {
        self.damages.lock().get(step).cloned().ok_or_else(|| StepError {
            operation: format!("read the list of step {step}"),
            code: "NoList".to_owned(),
            message: format!("step {step} left no list of damaged objects"),
        })
    }
}

/// Takes all steps, from detection on. Returns when the last has ended.
pub(crate) async fn follow(drill: &Drill) {
    let damages = Mutex::default();
    let mut aborted_by: Option<&str> = None;
    for step in &drill.scenario.runbook {
        if let Some(by) = aborted_by {
            drill.steps.lock().insert(step.id.clone(), StepState::Ended);
            drill.emit(Event::StepEnded(not_started(
                step,
                format!("step {by} failed and aborts the runbook"),
            )));
            continue;
        }
        let outcome = take(drill, step, &damages).await;
        if outcome == Outcome::Failed && step.on_failure == OnFailure::Abort {
            aborted_by = Some(&step.id);
        }
    }
}

/// The end of a step that never began, and why it did not.
pub(crate) fn not_started(step: &Step, why: String) -> StepEnd {
    StepEnd {
        step: step.id.clone(),
        action: step.action.name().to_owned(),
        outcome: Outcome::NotStarted,
        measured: Span::ZERO,
        modelled: Span::ZERO,
        observed: Span::ZERO,
        source: None,
        calls: 0,
        bytes: 0,
        retries: 0,
        error: None,
        detail: Some(why),
    }
}

async fn take(drill: &Drill, step: &Step, damages: &Mutex<HashMap<String, Arc<Damage>>>) -> Outcome {
    let began = drill.clock.now();
    drill
        .progress
        .say(began, &format!("step {}: {}", step.id, step.action.name()));
    drill.steps.lock().insert(step.id.clone(), StepState::Began);
    let action = step.action.name().to_owned();
    drill.emit_at(
        began,
        Event::StepStarted {
            step: step.id.clone(),
            action: action.clone(),
        },
    );
    let modelled = modelled(drill, step);
    let due = began + modelled;
    drill.clock.sleep_until(due).await;

    let (client, meter) = drill.operator.metered();
    let context = StepContext {
        drill,
        client,
        id: &step.id,
        damages,
    };
    let work = drill.clock.meter();
    let result = act(&step.action, &context, &work).await;
    let measured = work.measured();
    let reading = meter.read();
    // A step without work of its own ends when its modelled time does, however late this task woke.
    let ended = if measured == Span::ZERO {
        due
    } else {
        drill.clock.now()
    };
    let (outcome, detail, error) = match result {
        Ok(detail) => (Outcome::Done, Some(detail).filter(|text| !text.is_empty()), None),
        Err(error) => (Outcome::Failed, None, Some(error)),
    };
    let end = StepEnd {
        step: step.id.clone(),
        action,
        outcome,
        measured,
        modelled,
        observed: Span::ZERO,
        source: step.takes.is_some().then(|| step.source.to_string()),
        calls: reading.calls,
        bytes: reading.bytes(),
        retries: reading.retries,
        error,
        detail,
    };
    if let Some(error) = &end.error {
        drill.progress.say(
            ended,
            &format!("step {} failed: {}: {}", step.id, error.code, error.message),
        );
    }
    drill.steps.lock().insert(step.id.clone(), StepState::Ended);
    drill.emit_at(ended, Event::StepEnded(end));
    outcome
}

/// The time that stands for what does not happen here.
fn modelled(drill: &Drill, step: &Step) -> Span {
    let takes = drill.plan.takes(&step.id);
    match &step.action {
        StepAction::Wait(wait) => takes + wait.for_,
        _ => takes,
    }
}

/// Does the work of a step. One line registers an action.
async fn act(
    action: &StepAction,
    step: &StepContext<'_>,
    work: &runtime::clock::WorkMeter,
) -> Result<String, StepError> {
    let works = !matches!(action, StepAction::Human(_) | StepAction::Wait(_));
    let _guard = works.then(|| work.hold(step.id));
    match action {
        StepAction::Human(_) | StepAction::Wait(_) => Ok(String::new()),
        StepAction::S3PutVersioning(action) => s3_put_versioning::run(action, step).await,
        StepAction::S3PutReplication(action) => s3_put_replication::run(action, step).await,
        StepAction::S3Audit(action) => s3_audit::run(action, step).await,
        StepAction::S3RestoreVersions(action) => s3_restore_versions::run(action, step).await,
        StepAction::S3RestoreObjects(action) => s3_restore_objects::run(action, step).await,
        StepAction::S3Sync(action) => s3_sync::run(action, step).await,
        StepAction::S3CreateBucket(action) => s3_create_bucket::run(action, step).await,
        StepAction::S3VerifyIntegrity(action) => s3_verify_integrity::run(action, step).await,
    }
}

/// What became of work on many keys.
#[derive(Debug, Default)]
struct Tally {
    done: usize,
    failed: Vec<(String, StepError)>,
}

impl Extend<Result<(), (String, StepError)>> for Tally {
    fn extend<I: IntoIterator<Item = Result<(), (String, StepError)>>>(&mut self, results: I) {
        for result in results {
            match result {
                Ok(()) => self.done += 1,
                Err(failure) => self.failed.push(failure),
            }
        }
    }
}

impl Tally {
    /// `349 objects restored`, or the first error with how many failed likewise.
    fn into_result(mut self, done: &str, failed: &str) -> Result<String, StepError> {
        self.failed.sort_by(|a, b| a.0.cmp(&b.0));
        let all = self.done + self.failed.len();
        let Some((key, first)) = self.failed.first() else {
            return Ok(format!("{all} objects {done}"));
        };
        let message = format!(
            "{} of {all} objects {failed}; {key}: {}{}{}",
            self.failed.len(),
            first.code,
            if first.message.is_empty() { "" } else { ": " },
            first.message
        );
        Err(StepError {
            operation: first.operation.clone(),
            code: first.code.clone(),
            message,
        })
    }
}
