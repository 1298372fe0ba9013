//! `UpdateFunctionCode` and `UpdateFunctionConfiguration`.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;

use super::create::{CodeFields, check_size, fetch, new_version, unpack};
use super::limits::ConfigFields;
use super::{Answer, Call, answer, document, expect_revision};
use crate::lambda::Lambda;
use crate::lambda::error::LambdaError;
use crate::lambda::function::{LATEST, Version};
use crate::lambda::region::Region;

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

pub(super) async fn code(lambda: &Lambda, call: &Call) -> Answer {
    check_size(call, "UpdateFunctionCode")?;
    let update: CodeUpdate = call.document()?;
    let name = call.function()?;
    let region = &call.region;
    region.with(&name, |function| {
        expect_revision(update.revision_id.as_deref(), &function.latest.revision)
    })?;
    let zip = fetch(region, update.code).await?;
    if update.dry_run {
        let package = unpack(lambda, region, zip).await?;
        let config = region.with(&name, |function| Ok(function.latest.config.clone()))?;
        let would_be = new_version(lambda, LATEST, config, package);
        return answer(
            StatusCode::OK,
            &document::of(&region.name, &name, &would_be, false),
        );
    }
    let architectures = ConfigFields {
        architectures: update.architectures,
        ..ConfigFields::default()
    };
    let architectures = Some(architectures).filter(|fields| fields.architectures.is_some());
    let version = replace_code(lambda, region, &name, zip, architectures).await?;
    let document = match update.publish {
        false => document::of(&region.name, &name, &version, false),
        true => {
            let version = super::versions::publish(lambda, region, &name, None)?;
            document::of(&region.name, &name, &version, true)
        }
    };
    answer(StatusCode::OK, &document)
}

/// Makes `zip` the code of `$LATEST`.
pub(crate) async fn replace_code(
    lambda: &Lambda,
    region: &Region,
    name: &str,
    zip: Bytes,
    fields: Option<ConfigFields>,
) -> Result<Arc<Version>, LambdaError> {
    let package = unpack(lambda, region, zip).await?;
    replace(lambda, region, name, |latest| {
        let config = latest.config.clone();
        let config = match fields {
            Some(fields) => fields.over(config)?,
            None => config,
        };
        Ok(new_version(lambda, LATEST, config, package))
    })
}

/// Replaces `$LATEST`, whose environments are ended.
fn replace(
    lambda: &Lambda,
    region: &Region,
    name: &str,
    make: impl FnOnce(&Version) -> Result<Arc<Version>, LambdaError>,
) -> Result<Arc<Version>, LambdaError> {
    let (old, new) = region.with(name, |function| {
        let new = make(&function.latest)?;
        Ok((std::mem::replace(&mut function.latest, new.clone()), new))
    })?;
    lambda.pool.retire(&old);
    Ok(new)
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ConfigUpdate {
    revision_id: Option<String>,
    #[serde(flatten)]
    config: ConfigFields,
}

pub(super) fn configuration(lambda: &Lambda, call: &Call) -> Answer {
    let update: ConfigUpdate = call.document()?;
    let name = call.function()?;
    let version = replace(lambda, &call.region, &name, |latest| {
        expect_revision(update.revision_id.as_deref(), &latest.revision)?;
        let config = update.config.over(latest.config.clone())?;
        Ok(new_version(lambda, LATEST, config, latest.package.clone()))
    })?;
    answer(
        StatusCode::OK,
        &document::of(&call.region.name, &name, &version, false),
    )
}
