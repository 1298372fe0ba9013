//! The cloud: regions, buckets, message routing.

use super::small;
use crate::scenario::decode::{
    Fields, InWords, Listed, MapOf, Name, Names, Record, ScalarMap, Switch, Table, Text, Whole, duration,
    size, written,
};
use crate::scenario::limits::{INSTANT, ITEMS, LONGEST, LONGEST_HISTORY, OBJECTS, REGIONS, SHORTEST_PERIOD};
use crate::scenario::names::{aws_region, bucket_name, topic_filter};
use crate::scenario::{
    Bucket, Cloud, Inventory, Iot, Lag, Location, PRIMARY, Region, Replicate, RouteTo, Rule, ServiceRoute,
    StandsFor,
};
use crate::units::Span;

impl Table for Cloud {
    const DOC: &'static str = "What is stood up.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let kind = ScalarMap {
            names: Names::Region,
            max: REGIONS,
            item: aws_region(),
        };
        let regions = f.required("regions", "AWS regions by label; one is `primary`.", kind);
        let buckets = f.or_empty("buckets", "Buckets by label.", MapOf::new(Names::Bucket, ITEMS));
        let anonymous = f.or(
            "anonymous",
            "Whether unsigned requests are let in.",
            Switch,
            "false",
        );
        let iot = f.optional("iot", "Message routing.", Record::new());
        let functions = f.or_empty(
            "functions",
            "Functions by label.",
            MapOf::new(Names::Function, ITEMS),
        );
        let dns = f.record::<Dns>("dns", "How clients learn where things are.");
        let kind = ScalarMap {
            names: Names::Variable,
            max: ITEMS,
            item: written(),
        };
        let routes = f.or_empty(
            "routes",
            "Where services are, by AWS's names of them: embedded, cloud (that of --cloud), or a URL.",
            kind,
        );
        let route = |(service, line, to)| ServiceRoute { service, to, line };
        let region = |(label, line, aws)| Region { label, aws, line };
        Some(Cloud {
            regions: regions.unwrap_or_default().into_iter().map(region).collect(),
            buckets,
            anonymous,
            iot,
            functions,
            dns_ttl: dns.map_or(Span::from_mins(1), |dns| dns.ttl),
            routes: routes.into_iter().map(route).collect(),
        })
    }
}

impl InWords for RouteTo {
    const ALLOWED: &'static str = "embedded, cloud, or an http:// URL of an endpoint";
    const PATTERN: &'static str = "^(embedded|cloud|http://.+)$";

    fn parse(text: &str) -> Result<Self, Option<String>> {
        match text {
            "embedded" => Ok(RouteTo::Embedded),
            "cloud" => Ok(RouteTo::Cloud),
            url if url.starts_with("http://") => Ok(RouteTo::Url(url.trim_end_matches('/').to_owned())),
            other => Err(crate::scenario::diagnostic::nearest(other, ["embedded", "cloud"])),
        }
    }
}

struct Dns {
    ttl: Span,
}

impl Table for Dns {
    const DOC: &'static str = "How clients learn where things are.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let doc = "For how long clients keep the answer to a name.";
        let ttl = f.or("ttl", doc, duration(Span::ZERO, LONGEST), "60s");
        Some(Dns { ttl })
    }
}

impl Table for Bucket {
    const DOC: &'static str = "A bucket, and its replica.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let name = f.required("name", "Its global name.", bucket_name());
        let region = f.or(
            "region",
            "The label of its home region.",
            Name::Of(Names::Region),
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

impl Table for Inventory {
    const DOC: &'static str = "Objects that are there before the drill begins.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let count = f.required("count", "How many.", Whole(1, OBJECTS));
        let size = f.or("size", "How large each is.", written(), "4KiB..64KiB");
        let history = f.or(
            "history",
            "Over what time before drill 0 they were written.",
            duration(INSTANT, LONGEST_HISTORY),
            "8d",
        );
        let prefix = f.optional("prefix", "What their keys begin with.", Text);
        Some(Inventory {
            count: count?,
            size,
            history,
            prefix: prefix.unwrap_or_default(),
        })
    }
}

impl Table for StandsFor {
    const DOC: &'static str = "The real inventory that a bucket stands for.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let objects = f.required("objects", "How many objects.", Whole(1, 1_000_000_000_000));
        let bytes = f.required(
            "bytes",
            "How many bytes in all.",
            size(1, 1_000_000_000_000_000_000),
        );
        Some(StandsFor {
            objects: objects?,
            bytes: bytes?,
        })
    }
}

impl Table for Replicate {
    const DOC: &'static str = "A bucket's replication.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let to = f.required(
            "to",
            "The label of the replica's region.",
            Name::Of(Names::Region),
        );
        let name = f.optional(
            "name",
            "The replica's bucket (default: <name>-<region label>).",
            bucket_name(),
        );
        let lag = f.required("lag", "How long a copy takes.", Record::new());
        let delete_markers = f.or(
            "delete_markers",
            "Whether delete markers are copied.",
            Switch,
            "false",
        );
        Some(Replicate {
            to: to?,
            name: name.unwrap_or_default(),
            lag: lag?,
            delete_markers,
        })
    }
}

impl Table for Lag {
    const DOC: &'static str = "A lag as a distribution (log-normal).";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let p50 = f.required("p50", "The median.", duration(INSTANT, LONGEST));
        let p99 = f.required("p99", "The 99th percentile.", duration(INSTANT, LONGEST));
        let (p50, p99) = (p50?, p99?);
        super::response::ordered(f, ("p50", p50), ("p99", p99));
        Some(Lag { p50, p99 })
    }
}

impl Table for Location {
    const DOC: &'static str = "A bucket's store in one region.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(Names::Bucket));
        let region = f.optional(
            "region",
            "The label of the region (default: the bucket's home).",
            Name::Of(Names::Region),
        );
        Some(Location {
            bucket: bucket?,
            region: region.unwrap_or_default(),
        })
    }
}

impl Table for Iot {
    const DOC: &'static str = "Message routing.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let regions = f.or_empty(
            "regions",
            "The regions that have a broker from the start, the one in use first (default: primary).",
            Listed {
                max: REGIONS,
                item: Name::Of(Names::Region),
            },
        );
        let quotas = f.record::<Quotas>("quotas", "What the edge lets in.");
        let rules = f.or_empty(
            "rules",
            "What becomes of messages.",
            MapOf::new(Names::Rule, ITEMS),
        );
        Some(Iot {
            regions: or_primary(regions),
            connects_per_second: quotas.as_ref().map_or(500, |quotas| quotas.connects_per_second),
            connects_per_second_per_client: quotas.map_or(1, |quotas| quotas.per_client),
            rules,
        })
    }
}

/// Where something is unless the file says so.
pub(super) fn or_primary(regions: Vec<String>) -> Vec<String> {
    match regions.is_empty() {
        true => vec![PRIMARY.to_owned()],
        false => regions,
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
        let bucket = f.optional("bucket", "The label of the bucket.", Name::Of(Names::Bucket));
        let function = f.optional(
            "function",
            "The label of the function, which writes to its own bucket (instead of `bucket`).",
            Name::Of(Names::Function),
        );
        if f.has("bucket") == f.has("function") {
            let found = match f.has("bucket") {
                true => "`bucket` and `function`",
                false => "neither `bucket` nor `function`",
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
