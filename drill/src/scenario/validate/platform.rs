//! What a platform cannot do: refused before a drill begins, never ignored.

use crate::scenario::checks::Checks;
use crate::scenario::{
    LOCALSTACK_SERVICES, OutageContainer, Platform, RegionOutage, RouteTo, localstack_name,
};

pub(super) fn check(checks: &mut Checks<'_, '_, '_>, platform: Platform) {
    routes(checks, platform);
    containers(checks, platform);
}

/// Nothing can be sent to a cloud that does not have it. What other images and endpoints have is seen when they run.
fn routes(checks: &mut Checks<'_, '_, '_>, platform: Platform) {
    let routes = &checks.scenario.cloud.routes;
    for route in routes.iter().filter(|route| route.to == RouteTo::Cloud) {
        let path = format!("cloud.routes.{}", route.service);
        let has = |service: &str| LOCALSTACK_SERVICES.contains(&localstack_name(service));
        match platform {
            Platform::Embedded => {
                let allowed = "embedded or a URL, with the embedded cloud; `cloud` goes with --cloud localstack or a URL";
                checks.error(&path, "cloud".to_owned(), allowed);
            }
            Platform::LocalStack { default_image: true } if !has(&route.service) => {
                let allowed = format!(
                    "a URL, or another image (--localstack-image): LocalStack 4.14.0 has {}",
                    LOCALSTACK_SERVICES.join(", ")
                );
                checks.error(&path, "cloud".to_owned(), &allowed);
            }
            Platform::LocalStack { .. } | Platform::Endpoints => {}
        }
    }
}

/// Only a container can be paused or killed, and only what is in it is lost with it.
fn containers(checks: &mut Checks<'_, '_, '_>, platform: Platform) {
    let s3 = match checks.scenario.cloud.route("s3") {
        Some(RouteTo::Embedded) => Some("embedded"),
        Some(RouteTo::Url(url)) => Some(url.as_str()),
        Some(RouteTo::Cloud) | None => None,
    };
    for (n, fault) in checks.scenario.faults.iter().enumerate() {
        let Some(outage) = fault.action.get::<RegionOutage>() else {
            continue;
        };
        let Some(how) = outage.container else { continue };
        let path = format!("{}.container", checks.context.item_path("faults", n));
        match (platform, s3) {
            (Platform::LocalStack { .. }, Some(s3)) if how == OutageContainer::Kill => {
                let found = format!("kill, with `cloud.routes.s3` to {s3}");
                let allowed = "pause, or S3 in the container (without `cloud.routes.s3`): what is killed with a container \
                               is gone, and buckets that are not in it would stay";
                checks.error(&path, found, allowed);
            }
            (Platform::LocalStack { .. }, _) => {}
            (Platform::Embedded | Platform::Endpoints, _) => {
                let text = "there is no container here: the region stops responding all the same, and keeps its contents";
                checks.warn(&path, text.to_owned());
            }
        }
    }
}
