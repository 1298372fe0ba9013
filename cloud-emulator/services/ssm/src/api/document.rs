//! Parameters as documents.

use cloud_gateway::ACCOUNT_ID;
use serde_json::{Value as Json, json};

use crate::store::Version;

/// A parameter with its value, as `GetParameter` gives it.
pub(super) fn parameter(region: &str, name: &str, version: &Version) -> Json {
    json!({
        "Name": name,
        "Type": version.kind,
        "Value": version.value,
        "Version": version.number,
        "LastModifiedDate": seconds(version.modified_us),
        "ARN": arn(region, name),
        "DataType": "text",
    })
}

/// One version of a parameter, as `GetParameterHistory` gives it.
pub(super) fn past(name: &str, version: &Version) -> Json {
    let mut document = json!({
        "Name": name,
        "Type": version.kind,
        "Value": version.value,
        "Version": version.number,
        "LastModifiedDate": seconds(version.modified_us),
        "LastModifiedUser": version.by,
        "Labels": [],
        "Policies": [],
        "Tier": "Standard",
        "DataType": "text",
    });
    described(&mut document, version);
    document
}

/// A parameter without its value, as `DescribeParameters` gives it.
pub(super) fn metadata(region: &str, name: &str, version: &Version) -> Json {
    let mut document = json!({
        "Name": name,
        "ARN": arn(region, name),
        "Type": version.kind,
        "Version": version.number,
        "LastModifiedDate": seconds(version.modified_us),
        "LastModifiedUser": version.by,
        "Policies": [],
        "Tier": "Standard",
        "DataType": "text",
    });
    described(&mut document, version);
    document
}

fn described(document: &mut Json, version: &Version) {
    if let Some(description) = &version.description {
        document["Description"] = description.as_str().into();
    }
}

fn arn(region: &str, name: &str) -> String {
    let slash = if name.starts_with('/') { "" } else { "/" };
    format!("arn:aws:ssm:{region}:{ACCOUNT_ID}:parameter{slash}{name}")
}

/// A date as JSON 1.1 has it: seconds since 1970, with milliseconds.
fn seconds(us: i64) -> f64 {
    (us.div_euclid(1_000) as f64) / 1e3
}
