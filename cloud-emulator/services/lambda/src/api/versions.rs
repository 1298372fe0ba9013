//! `PublishVersion` and `ListVersionsByFunction`.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use drill::units::DrillTime;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::call::{ApiResult, Call, answer, expect_revision};
use super::document;
use crate::Lambda;
use crate::error::LambdaError;
use crate::function::Version;
use crate::provisioning::Provisioned;
use crate::region::Region;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Fields {
    code_sha256: Option<String>,
    description: Option<String>,
    revision_id: Option<String>,
}

pub(super) fn call(lambda: &Lambda, call: &Call) -> ApiResult {
    let fields: Fields = call.document()?;
    let name = call.function()?;
    call.region.with(&name, |function| {
        function.check_settled(&call.region.name, lambda.now())?;
        let latest = &function.latest;
        expect_revision(fields.revision_id.as_deref(), &latest.revision)?;
        match &fields.code_sha256 {
            Some(wanted) if *wanted != latest.package.sha256 => Err(LambdaError::invalid(format!(
                "CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({}). Please try again with \
                 the CodeSHA256 in $LATEST.",
                latest.package.sha256
            ))),
            _ => Ok(()),
        }
    })?;
    let ready = lambda.provisioned();
    let version = publish(lambda, &call.region, &name, fields.description, ready)?;
    answer(
        StatusCode::CREATED,
        &document::describe_version(&call.region.name, &name, &version, true, lambda.now()),
    )
}

/// Makes `$LATEST` a version that can be invoked from `active` on; as with AWS, not again if nothing has changed since
/// the last one.
pub(crate) fn publish(
    lambda: &Lambda,
    region: &Region,
    name: &str,
    description: Option<String>,
    active: DrillTime,
) -> Result<Arc<Version>, LambdaError> {
    region.with(name, |function| {
        let latest = &function.latest;
        let last = function.versions.values().next_back();
        let mut config = latest.config.clone();
        config.description = description.unwrap_or(config.description);
        if let Some(last) = last
            && last.package.sha256 == latest.package.sha256
            && last.config == config
            && function.next_version == last_number(last) + 1
        {
            return Ok(last.clone());
        }
        let number = function.next_version;
        let version = Arc::new(Version {
            id: lambda.next_id(),
            number: number.to_string(),
            config,
            package: latest.package.clone(),
            revision: lambda.revisions.next_id(),
            modified_us: lambda.now_us(),
            provisioned: Provisioned::active_from(active),
            retired: AtomicBool::new(false),
            starts_slowly: AtomicBool::new(false),
        });
        function.next_version += 1;
        function.versions.insert(number, version.clone());
        Ok(version)
    })
}

fn last_number(version: &Version) -> u64 {
    version.number.parse().unwrap_or(0)
}

pub(super) fn list(lambda: &Lambda, call: &Call) -> ApiResult {
    let name = call.function()?;
    let now = lambda.now();
    let all = call.region.with(&name, |function| {
        let versions = function.all_versions();
        Ok(versions
            .map(|version| document::describe_version(&call.region.name, &name, version, true, now))
            .collect())
    })?;
    let (page, next) = call.page(all)?;
    answer(StatusCode::OK, &json!({ "Versions": page, "NextMarker": next }))
}
