//! What an action of the runbook does.

use async_trait::async_trait;
use drill::journal::StepError;

use super::context::StepContext;

/// The work of an action. Implemented by what the scenario says of it; one line in `services/mod.rs` registers it.
#[async_trait]
pub(crate) trait RunbookAction: Sync {
    /// Whether it waits for something, and holds the clock by `step.work` only while it does not.
    fn waits(&self) -> bool {
        false
    }

    /// Whether it runs programs of the user's: the gateway alone sees their calls, and its timeout counts in wall time.
    fn runs_programs(&self) -> bool {
        false
    }

    /// Does it. It may be dropped at any `await`, at its timeout, and leaves nothing behind then.
    ///
    /// # Errors
    /// AWS's error, or its own.
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError>;
}
