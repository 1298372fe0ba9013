//! A drill from its stand-up to its end.

use std::sync::Arc;

use drill::journal::{EndReason, Purpose};
use tokio::task::JoinSet;

use super::context::Drill;
use super::count::count;
use super::follow::follow;
use super::load::start_load;
use super::request::Request;
use super::stand_up::{Stood, stand_up};
use super::{ending, exercise, injection, injects, people, probes, readiness};
use crate::exit::Failure;
use crate::metrics::Metrics;

/// Runs a drill. What it leaves is in the run's folder.
///
/// # Errors
/// If the environment cannot be stood up. Whatever happens later is in the journal.
pub(crate) async fn conduct(request: Request<'_>) -> Result<EndReason, Failure> {
    let metrics = request.metrics;
    let _serving = metrics.map(Metrics::serve).transpose()?;
    let (drill, mut signals) = match stand_up(request).await? {
        Stood::Up(drill, signals) => (drill, signals),
        Stood::Interrupted => return Ok(EndReason::Interrupted),
    };
    if let Some(metrics) = metrics {
        metrics.follow(&drill);
    }
    let mut parts = start(&drill);
    let reason = follow(&drill, &mut signals, &mut parts).await;
    Ok(ending::end(drill, reason, &mut signals, parts).await)
}

/// Drill 0: everything that runs by itself begins.
fn start(drill: &Arc<Drill>) -> JoinSet<()> {
    let mut parts = start_load(drill);
    if let Some(detection) = &drill.spec.scenario.detection
        && let Some(probe) = drill.spec.scenario.probe(&detection.probe)
    {
        parts.spawn(probes::run(
            drill.clone(),
            probe.clone(),
            Purpose::Detection,
            detection.every,
        ));
    }
    if !drill.spec.scenario.faults.is_empty() {
        parts.spawn(injection::run(drill.clone()));
    }
    if !drill.spec.scenario.injects.is_empty() || drill.spec.is_exercise() {
        parts.spawn(injects::run(drill.clone()));
    }
    if drill.spec.is_exercise() {
        parts.spawn(exercise::run(drill.clone()));
    }
    parts.spawn(readiness::before_faults(drill.clone()));
    if drill.host.people.is_some() {
        parts.spawn(people::serve(drill.clone()));
    }
    parts.spawn(count(drill.clone()));
    drill.host.progress.doing(if drill.spec.is_exercise() {
        "until the exercise begins"
    } else {
        "steady state"
    });
    parts
}
