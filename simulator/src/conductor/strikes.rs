//! Strikes: faults at their time, on what the plan chose, each proven by a witness.
//!
//! A strike waits until the writes that were due before it have their answers, so that what it hits is
//! known beforehand; writes that are due at its instant follow it ([`super::gate`]). Without a steady
//! state at the first strike nothing is broken. A fault in the course of a step has its time once the step
//! begins, and is the first of none: only faults bring detection about, and detection the steps.

use std::sync::Arc;
use std::time::Duration;

use cloud_emulator::faults::{self, Broken, PartialInjection};
use drill::journal::{Event, FaultEnd};
use drill::scenario::Fault;
use drill::units::{DrillTime, Span};
use runtime::wall;
use tokio::task::JoinSet;

use super::Signal;
use super::context::Drill;
use super::gate;

/// How long a strike waits for the answers to earlier writes, in wall time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Strikes at every instant in turn, and in the course of steps; returns when all faults have struck, their
/// witnesses have spoken, and those that end by themselves have ended.
pub(crate) async fn run(drill: Arc<Drill>) {
    let mut lives = JoinSet::new();
    let mut of_steps = JoinSet::new();
    for (step, after, group) in gate::by_step(&drill.scenario.faults) {
        let group: Vec<Fault> = group.into_iter().cloned().collect();
        of_steps.spawn(in_step(drill.clone(), step.to_owned(), after, group));
    }
    for (nth, (at, group)) in gate::by_instant(&drill.scenario.faults).into_iter().enumerate() {
        let at = DrillTime::ZERO + at;
        drill.clock.sleep_until(at).await;
        let guard = drill.clock.hold("faults");
        if nth == 0 && !steady(&drill, at).await {
            return;
        }
        let targets = |fault: &&Fault| drill.plan.targets(&fault.id).unwrap_or_default().to_vec();
        let aimed = group.iter().map(|fault| (*fault, targets(fault))).collect();
        strike_together(&drill, aimed, at, &mut lives).await;
        drill.signal(Signal::Struck);
        drop(guard);
    }
    all(lives).await;
    all(of_steps).await;
}

/// Waits for all; one that panicked takes the whole drill with it.
async fn all(mut tasks: JoinSet<()>) {
    while let Some(result) = tasks.join_next().await {
        super::joined(result);
    }
}

/// A step has begun: when the faults in its course strike is known from here on.
pub(crate) fn announce(drill: &Drill, step: &str, began: DrillTime) {
    for (of, after, _) in gate::by_step(&drill.scenario.faults) {
        if of == step {
            let at = drill.gate.shut(step, after, began + after, &drill.clock);
            drill.pulse.lock().fault_at(at);
        }
    }
}

/// The faults that strike `after` a step has begun, if it ever does.
async fn in_step(drill: Arc<Drill>, step: String, after: Span, group: Vec<Fault>) {
    let at = drill.gate.instant(&step, after).await;
    drill.clock.sleep_until(at).await;
    let guard = drill.clock.hold("faults");
    let faults: Vec<&Fault> = group.iter().collect();
    let targets = drill.plan.targets_at(&drill.scenario, &faults, at);
    let aimed = faults.into_iter().zip(targets).collect();
    let mut lives = JoinSet::new();
    strike_together(&drill, aimed, at, &mut lives).await;
    drop(guard);
    all(lives).await;
}

/// Faults of one instant, in their order, each on what it is aimed at.
async fn strike_together(
    drill: &Arc<Drill>,
    aimed: Vec<(&Fault, Vec<String>)>,
    at: DrillTime,
    lives: &mut JoinSet<()>,
) {
    await_answers(drill, at).await;
    drill.cut_epoch(at);
    for (fault, targets) in aimed {
        let broken = strike(drill, fault, &targets, at).await;
        lives.spawn(live(drill.clone(), fault.clone(), broken, at));
    }
    drill.gate.pass(at);
}

/// The life of a fault after its strike: its witness speaks, and it ends by itself or stays. It ends when it is
/// due, whatever its witness has seen by then.
async fn live(drill: Arc<Drill>, fault: Fault, broken: Result<Broken, PartialInjection>, at: DrillTime) {
    let due = fault.for_.map(|after| at + after);
    let until = due.unwrap_or(DrillTime::MAX);
    let Some(broken) = prove(&drill, &fault, broken, until).await else {
        return;
    };
    match due {
        Some(due) => end_by_itself(&drill, &fault, broken, due).await,
        None => drill.keep_broken(&fault.id, broken),
    }
}

/// Whether there is a steady state to break.
async fn steady(drill: &Drill, at: DrillTime) -> bool {
    let steady = drill.pulse.lock().steady(at);
    let (reached, detail) = match steady {
        Ok(()) => (
            true,
            format!("all probes were green for {}", drill.scenario.steady_hold),
        ),
        Err(why) => (false, why),
    };
    drill.emit_at(
        at,
        Event::SteadyState {
            reached,
            detail: detail.clone(),
        },
    );
    if !reached {
        drill.progress.say(at, &format!("no steady state: {detail}"));
        drill.signal(Signal::NotSteady);
    }
    reached
}

async fn await_answers(drill: &Drill, at: DrillTime) {
    if wall::timeout(PATIENCE, drill.register.settled_before(at))
        .await
        .is_none()
    {
        let text = format!("writes due before the fault at {at} had no answer when it struck");
        drill.emit(Event::Warning { text });
    }
}

async fn strike(
    drill: &Drill,
    fault: &Fault,
    targets: &[String],
    at: DrillTime,
) -> Result<Broken, PartialInjection> {
    let broken = faults::strike(fault, &drill.fault_scene(DrillTime::MAX), targets).await;
    let touched = match &broken {
        Ok(broken) => broken.touched.clone(),
        Err(halfway) => halfway.touched.clone(),
    };
    let count = touched.len();
    let what = if count == 1 { "target" } else { "targets" };
    drill
        .progress
        .say(at, &format!("fault {}: {count} {what}", fault.id));
    let action = fault.action.name().to_owned();
    drill.emit_at(
        at,
        Event::FaultStruck {
            fault: fault.id.clone(),
            action,
            targets: touched,
        },
    );
    if let Ok(broken) = &broken {
        drill.course.struck(at);
        drill.fault_struck(&fault.id);
        drill.tell_broken(&fault.id, broken);
    }
    broken
}

/// Lets the fault's witness speak. What is still broken afterwards is given back.
async fn prove(
    drill: &Drill,
    fault: &Fault,
    broken: Result<Broken, PartialInjection>,
    until: DrillTime,
) -> Option<Broken> {
    let (broken, testimony) = match broken {
        Ok(broken) => {
            let testimony = faults::witness(fault, &drill.fault_scene(until), &broken).await;
            (Some(broken), testimony)
        }
        Err(PartialInjection { touched, why }) => {
            let witness = match touched.len() {
                0 => format!("the fault could not strike: {why}"),
                n => format!("the fault could not strike all that it was to strike, but {n}: {why}"),
            };
            let proven = false;
            (None, faults::Testimony { proven, witness })
        }
    };
    if !testimony.proven {
        let text = format!("fault {} is not proven: {}", fault.id, testimony.witness);
        drill.progress.say(drill.clock.now(), &text);
    }
    let (proven, witness) = (testimony.proven, testimony.witness);
    drill.emit(Event::FaultProven {
        fault: fault.id.clone(),
        proven,
        witness,
    });
    broken
}

async fn end_by_itself(drill: &Drill, fault: &Fault, broken: Broken, due: DrillTime) {
    drill.clock.sleep_until(due).await;
    // A container takes real time to come back, at most as much of drill time: the region was out for that long, too.
    let Some(over) = broken.end(due).await else {
        // It is still broken, and the drill ends for that.
        return;
    };
    drill.fault_ended(over, fault.id.clone(), FaultEnd::Itself);
    drill
        .progress
        .say(over, &format!("fault {} ended by itself", fault.id));
}
