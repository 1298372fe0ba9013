//! `s3.delete_bucket`: the whole bucket goes, with its versions and its configuration.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Name, Names, Table};
use crate::scenario::faults::{Effect, Hurt, Strike, at_home};

/// A bucket is no longer there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3DeleteBucket {
    /// The label of the bucket.
    pub bucket: String,
}

impl S3DeleteBucket {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.delete_bucket";
}

impl Table for S3DeleteBucket {
    const DOC: &'static str = "A bucket goes with all its versions and its configuration.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(Names::Bucket));
        Some(S3DeleteBucket { bucket: bucket? })
    }
}

impl Strike for S3DeleteBucket {
    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        at_home(scenario, &self.bucket, Effect::DeletesBucket)
    }
}
