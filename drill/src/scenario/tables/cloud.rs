//! The cloud: regions, buckets, message routing.

use crate::scenario::decode::{
    Documentation, Fields, InWords, Name, NameKind, Record, ScalarMap, Switch, Table, Text, Whole, duration,
    ordered, size, written,
};
use crate::scenario::identifiers::{aws_region, bucket_name};
use crate::scenario::limits::{INSTANT, ITEMS, LONGEST, LONGEST_HISTORY, OBJECTS, REGIONS};
use crate::scenario::{Cloud, Inventory, Lag, Region, Replicate, RouteTo, ServiceRoute, StandsFor};
use crate::services::SERVICES;
use crate::units::Span;

impl Table for Cloud {
    const DOC: &'static str = "The emulated cloud: regions, buckets, message routing, functions.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "What is emulated: regions, names, and what each service has. Labels (`primary`, `programs`) are used in the rest of the scenario; names \
            are those at AWS.",
        needs: &[],
        example: r"
cloud:
  regions: {primary: us-west-2, backup: us-east-1}
  dns: {ttl: 60s}
",
    };

    fn example() -> String {
        let of_services = SERVICES.iter().map(|service| service.example());
        let of_services: Vec<&str> = of_services.map(str::trim_end).collect();
        format!(
            "{}{}",
            Self::DOCUMENTATION.example.trim_end(),
            of_services.concat()
        )
    }

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let kind = ScalarMap {
            names: NameKind::REGION,
            max: REGIONS,
            item: aws_region(),
        };
        let regions = f.required("regions", "AWS regions by label; one is `primary`.", kind);
        let sections = SERVICES.iter().filter_map(|service| service.declare(f)).collect();
        let anonymous = f.or(
            "anonymous",
            "Whether unsigned requests are let in.",
            Switch,
            "false",
        );
        let dns = f.record::<Dns>("dns", "How clients learn where things are.");
        let kind = ScalarMap {
            names: NameKind::VARIABLE,
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
            anonymous,
            sections,
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
            Name::Of(NameKind::REGION),
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
        ordered(f, ("p50", p50), ("p99", p99));
        Some(Lag { p50, p99 })
    }
}
