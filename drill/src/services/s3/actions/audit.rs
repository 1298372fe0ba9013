//! `s3.audit`: the operator's assessment of the damage, from what S3 tells.

use crate::scenario::Step;
use crate::scenario::actions::{ActionSpec, Search};
use crate::scenario::decode::{Choice, Documentation, Fields, Name, NameKind, Table};
use crate::services::s3::BUCKETS;

/// Steps that list damage.
pub(super) const AUDITS: NameKind = NameKind::new("step that does s3.audit");

/// Lists what is damaged in a bucket, for a later step's `damaged:`. It knows the bucket's listing and
/// versions, the checksums stored with the objects, and the declared replica; never the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    const DECLARES: Option<NameKind> = Some(AUDITS);
    const DOCUMENTATION: Documentation = Documentation {
        details: "Lists deleted, missing and corrupted keys for a later step's `damaged`. Its sources \
            are those of an operator: versions and listing of the bucket, the checksums stored \
            with the objects, and the listing of the declared replica; never the drill's ledger. \
            `depth: listing` sees no corruption.",
        needs: &[("cloud.buckets", "the bucket")],
        example: r"
runbook:
  - {id: assess, do: s3.audit, bucket: programs, depth: bodies, within: 10m..20m}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(BUCKETS));
        let depth = f.or(
            "depth",
            "How closely it looks: listing (keys, sizes, versions) or bodies (read and compared, too).",
            depths(),
            "bodies",
        );
        Some(S3Audit {
            bucket: bucket?,
            depth,
        })
    }
}

impl ActionSpec for S3Audit {
    fn only_reads(&self) -> bool {
        true
    }

    fn goes_through(&self) -> Option<&str> {
        Some(&self.bucket)
    }

    fn searches(&self) -> Option<Search<'_>> {
        Some(Search {
            store: &self.bucket,
            reads_values: self.depth == AuditDepth::Bodies,
        })
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!(
            "The damage in {} was not assessed before the restore.",
            self.bucket
        )
    }
}

fn depths() -> Choice<'static, AuditDepth> {
    Choice::new([("listing", AuditDepth::Listing), ("bodies", AuditDepth::Bodies)])
}

/// How closely an audit looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditDepth {
    /// Keys, sizes and versions only, as `aws s3 ls` and `list-object-versions` show them; this sees
    /// no corruption.
    Listing,
    /// Every body is read and compared with its stored checksum (the default).
    Bodies,
}
