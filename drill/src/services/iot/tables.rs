//! What a scenario says of message routing.

use super::{Iot, RULES, Rule};
use crate::scenario::decode::{Fields, Listed, MapOf, Name, NameKind, Record, Table, Whole, duration, small};
use crate::scenario::identifiers::topic_filter;
use crate::scenario::limits::{ITEMS, LONGEST, REGIONS, SHORTEST_PERIOD};
use crate::scenario::or_primary;
use crate::services::{lambda, s3};
use crate::units::Span;

impl Table for Iot {
    const DOC: &'static str = "Message routing.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let regions = f.or_empty(
            "regions",
            "The regions that have a broker from the start, the one in use first (default: primary).",
            Listed {
                max: REGIONS,
                item: Name::Of(NameKind::REGION),
            },
        );
        let quotas = f.record::<Quotas>("quotas", "What the edge lets in.");
        let rules = f.or_empty("rules", "What becomes of messages.", MapOf::new(RULES, ITEMS));
        Some(Iot {
            regions: or_primary(regions),
            connects_per_second: quotas.as_ref().map_or(500, |quotas| quotas.connects_per_second),
            connects_per_second_per_client: quotas.map_or(1, |quotas| quotas.per_client),
            rules,
        })
    }
}

struct Quotas {
    connects_per_second: u32,
    per_client: u32,
}

impl Table for Quotas {
    const DOC: &'static str = "What the edge lets in.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let doc = "New connections a second.";
        let connects_per_second = small(f.or("connects_per_second", doc, Whole(1, 1_000_000), "500"));
        let doc = "New connections a second of one client id.";
        let kind = Whole(1, 1_000_000);
        let per_client = small(f.or("connects_per_second_per_client", doc, kind, "1"));
        Some(Quotas {
            connects_per_second,
            per_client,
        })
    }
}

impl Table for Rule {
    const DOC: &'static str = "Takes messages of some topics to a bucket, in batches.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let topic = f.required("topic", "The topic filter.", topic_filter());
        let to = f.required::<Record<Destination>>("to", "Where messages go.", Record::new());
        let batch = f.record::<Batch>("batch", "When a batch is closed.");
        Some(Rule {
            name: f.name.clone(),
            topic: topic?,
            bucket: to.as_ref().and_then(|to| to.bucket.clone()).unwrap_or_default(),
            function: to?.function,
            batch_max: batch.as_ref().map_or(500, |batch| batch.max),
            batch_window: batch.as_ref().map_or(Span::from_secs(10), |batch| batch.window),
            line: f.line,
        })
    }
}

struct Destination {
    bucket: Option<String>,
    function: Option<String>,
}

impl Table for Destination {
    const DOC: &'static str = "Where messages go.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.optional("bucket", "The label of the bucket.", Name::Of(s3::BUCKETS));
        let function = f.optional(
            "function",
            "The label of the function, which writes to its own bucket (instead of `bucket`).",
            Name::Of(lambda::FUNCTIONS),
        );
        if f.has("bucket") == f.has("function") {
            let found = if f.has("bucket") {
                "`bucket` and `function`"
            } else {
                "neither `bucket` nor `function`"
            };
            f.wrong("", found.to_owned(), "one of them", None);
        }
        Some(Destination { bucket, function })
    }
}

struct Batch {
    max: u32,
    window: Span,
}

impl Table for Batch {
    const DOC: &'static str = "When a batch is closed.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let max = f.or("max", "At this many messages.", Whole(1, 100_000), "500");
        let window = f.or(
            "window",
            "At this age.",
            duration(SHORTEST_PERIOD, LONGEST),
            "10s",
        );
        Some(Batch {
            max: small(max),
            window,
        })
    }
}
