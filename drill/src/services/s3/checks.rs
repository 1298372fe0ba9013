//! Buckets of a scenario that contradict each other, or what AWS allows.

use std::collections::BTreeMap;

use super::Bucket;
use crate::scenario::checks::Checks;
use crate::scenario::identifiers::bucket_name_error;
use crate::scenario::limits::INVENTORY_BYTES;
use crate::units::ByteSize;

/// Checks every bucket.
pub(super) fn check(checks: &mut Checks<'_, '_, '_>) {
    let buckets = checks.scenario.cloud.buckets();
    store_names(checks, buckets);
    for bucket in buckets {
        replication(checks, bucket);
    }
    inventories(checks, buckets);
}

/// S3's bucket names are global: no two stores share one.
fn store_names(checks: &mut Checks<'_, '_, '_>, buckets: &[Bucket]) {
    let mut stores: BTreeMap<&str, &str> = BTreeMap::new();
    for bucket in buckets {
        let replica = bucket
            .replicate
            .as_ref()
            .map(|replicate| ("replicate", replicate.name.as_str()));
        for (field, name) in [Some(("name", bucket.name.as_str())), replica]
            .into_iter()
            .flatten()
        {
            let path = format!("cloud.buckets.{}.{field}", bucket.label);
            if let Some(hint) = bucket_name_error(name) {
                let found = format!("the replica's name {name:?} ({} characters)", name.len());
                let allowed = "a bucket name of at most 63 characters; give `replicate.name`";
                let mark = checks.context.mark_of(&path);
                checks.context.error(mark, path.clone(), found, allowed, hint);
            }
            match stores.get(name) {
                Some(other) => {
                    let found = format!("{name:?} again");
                    let allowed = format!("a global name of its own (bucket {other} has it already)");
                    checks.error(&path, found, &allowed);
                }
                None => {
                    stores.insert(name, &bucket.label);
                }
            }
        }
    }
}

fn replication(checks: &mut Checks<'_, '_, '_>, bucket: &Bucket) {
    let Some(replicate) = &bucket.replicate else {
        return;
    };
    let path = format!("cloud.buckets.{}", bucket.label);
    if replicate.to == bucket.region {
        let found = format!("{:?}, the bucket's own region", replicate.to);
        checks.error(&format!("{path}.replicate.to"), found, "another region");
    }
    if !bucket.versioned && !checks.context.failed(&format!("{path}.versioned")) {
        let found = "replication of a bucket without versions".to_owned();
        checks.error(
            &format!("{path}.replicate"),
            found,
            "`versioned: true` beside it, which AWS requires",
        );
    }
}

fn inventories(checks: &mut Checks<'_, '_, '_>, buckets: &[Bucket]) {
    let mut total = 0u64;
    for bucket in buckets {
        let Some(objects) = &bucket.objects else { continue };
        let stores = if bucket.replicate.is_some() { 2 } else { 1 };
        total = total.saturating_add(
            objects
                .count
                .saturating_mul(objects.size.max.0)
                .saturating_mul(stores),
        );
        if total > INVENTORY_BYTES {
            let found = format!("inventories and replicas of up to {} in all", ByteSize(total));
            let allowed = format!(
                "at most {}, since they are held in memory; see `stands_for`",
                ByteSize(INVENTORY_BYTES)
            );
            checks.error(
                &format!("cloud.buckets.{}.objects", bucket.label),
                found,
                &allowed,
            );
            return;
        }
    }
}
