//! Faults, detection and the runbook.

use super::{Checks, holds_prefix};
use crate::scenario::{FaultAction, Location, Reference, Step, StepAction, VersioningStatus};

pub(super) fn check(checks: &mut Checks<'_, '_, '_>) {
    faults(checks);
    detection(checks);
    let runbook = &checks.scenario.runbook;
    for (n, step) in runbook.iter().enumerate() {
        let path = checks.context.item_path("runbook", n);
        window(checks, step, &path);
        action(checks, step, &path);
    }
    if runbook.is_empty() && !checks.given("runbook[0]") {
        checks.warn("runbook", "no steps: nothing is recovered".to_owned());
    }
}

fn faults(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    if s.faults.is_empty() && !checks.given("faults[0]") {
        checks.warn("faults", "no faults: no objective is exercised".to_owned());
    }
    for (n, fault) in s.faults.iter().enumerate() {
        let (label, prefix) = match &fault.action {
            FaultAction::S3DeleteObjects(delete) => (&delete.bucket, delete.prefix.as_deref()),
            FaultAction::S3CorruptObjects(corrupt) => (&corrupt.bucket, corrupt.prefix.as_deref()),
            FaultAction::S3DeleteBucket(delete) => (&delete.bucket, None),
            FaultAction::S3PauseReplication(pause) => (&pause.bucket, None),
        };
        let Some(bucket) = s.bucket(label) else { continue };
        let path = checks.context.item_path("faults", n);
        let pauses = matches!(fault.action, FaultAction::S3PauseReplication(_));
        if pauses && bucket.replicate.is_none() && checks.whole() {
            let text =
                format!("bucket {label} is not replicated: there is nothing to pause, and no proof of it");
            checks.warn(&format!("{path}.bucket"), text);
        }
        if let Some(prefix) = prefix
            && !holds_prefix(s, bucket, prefix)
        {
            let text = format!("no key of bucket {label} begins with {prefix:?}, so that it strikes nothing");
            checks.warn(&format!("{path}.prefix"), text);
        }
    }
}

fn detection(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    if s.detection.is_none() && !s.runbook.is_empty() && !checks.given("detection") {
        let found = "a runbook without detection".to_owned();
        checks.error(
            "runbook",
            found,
            "`detection:` beside it, which is what starts the steps",
        );
    }
    if let (Some(detection), Some(probe)) =
        (&s.detection, s.detection.as_ref().and_then(|d| s.probe(&d.probe)))
        && detection.every < probe.every
    {
        let text = format!(
            "it asks every {}, but its probe gives a result every {}",
            detection.every, probe.every
        );
        checks.warn("detection.every", text);
    }
}

/// A window counts from something that comes before the step.
fn window(checks: &mut Checks<'_, '_, '_>, step: &Step, path: &str) {
    let Some(within) = &step.within else { return };
    let Reference::Step(from) = &within.counted_from else {
        return;
    };
    if !comes_before(checks, from, step) {
        let found = format!("{from:?}, which is not before step {}", step.id);
        let path = match checks.given(&format!("{path}.within.from")) {
            true => format!("{path}.within.from"),
            false => format!("{path}.from"),
        };
        checks.error(
            &path,
            found,
            "fault, detection, declaration or the id of an earlier step",
        );
    }
}

/// Whether step `id` is earlier than `step`; a step that could not be read is taken to be.
fn comes_before(checks: &Checks<'_, '_, '_>, id: &str, step: &Step) -> bool {
    let place = |id: &str| checks.scenario.runbook.iter().position(|step| step.id == id);
    match (place(id), place(&step.id)) {
        (Some(earlier), Some(own)) => earlier < own,
        _ => true,
    }
}

fn action(checks: &mut Checks<'_, '_, '_>, step: &Step, path: &str) {
    let bucket_without = |label: &str, what: &dyn Fn(&crate::scenario::Bucket) -> bool| {
        checks.scenario.bucket(label).is_some_and(|bucket| !what(bucket))
    };
    match &step.action {
        StepAction::Human(_) if step.takes.is_none() && !checks.given(&format!("{path}.takes")) => {
            let found = "a human step without `takes`".to_owned();
            checks.error(
                path,
                found,
                "`takes: {p50: …, p95: …}`, since only the file knows how long people take",
            );
        }
        StepAction::S3RestoreObjects(restore) => {
            damaged(checks, step, &restore.damaged, path);
            location(checks, &restore.from, &format!("{path}.from"));
        }
        StepAction::S3RestoreVersions(restore) => {
            damaged(checks, step, &restore.damaged, path);
            if bucket_without(&restore.bucket, &|bucket| bucket.versioned) {
                let text = format!("bucket {} keeps no versions to restore", restore.bucket);
                checks.warn(&format!("{path}.damaged"), text);
            }
        }
        StepAction::S3Sync(sync) => {
            location(checks, &sync.from, &format!("{path}.from"));
            location(checks, &sync.to, &format!("{path}.to"));
            if sync.from == sync.to {
                let found = "the place that objects come from".to_owned();
                checks.error(&format!("{path}.to"), found, "another bucket or region");
            }
        }
        StepAction::S3PutReplication(put)
            if bucket_without(&put.bucket, &|bucket| bucket.replicate.is_some()) =>
        {
            let text = format!(
                "bucket {} declares no replication, so that the step will fail",
                put.bucket
            );
            checks.warn(&format!("{path}.bucket"), text);
        }
        StepAction::S3PutVersioning(put)
            if put.status == VersioningStatus::Suspended
                && bucket_without(&put.bucket, &|bucket| bucket.replicate.is_none()) =>
        {
            let text = format!(
                "bucket {} is replicated: AWS refuses to suspend its versioning",
                put.bucket
            );
            checks.warn(&format!("{path}.status"), text);
        }
        _ => {}
    }
}

/// The list of damage is made before it is used.
fn damaged(checks: &mut Checks<'_, '_, '_>, step: &Step, audit: &str, path: &str) {
    if !comes_before(checks, audit, step) {
        let found = format!("{audit:?}, which is not before step {}", step.id);
        checks.error(
            &format!("{path}.damaged"),
            found,
            "the id of an earlier step that does s3.audit",
        );
    }
}

/// A place where no store is.
fn location(checks: &mut Checks<'_, '_, '_>, location: &Location, path: &str) {
    let Some(bucket) = checks.scenario.bucket(&location.bucket) else {
        return;
    };
    let replica = bucket
        .replicate
        .as_ref()
        .is_some_and(|replicate| replicate.to == location.region);
    let known = checks.scenario.cloud.aws_region(&location.region).is_some();
    if known && location.region != bucket.region && !replica {
        let text = format!(
            "bucket {} has no replica in region {}, so that the step will find nothing there",
            bucket.label, location.region
        );
        checks.warn(&format!("{path}.region"), text);
    }
}
