//! What the other region has: an audit reads a bucket where its consumers do, and only looks at the other store to tell
//! whether what is missing here is there, and whether the two are the same.

use std::collections::BTreeMap;

use cloud_emulator::client::ask::{self, Listed};
use drill::audit::AuditRecord;
use drill::journal::StepError;
use drill::scenario::DataKind;
use drill::telemetry;
use futures::StreamExt;

use super::{Reading, lines};

/// Compares the two stores of a replicated bucket, and reads what only the other one has. A store that cannot be
/// listed says nothing.
pub(super) async fn look(reading: &Reading<'_>, kind: &DataKind) {
    let drill = reading.drill;
    let label = kind.bucket();
    let here = drill.active_region(label).to_string();
    let replicated = drill
        .scenario
        .bucket(label)
        .filter(|bucket| bucket.replicate.is_some());
    let other = replicated.and_then(|bucket| {
        let regions = drill.scenario.cloud.regions.iter().map(|region| &region.label);
        let stores = regions.map(|region| (region.clone(), bucket.name_in(region)));
        stores
            .into_iter()
            .find(|(region, name)| *region != here && !name.is_empty())
    });
    let Some((region, there)) = other else {
        return;
    };
    let _guard = drill.clock.hold("audit");
    let name = drill.active_name(label);
    let client = reading.client();
    let Ok(listed_here) = listed(reading, &name).await else {
        return;
    };
    // Between the two: what is here only, and is made there in a moment, is on its way now.
    let pending = drill.cloud.replicator().progress(&name).pending;
    let Ok(listed_there) = listed(reading, &there).await else {
        return;
    };
    let unlike: Vec<String> = listed_there
        .iter()
        .filter(|(key, etag)| listed_here.get(*key) != Some(etag))
        .map(|(key, _)| key.clone())
        .collect();
    let only_there = unlike
        .iter()
        .filter(|key| !listed_here.contains_key(*key))
        .count() as u64;
    let only_here = listed_here
        .keys()
        .filter(|key| !listed_there.contains_key(*key))
        .count() as u64;
    reading.keep(AuditRecord::Compared {
        audit: reading.id,
        bucket: label.to_owned(),
        region: here,
        other: region.clone(),
        same: (listed_there.len() - unlike.len()) as u64,
        only_here,
        only_there,
        differing: unlike.len() as u64 - only_there,
        pending,
    });
    let reads = ask::side_by_side(unlike, async |key: String| {
        let body = ask::read_raw(client, &there, &key).await;
        (key, body)
    });
    let mut bodies: Vec<(String, Result<ask::Body, StepError>)> = reads.collect().await;
    bodies.sort_by(|a, b| a.0.cmp(&b.0));
    for (key, body) in bodies {
        // What cannot be read there either is of no help to anybody.
        let Ok(body) = body else { continue };
        let (audit, bucket, region) = (reading.id, label.to_owned(), region.clone());
        reading.keep(match kind {
            DataKind::Objects { .. } => AuditRecord::ObjectElsewhere {
                audit,
                bucket,
                region,
                key,
                digest: body.digest,
            },
            DataKind::Telemetry { .. } => AuditRecord::MessagesElsewhere {
                audit,
                bucket,
                region,
                key,
                messages: lines(&body.bytes)
                    .filter_map(|line| Some(telemetry::decode(line)?.0))
                    .collect(),
            },
        });
    }
}

/// The objects of a store: key and entity tag.
async fn listed(reading: &Reading<'_>, name: &str) -> Result<BTreeMap<String, String>, StepError> {
    let listed = match ask::list(reading.client(), name).await {
        Err(error) if ask::is_missing(&error) => Vec::new(),
        listed => listed?,
    };
    Ok(listed
        .into_iter()
        .map(|Listed { key, etag, .. }| (key, etag))
        .collect())
}
