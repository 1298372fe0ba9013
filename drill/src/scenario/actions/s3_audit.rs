//! `s3.audit`: the operator's assessment of the damage, from what S3 tells.

use serde::{Deserialize, Serialize};

use crate::scenario::actions::Act;
use crate::scenario::decode::{Choice, Fields, Name, Names, Table};

/// Lists what is damaged in a bucket, for a later step's `damaged:`. It knows the bucket's listing and
/// versions, the checksums stored with the objects, and the declared replica; never the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3Audit {
    /// The label of the bucket.
    pub bucket: String,
    /// How closely it looks.
    pub depth: AuditDepth,
}

impl S3Audit {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.audit";
}

impl Table for S3Audit {
    const DOC: &'static str = "Lists what is damaged in a bucket, from what S3 tells.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(Names::Bucket));
        let depth = f.or(
            "depth",
            "listing (keys, sizes, versions) or bodies (read and compared, too).",
            depths(),
            "bodies",
        );
        Some(S3Audit {
            bucket: bucket?,
            depth,
        })
    }
}

impl Act for S3Audit {}

fn depths() -> Choice<'static, AuditDepth> {
    Choice::of([("listing", AuditDepth::Listing), ("bodies", AuditDepth::Bodies)])
}

/// How closely an audit looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuditDepth {
    /// Keys, sizes and versions only, as `aws s3 ls` and `list-object-versions` show them; this sees
    /// no corruption.
    Listing,
    /// Every body is read and compared with its stored checksum (the default).
    Bodies,
}
