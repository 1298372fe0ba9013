//! The conductor: runs a drill from stand-up to teardown.
//!
//! ```text
//!           ┌─ writers ──────────┐                       ┌─► journal.jsonl
//!           ├─ fleet ────────────┤                       ├─► ledger.bin
//! stand up ─┼─ probes ─► pulse ──┼─► audit A ─► audit B ─┴─► audit.bin
//!           ├─ strikes (faults) ─┤      (decided by the pulse)
//!           └─ detection ─► runbook
//! ```
//!
//! It does what the scenario says and writes down what happened. Whether that was good enough is decided
//! afterwards, from the three records alone.

mod accuracy;
mod auditor;
mod changes;
pub(crate) mod context;
mod course;
mod ending;
mod exercise;
mod fleet;
mod function_pace;
mod functions;
mod gate;
mod injects;
mod isolation;
mod people;
mod probes;
mod programs;
mod prompt;
mod protections;
mod readiness;
pub(crate) mod register;
mod runbook;
mod settings;
mod stand_up;
mod strikes;
mod watches;
mod writers;

use std::sync::Arc;

use drill::journal::{AuditId, EndReason, Event, Health, Purpose};
use drill::units::{DrillTime, Span};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{JoinError, JoinSet};

use self::context::{Drill, Round};
pub(crate) use self::isolation::{isolation, weaknesses};
pub(crate) use self::readiness::machine::checks as machine_checks;
pub(crate) use self::readiness::ready;
pub(crate) use self::runbook::shell::Secrets;
pub(crate) use self::runbook::shell::prepare as prepare_scripts;
pub(crate) use self::runbook::shell::prepare_isolation;
use self::stand_up::Stood;
pub(crate) use self::stand_up::{FILES, FILES_PER_DEVICE, Request, prepare};
use crate::exit::Failure;
use crate::metrics::Metrics;
use crate::progress::Status;
use drill::procedure::{Decision, Monitor};

/// How often the drill looks around, beside acting on what it is told.
const LOOK_AROUND: Span = Span::from_secs(5);

/// How often the fleet's counters go into the journal.
const COUNT_EVERY: Span = Span::from_secs(10);

/// What the parts of a drill tell the conductor.
#[derive(Debug)]
pub(crate) enum Signal {
    /// A round of a probe ended.
    Probe {
        name: String,
        purpose: Purpose,
        /// When the round began.
        began: DrillTime,
        /// When the result is dated.
        at: DrillTime,
        health: Health,
    },
    /// The faults of one instant have struck.
    Struck,
    /// There was no steady state to break.
    NotSteady,
    /// Every step of the runbook has ended.
    RunbookDone,
    /// Audit A is complete.
    Audited,
    /// A container or an endpoint that the drill runs on is gone: which, and how.
    CloudDied(String),
    /// A broker ended by itself.
    BrokerDied {
        /// The label of its region.
        region: String,
        /// How.
        detail: String,
    },
    /// A file of the run cannot be written.
    RecordLost(String),
    /// The user, or the system, wants an end.
    Interrupted(&'static str),
}

/// Runs a drill. What it leaves is in the run's folder.
///
/// # Errors
/// If the environment cannot be stood up. Whatever happens later is in the journal.
pub(crate) async fn conduct(request: Request<'_>) -> Result<EndReason, Failure> {
    let metrics = request.metrics;
    let _serving = metrics.map(Metrics::serve).transpose()?;
    let (drill, mut signals) = match stand_up::stand_up(request).await? {
        Stood::Up(drill, signals) => (drill, signals),
        Stood::Interrupted => return Ok(EndReason::Interrupted),
    };
    if let Some(metrics) = metrics {
        metrics.follow(&drill);
    }
    let mut parts = start(&drill);
    let reason = follow(&drill, &mut signals, &mut parts).await;
    Ok(ending::end(drill, reason, &mut signals, parts).await)
}

/// A part of the drill has ended. One that panicked takes the whole drill with it: what it was to measure
/// would be missing without a word.
fn joined(result: Result<(), JoinError>) {
    if let Err(error) = result
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}

/// Writers write, and probes ask for the health of their services.
fn start_load(drill: &Arc<Drill>) -> JoinSet<()> {
    let mut parts = JoinSet::new();
    for writer in &drill.scenario.writers {
        parts.spawn(writers::run(drill.clone(), writer.clone()));
    }
    for probe in &drill.scenario.probes {
        parts.spawn(probes::run(
            drill.clone(),
            probe.clone(),
            Purpose::Health,
            probe.every,
        ));
    }
    parts
}

/// Drill 0: everything that runs by itself begins.
fn start(drill: &Arc<Drill>) -> JoinSet<()> {
    let mut parts = start_load(drill);
    if let Some(detection) = &drill.scenario.detection
        && let Some(probe) = drill.scenario.probe(&detection.probe)
    {
        parts.spawn(probes::run(
            drill.clone(),
            probe.clone(),
            Purpose::Detection,
            detection.every,
        ));
    }
    if !drill.scenario.faults.is_empty() {
        parts.spawn(strikes::run(drill.clone()));
    }
    if !drill.scenario.injects.is_empty() || drill.is_exercise() {
        parts.spawn(injects::run(drill.clone()));
    }
    if drill.is_exercise() {
        parts.spawn(exercise::run(drill.clone()));
    }
    parts.spawn(readiness::before_faults(drill.clone()));
    if drill.people.is_some() {
        parts.spawn(people::serve(drill.clone()));
    }
    parts.spawn(count(drill.clone()));
    drill.progress.doing(match drill.is_exercise() {
        true => "until the exercise begins",
        false => "steady state",
    });
    parts
}

/// Follows the drill until something ends it.
async fn follow(
    drill: &Arc<Drill>,
    signals: &mut UnboundedReceiver<Signal>,
    parts: &mut JoinSet<()>,
) -> EndReason {
    let mut monitor = drill
        .scenario
        .detection
        .as_ref()
        .map(|detection| Monitor::new(detection.failing));
    let mut auditing = false;
    loop {
        tokio::select! {
            signal = signals.recv() => match signal {
                Some(signal) => {
                    if let Some(end) = take(drill, signal, &mut monitor, parts) {
                        return end;
                    }
                }
                None => return EndReason::Interrupted,
            },
            Some(result) = parts.join_next() => joined(result),
            _ = drill.clock.sleep(LOOK_AROUND) => {}
        }
        let decision = drill.pulse.lock().decide(drill.clock.now());
        match decision {
            Some(Decision::Audit) if !auditing => {
                auditing = true;
                drill.progress.doing("audit");
                let drill = drill.clone();
                parts.spawn(async move {
                    auditor::audit(&drill, AuditId::A, drill.clock.now()).await;
                    drill.signal(Signal::Audited);
                });
            }
            // An end does not cut an audit short that is under way.
            Some(Decision::End(reason)) if !auditing || drill.pulse.lock().is_audited() => return reason,
            _ => {}
        }
    }
}

/// Acts on a signal; gives the reason if it ends the drill.
fn take(
    drill: &Arc<Drill>,
    signal: Signal,
    monitor: &mut Option<Monitor>,
    parts: &mut JoinSet<()>,
) -> Option<EndReason> {
    match signal {
        Signal::Probe {
            name,
            purpose: Purpose::Health,
            began,
            at,
            health,
        } => {
            // Nobody waits for a round most of the time.
            let _ = drill.rounds.send(Round {
                probe: name.clone(),
                began,
                health,
            });
            let turned = drill.pulse.lock().probe(&name, at, health);
            if let Some(state) = turned {
                drill.progress.say(at, &format!("{name} is {}", word(state)));
            }
        }
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
        Signal::Struck => drill.progress.doing("waiting for detection"),
        Signal::RunbookDone => {
            drill.pulse.lock().steps_done(drill.clock.now());
            drill.progress.doing("observing");
        }
        Signal::Audited => {
            drill.pulse.lock().audited();
            drill.audited.send_replace(true);
        }
        Signal::NotSteady => return Some(EndReason::NoSteadyState),
        Signal::BrokerDied { region, detail } => {
            let text = format!("the broker of region {region} ended by itself: {detail}");
            drill.progress.say(drill.clock.now(), &text);
            drill.emit(Event::Broker {
                region,
                running: false,
                detail,
            });
            return Some(EndReason::BrokerDied);
        }
        Signal::CloudDied(detail) => {
            drill.progress.say(drill.clock.now(), &detail);
            drill.emit(Event::Warning { text: detail });
            return Some(EndReason::CloudDied);
        }
        Signal::RecordLost(why) => {
            drill.progress.say(drill.clock.now(), &why);
            drill.emit(Event::Warning { text: why });
            return Some(EndReason::RecordLost);
        }
        Signal::Interrupted(signal) => {
            drill.emit(Event::Interrupted {
                signal: signal.to_owned(),
            });
            return Some(EndReason::Interrupted);
        }
    }
    None
}

fn word(health: Health) -> &'static str {
    match health {
        Health::Green => "green",
        Health::Red => "RED",
        Health::Unknown => "unknown",
    }
}

fn detected(drill: &Arc<Drill>, probe: &str, at: DrillTime, detail: String, parts: &mut JoinSet<()>) {
    drill.progress.say(at, &format!("detected: {detail}"));
    drill.emit_at(
        at,
        Event::Detected {
            probe: probe.to_owned(),
            detail,
        },
    );
    drill.course.detected(at);
    let mut pulse = drill.pulse.lock();
    pulse.detected();
    // Before anything is broken there is nothing to recover: the steady state is what is missing.
    if pulse.struck(at) && !drill.scenario.runbook.is_empty() {
        drill.progress.doing("recovery");
        let drill = drill.clone();
        parts.spawn(async move {
            runbook::follow(&drill).await;
            drill.signal(Signal::RunbookDone);
        });
    }
}

/// Writes the fleet's counters and what is settled of its telemetry down, and shows where the drill stands.
async fn count(drill: Arc<Drill>) {
    for round in 1i64.. {
        let due = DrillTime::ZERO + COUNT_EVERY.times(round);
        drill.clock.sleep_until(due).await;
        let fleet = drill.fleet_counters();
        if let Some(counters) = fleet {
            drill.emit(Event::Fleet(counters));
        }
        drill.keep_function_counters();
        drill.keep_program_counters();
        drill.keep_device_regions();
        drill.keep_late_copies();
        drill.keep_settled_telemetry();
        let probes = drill
            .pulse
            .lock()
            .states()
            .map(|(name, health)| (name.to_owned(), health))
            .collect();
        drill.progress.status(&Status {
            now: drill.clock.now(),
            rate: drill.clock.rate(),
            limit: drill.clock.limit(),
            fleet,
            probes,
        });
    }
}
