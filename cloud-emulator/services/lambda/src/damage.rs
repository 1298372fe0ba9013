//! Damage to functions that stays until it is repaired.

use super::Lambda;
use super::api::create::NewFunction;
use super::api::{update, versions};
use super::error::LambdaError;
use super::function::LATEST;
use super::package::zip_of;

/// The alias that a deployment moves, where there is one.
const LIVE: &str = "live";

/// What a broken deployment has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenDeploy {
    /// The version that is good to return to.
    pub previous: String,
    /// The broken one.
    pub broken: String,
    /// Whether the alias `live` was moved to it; otherwise it is live as `$LATEST` only.
    pub alias_moved: bool,
}

impl Lambda {
    /// Creates a function, as the cloud's declaration has it, and gives its ARN. It can be used at once.
    ///
    /// # Errors
    /// As `CreateFunction` is refused.
    pub async fn create(&self, region: &str, function: NewFunction) -> Result<String, LambdaError> {
        let region = self.region(region)?.clone();
        let name = function.name.clone();
        super::api::create::create(self, &region, function, self.now()).await?;
        Ok(super::function_names::arn(&region.name, &name))
    }

    /// Deletes a function with all its versions and aliases.
    ///
    /// # Errors
    /// There is none.
    pub fn delete(&self, region: &str, name: &str) -> Result<(), LambdaError> {
        super::api::functions::remove(self, self.region(region)?, name)
    }

    /// Whether a function is there.
    pub fn exists(&self, region: &str, name: &str) -> bool {
        self.region(region)
            .is_ok_and(|region| region.functions.lock().contains_key(name))
    }

    /// Deploys code that does not work, as if its deployment had begun in time to be over now: what ran before is published (so that there is a way back), the
    /// broken code becomes `$LATEST` and a version, and the alias `live` is moved to that.
    ///
    /// The broken code is real code: a Python module that raises when it is imported, or a `bootstrap` that
    /// ends with an error.
    ///
    /// # Errors
    /// There is no such function.
    pub async fn deploy_broken(&self, region: &str, name: &str) -> Result<BrokenDeploy, LambdaError> {
        let region = self.region(region)?.clone();
        let (runtime, handler) = region.with(name, |function| {
            let config = &function.latest.config;
            Ok((config.runtime.clone(), config.handler.clone()))
        })?;
        let live = region.with(name, |function| {
            Ok(function.aliases.get(LIVE).map(|alias| alias.version.clone()))
        })?;
        let previous = match live.filter(|version| version != LATEST) {
            Some(version) => version,
            None => versions::publish(self, &region, name, None, self.now())?
                .number
                .clone(),
        };
        let zip = if runtime.starts_with("python") {
            let module = handler
                .rsplit_once('.')
                .map_or(handler.as_str(), |(module, _)| module);
            let file = format!("{}.py", module.replace('.', "/"));
            zip_of(&[(&file, "raise RuntimeError('this deployment is broken')\n", false)])
        } else {
            zip_of(&[(
                "bootstrap",
                "#!/bin/sh\necho 'this deployment is broken' >&2\nexit 1\n",
                true,
            )])
        };
        update::force_code(self, &region, name, zip).await?;
        let broken = versions::publish(self, &region, name, None, self.now())?
            .number
            .clone();
        let alias_moved = region.with(name, |function| {
            let Some(alias) = function.aliases.get_mut(LIVE) else {
                return Ok(false);
            };
            alias.version.clone_from(&broken);
            alias.weights.clear();
            alias.revision = self.revisions.next_id();
            Ok(true)
        })?;
        Ok(BrokenDeploy {
            previous,
            broken,
            alias_moved,
        })
    }
}
