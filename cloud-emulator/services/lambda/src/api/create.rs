//! `CreateFunction`, and how code gets to a function.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

use bytes::Bytes;
use drill::units::DrillTime;
use http::StatusCode;
use serde::Deserialize;

use super::call::{ApiResult, Call, answer};
use super::document;
use super::limits::{ConfigFields, EnvironmentFields, defaults};
use crate::Lambda;
use crate::error::LambdaError;
use crate::exec::python;
use crate::function::{Config, Function, LATEST, Version};
use crate::function_names::Reference;
use crate::package::{LARGEST_ZIP, Package, built_in_zip};
use crate::provisioning::Provisioned;
use crate::region::Region;

/// The largest request that carries code: 50 MB in base64, and what is around it.
const LARGEST_REQUEST: usize = 70_167_211;

/// A function to be created by the cloud itself, as its declaration has it.
#[derive(Clone, Debug)]
pub struct NewFunction {
    /// Its name.
    pub name: String,
    /// `provided.al2023`, `provided.al2` or `python3.x`.
    pub runtime: String,
    /// `module.function` for Python; anything for the others.
    pub handler: String,
    /// Its code.
    pub code: NewCode,
    /// Seconds of wall time, 1 to 900.
    pub timeout: u32,
    /// Mebibytes, 128 to 10,240.
    pub memory: u32,
    /// Its variables.
    pub environment: BTreeMap<String, String>,
}

/// The code of a new function.
#[derive(Clone, Debug)]
pub enum NewCode {
    /// A zip.
    Zip(Bytes),
    /// One of ours, by its name in [`LambdaOptions::built_ins`](crate::LambdaOptions::built_ins).
    BuiltIn(String),
}

/// Where a request says that the code is.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct CodeFields {
    pub(super) zip_file: Option<String>,
    pub(super) s3_bucket: Option<String>,
    pub(super) s3_key: Option<String>,
    pub(super) s3_object_version: Option<String>,
    pub(super) image_uri: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Fields {
    function_name: String,
    code: CodeFields,
    publish: bool,
    tags: BTreeMap<String, String>,
    #[serde(flatten)]
    config: ConfigFields,
}

pub(super) async fn call(lambda: &Lambda, call: &Call) -> ApiResult {
    check_size(call, "CreateFunction")?;
    let fields: Fields = call.document()?;
    let reference = Reference::parse(&fields.function_name, &call.region.name, None)?;
    let config = fields.config.over(defaults())?;
    let zip = fetch(&call.region, fields.code).await?;
    let (name, region) = (&reference.name, &call.region);
    let new = New {
        config,
        tags: fields.tags,
        active: lambda.provisioned(),
    };
    let version = add(lambda, region, name, new, zip).await?;
    let document = if fields.publish {
        let active = version.provisioned.active;
        let version = super::versions::publish(lambda, region, name, None, active)?;
        document::describe_version(&region.name, name, &version, true, lambda.now())
    } else {
        document::describe_version(&region.name, name, &version, false, lambda.now())
    };
    answer(StatusCode::CREATED, &document)
}

/// Creates a function of the cloud's declaration, which can be used from `active` on.
pub(crate) async fn create(
    lambda: &Lambda,
    region: &Arc<Region>,
    new: NewFunction,
    active: DrillTime,
) -> Result<(), LambdaError> {
    let reference = Reference::parse(&new.name, &region.name, None)?;
    let fields = ConfigFields {
        runtime: Some(new.runtime),
        handler: Some(new.handler),
        role: Some(format!(
            "arn:aws:iam::{}:role/firedrill",
            cloud_gateway::ACCOUNT_ID
        )),
        timeout: Some(new.timeout),
        memory_size: Some(new.memory),
        environment: Some(EnvironmentFields {
            variables: new.environment,
        }),
        ..ConfigFields::default()
    };
    let zip = new.code.zip(lambda)?;
    let new = New {
        config: fields.over(defaults())?,
        tags: BTreeMap::new(),
        active,
    };
    add(lambda, region, &reference.name, new, zip).await?;
    Ok(())
}

impl NewCode {
    /// The package.
    ///
    /// # Errors
    /// There is no such function of our own.
    pub(crate) fn zip(self, lambda: &Lambda) -> Result<Bytes, LambdaError> {
        match self {
            NewCode::Zip(zip) => Ok(zip),
            NewCode::BuiltIn(name) if lambda.options.built_ins.iter().any(|known| known.name == name) => {
                Ok(built_in_zip(&name))
            }
            NewCode::BuiltIn(name) => Err(LambdaError::invalid(format!(
                "There is no function '{name}' of Firedrill's own"
            ))),
        }
    }
}

/// What a function is made of, besides its code.
struct New {
    config: Config,
    tags: BTreeMap<String, String>,
    active: DrillTime,
}

pub(super) fn check_size(call: &Call, operation: &str) -> Result<(), LambdaError> {
    if call.body.len() > LARGEST_REQUEST {
        Err(LambdaError::too_large(format!(
            "Request must be smaller than {LARGEST_REQUEST} bytes for the {operation} operation"
        )))
    } else {
        Ok(())
    }
}

async fn add(
    lambda: &Lambda,
    region: &Region,
    name: &str,
    new: New,
    zip: Bytes,
) -> Result<Arc<Version>, LambdaError> {
    let exists = || LambdaError::conflict(format!("Function already exist: {name}"));
    if region.functions.lock().contains_key(name) {
        return Err(exists());
    }
    check_python(lambda, &new.config).await?;
    let package = unpack(lambda, region, zip).await?;
    let provisioned = Provisioned::active_from(new.active);
    let latest = new_version(lambda, new.config, package, provisioned);
    let mut functions = region.functions.lock();
    if functions.contains_key(name) {
        return Err(exists());
    }
    let name: Arc<str> = Arc::from(name);
    let function = Function {
        name: name.clone(),
        latest: latest.clone(),
        before: None,
        versions: BTreeMap::new(),
        next_version: 1,
        aliases: BTreeMap::new(),
        reserved: None,
        event_configs: BTreeMap::new(),
        tags: new.tags,
        running: Arc::new(AtomicU32::new(0)),
        draws: AtomicU64::new(0),
    };
    functions.insert(name, function);
    Ok(latest)
}

/// AWS has every Python, this machine has some. A handler does not run on another than its own.
async fn check_python(lambda: &Lambda, config: &Config) -> Result<(), LambdaError> {
    if !config.runtime.starts_with("python") {
        return Ok(());
    }
    let found = python(&lambda.options, &config.runtime).await;
    found
        .map(drop)
        .map_err(|why| LambdaError::invalid(why.to_string()))
}

/// A version as of now.
pub(super) fn new_version(
    lambda: &Lambda,
    config: Config,
    package: Arc<Package>,
    provisioned: Provisioned,
) -> Arc<Version> {
    Arc::new(Version {
        id: lambda.next_id(),
        number: LATEST.to_owned(),
        config,
        package,
        revision: lambda.revisions.next_id(),
        modified_us: lambda.now_us(),
        provisioned,
        retired: AtomicBool::new(false),
        starts_slowly: AtomicBool::new(false),
    })
}

/// The zip that a request carries or names.
pub(super) async fn fetch(region: &Region, code: CodeFields) -> Result<Bytes, LambdaError> {
    if code.image_uri.is_some() {
        return Err(LambdaError::invalid("Container images are not emulated here"));
    }
    match (code.zip_file, code.s3_bucket, code.s3_key) {
        (Some(text), None, None) => base64_simd::STANDARD
            .decode_to_vec(text.as_bytes())
            .map(Bytes::from)
            .map_err(|_| LambdaError::content("ZipFile is not base64")),
        (None, Some(bucket), Some(key)) => from_s3(region, &bucket, &key, code.s3_object_version).await,
        _ => Err(LambdaError::invalid("Please provide a source for function code.")),
    }
}

async fn from_s3(
    region: &Region,
    bucket: &str,
    key: &str,
    version: Option<String>,
) -> Result<Bytes, LambdaError> {
    let refused = |code: &str, message: &str| {
        LambdaError::invalid(format!(
            "Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"
        ))
    };
    let s3 = region.s3.read().clone();
    let s3 = s3.ok_or_else(|| LambdaError::service("the region has no S3"))?;
    let asked = s3.s3.get_object().bucket(bucket).key(key).set_version_id(version);
    let object = asked.send().await.map_err(|error| {
        use aws_sdk_s3::error::ProvideErrorMetadata;
        match error.code() {
            Some(code) => refused(code, error.message().unwrap_or_default()),
            None => LambdaError::service(aws_sdk_s3::error::DisplayErrorContext(error).to_string()),
        }
    })?;
    if object
        .content_length()
        .is_some_and(|length| length > LARGEST_ZIP as i64)
    {
        return Err(too_large_zip());
    }
    let body = object.body.collect().await;
    let body =
        body.map_err(|error| LambdaError::service(format!("cannot read the code from S3: {error}")))?;
    Ok(body.into_bytes())
}

fn too_large_zip() -> LambdaError {
    LambdaError::invalid(format!("Zipped size must be smaller than {LARGEST_ZIP} bytes"))
}

/// Unpacks code for a function of a region.
pub(super) async fn unpack(
    lambda: &Lambda,
    region: &Region,
    zip: Bytes,
) -> Result<Arc<Package>, LambdaError> {
    if zip.len() > LARGEST_ZIP {
        return Err(too_large_zip());
    }
    if stored(region) + zip.len() as u64 > lambda.options.code_storage.0 {
        return Err(LambdaError::code_storage());
    }
    let root = lambda.options.folder.join(format!("code-{}", lambda.next_id()));
    let ours: Vec<String> = lambda
        .options
        .built_ins
        .iter()
        .map(|built_in| built_in.name.clone())
        .collect();
    let disk = lambda.disk.clone();
    let unpacked = tokio::task::spawn_blocking(move || Package::unpack(zip, root, &ours, &disk)).await;
    let package =
        unpacked.map_err(|error| LambdaError::service(format!("cannot unpack the code: {error}")))??;
    Ok(Arc::new(package))
}

/// The packages of a region, all versions together, in bytes.
fn stored(region: &Region) -> u64 {
    let functions = region.functions.lock();
    let versions = functions.values().flat_map(Function::all_versions);
    versions.map(|version| version.package.zip.len() as u64).sum()
}
