//! When a drill looks, and at what.

use std::sync::Arc;
use std::time::Duration;

use drill::journal::{Event, ReadinessCheck};
use drill::units::{DrillTime, Span};
use runtime::wall;

use super::check::check;
use super::{figures, probes, webhooks};
use crate::conductor::context::Drill;
use crate::services::SERVICES;

/// How long before the first fault a drill looks; half of the time before it, if that is less.
const BEFORE_FAULT: Span = Span::from_mins(1);

/// How long a drill looks at most, in wall time, and with it in drill time: less than [`BEFORE_FAULT`].
const AT_MOST: Duration = Duration::from_secs(20);

/// Fleets above this size are not simulated in the course of a drill: `firedrill ready` does.
const QUICK_DEVICES: u64 = 100_000;

/// Looks shortly before the first fault of a drill, and writes it down.
pub(in crate::conductor) async fn before_faults(drill: Arc<Drill>) {
    let first = drill.spec.scenario.first_fault();
    let begins = first.unwrap_or(if drill.spec.is_exercise() {
        drill.spec.exercise_begins
    } else {
        drill.spec.scenario.steady_hold
    });
    let before = BEFORE_FAULT.min(begins.divided(2));
    drill
        .host
        .clock
        .sleep_until(DrillTime::ZERO + (begins - before))
        .await;
    // While it looks, the fault must not come nearer than in real time.
    let guard = drill.host.clock.hold("readiness");
    let limit = AT_MOST.min(Duration::from_micros(
        u64::try_from(before.as_us()).unwrap_or_default(),
    ));
    let checks = wall::timeout(limit, run_checks(&drill, true)).await;
    drop(guard);
    let checks = checks.unwrap_or_else(|| {
        vec![unknown(
            "what the plan relies on",
            format!(
                "it could not be read within {} s before the first fault",
                limit.as_secs()
            ),
            "run firedrill ready, which takes the time that it needs",
        )]
    });
    let open = checks.iter().filter(|check| check.holds != Some(true)).count();
    if open > 0 {
        let all = checks.len();
        let text = format!(
            "readiness: {open} of {all} things that the plan relies on do not hold, or cannot be told"
        );
        drill.host.progress.say(drill.host.clock.now(), &text);
    }
    if !checks.is_empty() {
        drill.host.emit(Event::Readiness { checks });
    }
}

/// Looks at everything; quickly, in the course of a drill.
pub(super) async fn run_checks(drill: &Drill, quickly: bool) -> Vec<ReadinessCheck> {
    let mut checks = Vec::new();
    for service in SERVICES {
        checks.extend(service.readiness(drill).await);
    }
    checks.extend(probes::checks(drill));
    checks.extend(figures::resolution(&drill.spec.scenario));
    let storm = figures::Storm::from_scenario(&drill.spec.scenario, drill.spec.seed);
    match storm {
        Some(storm) if quickly && storm.devices() > QUICK_DEVICES => checks.push(storm.left_out()),
        // It computes for a while, and what else there is to do here must not wait for it.
        Some(storm) => checks.extend(tokio::task::spawn_blocking(move || storm.check()).await),
        None => {}
    }
    checks.extend(webhooks::checks(&drill.spec.scenario, quickly).await);
    checks.extend(drill.spec.machine.iter().cloned());
    checks
}

/// A check that could not be made.
fn unknown(what: &str, found: String, remedy: &str) -> ReadinessCheck {
    check(what, None, found, remedy)
}
