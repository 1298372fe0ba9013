//! What a script finds in its environment: the region, a door, keys of the drill, and facts of the scenario.

use std::net::SocketAddr;

use cloud_emulator::client::KeyPair;
use drill::journal::RegionEndpoint;
use drill::scenario::Shell;
use tokio::net::TcpStream;

use super::Scripts;
use crate::conductor::context::Drill;

/// The drill's variables. What the step says itself comes last and wins.
pub(super) async fn of_drill(
    action: &Shell,
    drill: &Drill,
    scripts: &Scripts,
    keys: &KeyPair,
) -> Vec<(String, String)> {
    let door = door(drill, &action.region).await;
    let region = drill
        .scenario
        .cloud
        .aws_region(&action.region)
        .unwrap_or_default();
    let doors: Vec<&str> = drill
        .cloud
        .regions()
        .iter()
        .map(|door| door.endpoint.as_str())
        .collect();
    let mut variables = vec![
        ("AWS_REGION", region.to_owned()),
        ("AWS_DEFAULT_REGION", region.to_owned()),
        ("AWS_ACCESS_KEY_ID", keys.access_key.clone()),
        ("AWS_SECRET_ACCESS_KEY", keys.secret_key.clone()),
        ("AWS_ENDPOINT_URL", door.clone()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ("AWS_PAGER", String::new()),
        ("FIREDRILL_ENDPOINT", door),
        ("FIREDRILL_ENDPOINTS", doors.join(" ")),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect::<Vec<_>>();
    variables.extend(facts(drill));
    variables.extend(scripts.secrets.0.iter().cloned());
    variables.extend(action.env.iter().cloned());
    variables
}

/// Names of buckets and regions, so that a script need not repeat the scenario.
fn facts(drill: &Drill) -> Vec<(String, String)> {
    let cloud = &drill.scenario.cloud;
    let regions = cloud
        .regions
        .iter()
        .map(|region| (variable("REGION", &[&region.label]), region.aws.clone()));
    let mut facts: Vec<(String, String)> = regions.collect();
    for bucket in &cloud.buckets {
        facts.push((
            variable("BUCKET", &[&bucket.label]),
            drill.active_name(&bucket.label),
        ));
        let stores = cloud.regions.iter().map(|region| {
            let name = variable("BUCKET", &[&bucket.label, &region.label]);
            (name, bucket.name_in(&region.label))
        });
        facts.extend(stores);
    }
    facts
}

/// `FIREDRILL_BUCKET_FIRMWARE_IMAGES` of `firmware-images`.
fn variable(kind: &str, labels: &[&str]) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    let labels = labels
        .iter()
        .map(|label| label.chars().map(plain).collect::<String>());
    let parts: Vec<String> = ["FIREDRILL".to_owned(), kind.to_owned()]
        .into_iter()
        .chain(labels)
        .collect();
    parts.join("_")
}

/// The door that an operator's tools are configured with: that of the step's region, or where it refuses, the
/// first of another region. Which region a request is for, its signature says.
async fn door(drill: &Drill, region: &str) -> String {
    let own = drill.cloud.regions().iter().filter(|door| door.label == region);
    let others = drill.cloud.regions().iter().filter(|door| door.label != region);
    let doors: Vec<&RegionEndpoint> = own.chain(others).collect();
    for door in &doors {
        if let Some(address) = address(&door.endpoint)
            && TcpStream::connect(address).await.is_ok()
        {
            return door.endpoint.clone();
        }
    }
    doors
        .first()
        .map(|door| door.endpoint.clone())
        .unwrap_or_default()
}

/// What can be reached from inside: the doors, the brokers, and where functions' code is downloaded from.
pub(super) fn endpoints(drill: &Drill) -> Vec<SocketAddr> {
    let doors = drill
        .cloud
        .regions()
        .iter()
        .filter_map(|door| address(&door.endpoint));
    let brokers = drill.cloud.brokers().map(|(_, broker)| broker.address());
    let code = drill.cloud.lambda().code_address();
    doors.chain(brokers).chain(code).collect()
}

fn address(endpoint: &str) -> Option<SocketAddr> {
    endpoint.strip_prefix("http://")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_called_after_labels() {
        assert_eq!(variable("REGION", &["backup"]), "FIREDRILL_REGION_BACKUP");
        assert_eq!(
            variable("BUCKET", &["firmware-images", "eu.west"]),
            "FIREDRILL_BUCKET_FIRMWARE_IMAGES_EU_WEST"
        );
    }
}
