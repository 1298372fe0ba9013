//! What faults and steps do to a bucket's data, as far as the measures need to know.
//!
//! A new kind of fault or step says here whether it damages data or only takes a protection away, and
//! whose data it changes; the compiler asks for it.

use crate::scenario::{FaultAction, ProbeKind, Scenario, StepAction};

/// What a fault does to the bucket of this label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect<'a> {
    /// Writes there become unreadable or unacknowledged: it dates losses.
    Damages(&'a str),
    /// Writes there lose a protection: it is named as a cause, and dates nothing.
    Unprotects(&'a str),
}

impl Effect<'_> {
    /// Whether it damages the bucket's data.
    pub(crate) fn damages(self, bucket: &str) -> bool {
        matches!(self, Effect::Damages(label) if label == bucket)
    }
}

/// What a fault does.
pub(crate) fn of_fault(action: &FaultAction) -> Effect<'_> {
    match action {
        FaultAction::S3DeleteObjects(fault) => Effect::Damages(&fault.bucket),
        FaultAction::S3DeleteBucket(fault) => Effect::Damages(&fault.bucket),
        FaultAction::S3CorruptObjects(fault) => Effect::Damages(&fault.bucket),
        FaultAction::S3PauseReplication(fault) => Effect::Unprotects(&fault.bucket),
    }
}

/// Whether a fault takes a bucket as a whole, so that its targets are not listed one by one.
pub(crate) fn takes_whole_bucket(action: &FaultAction) -> bool {
    matches!(action, FaultAction::S3DeleteBucket(_))
}

/// The bucket whose objects a step may change, so that it may close an incident, or lose data.
pub(crate) fn of_step(action: &StepAction) -> Option<&str> {
    match action {
        StepAction::S3RestoreVersions(step) => Some(&step.bucket),
        StepAction::S3RestoreObjects(step) => Some(&step.bucket),
        StepAction::S3Sync(step) => Some(&step.to.bucket),
        StepAction::S3CreateBucket(step) => Some(&step.bucket),
        StepAction::Human(_)
        | StepAction::Wait(_)
        | StepAction::S3PutVersioning(_)
        | StepAction::S3PutReplication(_)
        | StepAction::S3Audit(_)
        | StepAction::S3VerifyIntegrity(_) => None,
    }
}

/// The bucket whose objects a step may have made sound again where they are used: at home. A sync onto a
/// replica changes the bucket, and restores nothing.
pub(crate) fn restored_by<'a>(scenario: &Scenario, action: &'a StepAction) -> Option<&'a str> {
    match action {
        StepAction::S3Sync(step) => {
            let home = &scenario.bucket(&step.to.bucket)?.region;
            (step.to.region == *home).then_some(&*step.to.bucket)
        }
        action => of_step(action),
    }
}

/// The bucket that a probe's health depends on.
pub(crate) fn of_probe(kind: &ProbeKind) -> &str {
    match kind {
        ProbeKind::S3GetObject(probe) => &probe.bucket,
        ProbeKind::PathTelemetry(probe) => &probe.bucket,
    }
}
