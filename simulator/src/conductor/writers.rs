//! Writers: objects at a steady pace, on schedule whatever the store does.
//!
//! The RPO of a bucket is measured on what they write: each write stands in the ledger with the time at
//! which it was due and the time at which the store acknowledged it, or never.

use std::sync::Arc;

use drill::ledger::{Write, WriteKind};
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
        under_way.spawn(put(drill.clone(), writer.clone(), planned.key, planned.body, due));
    }
    drill.register.advance(&writer.name, None);
    under_way.join_all().await;
}

async fn put(drill: Arc<Drill>, writer: Writer, key: String, body: Vec<u8>, due: DrillTime) {
    let (digest, size) = (Sha256::digest(&body).into(), body.len() as u64);
    let region = drill.resolve(&format!("writer {}", writer.name), &writer.bucket);
    let name = drill.name_in(&writer.bucket, &region);
    let sent = s3::put(drill.user.at(&region).client(), &name, &key, body).await;
    let acknowledged = sent.is_ok().then(|| drill.clock.now());
    let write = Write {
        bucket: writer.bucket,
        producer: writer.name,
        region: region.to_string(),
        key,
        kind: WriteKind::Put,
        produced: due,
        acknowledged,
        digest,
        size,
    };
    drill.record(write);
}
