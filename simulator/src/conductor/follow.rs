//! Follows a drill: acts on what its parts tell, until something ends it.

use std::sync::Arc;

use drill::journal::{AuditId, EndReason, Event, Health, Purpose};
use drill::procedure::{Decision, Monitor};
use drill::units::{DrillTime, Span};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

use super::context::Drill;
use super::host::Host;
use super::observed::Round;
use super::parts::joined;
use super::signal::Signal;
use super::{auditor, runbook};

/// How often the drill looks around, beside acting on what it is told.
const LOOK_AROUND: Span = Span::from_secs(5);

/// Follows the drill until something ends it.
pub(super) async fn follow(
    drill: &Arc<Drill>,
    signals: &mut UnboundedReceiver<Signal>,
    parts: &mut JoinSet<()>,
) -> EndReason {
    let mut monitor = drill
        .spec
        .scenario
        .detection
        .as_ref()
        .map(|detection| Monitor::new(detection.failing));
    let mut auditing = false;
    loop {
        tokio::select! {
            signal = signals.recv() => match signal {
                Some(signal) => {
                    if let Some(end) = handle(drill, signal, &mut monitor, parts) {
                        return end;
                    }
                }
                None => return EndReason::Interrupted,
            },
            Some(result) = parts.join_next() => joined(result),
            _ = drill.host.clock.sleep(LOOK_AROUND) => {}
        }
        let decision = drill.observed.phase.lock().decide(drill.host.clock.now());
        match decision {
            Some(Decision::Audit) if !auditing => {
                auditing = true;
                drill.host.progress.doing("audit");
                let drill = drill.clone();
                parts.spawn(async move {
                    auditor::audit(&drill, AuditId::A, drill.host.clock.now()).await;
                    drill.host.signal(Signal::Audited);
                });
            }
            // An end does not cut an audit short that is under way.
            Some(Decision::End(reason)) if !auditing || drill.observed.phase.lock().is_audited() => {
                return reason;
            }
            _ => {}
        }
    }
}

/// Acts on a signal; gives the reason if it ends the drill.
fn handle(
    drill: &Arc<Drill>,
    signal: Signal,
    monitor: &mut Option<Monitor>,
    parts: &mut JoinSet<()>,
) -> Option<EndReason> {
    let (host, observed) = (&drill.host, &drill.observed);
    match signal {
        Signal::Probe {
            name,
            purpose: Purpose::Health,
            began,
            at,
            health,
        } => probed(drill, name, began, at, health),
        Signal::Probe {
            name,
            purpose: Purpose::Detection,
            at,
            health,
            ..
        } => {
            let fired = monitor.as_mut().and_then(|monitor| monitor.result(health));
            if let Some(detail) = fired {
                detected(drill, &name, at, detail, parts);
            }
        }
        Signal::Injected => host.progress.doing("waiting for detection"),
        Signal::RunbookDone => {
            observed.phase.lock().steps_done(host.clock.now());
            host.progress.doing("observing");
        }
        Signal::Audited => {
            observed.phase.lock().audited();
            observed.audited.send_replace(true);
        }
        Signal::NotSteady => return Some(EndReason::NoSteadyState),
        Signal::BrokerDied { region, detail } => {
            let text = format!("the broker of region {region} ended by itself: {detail}");
            host.progress.say(host.clock.now(), &text);
            host.emit(Event::Broker {
                region,
                running: false,
                detail,
            });
            return Some(EndReason::BrokerDied);
        }
        Signal::CloudDied(detail) => return Some(lost(host, detail, EndReason::CloudDied)),
        Signal::RecordLost(why) => return Some(lost(host, why, EndReason::RecordLost)),
        Signal::Interrupted(signal) => {
            host.emit(Event::Interrupted {
                signal: signal.to_owned(),
            });
            return Some(EndReason::Interrupted);
        }
    }
    None
}

/// Something that the drill cannot go on without is lost.
fn lost(host: &Host, why: String, reason: EndReason) -> EndReason {
    host.progress.say(host.clock.now(), &why);
    host.emit(Event::Warning { text: why });
    reason
}

/// A probe for the health of its service has a result.
fn probed(drill: &Drill, name: String, began: DrillTime, at: DrillTime, health: Health) {
    // Most of the time no step waits for a round.
    let _ = drill.observed.rounds.send(Round {
        probe: name.clone(),
        began,
        health,
    });
    let turned = drill.observed.phase.lock().probe(&name, at, health);
    if let Some(state) = turned {
        let text = format!("{name} is {}", word(state));
        drill.host.progress.say(at, &text);
    }
}

fn word(health: Health) -> &'static str {
    match health {
        Health::Green => "green",
        Health::Red => "RED",
        Health::Unknown => "unknown",
    }
}

fn detected(drill: &Arc<Drill>, probe: &str, at: DrillTime, detail: String, parts: &mut JoinSet<()>) {
    drill.host.progress.say(at, &format!("detected: {detail}"));
    drill.host.emit_at(
        at,
        Event::Detected {
            probe: probe.to_owned(),
            detail,
        },
    );
    drill.observed.course.detected(at);
    let mut drill_phase = drill.observed.phase.lock();
    drill_phase.detected();
    // Before anything is broken there is nothing to recover: the steady state is what is missing.
    if drill_phase.injected(at) && !drill.spec.scenario.runbook.is_empty() {
        drill.host.progress.doing("recovery");
        let drill = drill.clone();
        parts.spawn(async move {
            runbook::follow(&drill).await;
            drill.host.signal(Signal::RunbookDone);
        });
    }
}
