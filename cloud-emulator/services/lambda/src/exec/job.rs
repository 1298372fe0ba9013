//! What an environment is started for.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::function::Version;

/// Which version of which function is to run.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) region: Arc<str>,
    pub(crate) function: Arc<str>,
    pub(crate) version: Arc<Version>,
    pub(crate) surroundings: Surroundings,
}

/// What a function finds around it.
#[derive(Clone, Default)]
pub(crate) struct Surroundings {
    /// The URL of its region's gateway.
    pub(crate) endpoint: Option<String>,
    /// The addresses that it may connect to.
    pub(crate) reachable: Vec<SocketAddr>,
}
