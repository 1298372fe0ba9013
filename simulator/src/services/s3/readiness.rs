//! Buckets: whether those are there that steps work on, keep versions, and have their copies.

use std::collections::{BTreeMap, BTreeSet};

use cloud_emulator::client::ask;
use drill::journal::{ReadinessCheck, StepError};
use drill::scenario::{Bucket, S3RestoreVersions, Step, Touches};
use drill::units::Span;

use super::protections::{self, judged};
use crate::conductor::context::Drill;
use crate::conductor::readiness::check;
use crate::conductor::store::{ListedValue, OpenStore, StoreUser};

pub(super) async fn checks(drill: &Drill) -> Vec<ReadinessCheck> {
    let mut checks = Vec::new();
    for bucket in drill.spec.scenario.cloud.buckets() {
        let region = &bucket.region;
        let stores = protections::other_end(bucket, region);
        let stores: Vec<&String> = [Some(region), stores.as_ref()].into_iter().flatten().collect();
        for store in &stores {
            checks.push(exists(drill, bucket, store).await);
        }
        if bucket.versioned {
            for store in &stores {
                let (holds, found) =
                    judged(protections::versioning(&drill.access.auditor, bucket, store).await);
                let what = format!("versioning of {} in {store}", bucket.label);
                let remedy = "aws s3api put-bucket-versioning --versioning-configuration Status=Enabled";
                checks.push(check(what, holds, found, remedy));
            }
        }
        if let Some(other) = stores.get(1) {
            checks.extend(replication(drill, bucket, region, other).await);
        }
    }
    checks.extend(versions_to_restore(drill).await);
    checks
}

/// Whether the buckets keep versions from which steps put old ones back.
async fn versions_to_restore(drill: &Drill) -> Vec<ReadinessCheck> {
    let mut checks = Vec::new();
    for step in &drill.spec.scenario.runbook {
        let Some(restore) = step.action.get::<S3RestoreVersions>() else {
            continue;
        };
        let buckets = drill.spec.scenario.cloud.buckets();
        let Some(bucket) = buckets.iter().find(|bucket| bucket.label == restore.bucket) else {
            continue;
        };
        let (holds, found) =
            judged(protections::versioning(&drill.access.auditor, bucket, &bucket.region).await);
        let what = format!("versions in {} that step {} puts back", bucket.label, step.id);
        let remedy = "let the bucket keep versions (versioned: true), or restore from another place";
        checks.push(check(what, holds, found, remedy));
    }
    checks
}

/// Whether a store is there, and which steps work on it.
async fn exists(drill: &Drill, bucket: &Bucket, region: &str) -> ReadinessCheck {
    let name = bucket.name_in(region);
    let asked = drill.access.auditor.s3().head_bucket().bucket(&name).send().await;
    let found = asked.map(|_| (true, format!("{name} is there")));
    let (holds, found) = judged(found.map_err(|error| ask::api_error("HeadBucket", &error)));
    let steps = steps_on(drill, &bucket.label);
    let what = if steps.is_empty() {
        format!("bucket {} in {region}", bucket.label)
    } else {
        format!(
            "bucket {} in {region}, for step {}",
            bucket.label,
            steps.join(", ")
        )
    };
    check(
        what,
        holds,
        found,
        "make the bucket, or change the steps that work on it",
    )
}

/// The steps that change a bucket.
fn steps_on<'d>(drill: &'d Drill, label: &str) -> Vec<&'d str> {
    let works = |step: &&Step| match step.action.touches(&drill.spec.scenario) {
        Touches::Only(resources) => resources.iter().any(|resource| resource.is_store(label)),
        Touches::Anything => false,
    };
    let steps = drill.spec.scenario.runbook.iter().filter(works);
    steps.map(|step| step.id.as_str()).collect()
}

/// Whether copies are made, how far they are behind, and how far they may be behind by the scenario's own figures.
async fn replication(drill: &Drill, bucket: &Bucket, region: &str, other: &str) -> Vec<ReadinessCheck> {
    let label = &bucket.label;
    let (holds, found) = judged(protections::replication(drill, bucket, region, other).await);
    let enable = "aws s3api put-bucket-replication with an enabled rule for the whole bucket";
    let mut checks = vec![check(
        format!("replication of {label} to {other}"),
        holds,
        found,
        enable,
    )];
    let rpo = shortest_rpo(drill, label);
    let (holds, found) = judged(behind(drill, bucket, region, other, rpo).await);
    let remedy = "find out why copies are missing (replication status FAILED, versioning of the destination), and copy them \
                  (S3 Batch Replication)";
    checks.push(check(
        format!("copies of {label} in {other}"),
        holds,
        found,
        remedy,
    ));
    if let (Some(replicate), Some(rpo)) = (&bucket.replicate, rpo) {
        let (p50, p99) = (replicate.lag.p50, replicate.lag.p99);
        let found = format!(
            "the scenario says {p50} at the median and {p99} for 99 of 100 copies (modelled), and the RPO is {rpo}"
        );
        let what = format!("replication lag of {label} against its RPO");
        let remedy =
            "S3 Replication Time Control, a longer RPO, or a second way to back up the newest writes";
        checks.push(check(what, Some(p99 <= rpo), found, remedy));
    }
    checks
}

/// The shortest RPO of the services whose data is in a bucket.
fn shortest_rpo(drill: &Drill, label: &str) -> Option<Span> {
    let services = drill.spec.scenario.objectives.services.iter();
    let of_bucket = services.filter(|service| {
        let data = service
            .data
            .as_ref()
            .and_then(|name| drill.spec.scenario.data_set(name));
        data.is_some_and(|data| data.kind.store() == label)
    });
    of_bucket.filter_map(|service| service.rpo).min()
}

/// What the replica lacks, and for how long: it holds if copies on their way explain all of it and the oldest is not older
/// than the RPO.
async fn behind(
    drill: &Drill,
    bucket: &Bucket,
    region: &str,
    other: &str,
    rpo: Option<Span>,
) -> Result<(bool, String), StepError> {
    let (from, to) = (bucket.name_in(region), bucket.name_in(other));
    let open = |region| drill.access.open_store(StoreUser::Audit, &bucket.label, region);
    let (source, replica) = (open(region), open(other));
    // Copies that are made between the listings must not seem to be missing: the replica is listed last.
    let here = source.list("", "").await?;
    let pending = source.pending_copies();
    let there = replica.list("", "").await?;
    let copies: BTreeMap<&str, &ListedValue> = there.iter().map(|copy| (copy.key.as_str(), copy)).collect();
    let lacks = |object: &&ListedValue| {
        copies
            .get(object.key.as_str())
            .is_none_or(|copy| copy.tag != object.tag)
    };
    let missing: Vec<&ListedValue> = here.iter().filter(lacks).collect();
    let now = drill.host.clock.now();
    let age = |store: &dyn OpenStore, object: &ListedValue| now - store.readable_at(&object.key, object.date);
    let oldest = missing.iter().map(|object| age(&*source, object)).max();
    let newest = there.iter().map(|copy| age(&*replica, copy)).min();
    let keys: BTreeSet<&str> = missing.iter().map(|object| object.key.as_str()).collect();
    let newest = newest.map_or(String::new(), |age| {
        format!("; the newest copy is of a write {age} ago")
    });
    let explained = keys.len() as u64 <= pending;
    let text = match oldest {
        None => format!("all {} objects of {from} are in {to}{newest}", here.len()),
        Some(oldest) => format!(
            "{} of {} objects of {from} are not in {to} yet, the oldest for {oldest}; on their way: {pending}{newest}",
            keys.len(),
            here.len()
        ),
    };
    let in_time = oldest.is_none_or(|oldest| rpo.is_none_or(|rpo| oldest <= rpo));
    Ok((explained && in_time, text))
}
