//! A version as AWS describes it (`FunctionConfiguration`).

use drill::units::DrillTime;
use serde_json::{Value, json};

use crate::dates;
use crate::function::Version;
use crate::function_names;

/// The members that `ListFunctions` leaves out.
const STATES: [&str; 6] = [
    "State",
    "StateReason",
    "StateReasonCode",
    "LastUpdateStatus",
    "LastUpdateStatusReason",
    "LastUpdateStatusReasonCode",
];

/// The description of a version in a list of functions: the state is only in the answer about one function.
pub(super) fn listed(
    region: &str,
    function: &str,
    version: &Version,
    qualified: bool,
    now: DrillTime,
) -> Value {
    let mut document = describe_version(region, function, version, qualified, now);
    if let Some(members) = document.as_object_mut() {
        STATES.iter().for_each(|state| drop(members.remove(*state)));
    }
    document
}

/// The description of a version; `qualified`: with the version in its ARN.
pub(super) fn describe_version(
    region: &str,
    function: &str,
    version: &Version,
    qualified: bool,
    now: DrillTime,
) -> Value {
    let config = &version.config;
    let arn = if qualified {
        function_names::qualified(region, function, &version.number)
    } else {
        function_names::arn(region, function)
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
    let (reason, code) = ("The function is being created.", "Creating");
    if version.is_pending(now) {
        document["State"] = json!("Pending");
        document["StateReason"] = json!(reason);
        document["StateReasonCode"] = json!(code);
        // Nothing was updated yet.
        if let Some(members) = document.as_object_mut() {
            members.remove("LastUpdateStatus");
        }
    } else if version.is_updating(now) {
        document["LastUpdateStatus"] = json!("InProgress");
        document["LastUpdateStatusReason"] = json!(reason);
        document["LastUpdateStatusReasonCode"] = json!(code);
    }
    if !config.environment.is_empty() {
        document["Environment"] = json!({ "Variables": config.environment });
    }
    document
}
