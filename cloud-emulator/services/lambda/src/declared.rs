//! Functions as the scenario declares them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cloud_client::RetryPolicy;
use cloud_gateway::Principal;
use cloud_service::{CloudError, Listeners};
use drill::journal::StepError;
use drill::scenario::{Function, FunctionCode, LIVE};
use drill::variables::DeclaredVariable;

use super::api::create::{NewCode, NewFunction};
use super::declare::{Declaration, PackageError, read_package};
use super::emulated::LambdaService;
use super::region::S3Endpoint;

impl LambdaService {
    /// Tells the functions of each region by which listener their calls go, and lets them download code.
    pub(super) fn connect_regions(&self, listeners: &Listeners) -> Result<(), CloudError> {
        let code = self.lambda().code_address();
        let code = code.map_err(|error| CloudError::new("listen for downloads of code", error))?;
        self.lambda().allow(code);
        let clients = listeners.clients(Principal::Function, RetryPolicy::STANDARD);
        for region in listeners.regions() {
            let s3 = S3Endpoint {
                endpoint: region.endpoint.clone(),
                s3: clients.at(&region.label).client().clone(),
            };
            let connected = self.lambda().connect(&region.region, s3);
            connected.map_err(|error| CloudError::new("connect the functions", error))?;
        }
        Ok(())
    }

    /// Makes every function in the regions that have it from the start.
    pub(super) async fn declare_functions(&self) -> Result<(), CloudError> {
        for function in self.scenario().cloud.functions() {
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
        let Some(aws) = self.aws_region(label) else {
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
                let bucket = self.scenario().bucket(bucket)?;
                Some(format!("arn:aws:s3:::{}", bucket.name_in(label)))
            }),
        };
        let declared = self.lambda().declare(aws, declaration).await;
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
        let aws = self.aws_region(label).unwrap_or_default();
        if !self.lambda().exists(aws, &function.name) {
            let made = self.declare(function, label).await;
            made.map_err(|error| refused(error.to_string()))?;
            return Ok(format!("{} made in {label}, version 1 is live", function.name));
        }
        let (code, ..) = self.code(function).map_err(|why| refused(why.to_string()))?;
        let deployed = self.lambda().redeploy(aws, &function.name, LIVE, code).await;
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
        let aws = self.aws_region(region).unwrap_or_default();
        let function = self.scenario().cloud.function(function);
        function.is_some_and(|function| self.lambda().exists(aws, &function.name))
    }

    /// The declared code of a function, with its runtime and handler.
    ///
    /// # Errors
    /// The package cannot be read.
    pub fn code(&self, function: &Function) -> Result<(NewCode, String, String), PackageError> {
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
                let package = inside(self.folder(), path)?;
                let zip = read_package(&package, self.records())?;
                Ok((NewCode::Zip(zip), runtime.clone(), handler.clone()))
            }
        }
    }

    fn environment(&self, function: &Function, label: &str) -> BTreeMap<String, String> {
        let bucket = function
            .bucket
            .as_ref()
            .and_then(|bucket| self.scenario().bucket(bucket));
        let bucket = bucket.map(|bucket| (DeclaredVariable::Bucket.name().to_owned(), bucket.name_in(label)));
        function.env.iter().cloned().chain(bucket).collect()
    }
}

/// The package at `path` in the scenario's folder. It was checked before the drill; what is read is what lies there now.
fn inside(folder: &Path, path: &str) -> Result<PathBuf, PackageError> {
    let resolved = |path: &Path| {
        let resolved = path.canonicalize();
        resolved.map_err(|error| PackageError::Unreadable(path.to_owned(), error))
    };
    let package = resolved(&folder.join(path))?;
    if package.starts_with(resolved(folder)?) {
        Ok(package)
    } else {
        Err(PackageError::Outside {
            path: path.to_owned(),
            package,
        })
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
