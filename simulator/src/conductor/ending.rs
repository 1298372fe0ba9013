//! The end of a drill: what is still to be read back, removed, sealed and shut down.
//!
//! Whatever ended it, every fault is removed, every child ended, and both records are sealed, so that even
//! a drill that was interrupted leaves something that can be judged.

use std::sync::Arc;
use std::time::Duration;

use drill::audit::AuditRecord;
use drill::journal::{AuditId, EndReason, Event, Outcome, Record};
use drill::ledger::LedgerRecord;
use drill::units::Span;
use runtime::journal::Journal;
use runtime::records::Records;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

use super::Signal;
use super::auditor;
use super::context::Drill;
use super::protections;
use super::runbook::{self, StepState};
use crate::output;

/// How long children may take to end when they are asked to, in wall time.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// Ends the drill. The reason is another one if the rest was cut short.
pub(super) async fn end(
    drill: Arc<Drill>,
    reason: EndReason,
    signals: &mut UnboundedReceiver<Signal>,
    mut parts: JoinSet<()>,
) -> EndReason {
    drill.progress.doing("ending");
    let reason = tokio::select! {
        () = read_back(&drill, reason) => reason,
        reason = cut_short(&drill, signals) => reason,
    };
    drill.stop.cancel();
    parts.shutdown().await;
    drill.keep_device_regions();
    unfinished_steps(&drill, reason);
    drill.remove_faults();
    drill.keep_program_counters();
    let fleet = drill.fleet.lock().take();
    if let Some(mut fleet) = fleet {
        fleet.stop(Span::ZERO).await;
        drill.keep_telemetry(fleet.finish());
    }
    stop_brokers(&drill).await;
    drill.keep_function_counters();
    drill.keep_late_copies();
    // What steps left behind can only be read while it is there.
    drill.changes.flush().await;
    // The removal of containers and of buckets elsewhere takes its time, of which nothing is the drill's.
    drill.clock.stop();
    for text in drill.cloud.shutdown().await {
        drill.emit(Event::Warning { text });
    }
    drill.supervisor.shutdown(GRACE).await;
    let clock = Some(drill.clock_event());
    seal(&drill.journal, &drill.ledger, &drill.audit, clock, reason);
    drill.progress.finish();
    reason
}

/// Audits what is to be audited; writers and devices have stopped afterwards.
async fn read_back(drill: &Drill, reason: EndReason) {
    // What was not broken is not read back.
    let audits = !drill.is_exercise()
        && matches!(
            reason,
            EndReason::Recovered
                | EndReason::NotDetected
                | EndReason::AllMissed
                | EndReason::GaveUp
                | EndReason::NoFaults
        );
    if audits && !drill.pulse.lock().is_audited() {
        auditor::audit(drill, AuditId::A, drill.clock.now()).await;
    }
    drill.gate.open();
    drill.quiet.cancel();
    let cut = drill.clock.now();
    drill.stop_telemetry_at(cut);
    if audits {
        // Audit B waits for what the devices still hold, as every audit does.
        auditor::audit(drill, AuditId::B, cut).await;
        protections::read(drill).await;
    }
}

/// Waits for something that ends the drill before everything was read back.
async fn cut_short(drill: &Drill, signals: &mut UnboundedReceiver<Signal>) -> EndReason {
    while let Some(signal) = signals.recv().await {
        match signal {
            Signal::Interrupted(signal) => {
                drill.emit(Event::Interrupted {
                    signal: signal.to_owned(),
                });
                return EndReason::Interrupted;
            }
            Signal::RecordLost(_) => return EndReason::RecordLost,
            // What is read back from a cloud that is gone would be the plan's loss.
            Signal::CloudDied(text) => {
                drill.emit(Event::Warning { text });
                return EndReason::CloudDied;
            }
            _ => {}
        }
    }
    std::future::pending().await
}

/// The brokers upload what their rules have, and leave their marks.
async fn stop_brokers(drill: &Drill) {
    for (region, broker) in drill.cloud.brokers() {
        // A broker that had ended by itself was told of when it did.
        if let Err(error) = broker.stop().await {
            drill.emit(Event::Warning {
                text: format!("the broker of region {region} did not end in order: {error}"),
            });
        }
        match broker.read_marks() {
            Ok(marks) => marks
                .records
                .into_iter()
                .for_each(|record| drill.keep_ledger(&record)),
            Err(error) => drill.emit(Event::Warning {
                text: format!("the marks of the broker of region {region} cannot be read: {error}"),
            }),
        }
    }
}

/// Steps that never ended say so.
fn unfinished_steps(drill: &Drill, reason: EndReason) {
    for step in &drill.scenario.runbook {
        let state = drill.steps.state(&step.id);
        let (outcome, why) = match state {
            Some(StepState::Ended) => continue,
            Some(StepState::Began { .. }) => (Outcome::Interrupted, "the drill ended while it ran"),
            None if reason == EndReason::NotDetected => (Outcome::NotStarted, "nothing was detected"),
            None => (Outcome::NotStarted, "the drill ended before"),
        };
        let mut end = runbook::not_started(step, why.to_owned());
        end.outcome = outcome;
        if let Some(StepState::Began { attempt }) = state {
            end.attempts = attempt;
        }
        drill.emit(Event::StepEnded(end));
    }
}

/// Closes the three records. The clock has something to tell if it ever ran.
pub(super) fn seal(
    journal: &Journal,
    ledger: &Records<LedgerRecord>,
    audit: &Records<AuditRecord>,
    clock: Option<Event>,
    reason: EndReason,
) {
    let sealed = [(Record::Ledger, ledger.seal()), (Record::Audit, audit.seal())];
    for (record, result) in sealed {
        match result {
            Ok(Some(sealed)) => journal.emit(Event::Sealed {
                record,
                sha256: sealed.sha256,
            }),
            Ok(None) => {}
            Err(error) => journal.emit(Event::Warning {
                text: error.to_string(),
            }),
        }
    }
    clock.into_iter().for_each(|clock| journal.emit(clock));
    journal.emit(Event::Finished { reason });
    if let Err(error) = journal.finish() {
        output::note(format_args!("firedrill: {error}"));
    }
}
