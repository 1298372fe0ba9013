//! S3 as a service of a cloud: what it is made of.

use std::sync::Arc;

use drill::scenario::Scenario;

use crate::replication::Replicator;
use crate::s3::S3;
use crate::storage::S3Storage;

/// S3 as a service of a cloud.
pub struct S3Service {
    pub(crate) storage: S3Storage,
    pub(crate) s3: Arc<S3>,
    pub(crate) replicator: Arc<Replicator>,
    pub(crate) scenario: Scenario,
    /// Whether its endpoints outlive the drill, and are to be left as they were found.
    pub(crate) theirs: bool,
}

impl S3Service {
    pub(crate) fn new(
        storage: S3Storage,
        replicator: Arc<Replicator>,
        scenario: &Scenario,
        theirs: bool,
    ) -> S3Service {
        S3Service {
            s3: S3::new(storage.clone()),
            storage,
            replicator,
            scenario: scenario.clone(),
            theirs,
        }
    }

    /// What it keeps its objects in, for faults and their verification.
    pub fn storage(&self) -> &S3Storage {
        &self.storage
    }

    /// Who makes the copies.
    pub fn replicator(&self) -> &Arc<Replicator> {
        &self.replicator
    }
}
