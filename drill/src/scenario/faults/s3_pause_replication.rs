//! `s3.pause_replication`: copies stop without a word, while the configuration still says `Enabled`.

use serde::{Deserialize, Serialize};

use crate::scenario::decode::{Fields, Name, Names, Table, duration};
use crate::scenario::faults::{Effect, Strike};
use crate::scenario::limits::{INSTANT, LONGEST};

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

impl Table for S3PauseReplication {
    const DOC: &'static str = "A bucket's writes no longer reach its replica.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required(
            "bucket",
            "The label of the bucket that is copied from.",
            Name::Of(Names::Bucket),
        );
        f.ends_after = f.optional(
            "for",
            "After how long copying goes on by itself.",
            duration(INSTANT, LONGEST),
        );
        Some(S3PauseReplication { bucket: bucket? })
    }
}

impl Strike for S3PauseReplication {
    fn bucket(&self) -> &str {
        &self.bucket
    }

    fn effect(&self) -> Effect {
        Effect::StopsReplication
    }
}
