//! Injection: faults at their time, on the targets that the plan chose, each verified by a read-back.
//!
//! An injection waits until the writes that were due before it have their answers, so that what it hits is
//! known beforehand; writes that are due at its instant follow it ([`super::write_barrier`]). Without a steady
//! state at the first injection nothing is broken. A fault in the course of a step has its time once the step
//! begins, and is the first of none: only faults bring detection about, and detection the steps.

use std::sync::Arc;
use std::time::Duration;

use cloud_emulator::faults::{self, ActiveFault, PartialInjection};
use drill::journal::{Event, FaultEnd};
use drill::scenario::Fault;
use drill::units::{DrillTime, Span};
use runtime::wall;
use tokio::task::JoinSet;

use super::context::Drill;
use super::host::Host;
use super::parts::joined;
use super::signal::Signal;
use super::write_barrier;

/// How long an injection waits for the answers to earlier writes, in wall time.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Injects faults at every instant in turn, and in the course of steps; returns when all faults have been injected and
/// verified, and those that end by themselves have ended.
pub(crate) async fn run(drill: Arc<Drill>) {
    let mut lives = JoinSet::new();
    let mut of_steps = JoinSet::new();
    for (step, after, group) in write_barrier::by_step(&drill.spec.scenario.faults) {
        let group: Vec<Fault> = group.into_iter().cloned().collect();
        of_steps.spawn(in_step(drill.clone(), step.to_owned(), after, group));
    }
    for (nth, (at, group)) in write_barrier::by_instant(&drill.spec.scenario.faults)
        .into_iter()
        .enumerate()
    {
        let at = DrillTime::ZERO + at;
        drill.host.clock.sleep_until(at).await;
        let guard = drill.host.clock.hold("faults");
        if nth == 0 && !steady(&drill, at).await {
            return;
        }
        let targets = |fault: &&Fault| drill.spec.plan.targets(&fault.id).unwrap_or_default().to_vec();
        let aimed = group.iter().map(|fault| (*fault, targets(fault))).collect();
        inject_together(&drill, aimed, at, &mut lives).await;
        drill.host.signal(Signal::Injected);
        drop(guard);
    }
    all(lives).await;
    all(of_steps).await;
}

/// Waits for all; one that panicked takes the whole drill with it.
async fn all(mut tasks: JoinSet<()>) {
    while let Some(result) = tasks.join_next().await {
        joined(result);
    }
}

/// A step has begun: when the faults in its course are injected is known from here on.
pub(crate) fn announce(drill: &Drill, step: &str, began: DrillTime) {
    for (of, after, _) in write_barrier::by_step(&drill.spec.scenario.faults) {
        if of == step {
            let at = drill
                .observed
                .barrier
                .shut(step, after, began + after, &drill.host.clock);
            drill.observed.phase.lock().fault_at(at);
        }
    }
}

/// The faults that are injected `after` a step has begun, if it ever does.
async fn in_step(drill: Arc<Drill>, step: String, after: Span, group: Vec<Fault>) {
    let at = drill.observed.barrier.instant(&step, after).await;
    drill.host.clock.sleep_until(at).await;
    let guard = drill.host.clock.hold("faults");
    let faults: Vec<&Fault> = group.iter().collect();
    let targets = drill.spec.plan.targets_at(&drill.spec.scenario, &faults, at);
    let aimed = faults.into_iter().zip(targets).collect();
    let mut lives = JoinSet::new();
    inject_together(&drill, aimed, at, &mut lives).await;
    drop(guard);
    all(lives).await;
}

/// Faults of one instant, in their order, each on what it is aimed at.
async fn inject_together(
    drill: &Arc<Drill>,
    aimed: Vec<(&Fault, Vec<String>)>,
    at: DrillTime,
    lives: &mut JoinSet<()>,
) {
    await_answers(drill, at).await;
    drill.devices.cut_epoch(at);
    for (fault, targets) in aimed {
        let broken = injection(drill, fault, &targets, at).await;
        lives.spawn(live(drill.clone(), fault.clone(), broken, at));
    }
    drill.observed.barrier.pass(at);
}

/// The life of a fault after its injection: it is verified, and it ends by itself or stays. It ends when it is
/// due, whatever its verification has found by then.
async fn live(drill: Arc<Drill>, fault: Fault, broken: Result<ActiveFault, PartialInjection>, at: DrillTime) {
    let due = fault.for_.map(|after| at + after);
    let until = due.unwrap_or(DrillTime::MAX);
    let Some(broken) = prove(&drill, &fault, broken, until).await else {
        return;
    };
    match due {
        Some(due) => end_by_itself(&drill, &fault, broken, due).await,
        None => drill.observed.faults.keep(&fault.id, broken),
    }
}

/// Whether there is a steady state to break.
async fn steady(drill: &Drill, at: DrillTime) -> bool {
    let steady = drill.observed.phase.lock().steady(at);
    let (reached, detail) = match steady {
        Ok(()) => (
            true,
            format!("all probes were green for {}", drill.spec.scenario.steady_hold),
        ),
        Err(why) => (false, why.to_string()),
    };
    drill.host.emit_at(
        at,
        Event::SteadyState {
            reached,
            detail: detail.clone(),
        },
    );
    if !reached {
        drill.host.progress.say(at, &format!("no steady state: {detail}"));
        drill.host.signal(Signal::NotSteady);
    }
    reached
}

async fn await_answers(drill: &Drill, at: DrillTime) {
    if wall::timeout(ANSWER_TIMEOUT, drill.observed.writes.settled_before(at))
        .await
        .is_none()
    {
        let text = format!("writes due before the fault at {at} had no answer when it was injected");
        drill.host.emit(Event::Warning { text });
    }
}

async fn injection(
    drill: &Drill,
    fault: &Fault,
    targets: &[String],
    at: DrillTime,
) -> Result<ActiveFault, PartialInjection> {
    let broken = faults::inject(
        &drill.access.cloud,
        fault,
        &drill.fault_context(DrillTime::MAX),
        targets,
    )
    .await;
    let touched = match &broken {
        Ok(broken) => broken.touched.clone(),
        Err(halfway) => halfway.touched.clone(),
    };
    let count = touched.len();
    let what = if count == 1 { "target" } else { "targets" };
    drill
        .host
        .progress
        .say(at, &format!("fault {}: {count} {what}", fault.id));
    let action = fault.action.name().to_owned();
    drill.host.emit_at(
        at,
        Event::FaultInjected {
            fault: fault.id.clone(),
            action,
            targets: touched,
        },
    );
    if let Ok(broken) = &broken {
        drill.observed.course.injected(at);
        drill.observed.faults.injected(&fault.id);
        announce_effects(&drill.host, &fault.id, broken);
    }
    broken
}

/// What of a fault's effects has an event of its own.
fn announce_effects(host: &Host, fault: &str, broken: &ActiveFault) {
    for bucket in &broken.unreplicated {
        host.emit(Event::Replication {
            bucket: bucket.clone(),
            running: false,
            by: fault.to_owned(),
        });
    }
}

/// Verifies the fault. Returns it if it is still active afterwards.
async fn prove(
    drill: &Drill,
    fault: &Fault,
    broken: Result<ActiveFault, PartialInjection>,
    until: DrillTime,
) -> Option<ActiveFault> {
    let (broken, evidence) = match broken {
        Ok(broken) => {
            let evidence =
                faults::verify_fault(&drill.access.cloud, fault, &drill.fault_context(until), &broken).await;
            (Some(broken), evidence)
        }
        Err(PartialInjection { touched, why }) => {
            let cause = match touched.len() {
                0 => format!("the fault could not be injected: {why}"),
                n => format!("the fault could not be injected into all its targets, but {n}: {why}"),
            };
            let evidence = faults::FaultEvidence {
                proven: false,
                observed: cause,
            };
            (None, evidence)
        }
    };
    if !evidence.proven {
        let text = format!("fault {} is not proven: {}", fault.id, evidence.observed);
        drill.host.progress.say(drill.host.clock.now(), &text);
    }
    drill.host.emit(Event::FaultProven {
        fault: fault.id.clone(),
        proven: evidence.proven,
        evidence: evidence.observed,
    });
    broken
}

async fn end_by_itself(drill: &Drill, fault: &Fault, broken: ActiveFault, due: DrillTime) {
    drill.host.clock.sleep_until(due).await;
    // A container takes real time to come back, at most as much of drill time: the region was out for that long, too.
    let Some(over) = broken.end(due).await else {
        // It is still broken, and the drill ends for that.
        return;
    };
    let faults = &drill.observed.faults;
    faults.ended(&drill.host, over, fault.id.clone(), FaultEnd::Itself);
    drill
        .host
        .progress
        .say(over, &format!("fault {} ended by itself", fault.id));
}
