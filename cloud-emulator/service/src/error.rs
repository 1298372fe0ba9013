//! What can go wrong with a cloud.

use std::error::Error;
use std::fmt;

/// The cloud could not be stood up.
#[derive(Debug, thiserror::Error)]
#[error("cannot stand up the cloud: {doing}: {why}")]
pub struct CloudError {
    /// What was being done.
    doing: String,
    /// What stood in the way.
    why: String,
}

impl CloudError {
    /// It could not be stood up: what was being done, and what stood in the way.
    pub fn new(doing: impl Into<String>, why: impl fmt::Display) -> CloudError {
        CloudError {
            doing: doing.into(),
            why: why.to_string(),
        }
    }
}

/// Something cannot be done with what a region runs in.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// The drill is ending, and it with it.
    #[error("{0}")]
    Leaving(Box<dyn Error + Send + Sync>),
    /// Anything else.
    #[error("{0}")]
    Failed(Box<dyn Error + Send + Sync>),
}
