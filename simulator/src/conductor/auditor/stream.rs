//! The messages of a stream, as its rule has filed them in a store.

use std::collections::HashSet;

use cloud_emulator::client::ask::side_by_side;
use drill::audit::AuditRecord;
use drill::journal::StepError;
use drill::ledger::MessageId;
use drill::telemetry;
use drill::units::Span;
use futures::StreamExt;

use super::reading::{Reading, unreadable};
use crate::conductor::store::{ListedValue, OpenStore, StoreUser, StoredValue};

/// How often an audit looks whether late telemetry has arrived.
const LOOK_AGAIN: Span = Span::from_secs(10);

/// The messages in every batch of a rule; read again what has come, until nothing is missing.
pub(super) async fn read(reading: &mut Reading<'_>, rule: &str, label: &str) {
    let drill = reading.drill;
    let region = drill.access.active_region(label).to_string();
    let store = drill.access.open_store(StoreUser::Audit, label, &region);
    let mut seen: HashSet<String> = HashSet::new();
    let mut found: HashSet<MessageId> = HashSet::new();
    loop {
        let open = drill.devices.telemetry_open_before(reading.cut);
        let last = drill.host.clock.now() >= reading.deadline;
        let guard = drill.host.clock.hold("audit");
        let listed = match listed(&*store, &format!("{rule}/")).await {
            Ok(listed) => listed,
            Err(error) => return reading.unlisted(label, &error),
        };
        let new = listed.into_iter().filter(|batch| !seen.contains(&batch.key));
        let reads = side_by_side(new.collect::<Vec<_>>(), async |batch: ListedValue| {
            let value = store.read(&batch.key).await;
            (batch, value)
        });
        let mut batches: Vec<(ListedValue, Result<StoredValue, StepError>)> = reads.collect().await;
        batches.sort_by(|a, b| a.0.key.cmp(&b.0.key));
        for (batch, value) in batches {
            seen.insert(batch.key.clone());
            keep_batch(reading, (label, &*store), batch, value, &mut found);
        }
        drop(guard);
        let records = &drill.observed.records;
        let acknowledged = drill.devices.acknowledged_telemetry(reading.cut, records);
        if last || (!open && acknowledged.is_subset(&found)) {
            return;
        }
        drill.host.clock.sleep(LOOK_AGAIN).await;
    }
}

/// What the store lists, and what the cloud knows of and a listing left out, to be read all the same; nothing of a store
/// that is gone.
async fn listed(store: &dyn OpenStore, prefix: &str) -> Result<Vec<ListedValue>, StepError> {
    let mut listed = match store.list(prefix, "").await {
        Err(error) if store.is_missing(&error) => Vec::new(),
        listed => listed?,
    };
    let known = store.known_keys(prefix);
    let keys: HashSet<&str> = listed.iter().map(|value| value.key.as_str()).collect();
    let unlisted = known.into_iter().filter(|key| !keys.contains(key.as_str()));
    let unlisted = unlisted.map(|key| ListedValue {
        key,
        size: 0,
        tag: String::new(),
        date: None,
    });
    let unlisted: Vec<ListedValue> = unlisted.collect();
    listed.extend(unlisted);
    Ok(listed)
}

fn keep_batch(
    reading: &mut Reading<'_>,
    (label, store): (&str, &dyn OpenStore),
    batch: ListedValue,
    value: Result<StoredValue, StepError>,
    found: &mut HashSet<MessageId>,
) {
    let (audit, key) = (reading.id, batch.key);
    let region = reading.drill.access.active_region(label).to_string();
    let value = match value {
        Ok(value) => value,
        // Gone since it was listed: whatever was in it is not there.
        Err(error) if store.is_missing(&error) => return,
        Err(error) => {
            let of = reading.describe(label);
            reading
                .problems
                .push(format!("object {key} of {of} cannot be read"));
            return reading.keep(AuditRecord::Value {
                audit,
                store: label.to_owned(),
                region,
                key,
                found: unreadable(&error),
            });
        }
    };
    let mut messages = Vec::new();
    let mut unreadable = 0;
    for line in lines(&value.bytes) {
        match telemetry::decode(line) {
            Some((id, produced)) => {
                found.insert(id);
                messages.push((id, produced));
            }
            None => unreadable += 1,
        }
    }
    reading.keep(AuditRecord::Messages {
        audit,
        store: label.to_owned(),
        region,
        // A listing may have finer dates than the answer to a read.
        readable_at: store.readable_at(&key, batch.date),
        key,
        messages,
        unreadable,
    });
}

/// The lines of a batch of telemetry.
pub(super) fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}
