//! Regions and buckets.

use crate::scenario::checks::{Checks, ProbeCheck};
use crate::scenario::{AWS_REGIONS, PRIMARY, Platform, RouteTo, nearest};
use crate::services::{SERVICES, routable_names};

pub(super) fn check(checks: &mut Checks<'_, '_, '_>, platform: Option<Platform>) {
    regions(checks);
    if platform != Some(Platform::Endpoints) {
        region_names(checks);
    }
    for service in SERVICES {
        service.check(checks, platform);
    }
    probes(checks);
    fleet(checks);
    routes(checks);
}

/// Services go to where they are served, and only to hosts that the drill may talk to.
fn routes(checks: &mut Checks<'_, '_, '_>) {
    for route in &checks.scenario.cloud.routes {
        let path = format!("cloud.routes.{}", route.service);
        if SERVICES
            .iter()
            .any(|service| service.bound_names().contains(&route.service.as_str()))
        {
            let allowed = "another service: brokers are Firedrill's own, since faults kill and freeze them";
            checks.error(&path, format!("{:?}", route.service), allowed);
        }
        match &route.to {
            RouteTo::Embedded if !routable_names().contains(&route.service.as_str()) => {
                let allowed = format!(
                    "cloud, or a URL; the embedded cloud has {} only",
                    routable_names().join(", ")
                );
                checks.error(&path, "embedded".to_owned(), &allowed);
            }
            RouteTo::Url(url) => {
                if let Err(allowed) = checks.scenario.safety.permits(url) {
                    checks.error(&path, format!("{url:?}"), &allowed.to_string());
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
        let found = if labels.is_empty() {
            "no region".to_owned()
        } else {
            format!("only {}", labels.join(", "))
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

/// What probes say of themselves.
fn probes(checks: &mut Checks<'_, '_, '_>) {
    for probe in &checks.scenario.probes {
        if let Some(spec) = probe.kind.spec() {
            let path = format!("probes.{}", probe.name);
            spec.check(&mut ProbeCheck { checks, path });
        }
    }
}

/// Telemetry that nothing takes anywhere.
fn fleet(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    let sends = s.fleet.as_ref().is_some_and(|fleet| fleet.telemetry.is_some());
    if sends && s.cloud.rules().is_empty() {
        checks.warn(
            "fleet.telemetry",
            "no rule takes telemetry to a bucket, so that nothing of it is kept".to_owned(),
        );
    }
}
