//! What a scenario says of buckets.

use super::{BUCKETS, Bucket, Location};
use crate::scenario::decode::{Fields, Name, NameKind, Record, Switch, Table};
use crate::scenario::identifiers::bucket_name;
use crate::scenario::{PRIMARY, Replicate};

impl Table for Bucket {
    const DOC: &'static str = "A bucket, and its replica.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let name = f.required("name", "Its global name.", bucket_name());
        let region = f.or(
            "region",
            "The label of its home region.",
            Name::Of(NameKind::REGION),
            PRIMARY,
        );
        let versioned = f.or("versioned", "Whether it keeps versions.", Switch, "false");
        let objects = f.optional("objects", "What it holds at drill 0.", Record::new());
        let stands_for = f.optional(
            "stands_for",
            "What the real one holds, to which work is scaled.",
            Record::new(),
        );
        let replicate = f.optional::<Record<Replicate>>("replicate", "Its replication.", Record::new());
        let name = name?;
        let replicate = replicate.map(|replicate| match replicate.name.as_str() {
            "" => Replicate {
                name: format!("{name}-{}", replicate.to),
                ..replicate
            },
            _ => replicate,
        });
        Some(Bucket {
            label: f.name.clone(),
            name,
            region,
            versioned,
            objects,
            stands_for,
            replicate,
            line: f.line,
        })
    }
}

impl Table for Location {
    const DOC: &'static str = "A bucket's store in one region.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(BUCKETS));
        let region = f.optional(
            "region",
            "The label of the region (default: the bucket's home).",
            Name::Of(NameKind::REGION),
        );
        Some(Location {
            bucket: bucket?,
            region: region.unwrap_or_default(),
        })
    }
}
