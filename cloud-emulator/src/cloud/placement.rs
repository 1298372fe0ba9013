//! Where each service of a cloud is served: here, by the cloud that the drill runs on, or where the scenario routes it.

use cloud_backends::{UrlError, authority};
use cloud_gateway::Forward;
use cloud_service::{Backend, CloudError, Endpoint, Needed, Placement, ServiceKind};
use drill::scenario::{Cloud, RouteTo, Scenario};
use http::uri::Authority;

/// Refuses routes whose URL is none, before anything is started for them.
pub(super) fn check(cloud: &Cloud) -> Result<(), CloudError> {
    for route in &cloud.routes {
        if let RouteTo::Url(url) = &route.to {
            let cannot = |why: UrlError| CloudError::new(format!("route {} to {url}", route.service), why);
            authority(url).map_err(cannot)?;
        }
    }
    Ok(())
}

/// The services that the cloud behind a drill has to have. Those that belong there go there unless they are routed
/// elsewhere, the others only if they are routed there.
pub(super) fn needed(cloud: &Cloud, kinds: &[&dyn ServiceKind]) -> Vec<Needed> {
    let ready = |service: &str| {
        let kind = kinds.iter().find(|kind| kind.signing_name() == Some(service))?;
        kind.ready_call()
    };
    let own = kinds.iter().filter(|kind| kind.belongs_to_cloud());
    let own = own.filter_map(|kind| kind.signing_name());
    let own = own.filter(|service| cloud.route(service).is_none());
    let routed = cloud.routes.iter().filter(|route| route.to == RouteTo::Cloud);
    let services = own.chain(routed.map(|route| route.service.as_str()));
    services
        .map(|service| Needed {
            service: service.to_owned(),
            ready: ready(service),
        })
        .collect()
}

/// Where a service is served.
pub(super) fn place(kind: &dyn ServiceKind, cloud: &Cloud, backend: &dyn Backend) -> Placement {
    let route = kind.signing_name().and_then(|service| cloud.route(service));
    let (endpoints, outlive_drill) = match route {
        Some(RouteTo::Embedded) => (Vec::new(), false),
        Some(RouteTo::Url(url)) => (everywhere(cloud, &checked(url)), true),
        Some(RouteTo::Cloud) => (backend.endpoints().to_vec(), backend.outlives_drill()),
        None if kind.belongs_to_cloud() => (backend.endpoints().to_vec(), backend.outlives_drill()),
        None => (Vec::new(), false),
    };
    if endpoints.is_empty() {
        Placement::Here
    } else {
        Placement::Endpoints {
            endpoints,
            outlive_drill,
        }
    }
}

/// Where the gateway passes requests on to, if not to a service here. `default` is the service that sees to that itself.
/// Requests to a service without a route are served here if they can be, and else by the cloud.
pub(super) fn forwards(
    scenario: &Scenario,
    backend: &dyn Backend,
    kinds: &[&dyn ServiceKind],
    default: &str,
) -> Vec<Forward> {
    let cloud = &scenario.cloud;
    let to_cloud = |service: Option<&str>| {
        let service = service.map(str::to_owned);
        let route = move |endpoint: &Endpoint| Forward {
            service: service.clone(),
            region: Some(endpoint.region.clone()),
            to: endpoint.to.clone(),
        };
        backend.endpoints().iter().map(route).collect::<Vec<Forward>>()
    };
    let mut forwards = to_cloud(None);
    let own = kinds.iter().filter(|kind| kind.belongs_to_cloud());
    for service in own.filter_map(|kind| kind.signing_name()) {
        if service != default && cloud.route(service).is_none() {
            forwards.extend(to_cloud(Some(service)));
        }
    }
    for route in cloud.routes.iter().filter(|route| route.service != default) {
        match &route.to {
            RouteTo::Embedded => {}
            RouteTo::Cloud => forwards.extend(to_cloud(Some(&route.service))),
            RouteTo::Url(url) => forwards.push(Forward {
                service: Some(route.service.clone()),
                region: None,
                to: checked(url),
            }),
        }
    }
    forwards
}

fn checked(url: &str) -> Authority {
    authority(url).expect("checked before anything was stood up")
}

/// One endpoint for all regions.
fn everywhere(cloud: &Cloud, to: &Authority) -> Vec<Endpoint> {
    let endpoint = |region: &drill::scenario::Region| Endpoint {
        region: region.aws.clone(),
        to: to.clone(),
    };
    cloud.regions.iter().map(endpoint).collect()
}
