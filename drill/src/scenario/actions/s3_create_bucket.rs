//! `s3.create_bucket`: a lost bucket is made again.

use serde::{Deserialize, Serialize};

use crate::scenario::actions::Act;
use crate::scenario::decode::{Fields, Name, Names, Table};

/// Makes the bucket as the scenario declares it: name, region and versioning. Its replication is put by
/// a step of its own, as in AWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3CreateBucket {
    /// The label of the bucket.
    pub bucket: String,
}

impl S3CreateBucket {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.create_bucket";
}

impl Table for S3CreateBucket {
    const DOC: &'static str = "Makes the bucket as it is declared: name, region and versioning.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(Names::Bucket));
        Some(S3CreateBucket { bucket: bucket? })
    }
}

impl Act for S3CreateBucket {
    fn restores(&self) -> Option<&str> {
        Some(&self.bucket)
    }
}
