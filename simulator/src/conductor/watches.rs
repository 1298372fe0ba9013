//! What a drill is told by the things that it runs on: trouble goes into the journal, an unexpected end of one of
//! them ends the drill.

use std::sync::Arc;

use cloud_emulator::iot::Trouble;
use cloud_emulator::replication::ReplicationEvent;
use drill::journal::{Component, Event};
use runtime::journal::Journal;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::context::Drill;
use super::signal::Signal;
use crate::exit::Failure;

/// What goes wrong with rules stands in the journal.
pub(super) fn on_trouble(journal: &Journal) -> Arc<dyn Fn(Trouble) + Send + Sync> {
    let journal = journal.clone();
    Arc::new(move |trouble| journal.emit(event_of(trouble)))
}

fn event_of(trouble: Trouble) -> Event {
    let saturated = |rule: &str, detail: String| Event::Saturated {
        component: Component::Rule(rule.to_owned()),
        detail,
    };
    match trouble {
        Trouble::Missed { rule, messages } => saturated(
            &rule,
            format!("{messages} messages were dropped before the rule saw them"),
        ),
        Trouble::Dropped { rule, messages } => saturated(
            &rule,
            format!("{messages} messages were dropped since too many waited for the bucket"),
        ),
        Trouble::Refused { rule, error } => Event::Warning {
            text: format!("rule {rule} cannot write to its bucket: {error}"),
        },
        Trouble::Resumed { rule } => Event::Warning {
            text: format!("rule {rule} writes to its bucket again"),
        },
        Trouble::MarksLost { error } => Event::Warning {
            text: format!("the broker's marks cannot be written: {error}"),
        },
    }
}

/// Copies that can never be made stand in the journal.
pub(super) fn on_replication(journal: &Journal) -> Arc<dyn Fn(ReplicationEvent) + Send + Sync> {
    let journal = journal.clone();
    Arc::new(move |event: ReplicationEvent| {
        let ReplicationEvent {
            at,
            bucket,
            key,
            reason,
        } = event;
        journal.emit_at(at, Event::ReplicaFailed { bucket, key, reason });
    })
}

/// A record that can no longer be written ends the drill.
pub(super) fn watch_records(drill: &Arc<Drill>) {
    let (journal, ledger, audit) = (
        drill.host.journal.failed(),
        drill.observed.records.ledger.failed(),
        drill.observed.records.audit.failed(),
    );
    let signals = drill.host.signals.clone();
    tokio::spawn(async move {
        let error = tokio::select! {
            error = journal => error,
            error = ledger => error,
            error = audit => error,
        };
        let _ = signals.send(Signal::RecordLost(error.to_string()));
    });
}

/// A broker that ends unexpectedly ends the drill.
pub(super) fn watch_broker(drill: &Arc<Drill>) {
    for (region, broker) in drill.access.cloud.brokers() {
        let (crashed, drill, region) = (broker.crashed(), drill.clone(), region.to_owned());
        tokio::spawn(async move {
            let detail = crashed.await;
            drill.host.signal(Signal::BrokerDied { region, detail });
        });
    }
}

/// A container or an endpoint that ends unexpectedly ends the drill.
pub(super) fn watch_cloud(drill: &Arc<Drill>) {
    let drill = drill.clone();
    tokio::spawn(async move {
        let detail = tokio::select! {
            detail = drill.access.cloud.died() => detail,
            () = drill.host.stop.cancelled() => return,
        };
        drill.host.signal(Signal::CloudDied(detail));
    });
}

/// Ctrl-C and a polite request to end become signals of the drill, and halt what is still being stood up.
pub(super) fn watch_signals(
    signals: &UnboundedSender<Signal>,
    halt: &CancellationToken,
) -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen =
        |kind| signal(kind).map_err(|error| Failure::environment("cannot listen for signals", error));
    for (kind, name) in [
        (SignalKind::interrupt(), "SIGINT"),
        (SignalKind::terminate(), "SIGTERM"),
        (SignalKind::hangup(), "SIGHUP"),
    ] {
        let (mut arrivals, signals, halt) = (listen(kind)?, signals.clone(), halt.clone());
        tokio::spawn(async move {
            while arrivals.recv().await.is_some() {
                let _ = signals.send(Signal::Interrupted(name));
                halt.cancel();
            }
        });
    }
    Ok(())
}
