//! A version as AWS describes it (`FunctionConfiguration`).

use serde_json::{Value, json};

use crate::lambda::dates;
use crate::lambda::function::Version;
use crate::lambda::names;

/// The description of a version; `qualified`: with the version in its ARN.
pub(super) fn of(region: &str, function: &str, version: &Version, qualified: bool) -> Value {
    let config = &version.config;
    let arn = match qualified {
        true => names::qualified(region, function, &version.number),
        false => names::arn(region, function),
    };
    let mut document = json!({
        "FunctionName": function,
        "FunctionArn": arn,
        "Runtime": config.runtime,
        "Role": config.role,
        "Handler": config.handler,
        "CodeSize": version.package.zip.len(),
        "Description": config.description,
        "Timeout": config.timeout,
        "MemorySize": config.memory,
        "LastModified": dates::last_modified(version.modified_us),
        "CodeSha256": version.package.sha256,
        "Version": version.number,
        "TracingConfig": { "Mode": config.tracing },
        "RevisionId": version.revision,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": [config.architecture],
        "EphemeralStorage": { "Size": config.ephemeral },
        "SnapStart": { "ApplyOn": "None", "OptimizationStatus": "Off" },
        "LoggingConfig": { "LogFormat": "Text", "LogGroup": format!("/aws/lambda/{function}") },
    });
    if !config.environment.is_empty() {
        document["Environment"] = json!({ "Variables": config.environment });
    }
    document
}
