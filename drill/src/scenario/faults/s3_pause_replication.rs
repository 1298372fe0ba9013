//! `s3.pause_replication`: copies stop without a word, while the configuration still says `Enabled`.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Name, Names, Table, duration};
use crate::scenario::faults::{Effect, Hurt, Strike, at_home};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::validate::FaultCheck;

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
    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        at_home(scenario, &self.bucket, Effect::StopsReplication)
    }

    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        let bucket = fault.scenario().bucket(&self.bucket);
        if bucket.is_some_and(|bucket| bucket.replicate.is_none()) && fault.whole() {
            let label = &self.bucket;
            let text =
                format!("bucket {label} is not replicated: there is nothing to pause, and no proof of it");
            fault.warn("bucket", text);
        }
    }
}
