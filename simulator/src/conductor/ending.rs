//! The end of a drill: what is still to be read back, removed, sealed and shut down.
//!
//! Whatever ended it, every fault is removed, every child ended, and both records are sealed, so that even
//! a drill that was interrupted leaves something that can be judged.

use std::sync::Arc;
use std::time::Duration;

use drill::audit::AuditRecord;
use drill::journal::{AuditId, EndReason, Event, Record, StepOutcome};
use drill::ledger::LedgerRecord;
use drill::units::Span;
use runtime::journal::Journal;
use runtime::records::Records;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

use super::auditor;
use super::context::Drill;
use super::count::keep_events;
use super::runbook::{self, StepState};
use super::signal::Signal;
use crate::output;
use crate::services::SERVICES;

/// How long children may take to end when they are asked to, in wall time.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// Ends the drill. The reason is another one if the rest was cut short.
pub(super) async fn end(
    drill: Arc<Drill>,
    reason: EndReason,
    signals: &mut UnboundedReceiver<Signal>,
    mut parts: JoinSet<()>,
) -> EndReason {
    drill.host.progress.doing("ending");
    let reason = tokio::select! {
        () = read_back(&drill, reason) => reason,
        reason = cut_short(&drill, signals) => reason,
    };
    drill.host.stop.cancel();
    parts.shutdown().await;
    drill.devices.keep_regions(&drill.host);
    unfinished_steps(&drill, reason);
    drill.observed.faults.remove_all(&drill.host);
    drill.devices.keep_programs(&drill.host);
    if let Some(mut fleet) = drill.devices.take_fleet() {
        fleet.stop(Span::ZERO).await;
        drill
            .devices
            .keep_telemetry(fleet.finish(), &drill.observed.records);
    }
    stop_brokers(&drill).await;
    drill
        .observed
        .keep_function_counters(&drill.spec.scenario, &drill.host);
    keep_events(&drill.access, &drill.host);
    // What steps left behind can only be read while it is there.
    drill.observed.changes.flush().await;
    // The removal of containers and of buckets elsewhere takes its time, of which nothing is the drill's.
    drill.host.clock.stop();
    for text in drill.access.cloud.shutdown().await {
        drill.host.emit(Event::Warning { text });
    }
    drill.host.supervisor.shutdown(GRACE).await;
    let clock = Some(drill.host.clock_event());
    let records = &drill.observed.records;
    seal(
        &drill.host.journal,
        &records.ledger,
        &records.audit,
        clock,
        reason,
    );
    drill.host.progress.finish();
    reason
}

/// Audits what is to be audited; writers and devices have stopped afterwards.
async fn read_back(drill: &Drill, reason: EndReason) {
    // What was not broken is not read back.
    let audits = !drill.spec.is_exercise()
        && matches!(
            reason,
            EndReason::Recovered
                | EndReason::NotDetected
                | EndReason::AllMissed
                | EndReason::GaveUp
                | EndReason::NoFaults
        );
    if audits && !drill.observed.phase.lock().is_audited() {
        auditor::audit(drill, AuditId::A, drill.host.clock.now()).await;
    }
    drill.observed.barrier.open();
    drill.host.quiet.cancel();
    let cut = drill.host.clock.now();
    drill.devices.stop_telemetry_at(cut);
    if audits {
        // Audit B waits for what the devices still hold, as every audit does.
        auditor::audit(drill, AuditId::B, cut).await;
        for service in SERVICES {
            service.read_protections(drill).await;
        }
    }
}

/// Waits for something that ends the drill before everything was read back.
async fn cut_short(drill: &Drill, signals: &mut UnboundedReceiver<Signal>) -> EndReason {
    while let Some(signal) = signals.recv().await {
        match signal {
            Signal::Interrupted(signal) => {
                drill.host.emit(Event::Interrupted {
                    signal: signal.to_owned(),
                });
                return EndReason::Interrupted;
            }
            Signal::RecordLost(_) => return EndReason::RecordLost,
            // What is read back from a cloud that is gone would be the plan's loss.
            Signal::CloudDied(text) => {
                drill.host.emit(Event::Warning { text });
                return EndReason::CloudDied;
            }
            _ => {}
        }
    }
    std::future::pending().await
}

/// The brokers upload what their rules have, and leave their marks.
async fn stop_brokers(drill: &Drill) {
    for (region, broker) in drill.access.cloud.brokers() {
        // A broker that had ended by itself was told of when it did.
        if let Err(error) = broker.stop().await {
            drill.host.emit(Event::Warning {
                text: format!("the broker of region {region} did not end in order: {error}"),
            });
        }
        match broker.read_marks() {
            Ok(marks) => marks
                .records
                .into_iter()
                .for_each(|record| drill.observed.records.keep_ledger(&record)),
            Err(error) => drill.host.emit(Event::Warning {
                text: format!("the marks of the broker of region {region} cannot be read: {error}"),
            }),
        }
    }
}

/// Steps that never ended say so.
fn unfinished_steps(drill: &Drill, reason: EndReason) {
    for step in &drill.spec.scenario.runbook {
        let state = drill.observed.steps.state(&step.id);
        let (outcome, why) = match state {
            Some(StepState::Ended) => continue,
            Some(StepState::Began { .. }) => (StepOutcome::Interrupted, "the drill ended while it ran"),
            None if reason == EndReason::NotDetected => (StepOutcome::NotStarted, "nothing was detected"),
            None => (StepOutcome::NotStarted, "the drill ended before"),
        };
        let mut end = runbook::not_started(step, why.to_owned());
        end.outcome = outcome;
        if let Some(StepState::Began { attempt }) = state {
            end.attempts = attempt;
        }
        drill.host.emit(Event::StepEnded(end));
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
