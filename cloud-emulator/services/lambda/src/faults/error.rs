//! Why a function cannot be broken.

/// No region has the function that a fault is about.
#[derive(Debug, thiserror::Error)]
#[error("no region has function {0}")]
pub(super) struct NoFunction(pub(super) String);
