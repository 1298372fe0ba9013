//! The faults of S3, one file each.

mod corrupt_objects;
mod delete_bucket;
mod delete_objects;
mod pause_replication;

use cloud_service::faults;
use cloud_service::faults::InjectableFault;
use drill::scenario::{FaultAction, S3CorruptObjects, S3DeleteBucket, S3DeleteObjects, S3PauseReplication};

pub(crate) use self::pause_replication::overdue;
use crate::emulated::S3Service;

/// The fault that an action is, if it is one of S3; one line each.
pub(crate) fn fault<'a>(
    service: &'a S3Service,
    action: &'a FaultAction,
) -> Option<Box<dyn InjectableFault + 'a>> {
    faults! { action:
        S3DeleteObjects as spec => delete_objects::DeleteObjects { service, spec },
        S3DeleteBucket as spec => delete_bucket::DeleteBucket { service, spec },
        S3CorruptObjects as spec => corrupt_objects::CorruptObjects { service, spec },
        S3PauseReplication as spec => pause_replication::PauseReplication { service, spec },
    }
}
