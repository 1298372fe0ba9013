//! What a step of the runbook works with.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_s3::Client;
use cloud_emulator::client::rest::RestClients;
use drill::journal::StepError;
use drill::ledger::Changed;
use drill::scenario::Step;
use parking_lot::Mutex;
use runtime::clock::WorkMeter;
use runtime::wall::Mono;

use super::damage::Damage;
use super::keys::Keys;
use super::toll::{StepHold, Toll};
use crate::conductor::context::Drill;
use crate::services::service::Service;

/// What earlier steps found, by their ids.
pub(super) type Damages = Mutex<HashMap<String, Arc<Damage>>>;

/// What a step works with.
pub(crate) struct StepContext<'a> {
    pub(crate) drill: &'a Drill,
    /// S3 as the operator sees it; its calls count towards this step.
    pub(crate) client: Client,
    pub(crate) step: &'a Step,
    /// Every service that a scenario can name.
    pub(super) services: &'static [&'static dyn Service],
    /// When its modelled time was over, on the machine's clock.
    pub(crate) since: Mono,
    /// Measures its work; an action that waits holds the clock by it itself, while it does not wait.
    pub(crate) work: WorkMeter,
    /// The keys of this step, by which the gateway sees what it does.
    pub(super) keys: Keys,
    /// The services without a client of their own as the operator sees them by these keys, by the listener of each region;
    /// their calls count towards this step.
    pub(crate) rest: RestClients,
    /// Its hold on the clock.
    pub(super) hold: Arc<StepHold>,
    /// What its calls take at AWS, if that is asked for.
    pub(super) toll: Option<Arc<Toll>>,
    pub(super) damages: &'a Damages,
}

impl StepContext<'_> {
    /// It changed something now, by its action and by no call.
    pub(crate) fn changed(&self, changed: Changed) {
        let action = self.step.action.name();
        self.drill
            .observed
            .changes
            .by_step(&self.step.id, action, changed);
    }

    /// Keeps what this step found, for later ones.
    pub(crate) fn keep_damage(&self, damage: Damage) {
        self.damages.lock().insert(self.step.id.clone(), Arc::new(damage));
    }

    /// What an earlier step found.
    pub(crate) fn damage(&self, step: &str) -> Result<Arc<Damage>, StepError> {
        self.damages.lock().get(step).cloned().ok_or_else(|| StepError {
            operation: format!("read the list of step {step}"),
            code: "NoList".to_owned(),
            message: format!("step {step} left no list of damaged objects"),
        })
    }
}
