//! What protects buckets from the next disaster: versions, and copies in another region.
//!
//! It is read where buckets are used then: one in use in the backup region is protected when it is copied home.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{BucketVersioningStatus, ReplicationRule, ReplicationRuleStatus};
use cloud_emulator::client::ask::{self, Listed};
use drill::journal::ProtectionKind;
use drill::scenario::Bucket;
use drill::units::Span;

use crate::conductor::clients::AuditClients;
use crate::conductor::context::Drill;
use crate::conductor::protection::{self, Found, emit};

/// How often it looks whether copies that are on their way have come.
const LOOK_EVERY: Span = Span::from_secs(5);

/// How often what does not hold is looked at before that is said of it.
const LOOKS: u32 = 6;

/// Reads every protection that the scenario declares.
pub(super) async fn read(drill: &Drill) {
    for bucket in drill.spec.scenario.cloud.buckets() {
        let region = drill.access.active_region(&bucket.label).to_string();
        let other = other_end(bucket, &region);
        // A copy goes where versions are kept, or nowhere.
        let stores = [Some(&region).filter(|_| bucket.versioned), other.as_ref()];
        for store in stores.into_iter().flatten() {
            let found = versioning(&drill.access.auditor, bucket, store).await;
            emit(
                &drill.host,
                &bucket.label,
                store,
                ProtectionKind::Versioning,
                judged(found),
            );
        }
        if let Some(other) = other {
            let found = replication(drill, bucket, &region, &other).await;
            emit(
                &drill.host,
                &bucket.label,
                &region,
                ProtectionKind::Replication,
                judged(found),
            );
            let found = copies(drill, bucket, &region, &other).await;
            emit(
                &drill.host,
                &bucket.label,
                &region,
                ProtectionKind::Copies,
                judged(found),
            );
        }
    }
}

/// Whether it holds, if that can be told, and in words.
pub(super) fn judged(found: Found) -> (Option<bool>, String) {
    protection::judged(found, ask::is_missing)
}

/// The label of the region to which a bucket that is used in `region` is to be copied.
pub(super) fn other_end(bucket: &Bucket, region: &str) -> Option<String> {
    let replicate = bucket.replicate.as_ref()?;
    if region == bucket.region {
        Some(replicate.to.clone())
    } else {
        Some(bucket.region.clone())
    }
}

pub(super) async fn versioning(auditor: &AuditClients, bucket: &Bucket, region: &str) -> Found {
    let name = bucket.name_in(region);
    let asked = auditor.s3().get_bucket_versioning().bucket(&name);
    let answer = asked
        .send()
        .await
        .map_err(|error| ask::api_error("GetBucketVersioning", &error))?;
    Ok(match answer.status() {
        Some(BucketVersioningStatus::Enabled) => (true, format!("versioning of {name} is enabled")),
        Some(status) => (
            false,
            format!("versioning of {name} is {}", status.as_str().to_lowercase()),
        ),
        None => (false, format!("{name} keeps no versions")),
    })
}

pub(super) async fn replication(drill: &Drill, bucket: &Bucket, region: &str, other: &str) -> Found {
    let (from, to) = (bucket.name_in(region), bucket.name_in(other));
    let asked = drill.access.auditor.s3().get_bucket_replication().bucket(&from);
    let answer = match asked.send().await {
        Ok(answer) => answer,
        Err(error) => {
            let error = ask::api_error("GetBucketReplication", &error);
            return match error.code.as_str() {
                "ReplicationConfigurationNotFoundError" => {
                    Ok((false, format!("{from} has no replication configuration")))
                }
                _ => Err(error),
            };
        }
    };
    let destination = format!("arn:aws:s3:::{to}");
    let rules = answer
        .replication_configuration()
        .map(|configuration| configuration.rules())
        .unwrap_or_default();
    let there = rules
        .iter()
        .filter(|rule| rule.destination().is_some_and(|to| to.bucket() == destination));
    let there: Vec<&ReplicationRule> = there.collect();
    let whole = there.iter().filter(|rule| takes_all(rule));
    let statuses: Vec<&ReplicationRuleStatus> = whole.map(|rule| rule.status()).collect();
    Ok(match statuses.as_slice() {
        [] if !there.is_empty() => (
            false,
            format!("the rules of {from} that copy to {to} take only some of its objects"),
        ),
        [] => (false, format!("no rule of {from} copies to {to}")),
        statuses if !statuses.contains(&&ReplicationRuleStatus::Enabled) => {
            (false, format!("the rule that copies {from} to {to} is disabled"))
        }
        _ if stays_paused(drill, &from).await => (false, format!("copies of {from} to {to} have stopped")),
        _ => (true, format!("{from} is copied to {to}")),
    })
}

/// Whether copies of a bucket stand still, and not only while a fault is being taken back.
async fn stays_paused(drill: &Drill, bucket: &str) -> bool {
    let replicator = drill.access.cloud.replicator();
    for _ in 1..LOOKS {
        if !replicator.progress(bucket).paused {
            return false;
        }
        drill.host.clock.sleep(LOOK_EVERY).await;
    }
    replicator.progress(bucket).paused
}

/// Whether a rule is about every object of its bucket.
fn takes_all(rule: &ReplicationRule) -> bool {
    let Some(filter) = rule.filter() else {
        #[expect(deprecated, reason = "rules of the first version have their prefix here")]
        return rule.prefix().is_none_or(str::is_empty);
    };
    let prefix = filter.prefix().is_none_or(str::is_empty);
    let and = filter
        .and()
        .is_none_or(|and| and.prefix().is_none_or(str::is_empty) && and.tags().is_empty());
    prefix && and && filter.tag().is_none()
}

/// Whether the other store has what this one has, but for copies that are on their way.
async fn copies(drill: &Drill, bucket: &Bucket, region: &str, other: &str) -> Found {
    let (from, to) = (bucket.name_in(region), bucket.name_in(other));
    let deadline = drill.host.clock.now() + drill.spec.scenario.drain_timeout;
    let replicator = drill.access.cloud.replicator();
    while replicator.progress(&from).pending > 0
        && !replicator.progress(&from).paused
        && drill.host.clock.now() < deadline
    {
        drill.host.clock.sleep(LOOK_EVERY).await;
    }
    for _ in 1..LOOKS {
        let (holds, found) = compared(drill, &from, &to).await?;
        if holds || replicator.progress(&from).paused {
            return Ok((holds, found));
        }
        drill.host.clock.sleep(LOOK_EVERY).await;
    }
    compared(drill, &from, &to).await
}

/// The same at this moment. A copy that is made between the listings is neither there nor on its way: who finds something
/// missing looks again.
async fn compared(drill: &Drill, from: &str, to: &str) -> Found {
    let replicator = drill.access.cloud.replicator();
    let before = replicator.progress(from).pending;
    let client = drill.access.auditor.s3();
    let (here, there) = (ask::list(client, from).await?, ask::list(client, to).await?);
    let there: BTreeMap<&str, &Listed> = there.iter().map(|object| (object.key.as_str(), object)).collect();
    let lacks = |object: &&Listed| {
        there
            .get(object.key.as_str())
            .is_none_or(|copy| copy.etag != object.etag)
    };
    let missing = here.iter().filter(lacks).count() as u64;
    let progress = replicator.progress(from);
    let on_the_way = if progress.paused {
        0
    } else {
        progress.pending.max(before)
    };
    let all = here.len();
    Ok(match (missing, on_the_way) {
        (0, _) => (true, format!("{to} has all {all} objects of {from}")),
        (missing, on_the_way) if missing <= on_the_way => (
            true,
            format!("{to} lacks {missing} of {all} objects of {from}, whose copies are on their way"),
        ),
        (missing, on_the_way) => (
            false,
            format!(
                "{to} lacks {missing} of {all} objects of {from}, and {on_the_way} copies are on their way"
            ),
        ),
    })
}
