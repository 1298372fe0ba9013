//! `s3.pause_replication`: copies stop without a word, while the configuration still says `Enabled`.

use serde::{Deserialize, Serialize};

/// A bucket's writes no longer reach its replica. It dates no loss: it takes a protection away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3PauseReplication {
    /// The label of the bucket that is copied from.
    pub bucket: String,
}

impl S3PauseReplication {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.pause_replication";
}
