//! Why a fault could not be injected.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why a fault could not be injected, or not wholly. The error itself is its service's.
#[derive(Clone, Debug)]
pub struct FaultError {
    /// The target that refused, of those that the plan chose.
    at: Option<String>,
    cause: Arc<dyn Error + Send + Sync>,
}

impl FaultError {
    /// It could not be injected.
    pub fn new(cause: impl Error + Send + Sync + 'static) -> FaultError {
        FaultError {
            at: None,
            cause: Arc::new(cause),
        }
    }
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Some(target) => write!(f, "{target}: {}", self.cause),
            None => self.cause.fmt(f),
        }
    }
}

impl Error for FaultError {}

/// A fault could not break all that it was to break.
#[derive(Clone, Debug)]
pub struct PartialInjection {
    /// What is broken all the same.
    pub touched: Vec<String>,
    /// Why the rest is not (a bucket that is no longer there).
    pub why: FaultError,
}

impl PartialInjection {
    /// Nothing was broken but what is in `touched`.
    pub fn after(touched: Vec<String>, why: impl Error + Send + Sync + 'static) -> PartialInjection {
        PartialInjection {
            touched,
            why: FaultError::new(why),
        }
    }

    /// It broke the first of its targets, and then one refused.
    pub fn at(targets: &[String], nth: usize, error: impl Error + Send + Sync + 'static) -> PartialInjection {
        PartialInjection {
            touched: targets[..nth].to_vec(),
            why: FaultError {
                at: Some(targets[nth].clone()),
                cause: Arc::new(error),
            },
        }
    }
}

impl From<FaultError> for PartialInjection {
    fn from(why: FaultError) -> PartialInjection {
        let touched = Vec::new();
        PartialInjection { touched, why }
    }
}
