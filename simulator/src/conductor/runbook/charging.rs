//! What a step's calls and bytes take at AWS, as modelled time of the step (`timing: aws`).
//!
//! A step that goes over a whole bucket (an audit, a restore, a sync, a verification) is scaled to what the bucket
//! `stands_for`: what it did with its objects here, it would have to do with as large a part of the real ones.
//! Other steps are charged for the calls that they made. What a user's own commands go over nobody knows: they
//! are charged as they are.

use cloud_emulator::client::Operations;
use cloud_emulator::client::ask::CONCURRENCY;
use drill::scenario::{StepAction, Timing};

use super::StepContext;
use crate::conductor::costs::{self, Charge, Scale, Stock, Work};

/// What an attempt is compared with.
pub(super) struct Before {
    /// What was done for the step before.
    operations: Operations,
    /// What it goes over, as it was then: writers do not wait for it.
    scale: Option<Scale>,
}

impl Before {
    pub(super) fn of(context: &StepContext<'_>) -> Before {
        Before {
            operations: context.operations(),
            scale: scale(context),
        }
    }
}

/// What an attempt takes at AWS; nothing, unless the scenario asks for it.
pub(super) fn charge(context: &StepContext<'_>, before: &Before) -> Option<Charge> {
    if context.drill.scenario.clock.timing != Timing::Aws {
        return None;
    }
    let done = context.operations().since(&before.operations);
    if done.calls.is_empty() {
        return None;
    }
    let work = Work {
        calls: done.calls,
        bytes: done.bytes,
    };
    // The steps of our own have as many requests under way as `aws s3` has by default, whose `sync` and
    // `cp` are what scripts mostly run.
    let concurrency = u64::try_from(CONCURRENCY).unwrap_or(1);
    Some(costs::charge(&work, before.scale, concurrency))
}

/// The bucket that the step goes over.
fn scale(context: &StepContext<'_>) -> Option<Scale> {
    let bucket = context.bucket(whole_bucket(&context.step.action)?);
    let here = context.drill.register.stock(&bucket.label);
    let real = bucket.stands_for.map_or(here, |real| Stock {
        objects: real.objects,
        bytes: real.bytes.0,
    });
    Some(Scale { here, real })
}

/// The label of the bucket whose objects, all or those that are damaged, a step goes over.
fn whole_bucket(action: &StepAction) -> Option<&str> {
    match action {
        StepAction::S3Audit(action) => Some(&action.bucket),
        StepAction::S3RestoreVersions(action) => Some(&action.bucket),
        StepAction::S3RestoreObjects(action) => Some(&action.bucket),
        StepAction::S3Sync(action) => Some(&action.from.bucket),
        StepAction::S3VerifyIntegrity(action) => Some(&action.bucket),
        _ => None,
    }
}
