//! Regions and buckets.

use std::collections::BTreeMap;

use super::{Checks, holds_prefix};
use crate::scenario::limits::INVENTORY_BYTES;
use crate::scenario::names::bucket_name_error;
use crate::scenario::{
    AWS_REGIONS, Bucket, EMBEDDED_SERVICES, PRIMARY, Platform, ProbeKind, RouteTo, nearest,
};
use crate::units::ByteSize;

pub(super) fn check(checks: &mut Checks<'_, '_, '_>, platform: Option<Platform>) {
    regions(checks);
    if platform != Some(Platform::Endpoints) {
        region_names(checks);
    }
    let buckets = &checks.scenario.cloud.buckets;
    store_names(checks, buckets);
    for bucket in buckets {
        replication(checks, bucket);
    }
    inventories(checks, buckets);
    probes(checks);
    fleet(checks);
    routes(checks);
}

/// Services go to where they are served, and to nobody that the drill may not talk to.
fn routes(checks: &mut Checks<'_, '_, '_>) {
    for route in &checks.scenario.cloud.routes {
        let path = format!("cloud.routes.{}", route.service);
        if ["iot", "iotdata", "iotdevicegateway", "mqtt"].contains(&route.service.as_str()) {
            let allowed = "another service: brokers are Firedrill's own, since faults kill and freeze them";
            checks.error(&path, format!("{:?}", route.service), allowed);
        }
        match &route.to {
            RouteTo::Embedded if !EMBEDDED_SERVICES.contains(&route.service.as_str()) => {
                let allowed = format!(
                    "cloud, or a URL; the embedded cloud has {} only",
                    EMBEDDED_SERVICES.join(", ")
                );
                checks.error(&path, "embedded".to_owned(), &allowed);
            }
            RouteTo::Url(url) => {
                if let Err(allowed) = checks.scenario.safety.permits(url) {
                    checks.error(&path, format!("{url:?}"), &allowed);
                } else if !is_bare(url) {
                    let allowed =
                        "host and port alone (http://127.0.0.1:5000): requests keep their own paths";
                    checks.error(&path, format!("{url:?}"), allowed);
                }
            }
            RouteTo::Embedded | RouteTo::Cloud => {}
        }
    }
}

/// Whether a URL names a host, with a port that there can be, and nothing beside.
fn is_bare(url: &str) -> bool {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let host = rest.strip_suffix('/').unwrap_or(rest);
    let port = host.rsplit_once(':').map(|(_, port)| port);
    // What follows the last colon of `[::1]` is no port.
    let is_port = |port: &str| port.ends_with(']') || port.parse::<u16>().is_ok();
    !host.contains(['/', '?', '#']) && port.is_none_or(is_port)
}

fn regions(checks: &mut Checks<'_, '_, '_>) {
    let regions = &checks.scenario.cloud.regions;
    let given = checks.given("cloud.regions") && !checks.given(&format!("cloud.regions.{PRIMARY}"));
    if given && regions.iter().all(|region| region.label != PRIMARY) {
        let labels: Vec<&str> = regions.iter().map(|region| region.label.as_str()).collect();
        let found = match labels.is_empty() {
            true => "no region".to_owned(),
            false => format!("only {}", labels.join(", ")),
        };
        checks.error(
            "cloud.regions",
            found,
            "a region labelled `primary`, which buckets are in by default",
        );
    }
    for (n, region) in regions.iter().enumerate() {
        if let Some(first) = regions[..n].iter().find(|first| first.aws == region.aws) {
            let found = format!("{:?} again", region.aws);
            let allowed = format!("an AWS region of its own ({} is it already)", first.label);
            checks.error(&format!("cloud.regions.{}", region.label), found, &allowed);
        }
    }
}

/// A plan names regions that there are. Endpoints that run already may call theirs as they like.
fn region_names(checks: &mut Checks<'_, '_, '_>) {
    for region in &checks.scenario.cloud.regions {
        if AWS_REGIONS.contains(&region.aws.as_str()) {
            continue;
        }
        let found = format!("{:?}, a region that AWS does not have", region.aws);
        let allowed = "a region of AWS, as us-west-2 (with --cloud URL: any name)";
        let path = format!("cloud.regions.{}", region.label);
        checks.error_with(&path, found, allowed, nearest(&region.aws, AWS_REGIONS));
    }
}

/// S3's bucket names are global: no two stores share one.
fn store_names(checks: &mut Checks<'_, '_, '_>, buckets: &[Bucket]) {
    let mut stores: BTreeMap<&str, &str> = BTreeMap::new();
    for bucket in buckets {
        let replica = bucket
            .replicate
            .as_ref()
            .map(|replicate| ("replicate", replicate.name.as_str()));
        for (field, name) in [Some(("name", bucket.name.as_str())), replica]
            .into_iter()
            .flatten()
        {
            let path = format!("cloud.buckets.{}.{field}", bucket.label);
            if let Some(hint) = bucket_name_error(name) {
                let found = format!("the replica's name {name:?} ({} characters)", name.len());
                let allowed = "a bucket name of at most 63 characters; give `replicate.name`";
                let mark = checks.context.mark_of(&path);
                checks.context.error(mark, path.clone(), found, allowed, hint);
            }
            match stores.get(name) {
                Some(other) => {
                    let found = format!("{name:?} again");
                    let allowed = format!("a global name of its own (bucket {other} has it already)");
                    checks.error(&path, found, &allowed);
                }
                None => {
                    stores.insert(name, &bucket.label);
                }
            }
        }
    }
}

fn replication(checks: &mut Checks<'_, '_, '_>, bucket: &Bucket) {
    let Some(replicate) = &bucket.replicate else {
        return;
    };
    let path = format!("cloud.buckets.{}", bucket.label);
    if replicate.to == bucket.region {
        let found = format!("{:?}, the bucket's own region", replicate.to);
        checks.error(&format!("{path}.replicate.to"), found, "another region");
    }
    if !bucket.versioned && !checks.context.failed(&format!("{path}.versioned")) {
        let found = "replication of a bucket without versions".to_owned();
        checks.error(
            &format!("{path}.replicate"),
            found,
            "`versioned: true` beside it, which AWS requires",
        );
    }
}

fn inventories(checks: &mut Checks<'_, '_, '_>, buckets: &[Bucket]) {
    let mut total = 0u64;
    for bucket in buckets {
        let Some(objects) = &bucket.objects else { continue };
        let stores = if bucket.replicate.is_some() { 2 } else { 1 };
        total = total.saturating_add(
            objects
                .count
                .saturating_mul(objects.size.max.0)
                .saturating_mul(stores),
        );
        if total > INVENTORY_BYTES {
            let found = format!("inventories and replicas of up to {} in all", ByteSize(total));
            let allowed = format!(
                "at most {}, since they are held in memory; see `stands_for`",
                ByteSize(INVENTORY_BYTES)
            );
            checks.error(
                &format!("cloud.buckets.{}.objects", bucket.label),
                found,
                &allowed,
            );
            return;
        }
    }
}

/// Probes that cannot be green.
fn probes(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    for probe in &s.probes {
        let ProbeKind::S3GetObject(get) = &probe.kind else {
            continue;
        };
        let Some(bucket) = s.bucket(&get.bucket) else {
            continue;
        };
        let path = format!("probes.{}", probe.name);
        if let Some(prefix) = &get.prefix
            && !holds_prefix(s, bucket, prefix)
        {
            let text = format!(
                "no key of bucket {} begins with {prefix:?}, so that it stays red",
                bucket.label
            );
            checks.warn(&format!("{path}.prefix"), text);
        }
        let count = bucket.objects.as_ref().map_or(0, |objects| objects.count);
        if count < u64::from(get.sample) && !s.writers.iter().any(|writer| writer.bucket == bucket.label) {
            let text = format!(
                "bucket {} holds {count} objects, fewer than the sample, so that it stays red",
                bucket.label
            );
            checks.warn(&format!("{path}.sample"), text);
        }
    }
}

/// Telemetry that nothing takes anywhere.
fn fleet(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    let sends = s.fleet.as_ref().is_some_and(|fleet| fleet.telemetry.is_some());
    if sends && s.cloud.iot.as_ref().is_none_or(|iot| iot.rules.is_empty()) {
        checks.warn(
            "fleet.telemetry",
            "no rule takes telemetry to a bucket, so that nothing of it is kept".to_owned(),
        );
    }
}
