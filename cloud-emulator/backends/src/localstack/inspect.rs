//! Reads what the engine has, before there is a drill.

use super::engine::{Engine, status};
use super::error::ContainerError;

/// What an engine says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineInfo {
    /// Its version.
    pub version: Option<String>,
    /// The newest version of its API.
    pub api: Option<String>,
    /// Whether it has the image that was asked about.
    pub has_image: bool,
}

/// Asks the engine that a drill would use, in the way in which it would, whether it has `image`.
///
/// # Errors
/// No engine answers, or it cannot be used; with the next step to take.
pub async fn inspect(image: &str) -> Result<EngineInfo, ContainerError> {
    let engine = Engine::connect().await?;
    let found = async {
        match engine.docker.inspect_image(image).await {
            Ok(_) => Ok(true),
            Err(error) if status(&error) == Some(404) => Ok(false),
            Err(error) => Err(error),
        }
    };
    let has_image = engine
        .asked(|| format!("look for the image {image}"), found)
        .await?;
    Ok(EngineInfo {
        version: engine.version,
        api: engine.api,
        has_image,
    })
}
