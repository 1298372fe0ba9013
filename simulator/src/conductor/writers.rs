//! Writers: objects at a steady pace, on schedule whatever the store does.
//!
//! The RPO of a bucket is measured on what they write: each write stands in the ledger with the time at
//! which it was due and the time at which the store acknowledged it, or never.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use drill::journal::Event;
use drill::ledger::{Write, WriteKind};
use drill::plan::PlannedWrite;
use drill::scenario::Writer;
use drill::units::DrillTime;
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

use super::context::Drill;
use cloud_emulator::client::ask as s3;

/// Writes of one writer that may be under way at once; more wait, and are then late.
const UNDER_WAY: usize = 32;

/// Writes on schedule until `drill.quiet`, then waits for what is under way.
pub(crate) async fn run(drill: Arc<Drill>, writer: Writer) {
    let mut under_way = JoinSet::new();
    let told = Arc::new(AtomicBool::new(false));
    for n in 0u64.. {
        let planned = drill.plan.write(&writer, n);
        let due = planned.due;
        drill.register.advance(&writer.name, Some(due));
        tokio::select! {
            biased;
            () = drill.quiet.cancelled() => break,
            _ = drill.clock.sleep_until(due) => {}
        }
        // A write that is due at the instant of a fault follows it.
        tokio::select! {
            () = drill.quiet.cancelled() => break,
            () = drill.gate.wait(due) => {}
        }
        drill.register.begin(&writer.bucket, &planned.key, due);
        while under_way.len() >= UNDER_WAY {
            under_way.join_next().await;
        }
        // A delete follows the write that it takes back.
        while planned.kind == WriteKind::Delete && under_way.join_next().await.is_some() {}
        under_way.spawn(write(drill.clone(), writer.clone(), planned, told.clone()));
    }
    drill.register.advance(&writer.name, None);
    under_way.join_all().await;
}

async fn write(drill: Arc<Drill>, writer: Writer, planned: PlannedWrite, told: Arc<AtomicBool>) {
    let PlannedWrite { due, kind, key, body } = planned;
    let size = body.len() as u64;
    let digest = match kind {
        WriteKind::Put => Sha256::digest(&body).into(),
        WriteKind::Delete => [0; 32],
    };
    let region = drill.resolve(&format!("writer {}", writer.name), &writer.bucket);
    let name = drill.name_in(&writer.bucket, &region);
    let clients = drill.user.at(&region);
    let sent = match kind {
        WriteKind::Put => s3::put(clients.client(), &name, &key, body).await,
        WriteKind::Delete => s3::delete(clients.client(), &name, &key).await,
    };
    let acknowledged = sent.is_ok().then(|| drill.clock.now());
    // Where nothing is broken yet, somebody should know why.
    let strikes = drill.scenario.faults.iter().filter_map(|fault| fault.at.clock());
    let is_steady = strikes.min().is_none_or(|first| due < DrillTime::ZERO + first);
    if let Err(error) = &sent
        && is_steady
        && !told.swap(true, Ordering::Relaxed)
    {
        let text = format!(
            "writer {}: {key} was not acknowledged, though nothing was broken: {} ({})",
            writer.name, error.message, error.code
        );
        drill.emit(Event::Warning { text });
    }
    let write = Write {
        bucket: writer.bucket,
        producer: writer.name,
        region: region.to_string(),
        key,
        kind,
        produced: due,
        acknowledged,
        digest,
        size,
    };
    drill.record(write);
}
