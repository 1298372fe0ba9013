//! Where the services of a drill are that are not served by Firedrill itself.

use std::sync::Arc;

use async_trait::async_trait;

use super::endpoint::Endpoint;
use super::error::BackendError;

/// The AWS behind a drill: none, containers of ours, or endpoints that run already. It is below the gateway, which
/// forwards to it, and below the services that keep their state there.
#[async_trait]
pub trait Backend: Send + Sync {
    /// The endpoint of each region, in their order; none where everything is served by Firedrill itself.
    fn endpoints(&self) -> &[Endpoint] {
        &[]
    }

    /// Whether the endpoints outlive the drill, and are to be left as they were found.
    fn outlives_drill(&self) -> bool {
        false
    }

    /// What a region runs in, by AWS's name of it, where a fault can take that.
    fn machine(&self, region: &str) -> Option<Arc<dyn Machine>> {
        let _ = region;
        None
    }

    /// Resolves when a part of it ends unexpectedly: with which, and how.
    async fn died(&self) -> String {
        std::future::pending().await
    }

    /// Removes what was started for the drill. What could not be removed, in words.
    async fn remove(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What a region runs in.
#[async_trait]
pub trait Machine: Send + Sync {
    /// Freezes all that runs in it.
    async fn pause(&self) -> Result<(), BackendError>;

    /// Lets it go on, and waits until it answers.
    async fn unpause(&self) -> Result<(), BackendError>;

    /// Kills it, with all that it holds.
    async fn kill(&self) -> Result<(), BackendError>;

    /// Starts it again, empty, and waits until it answers.
    async fn revive(&self) -> Result<(), BackendError>;

    /// It does not come back, which ends the drill.
    fn give_up(&self, error: &BackendError);
}
