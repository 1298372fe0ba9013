//! Injects: what people are told at times of the drill, and in an exercise without faults each fault that is not injected.

use std::sync::Arc;

use drill::journal::Event;
use drill::scenario::{Fault, When};
use drill::units::{DrillTime, Span};

use super::context::Drill;

/// Something to be told at a time of its own.
struct Due {
    at: Span,
    to: Option<String>,
    text: String,
    fault: Option<String>,
}

/// Tells everything that has a time of its own, in order of time; faults before injects of the same instant.
pub(super) async fn run(drill: Arc<Drill>) {
    let faults = drill.told.iter().filter_map(|fault| {
        Some(Due {
            at: fault.at.clock()?,
            to: None,
            text: told(fault),
            fault: Some(fault.id.clone()),
        })
    });
    let injects = drill.scenario.injects.iter().map(|inject| Due {
        at: inject.at,
        to: inject.to.clone(),
        text: inject.text.clone(),
        fault: None,
    });
    let mut due: Vec<Due> = faults.chain(injects).collect();
    due.sort_by_key(|due| due.at);
    for due in due {
        let at = DrillTime::ZERO + due.at;
        drill.clock.sleep_until(at).await;
        tell(&drill, at, due);
    }
    drill.pulse.lock().all_told();
}

/// The faults are told that would strike in the course of this step, as it begins.
pub(super) fn of_step(drill: &Drill, step: &str) {
    for fault in &drill.told {
        let When::Step { step: of, after } = &fault.at else {
            continue;
        };
        if of != step {
            continue;
        }
        let text = match *after {
            Span::ZERO => told(fault),
            after => format!(
                "{} It would strike {after} after the beginning of step {step}.",
                told(fault)
            ),
        };
        let due = Due {
            at: Span::ZERO,
            to: None,
            text,
            fault: Some(fault.id.clone()),
        };
        tell(drill, drill.clock.now(), due);
    }
}

/// What is said of a fault that is not injected.
fn told(fault: &Fault) -> String {
    let (id, action) = (&fault.id, fault.action.name());
    let named = match id == action {
        true => action.to_owned(),
        false => format!("{id} ({action})"),
    };
    format!("Fault {named} strikes. It is told and not injected: nothing is broken.")
}

fn tell(drill: &Drill, at: DrillTime, due: Due) {
    let to = due.to.as_ref().map_or(String::new(), |to| format!(" to {to}"));
    drill
        .progress
        .announce(at, &format!("INJECT{to}: {}", due.text.trim_end()));
    drill.emit_at(
        at,
        Event::Inject {
            to: due.to,
            text: due.text,
            fault: due.fault,
        },
    );
}
