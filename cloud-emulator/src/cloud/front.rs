//! The gateway of a cloud, in front of its services.

use std::sync::Arc;

use cloud_client::KeyPair;
use cloud_gateway::{AccessKey, AwsService, Gateway, GatewayOptions, Principal, StreamedService};
use cloud_service::{Backend, CloudOptions, Handler, ServiceKind};

use super::placement;
use super::registered::Registered;

/// Connections that the gateway holds at once.
const CONNECTIONS: usize = 4096;

pub(super) fn front(
    options: &CloudOptions<'_>,
    services: &[Registered],
    backend: &dyn Backend,
) -> Arc<Gateway> {
    let (default_service, whole) = handlers(services);
    let kinds: Vec<&dyn ServiceKind> = services.iter().map(|one| one.kind).collect();
    let forwards = placement::forwards(options.scenario, backend, &kinds, default_service.signing_name());
    let key = |(principal, pair): &(Principal, KeyPair)| {
        AccessKey::new(&pair.access_key, &pair.secret_key, *principal)
    };
    let regions = options.scenario.cloud.regions.iter();
    let options = GatewayOptions {
        regions: regions.map(|region| region.aws.clone()).collect(),
        seed: options.plan.seed,
        default_service,
        services: whole,
        clock: options.clock.clone(),
        keys: options.keys.pairs().map(key).collect(),
        anonymous: options.scenario.cloud.anonymous,
        connections: CONNECTIONS,
    };
    Gateway::forwarding(options, forwards)
}

/// The one service that takes what names none, and the others.
fn handlers(services: &[Registered]) -> (Arc<dyn StreamedService>, Vec<Arc<dyn AwsService>>) {
    let (mut default, mut whole) = (None, Vec::new());
    for registered in services {
        match registered.service.clone().handler() {
            Some(Handler::Default(service)) => default = Some(service),
            Some(Handler::Whole(service)) => whole.push(service),
            None => {}
        }
    }
    (default.expect("the registry has a default service"), whole)
}
