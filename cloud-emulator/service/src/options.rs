//! What a cloud is stood up with.

use std::path::Path;
use std::sync::Arc;

use drill::plan::Plan;
use drill::scenario::Scenario;
use runtime::{Clock, Supervisor};
use tokio_util::sync::CancellationToken;

use super::error::CloudError;
use super::keys::RunKeys;
use super::settings::Settings;

/// What a cloud is stood up with.
pub struct CloudOptions<'a> {
    /// What it declares.
    pub scenario: &'a Scenario,
    /// The folder that the scenario's paths count from.
    pub scenario_folder: &'a Path,
    /// The folder of the run's records, which no package takes in.
    pub records: Option<&'a Path>,
    /// What its buckets hold.
    pub plan: &'a Plan,
    /// Drill time, which is frozen until the cloud answers.
    pub clock: &'a Clock,
    /// The port of the first region's listener, after which the other sockets follow; free ones without it.
    pub port: Option<u16>,
    /// Starts brokers and functions.
    pub supervisor: &'a Arc<Supervisor>,
    /// Our own executable, which has hidden subcommands for `broker`, `function` and `sandbox`.
    pub exe: &'a Path,
    /// What everybody signs with.
    pub keys: RunKeys,
    /// Cancelled when the cloud is not needed any more: what was made of it is removed.
    pub halt: CancellationToken,
    /// Is told, at most once a second, what takes long while it is stood up (the pull of an image).
    pub on_wait: Arc<dyn Fn(&str) + Send + Sync>,
    /// What single services are told.
    pub settings: Settings,
}

impl CloudOptions<'_> {
    /// What `work` comes to, or an error as soon as it is halted.
    ///
    /// # Errors
    /// That of `work`; and if the cloud is not needed any more.
    pub async fn unless_halted<T>(
        &self,
        work: impl Future<Output = Result<T, CloudError>>,
    ) -> Result<T, CloudError> {
        let done = self.halt.run_until_cancelled(work).await;
        done.unwrap_or_else(|| Err(CloudError::new("finish", "it was interrupted")))
    }
}
