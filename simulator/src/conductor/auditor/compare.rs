//! What the other region has: an audit reads a store where its consumers do, and only looks at the other one to tell
//! whether what is missing here is there, and whether the two are the same.

use std::collections::BTreeMap;

use cloud_emulator::client::ask::side_by_side;
use drill::audit::AuditRecord;
use drill::journal::StepError;
use drill::scenario::DataKind;
use drill::telemetry;
use futures::StreamExt;

use super::reading::Reading;
use super::stream::lines;
use crate::conductor::store::{OpenStore, StoreUser, StoredValue};

/// Compares the two stores of a replicated one, and reads what only the other one has. A store that cannot be
/// listed says nothing.
pub(super) async fn compare_stores(reading: &Reading<'_>, kind: &DataKind) {
    let drill = reading.drill;
    let label = kind.store();
    let here = drill.access.active_region(label).to_string();
    let Some(there) = other_region(reading, label, &here) else {
        return;
    };
    let _guard = drill.host.clock.hold("audit");
    let open = |region| drill.access.open_store(StoreUser::Audit, label, region);
    let (store, other) = (open(&here), open(there));
    let Ok(listed_here) = listed(&*store).await else {
        return;
    };
    // Between the two: what is here only, and is made there in a moment, is on its way now.
    let pending = store.pending_copies();
    let Ok(listed_there) = listed(&*other).await else {
        return;
    };
    let unlike: Vec<String> = listed_there
        .iter()
        .filter(|(key, tag)| listed_here.get(*key) != Some(tag))
        .map(|(key, _)| key.clone())
        .collect();
    let absent = |these: &BTreeMap<_, _>, key: &String| !these.contains_key(key);
    let only_there = unlike.iter().filter(|key| absent(&listed_here, key)).count() as u64;
    let only_here = listed_here
        .keys()
        .filter(|key| absent(&listed_there, key))
        .count() as u64;
    reading.keep(AuditRecord::Compared {
        audit: reading.id,
        store: label.to_owned(),
        region: here.clone(),
        other: there.to_owned(),
        same: (listed_there.len() - unlike.len()) as u64,
        only_here,
        only_there,
        differing: unlike.len() as u64 - only_there,
        pending,
    });
    read_unlike(reading, kind, there, &*other, unlike).await;
}

/// The label of the region that has the other store, if the store is replicated.
fn other_region<'a>(reading: &Reading<'a>, label: &str, here: &str) -> Option<&'a str> {
    let drill = reading.drill;
    let cloud = &drill.spec.scenario.cloud;
    cloud.store(label)?.replicate?;
    let mut regions = cloud.regions.iter().map(|region| region.label.as_str());
    regions.find(|region| *region != here && !drill.access.name_in(label, region).is_empty())
}

/// What the other store has of these keys. A value that cannot be read there either proves nothing.
async fn read_unlike(
    reading: &Reading<'_>,
    kind: &DataKind,
    region: &str,
    store: &dyn OpenStore,
    keys: Vec<String>,
) {
    let reads = side_by_side(keys, async |key: String| {
        let value = store.read(&key).await;
        (key, value)
    });
    let mut values: Vec<(String, Result<StoredValue, StepError>)> = reads.collect().await;
    values.sort_by(|a, b| a.0.cmp(&b.0));
    for (key, value) in values {
        let Ok(value) = value else { continue };
        let (audit, store, region) = (reading.id, kind.store().to_owned(), region.to_owned());
        reading.keep(match kind {
            DataKind::Keyed { .. } => AuditRecord::ValueElsewhere {
                audit,
                store,
                region,
                key,
                digest: value.digest,
            },
            DataKind::Stream { .. } => AuditRecord::MessagesElsewhere {
                audit,
                store,
                region,
                key,
                messages: lines(&value.bytes)
                    .filter_map(|line| Some(telemetry::decode(line)?.0))
                    .collect(),
            },
        });
    }
}

/// The values of a store: key and tag.
async fn listed(store: &dyn OpenStore) -> Result<BTreeMap<String, String>, StepError> {
    let listed = match store.list("", "").await {
        Err(error) if store.is_missing(&error) => Vec::new(),
        listed => listed?,
    };
    Ok(listed.into_iter().map(|value| (value.key, value.tag)).collect())
}
