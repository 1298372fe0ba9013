//! Injects: what people are told at times of the drill, and in an exercise without faults each fault that is not injected.

use std::sync::Arc;

use drill::journal::Event;
use drill::scenario::{Fault, When};
use drill::units::{DrillTime, Span};

use super::context::Drill;
use super::host::Host;

/// Something to be told at a time of its own.
struct Due {
    at: Span,
    to: Option<String>,
    text: String,
    fault: Option<String>,
}

/// Tells everything that has a time of its own, in order of time; faults before injects of the same instant.
pub(super) async fn run(drill: Arc<Drill>) {
    let faults = drill.spec.announced.iter().filter_map(|fault| {
        Some(Due {
            at: fault.at.clock()?,
            to: None,
            text: describe(fault),
            fault: Some(fault.id.clone()),
        })
    });
    let injects = drill.spec.scenario.injects.iter().map(|inject| Due {
        at: inject.at,
        to: inject.to.clone(),
        text: inject.text.clone(),
        fault: None,
    });
    let mut due: Vec<Due> = faults.chain(injects).collect();
    due.sort_by_key(|due| due.at);
    for due in due {
        let at = DrillTime::ZERO + due.at;
        drill.host.clock.sleep_until(at).await;
        emit_inject(&drill.host, at, due);
    }
    drill.observed.phase.lock().all_told();
}

/// The faults are told that would be injected in the course of this step, as it begins.
pub(super) fn of_step(drill: &Drill, step: &str) {
    for fault in &drill.spec.announced {
        let When::Step { step: of, after } = &fault.at else {
            continue;
        };
        if of != step {
            continue;
        }
        let text = match *after {
            Span::ZERO => describe(fault),
            after => format!(
                "{} It would be injected {after} after the beginning of step {step}.",
                describe(fault)
            ),
        };
        let due = Due {
            at: Span::ZERO,
            to: None,
            text,
            fault: Some(fault.id.clone()),
        };
        emit_inject(&drill.host, drill.host.clock.now(), due);
    }
}

/// What is said of a fault that is not injected.
fn describe(fault: &Fault) -> String {
    let (id, action) = (&fault.id, fault.action.name());
    let named = if id == action {
        action.to_owned()
    } else {
        format!("{id} ({action})")
    };
    format!("Fault {named} is announced and not injected: nothing is broken.")
}

fn emit_inject(host: &Host, at: DrillTime, due: Due) {
    let to = due.to.as_ref().map_or(String::new(), |to| format!(" to {to}"));
    host.progress
        .announce(at, &format!("INJECT{to}: {}", due.text.trim_end()));
    host.emit_at(
        at,
        Event::Inject {
            to: due.to,
            text: due.text,
            fault: due.fault,
        },
    );
}
