//! What a script finds in its environment: the region, an endpoint, keys of the drill, and facts of the scenario.
//!
//! The variables are those of [`ScriptVariable`], from which the reference is written, too.

use std::net::SocketAddr;

use cloud_emulator::client::KeyPair;
use drill::journal::RegionEndpoint;
use drill::scenario::{Bucket, Cloud, Shell};
use drill::variables::ScriptVariable;
use tokio::net::TcpStream;

use super::Scripts;
use crate::conductor::access::CloudAccess;

/// The drill's variables. What the step says itself comes last and wins.
pub(super) async fn of_drill(
    action: &Shell,
    access: &CloudAccess,
    scripts: &Scripts,
    keys: &KeyPair,
) -> Vec<(String, String)> {
    let endpoint = endpoint_of(access, &action.region).await;
    let all = ScriptVariable::ALL.iter();
    let mut variables: Vec<(String, String)> = all
        .flat_map(|variable| values(*variable, action, access, keys, &endpoint))
        .collect();
    variables.extend(scripts.secrets.0.iter().cloned());
    variables.extend(action.env.iter().cloned());
    variables
}

/// The values of one of the drill's variables: those named after labels stand for several.
fn values(
    variable: ScriptVariable,
    action: &Shell,
    access: &CloudAccess,
    keys: &KeyPair,
    endpoint: &str,
) -> Vec<(String, String)> {
    let cloud = &access.scenario().cloud;
    let region = || cloud.aws_region(&action.region).unwrap_or_default().to_owned();
    let value = match variable {
        ScriptVariable::Region | ScriptVariable::DefaultRegion => region(),
        ScriptVariable::AccessKeyId => keys.access_key.clone(),
        ScriptVariable::SecretAccessKey => keys.secret_key.clone(),
        ScriptVariable::EndpointUrl | ScriptVariable::Endpoint => endpoint.to_owned(),
        ScriptVariable::MetadataDisabled => "true".to_owned(),
        ScriptVariable::SharedCredentials => "/dev/null".to_owned(),
        ScriptVariable::Pager => String::new(),
        ScriptVariable::Endpoints => {
            let regions = access.cloud.regions().iter();
            let endpoints: Vec<&str> = regions.map(|region| region.endpoint.as_str()).collect();
            endpoints.join(" ")
        }
        ScriptVariable::RegionOf => {
            let regions = cloud.regions.iter();
            return regions
                .map(|region| (variable.named(&[&region.label]), region.aws.clone()))
                .collect();
        }
        ScriptVariable::BucketOf => {
            let name = |bucket: &Bucket| {
                (
                    variable.named(&[&bucket.label]),
                    access.active_name(&bucket.label),
                )
            };
            return cloud.buckets().iter().map(name).collect();
        }
        ScriptVariable::StoreOf => return stores(cloud),
    };
    vec![(variable.name().to_owned(), value)]
}

/// The names of every bucket's store in every region.
fn stores(cloud: &Cloud) -> Vec<(String, String)> {
    let mut stores = Vec::new();
    for bucket in cloud.buckets() {
        for region in &cloud.regions {
            let variable = ScriptVariable::StoreOf.named(&[&bucket.label, &region.label]);
            stores.push((variable, bucket.name_in(&region.label)));
        }
    }
    stores
}

/// The endpoint that an operator's tools are configured with: that of the step's region, or where it refuses, the
/// first of another region. Which region a request is for, its signature says.
async fn endpoint_of(access: &CloudAccess, region: &str) -> String {
    let own = access
        .cloud
        .regions()
        .iter()
        .filter(|other| other.label == region);
    let others = access
        .cloud
        .regions()
        .iter()
        .filter(|other| other.label != region);
    let regions: Vec<&RegionEndpoint> = own.chain(others).collect();
    for region in &regions {
        if let Some(address) = address(&region.endpoint)
            && TcpStream::connect(address).await.is_ok()
        {
            return region.endpoint.clone();
        }
    }
    regions
        .first()
        .map(|region| region.endpoint.clone())
        .unwrap_or_default()
}

/// What can be reached from inside: the regions' endpoints, the brokers, and where functions' code is downloaded from.
pub(super) fn endpoints(access: &CloudAccess) -> Vec<SocketAddr> {
    let regions = access
        .cloud
        .regions()
        .iter()
        .filter_map(|region| address(&region.endpoint));
    let brokers = access.cloud.brokers().map(|(_, broker)| broker.address());
    let code = access.cloud.lambda().code_address();
    regions.chain(brokers).chain(code).collect()
}

fn address(endpoint: &str) -> Option<SocketAddr> {
    endpoint.strip_prefix("http://")?.parse().ok()
}
