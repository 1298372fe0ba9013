//! Functions as the scenario declares them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use drill::journal::StepError;
use drill::scenario::{BuiltIn, Function, FunctionCode, LIVE};
use drill::units::ByteSize;

use super::{Cloud, CloudError, CloudOptions};
use crate::client::Patience;
use crate::gateway::Principal;
use crate::lambda::{self, Declaration, Door, Lambda, LambdaOptions, NewCode, NewFunction};

/// Execution environments that this machine runs at once, of all regions.
const PROCESSES: usize = 50;

/// All packages of a region together, as AWS allows an account.
const CODE_STORAGE: ByteSize = ByteSize(75 << 30);

/// A Lambda without functions.
pub(super) fn lambda(options: &CloudOptions<'_>) -> Arc<Lambda> {
    let built_in = |function: BuiltIn| lambda::BuiltIn {
        name: function.name().to_owned(),
        exe: options.exe.to_owned(),
        args: vec!["function".into(), function.name().into()],
    };
    Lambda::new(LambdaOptions {
        regions: options
            .scenario
            .cloud
            .regions
            .iter()
            .map(|region| region.aws.clone())
            .collect(),
        seed: options.plan.seed,
        clock: options.clock.clone(),
        supervisor: options.supervisor.clone(),
        folder: options.code.clone(),
        keys: options.keys.of(Principal::Function).clone(),
        python: lambda::find_python,
        built_ins: BuiltIn::ALL.map(built_in).to_vec(),
        isolation: options.isolation.clone(),
        processes: PROCESSES,
        code_storage: CODE_STORAGE,
        on_event: options.on_function.clone(),
    })
}

impl Cloud {
    /// Tells the functions of each region by which door their calls go, and lets them download code.
    pub(super) fn connect_lambda(&self) -> Result<(), CloudError> {
        let code = self.lambda.code_address();
        let code = code.map_err(|error| CloudError::new("listen for downloads of code", error))?;
        self.lambda.allow(code);
        let clients = self.clients(Principal::Function, Patience::STANDARD);
        for region in &self.regions {
            let door = Door {
                endpoint: region.endpoint.clone(),
                s3: clients.at(&region.label).client().clone(),
            };
            let connected = self.lambda.connect(&region.region, door);
            connected.map_err(|error| CloudError::new("connect the functions", error))?;
        }
        Ok(())
    }

    /// Makes every function in the regions that have it from the start.
    pub(super) async fn declare_functions(&self) -> Result<(), CloudError> {
        for function in &self.scenario.cloud.functions {
            for label in &function.regions {
                self.declare(function, label).await?;
            }
        }
        Ok(())
    }

    /// Makes one function in one region: version 1 is live.
    ///
    /// # Errors
    /// Its code cannot be read, or Lambda refuses it.
    pub(super) async fn declare(&self, function: &Function, label: &str) -> Result<(), CloudError> {
        let cannot = |why: &dyn std::fmt::Display| {
            CloudError::new(format!("make function {} in region {label}", function.label), why)
        };
        let Some(region) = self.region(label) else {
            return Err(cannot(&"there is no such region"));
        };
        let (code, runtime, handler) = self.code(function).map_err(|why| cannot(&why))?;
        let declaration = Declaration {
            function: NewFunction {
                name: function.name.clone(),
                runtime,
                handler,
                code,
                timeout: whole_seconds(function.timeout),
                memory: u32::try_from(function.memory.0 >> 20).unwrap_or(u32::MAX),
                environment: self.environment(function, label),
            },
            alias: LIVE.to_owned(),
            reserved_concurrency: function.reserved_concurrency,
            retries: function.retries,
            on_failure: function.on_failure.as_ref().and_then(|bucket| {
                let bucket = self.scenario.bucket(bucket)?;
                Some(format!("arn:aws:s3:::{}", bucket.name_in(label)))
            }),
        };
        let declared = self.lambda.declare(&region.region, declaration).await;
        declared.map_err(|error| cannot(&error))
    }

    /// Puts the declared code of a function live in the region of this label, or makes it there. What was done, in
    /// words.
    ///
    /// # Errors
    /// Its code cannot be read, or Lambda refuses it.
    pub async fn redeploy(&self, function: &Function, label: &str) -> Result<String, StepError> {
        let refused = |message: String| StepError {
            operation: "UpdateFunctionCode".to_owned(),
            code: "DeployFailed".to_owned(),
            message,
        };
        let aws = self.region(label).map_or("", |region| &region.region);
        if !self.lambda.exists(aws, &function.name) {
            let made = self.declare(function, label).await;
            made.map_err(|error| refused(error.to_string()))?;
            return Ok(format!("{} made in {label}, version 1 is live", function.name));
        }
        let (code, ..) = self.code(function).map_err(refused)?;
        let deployed = self.lambda.redeploy(aws, &function.name, LIVE, code).await;
        let version = deployed.map_err(|error| StepError {
            operation: "UpdateFunctionCode".to_owned(),
            code: error.code.to_owned(),
            message: error.message,
        })?;
        Ok(format!(
            "version {version} of {} is live in {label}",
            function.name
        ))
    }

    /// Whether the function of this label is in the region of this label.
    pub fn has_function(&self, region: &str, function: &str) -> bool {
        let aws = self.region(region).map_or("", |region| &region.region);
        let function = self.scenario.cloud.function(function);
        function.is_some_and(|function| self.lambda.exists(aws, &function.name))
    }

    /// The declared code of a function, with its runtime and handler.
    ///
    /// # Errors
    /// The package cannot be read.
    pub fn code(&self, function: &Function) -> Result<(NewCode, String, String), String> {
        match &function.code {
            FunctionCode::BuiltIn(built_in) => Ok((
                NewCode::BuiltIn(built_in.name().to_owned()),
                "provided.al2023".to_owned(),
                "bootstrap".to_owned(),
            )),
            FunctionCode::Package {
                path,
                runtime,
                handler,
            } => {
                let package = inside(&self.scenario_folder, path)?;
                let zip = lambda::read_package(&package, self.records.as_deref())?;
                Ok((NewCode::Zip(zip), runtime.clone(), handler.clone()))
            }
        }
    }

    fn environment(&self, function: &Function, label: &str) -> BTreeMap<String, String> {
        let bucket = function
            .bucket
            .as_ref()
            .and_then(|bucket| self.scenario.bucket(bucket));
        let bucket = bucket.map(|bucket| ("BUCKET".to_owned(), bucket.name_in(label)));
        function.env.iter().cloned().chain(bucket).collect()
    }
}

/// The package at `path` in the scenario's folder. It was checked before the drill; what is read is what lies there now.
fn inside(folder: &Path, path: &str) -> Result<PathBuf, String> {
    let resolved = |path: &Path| {
        let resolved = path.canonicalize();
        resolved.map_err(|error| format!("{}: {error}", path.display()))
    };
    let package = resolved(&folder.join(path))?;
    match package.starts_with(resolved(folder)?) {
        true => Ok(package),
        false => Err(format!(
            "{path}: it leads to {}, out of the scenario's folder",
            package.display()
        )),
    }
}

/// A timeout in Lambda's unit, rounded up.
fn whole_seconds(span: drill::units::Span) -> u32 {
    let seconds = span.as_us().unsigned_abs().div_ceil(1_000_000);
    u32::try_from(seconds).unwrap_or(u32::MAX).clamp(1, 900)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_lies_in_the_scenarios_folder_wherever_links_lead() {
        let elsewhere = tempfile::tempdir().unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(elsewhere.path().join("secret"), "").unwrap();
        std::fs::create_dir(folder.path().join("own")).unwrap();
        let link = |target: &Path, name: &str| {
            std::os::unix::fs::symlink(target, folder.path().join(name)).unwrap();
        };
        link(elsewhere.path(), "out");
        link(Path::new("own"), "in");
        let found = |path: &str| inside(folder.path(), path).ok();
        let own = folder.path().join("own").canonicalize().unwrap();
        for path in ["own", "in", "./own/../own"] {
            assert_eq!(found(path).as_ref(), Some(&own), "{path}");
        }
        let absolute = elsewhere.path().join("secret").display().to_string();
        for path in ["out", "out/secret", "..", "../..", &absolute, "none"] {
            assert_eq!(found(path), None, "{path}");
        }
    }
}
