//! The order of the steps: each begins once those before it have ended.

use drill::journal::Event;
use drill::procedure::Graph;
use drill::scenario::Step;
use drill::units::DrillTime;
use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::context::Damages;
use super::end::not_started;
use super::execute;
use super::steps::StepState;
use crate::conductor::context::Drill;
use crate::conductor::{injection, injects};

/// Takes all steps, from detection on. Returns when the last has ended, or the drill gives up and none is
/// under way.
pub(crate) async fn follow(drill: &Drill) {
    let damages = Damages::default();
    let mut graph = Graph::new(&drill.spec.scenario);
    let mut under_way = FuturesUnordered::new();
    let home = drill.spec.scenario.objectives.failback.as_ref();
    let from = home.map(|failback| failback.from.as_str());
    loop {
        let mut audited = drill.observed.audited.subscribe();
        let held = |step: &Step| Some(step.id.as_str()) == from && !*audited.borrow();
        let (waiting, ready): (Vec<&Step>, Vec<&Step>) =
            graph.ready().into_iter().partition(|step| held(step));
        // What would begin after that changes nothing any more.
        let over = drill.observed.phase.lock().gave_up(drill.host.clock.now());
        for step in ready.into_iter().filter(|_| !over) {
            graph.begin(step);
            let began = begin(drill, step);
            let damages = &damages;
            under_way.push(async move { (step, execute::execute(drill, step, began, damages).await) });
        }
        tokio::select! {
            Some((step, outcome)) = under_way.next() => {
                for never in graph.end(step, outcome) {
                    abort(drill, never, step);
                }
                if graph.is_recovered() {
                    drill.observed.phase.lock().recovery_done(drill.host.clock.now());
                }
            }
            // The sender lives as long as the drill.
            _ = audited.wait_for(|audited| *audited), if !waiting.is_empty() => {}
            else => return,
        }
    }
}

/// A step begins: faults that are injected in the course of it know their time from here on.
fn begin(drill: &Drill, step: &Step) -> DrillTime {
    let began = drill.host.clock.now();
    drill
        .host
        .progress
        .say(began, &format!("step {}: {}", step.id, step.action.name()));
    drill
        .observed
        .steps
        .set(&step.id, StepState::Began { attempt: 1 });
    drill.host.emit_at(
        began,
        Event::StepStarted {
            step: step.id.clone(),
            action: step.action.name().to_owned(),
        },
    );
    injection::announce(drill, &step.id, began);
    injects::of_step(drill, &step.id);
    began
}

/// A step will never begin.
fn abort(drill: &Drill, step: &Step, by: &Step) {
    drill.observed.steps.set(&step.id, StepState::Ended);
    let why = format!("step {} failed and aborts the runbook", by.id);
    drill.host.emit(Event::StepEnded(not_started(step, why)));
}
