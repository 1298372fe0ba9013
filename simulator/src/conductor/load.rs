//! What uses the cloud while a drill runs: writers and probes.

use std::sync::Arc;

use drill::journal::Purpose;
use tokio::task::JoinSet;

use super::context::Drill;
use super::{probes, writers};

/// Writers write, and probes ask for the health of their services.
pub(super) fn start_load(drill: &Arc<Drill>) -> JoinSet<()> {
    let mut parts = JoinSet::new();
    for writer in &drill.spec.scenario.writers {
        parts.spawn(writers::run(drill.clone(), writer.clone()));
    }
    for probe in &drill.spec.scenario.probes {
        parts.spawn(probes::run(
            drill.clone(),
            probe.clone(),
            Purpose::Health,
            probe.every,
        ));
    }
    parts
}
