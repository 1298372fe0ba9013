//! `UpdateFunctionCode` and `UpdateFunctionConfiguration`.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;

use super::call::{ApiResult, Call, answer, expect_revision};
use super::create::{CodeFields, check_size, fetch, new_version, unpack};
use super::document;
use super::limits::ConfigFields;
use crate::Lambda;
use crate::error::LambdaError;
use crate::function::Version;
use crate::provisioning::Provisioned;
use crate::region::Region;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CodeUpdate {
    #[serde(flatten)]
    code: CodeFields,
    architectures: Option<Vec<String>>,
    publish: bool,
    dry_run: bool,
    revision_id: Option<String>,
}

pub(super) async fn code(lambda: &Lambda, call: &Call) -> ApiResult {
    check_size(call, "UpdateFunctionCode")?;
    let update: CodeUpdate = call.document()?;
    let name = call.function()?;
    let region = &call.region;
    region.with(&name, |function| {
        function.check_settled(&region.name, lambda.now())?;
        expect_revision(update.revision_id.as_deref(), &function.latest.revision)
    })?;
    let zip = fetch(region, update.code).await?;
    if update.dry_run {
        let package = unpack(lambda, region, zip).await?;
        let latest = region.with(&name, |function| Ok(function.latest.clone()))?;
        let would_be = new_version(lambda, latest.config.clone(), package, latest.provisioned);
        return answer(
            StatusCode::OK,
            &document::describe_version(&region.name, &name, &would_be, false, lambda.now()),
        );
    }
    let architectures = ConfigFields {
        architectures: update.architectures,
        ..ConfigFields::default()
    };
    let architectures = Some(architectures).filter(|fields| fields.architectures.is_some());
    let version = replace_code(lambda, region, &name, zip, architectures).await?;
    let document = if update.publish {
        let active = version.provisioned.updated;
        let version = super::versions::publish(lambda, region, &name, None, active)?;
        document::describe_version(&region.name, &name, &version, true, lambda.now())
    } else {
        document::describe_version(&region.name, &name, &version, false, lambda.now())
    };
    answer(StatusCode::OK, &document)
}

/// Makes `zip` the code of `$LATEST`, as an update that takes its time.
pub(crate) async fn replace_code(
    lambda: &Lambda,
    region: &Arc<Region>,
    name: &str,
    zip: Bytes,
    fields: Option<ConfigFields>,
) -> Result<Arc<Version>, LambdaError> {
    let package = unpack(lambda, region, zip).await?;
    update(lambda, region, name, |latest, provisioned| {
        let config = latest.config.clone();
        let config = match fields {
            Some(fields) => fields.over(config)?,
            None => config,
        };
        Ok(new_version(lambda, config, package, provisioned))
    })
}

/// Makes `zip` the code of `$LATEST` at once, whatever is under way.
pub(crate) async fn force_code(
    lambda: &Lambda,
    region: &Region,
    name: &str,
    zip: Bytes,
) -> Result<Arc<Version>, LambdaError> {
    let package = unpack(lambda, region, zip).await?;
    let (old, new) = region.with(name, |function| {
        let config = function.latest.config.clone();
        let new = new_version(lambda, config, package, Provisioned::default());
        function.before = None;
        Ok((std::mem::replace(&mut function.latest, new.clone()), new))
    })?;
    lambda.pool.retire(&old);
    Ok(new)
}

/// Replaces `$LATEST`. What it was is served, and its environments are kept, until the update is made.
fn update(
    lambda: &Lambda,
    region: &Arc<Region>,
    name: &str,
    make: impl FnOnce(&Version, Provisioned) -> Result<Arc<Version>, LambdaError>,
) -> Result<Arc<Version>, LambdaError> {
    let (old, new) = region.with(name, |function| {
        function.check_settled(&region.name, lambda.now())?;
        let provisioned = Provisioned {
            updated: lambda.provisioned(),
            ..function.latest.provisioned
        };
        let new = make(&function.latest, provisioned)?;
        let old = std::mem::replace(&mut function.latest, new.clone());
        function.before = Some(old.clone());
        Ok((old, new))
    })?;
    if !new.is_updating(lambda.now()) {
        lambda.pool.retire(&old);
        return Ok(new);
    }
    let (made, pool) = (new.provisioned.updated, lambda.pool.clone());
    let clock = lambda.options.clock.clone();
    tokio::spawn(async move {
        clock.sleep_until(made).await;
        pool.retire(&old);
    });
    Ok(new)
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ConfigUpdate {
    revision_id: Option<String>,
    #[serde(flatten)]
    config: ConfigFields,
}

pub(super) fn configuration(lambda: &Lambda, call: &Call) -> ApiResult {
    let changes: ConfigUpdate = call.document()?;
    let name = call.function()?;
    let version = update(lambda, &call.region, &name, |latest, provisioned| {
        expect_revision(changes.revision_id.as_deref(), &latest.revision)?;
        let config = changes.config.over(latest.config.clone())?;
        Ok(new_version(lambda, config, latest.package.clone(), provisioned))
    })?;
    answer(
        StatusCode::OK,
        &document::describe_version(&call.region.name, &name, &version, false, lambda.now()),
    )
}
