//! `firedrill ready`: a scenario's cloud for as long as is needed to see what the plan relies on, and nothing broken.
//!
//! ```text
//!   stand up ──► writers, devices, probes ──► every probe green, the lag of copies over ──► look ──► end in order
//! ```

use std::sync::Arc;
use std::time::Duration;

use drill::journal::{EndReason, Health, Purpose, ReadinessCheck};
use drill::units::{DrillTime, Span};
use runtime::wall;
use tokio::sync::mpsc::UnboundedReceiver;

use super::run::run_checks;
use crate::conductor::context::Drill;
use crate::conductor::ending;
use crate::conductor::load::start_load;
use crate::conductor::request::Request;
use crate::conductor::signal::Signal;
use crate::conductor::stand_up::{Stood, stand_up};
use crate::exit::Failure;

/// How long probes and copies are waited for at most, in drill time and in wall time.
const TIMEOUT: Span = Span::from_mins(60);
const WALL_TIMEOUT: Duration = Duration::from_secs(120);

/// How often it is looked whether enough was seen.
const LOOK_EVERY: Span = Span::from_secs(5);

/// What was found; none if a signal ended it.
///
/// # Errors
/// If the environment cannot be stood up, or breaks down.
pub(crate) async fn ready(request: Request<'_>) -> Result<Option<Vec<ReadinessCheck>>, Failure> {
    let (drill, mut signals) = match stand_up(request).await? {
        Stood::Up(drill, signals) => (drill, signals),
        Stood::Interrupted => return Ok(None),
    };
    let parts = start_load(&drill);
    drill.host.progress.doing("until probes are green");
    let found = tokio::select! {
        checks = watch(&drill) => Ok(Some(checks)),
        ended = heed(&drill, &mut signals) => ended.map(|()| None),
    };
    ending::end(drill, EndReason::ExerciseDone, &mut signals, parts).await;
    found
}

/// Waits until enough was seen, and looks.
async fn watch(drill: &Arc<Drill>) -> Vec<ReadinessCheck> {
    let stores = drill.spec.scenario.cloud.stores();
    let lags = stores.filter_map(|store| Some(store.replicate?.lag.p99));
    let seen_from = DrillTime::ZERO + lags.max().unwrap_or_default().min(TIMEOUT);
    let enough = async {
        loop {
            let now = drill.host.clock.now();
            let green = drill
                .observed
                .phase
                .lock()
                .states()
                .all(|(_, health)| health == Some(Health::Green));
            if (green && now >= seen_from) || now >= DrillTime::ZERO + TIMEOUT {
                return;
            }
            drill.host.clock.sleep(LOOK_EVERY).await;
        }
    };
    // What was not seen by then stands in the checks.
    wall::timeout(WALL_TIMEOUT, enough).await;
    drill.host.progress.doing("looking");
    let _guard = drill.host.clock.hold("readiness");
    run_checks(drill, false).await
}

/// Results of probes are taken; whatever ends the environment ends this.
async fn heed(drill: &Arc<Drill>, signals: &mut UnboundedReceiver<Signal>) -> Result<(), Failure> {
    while let Some(signal) = signals.recv().await {
        match signal {
            Signal::Probe {
                name,
                purpose: Purpose::Health,
                at,
                health,
                ..
            } => {
                drill.observed.phase.lock().probe(&name, at, health);
            }
            Signal::Interrupted(_) => return Ok(()),
            Signal::CloudDied(why) | Signal::RecordLost(why) => return Err(Failure::Environment(why)),
            Signal::BrokerDied { region, detail } => {
                let doing = format!("the broker of region {region} ended by itself");
                return Err(Failure::environment(doing, detail));
            }
            _ => {}
        }
    }
    Ok(())
}
