//! `s3.create_bucket`: a lost bucket is made again.

use crate::scenario::Step;
use crate::scenario::actions::ActionSpec;
use crate::scenario::decode::{Documentation, Fields, Name, Table};
use crate::services::s3::BUCKETS;

/// Makes the bucket as the scenario declares it: name, region and versioning. Its replication is put by
/// a step of its own, as in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    const DOCUMENTATION: Documentation = Documentation {
        details: "Makes the calls CreateBucket and PutBucketVersioning. Replication is put by a step of \
            its own (`s3.put_replication`), as in AWS.",
        needs: &[("cloud.buckets", "the bucket")],
        example: r"
runbook:
  - {id: create, do: s3.create_bucket, bucket: programs}
  - {id: fill, do: s3.sync, from: {bucket: programs, region: backup}, to: {bucket: programs}}
  - {id: protect, do: s3.put_replication, bucket: programs, status: Enabled}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(BUCKETS));
        Some(S3CreateBucket { bucket: bucket? })
    }
}

impl ActionSpec for S3CreateBucket {
    fn restores(&self) -> Option<&str> {
        Some(&self.bucket)
    }

    fn goes_through(&self) -> Option<&str> {
        None
    }

    fn refusal(&self, code: &str) -> Option<&'static str> {
        (code == "BucketAlreadyOwnedByYou").then_some("The bucket was there already.")
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!("Bucket {} was not made by this step.", self.bucket)
    }
}
