//! `s3.put_object`: objects are written at a steady pace.

use crate::scenario::Writes;
use crate::scenario::decode::{Documentation, Fields, Name, Table, Whole, share, written};
use crate::scenario::limits::OBJECTS;
use crate::services::s3::BUCKETS;
use crate::units::Fraction;

/// Nothing can be deleted that was not written.
const MOST_DELETES: Fraction = Fraction::HALF;

/// Puts objects into a bucket.
pub(super) struct S3PutObject(pub(super) Writes);

impl S3PutObject {
    /// Its name in a scenario.
    pub(super) const NAME: &'static str = "s3.put_object";
}

impl Table for S3PutObject {
    const DOC: &'static str = "Puts objects into a bucket, and deletes some of them if it says so.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Each write has a new key unless `keys` says over how many keys it goes in turn. Each \
            is recorded in the ledger when it is produced and when S3 acknowledges it. A delete \
            that is acknowledged counts as a write.",
        needs: &[("cloud.buckets", "the bucket")],
        example: r"
writers:
  programs: {do: s3.put_object, bucket: programs, every: 30s, size: 4KiB..64KiB, deletes: 5%}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(BUCKETS));
        let size = f.optional(
            "size",
            "How large each object is (default: as the bucket's inventory).",
            written(),
        );
        let keys = f.optional(
            "keys",
            "Over how many keys it goes in turn (default: each write has its own).",
            Whole(1, OBJECTS),
        );
        let deletes = f.optional(
            "deletes",
            "How many of its writes delete one of its own objects instead (default: none).",
            share(MOST_DELETES),
        );
        Some(S3PutObject(Writes {
            store: bucket?,
            size,
            keys,
            deletes,
        }))
    }
}
