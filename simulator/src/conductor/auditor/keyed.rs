//! Every value of a keyed store.

use std::collections::BTreeSet;

use cloud_emulator::client::ask::side_by_side;
use drill::audit::{AuditRecord, Found};
use drill::journal::StepError;
use futures::StreamExt;

use super::reading::{Reading, unreadable};
use crate::conductor::store::{OpenStore, StoreUser, StoredValue};

/// Every key of the ledger and of the listing, read.
pub(super) async fn read(reading: &mut Reading<'_>, label: &str) {
    let drill = reading.drill;
    let _guard = drill.host.clock.hold("audit");
    let region = drill.access.active_region(label).to_string();
    let store = drill.access.open_store(StoreUser::Audit, label, &region);
    let mut keys: BTreeSet<String> = drill.observed.writes.keys(label).into_iter().collect();
    match store.list("", "").await {
        Ok(listed) => keys.extend(listed.into_iter().map(|value| value.key)),
        // A store that is gone is an answer: nothing is in it.
        Err(error) if store.is_missing(&error) => {}
        Err(error) => return reading.unlisted(label, &error),
    }
    let reads = side_by_side(keys, async |key: String| {
        let found = found(&*store, &key, store.read(&key).await);
        (key, found)
    });
    let mut found: Vec<(String, Found)> = reads.collect().await;
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let unreadable = found
        .iter()
        .filter(|(_, found)| matches!(found, Found::Unreadable { .. }))
        .count();
    if unreadable > 0 {
        let store = reading.describe(label);
        reading
            .problems
            .push(format!("{unreadable} objects of {store} cannot be read"));
    }
    for (key, found) in found {
        reading.keep(AuditRecord::Value {
            audit: reading.id,
            store: label.to_owned(),
            region: region.clone(),
            key,
            found,
        });
    }
}

fn found(store: &dyn OpenStore, key: &str, read: Result<StoredValue, StepError>) -> Found {
    match read {
        Ok(value) => Found::Body {
            digest: value.digest,
            size: value.bytes.len() as u64,
            last_modified: store.readable_at(key, value.date),
        },
        Err(error) if store.is_missing(&error) => Found::Missing,
        Err(error) => unreadable(&error),
    }
}
