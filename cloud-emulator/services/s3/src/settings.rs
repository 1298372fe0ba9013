//! What S3 is told by the program that stands up the cloud.

use std::sync::Arc;

use crate::replication::ReplicationEvent;

/// What S3 is told by the program that stands up the cloud.
#[derive(Clone)]
pub struct S3Settings {
    /// Is told of copies that can never be made.
    pub on_replication: Arc<dyn Fn(ReplicationEvent) + Send + Sync>,
}
