//! Writers: values at a steady pace, on schedule whatever the store does.
//!
//! They write to any keyed store, by the access to its kind ([`super::store`]). The RPO of a store is measured on what they write: each write stands in the ledger with the time at
//! which it was due and the time at which the store acknowledged it, or never.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use drill::journal::Event;
use drill::ledger::{Sha256Digest, Write, WriteKind};
use drill::plan::PlannedWrite;
use drill::scenario::{Scenario, Writer};
use drill::units::DrillTime;
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

use super::context::Drill;
use super::store::StoreUser;

/// Writes of one writer that may be under way at once; more wait, and are then late.
const UNDER_WAY: usize = 32;

/// Writes on schedule until `drill.host.quiet`, then waits for what is under way.
pub(crate) async fn run(drill: Arc<Drill>, writer: Writer) {
    let mut under_way = JoinSet::new();
    let told = Arc::new(AtomicBool::new(false));
    let store = writer.store.clone();
    for n in 0u64.. {
        let planned = drill.spec.plan.write(&writer, n);
        let due = planned.due;
        drill.observed.writes.advance(&writer.name, Some(due));
        tokio::select! {
            biased;
            () = drill.host.quiet.cancelled() => break,
            _ = drill.host.clock.sleep_until(due) => {}
        }
        // A write that is due at the instant of a fault follows it.
        tokio::select! {
            () = drill.host.quiet.cancelled() => break,
            () = drill.observed.barrier.wait(due) => {}
        }
        let body = (planned.kind == WriteKind::Put).then(|| Sha256::digest(&planned.body).into());
        drill.observed.writes.begin(&store, &planned.key, due, body);
        while under_way.len() >= UNDER_WAY {
            under_way.join_next().await;
        }
        // A delete follows the write that it takes back.
        while planned.kind == WriteKind::Delete && under_way.join_next().await.is_some() {}
        under_way.spawn(write(
            drill.clone(),
            (writer.name.clone(), store.clone()),
            planned,
            body.unwrap_or_default(),
            told.clone(),
        ));
    }
    drill.observed.writes.advance(&writer.name, None);
    under_way.join_all().await;
}

/// One write of a writer to the store of this label; its fate stands in the ledger.
async fn write(
    drill: Arc<Drill>,
    (writer, label): (String, String),
    planned: PlannedWrite,
    digest: Sha256Digest,
    told: Arc<AtomicBool>,
) {
    let PlannedWrite { due, kind, key, body } = planned;
    let size = body.len() as u64;
    let region = drill.access.resolve(&format!("writer {writer}"), &label);
    let store = drill.access.open_store(StoreUser::Writer, &label, &region);
    let sent = match kind {
        WriteKind::Put => store.put(&key, body).await,
        WriteKind::Delete => store.delete(&key).await,
    };
    drop(store);
    let acknowledged = sent.is_ok().then(|| drill.host.clock.now());
    if let Err(error) = &sent
        && is_steady(&drill.spec.scenario, due)
        && !told.swap(true, Ordering::Relaxed)
    {
        let text = format!(
            "writer {writer}: {key} was not acknowledged, though nothing was broken: {} ({})",
            error.message, error.code
        );
        drill.host.emit(Event::Warning { text });
    }
    drill.observed.record(Write {
        store: label,
        producer: writer,
        region: region.to_string(),
        key,
        kind,
        produced: due,
        acknowledged,
        digest,
        size,
    });
}

/// Whether nothing is broken yet: a write that fails then needs an explanation.
fn is_steady(scenario: &Scenario, due: DrillTime) -> bool {
    let injections = scenario.faults.iter().filter_map(|fault| fault.at.clock());
    injections.min().is_none_or(|first| due < DrillTime::ZERO + first)
}
