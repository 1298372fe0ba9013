//! The runbook: the recovery procedure, as the scenario says it.
//!
//! ```text
//!   detection ──► steps whose `after` have ended ──► take: modelled time, work, again, in time or not
//!                          ▲                           │
//!                          └────────── its end ────────┘
//! ```
//!
//! A step is its modelled time (what people or real systems would take), then the work that is done here,
//! under guards that hold the clock. Steps run side by side where the scenario says so; the one with which
//! the return home begins waits for audit A. Adding an action is one file here beside its entry in
//! [`drill::scenario::actions`], and one line in [`act`].

mod check;
mod damage;
mod dns_failover;
mod iot_restart_broker;
mod keys;
mod lambda;
mod lambda_redrive;
mod notify;
mod perform;
mod replication_drain;
mod replication_reverse;
mod s3_audit;
mod s3_create_bucket;
mod s3_put_replication;
mod s3_put_versioning;
mod s3_restore_objects;
mod s3_restore_versions;
mod s3_sync;
mod s3_verify_integrity;
pub(crate) mod shell;
mod stack_deploy;
mod steps;
mod take;
pub(crate) mod toll;

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_s3::Client;
use cloud_emulator::client::rest::RestClients;
use drill::journal::{Event, Outcome, StepEnd, StepError};
use drill::ledger::Changed;
use drill::scenario::{Bucket, Step, StepAction};
use drill::units::{DrillTime, Span};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use parking_lot::Mutex;
use runtime::clock::WorkMeter;
use runtime::wall::Mono;

use self::damage::Damage;
use self::keys::Keys;
pub(crate) use self::steps::{StepState, Steps};
use self::toll::{StepHold, Toll};
use super::context::Drill;
use super::injects;
use super::strikes;
use drill::procedure::Graph;

/// What earlier steps found, by their ids.
type Damages = Mutex<HashMap<String, Arc<Damage>>>;

/// What a step works with.
pub(crate) struct StepContext<'a> {
    pub(crate) drill: &'a Drill,
    /// S3 as the operator sees it; its calls count towards this step.
    pub(crate) client: Client,
    pub(crate) step: &'a Step,
    /// When its modelled time was over, on the machine's clock.
    pub(crate) since: Mono,
    /// Measures its work; an action that waits holds the clock by it itself, while it does not wait.
    pub(crate) work: WorkMeter,
    /// The keys of this step, by which the gateway sees what it does.
    keys: Keys,
    /// Lambda as the operator sees it by these keys, by the door of each region.
    rest: RestClients,
    /// Its hold on the clock.
    hold: Arc<StepHold>,
    /// What its calls take at AWS, if that is asked for.
    toll: Option<Arc<Toll>>,
    damages: &'a Damages,
}

impl StepContext<'_> {
    /// The bucket that the scenario labels so; its decoder has seen to it that there is one.
    fn bucket(&self, label: &str) -> &Bucket {
        self.drill
            .scenario
            .bucket(label)
            .expect("the scenario's references were checked")
    }

    /// The stores of a bucket: the one in use, and its replica.
    fn stores(&self, label: &str) -> damage::Stores {
        let bucket = self.bucket(label);
        let used = self.drill.active_name(label);
        let replica = bucket.replicate.as_ref().map(|replicate| replicate.name.clone());
        let other = [Some(bucket.name.clone()), replica]
            .into_iter()
            .flatten()
            .find(|name| *name != used);
        damage::Stores {
            other: other.filter(|_| bucket.replicate.is_some()),
            used,
        }
    }

    /// It changed something now, by its action and by no call.
    fn changed(&self, changed: Changed) {
        let action = self.step.action.name();
        self.drill.changes.by_step(&self.step.id, action, changed);
    }

    /// Keeps what this step found, for later ones.
    fn keep_damage(&self, damage: Damage) {
        self.damages.lock().insert(self.step.id.clone(), Arc::new(damage));
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

/// Takes all steps, from detection on. Returns when the last has ended, or the drill gives up and none is
/// under way.
pub(crate) async fn follow(drill: &Drill) {
    let damages = Damages::default();
    let mut graph = Graph::new(&drill.scenario);
    let mut under_way = FuturesUnordered::new();
    let home = drill.scenario.objectives.failback.as_ref();
    let from = home.map(|failback| failback.from.as_str());
    loop {
        let mut audited = drill.audited.subscribe();
        let held = |step: &Step| Some(step.id.as_str()) == from && !*audited.borrow();
        let (waiting, ready): (Vec<&Step>, Vec<&Step>) =
            graph.ready().into_iter().partition(|step| held(step));
        // What would begin after that changes nothing any more.
        let over = drill.pulse.lock().gave_up(drill.clock.now());
        for step in ready.into_iter().filter(|_| !over) {
            graph.begin(step);
            let began = begin(drill, step);
            let damages = &damages;
            under_way.push(async move { (step, take::take(drill, step, began, damages).await) });
        }
        tokio::select! {
            Some((step, outcome)) = under_way.next() => {
                for never in graph.end(step, outcome) {
                    abort(drill, never, step);
                }
                if graph.is_recovered() {
                    drill.pulse.lock().recovery_done(drill.clock.now());
                }
            }
            // The sender lives as long as the drill.
            _ = audited.wait_for(|audited| *audited), if !waiting.is_empty() => {}
            else => return,
        }
    }
}

/// A step begins: faults that strike in the course of it know their time from here on.
fn begin(drill: &Drill, step: &Step) -> DrillTime {
    let began = drill.clock.now();
    drill
        .progress
        .say(began, &format!("step {}: {}", step.id, step.action.name()));
    drill.steps.set(&step.id, StepState::Began { attempt: 1 });
    drill.emit_at(
        began,
        Event::StepStarted {
            step: step.id.clone(),
            action: step.action.name().to_owned(),
        },
    );
    strikes::announce(drill, &step.id, began);
    injects::of_step(drill, &step.id);
    began
}

/// A step will never begin.
fn abort(drill: &Drill, step: &Step, by: &Step) {
    drill.steps.set(&step.id, StepState::Ended);
    let why = format!("step {} failed and aborts the runbook", by.id);
    drill.emit(Event::StepEnded(not_started(step, why)));
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
        sequential_waits: 0,
        attempts: 1,
        charged: Span::ZERO,
        guards: Vec::new(),
        error: None,
        detail: (!why.is_empty()).then_some(why),
        performed: None,
    }
}

/// Does the work of a step. One line registers an action.
async fn act(action: &StepAction, step: &StepContext<'_>) -> Result<String, StepError> {
    let _guard = take::hold(step);
    match action {
        StepAction::Human(_) | StepAction::Wait(_) | StepAction::Parallel(_) => Ok(String::new()),
        StepAction::S3PutVersioning(action) => s3_put_versioning::run(action, step).await,
        StepAction::S3PutReplication(action) => s3_put_replication::run(action, step).await,
        StepAction::S3Audit(action) => s3_audit::run(action, step).await,
        StepAction::S3RestoreVersions(action) => s3_restore_versions::run(action, step).await,
        StepAction::S3RestoreObjects(action) => s3_restore_objects::run(action, step).await,
        StepAction::S3Sync(action) => s3_sync::run(action, step).await,
        StepAction::S3CreateBucket(action) => s3_create_bucket::run(action, step).await,
        StepAction::S3VerifyIntegrity(action) => s3_verify_integrity::run(action, step).await,
        StepAction::Check(action) => check::run(action, step).await,
        StepAction::Shell(action) => shell::run(action, step).await,
        StepAction::Notify(action) => notify::run(action, step).await,
        StepAction::DnsFailover(action) => dns_failover::run(action, step),
        StepAction::StackDeploy(action) => stack_deploy::run(action, step).await,
        StepAction::ReplicationDrain(action) => replication_drain::run(action, step).await,
        StepAction::ReplicationReverse(action) => replication_reverse::run(action, step).await,
        StepAction::LambdaDeploy(action) => lambda::deploy(action, step).await,
        StepAction::LambdaRollback(action) => lambda::rollback(action, step).await,
        StepAction::LambdaRedrive(action) => lambda_redrive::run(action, step).await,
        StepAction::LambdaPutConcurrency(action) => lambda::put_concurrency(action, step).await,
        StepAction::IotRestartBroker(action) => iot_restart_broker::run(action, step).await,
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
