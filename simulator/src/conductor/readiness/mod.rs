//! Readiness: whether what the plan relies on is there, looked at while nothing is broken.
//!
//! ```text
//!   cloud, in the steady state ──► buckets, functions, replication, probes   data.rs, services.rs ──┐
//!   this machine              ──► scripts, sandbox, secrets, webhooks        machine.rs, webhooks ──┼──► checks
//!   the scenario's figures    ──► RPO resolution, quota against the storm    figures.rs ────────────┘
//! ```
//!
//! A drill looks shortly before its first fault, and journals what it found; `firedrill ready` looks without a drill. It
//! decides no verdict. Nothing is changed by looking: configurations and listings are read, as the audit reads them, and no
//! message is sent.

mod data;
mod figures;
pub(crate) mod machine;
mod ready;
mod services;
mod webhooks;

pub(crate) use self::ready::ready;

use std::sync::Arc;
use std::time::Duration;

use drill::journal::{Event, ReadinessCheck};
use drill::units::{DrillTime, Span};
use runtime::wall;

use super::context::Drill;

/// How long before the first fault a drill looks; half of the time before it, if that is less.
const BEFORE_FAULT: Span = Span::from_mins(1);

/// How long a drill looks at most, in wall time, and with it in drill time: less than [`BEFORE_FAULT`].
const AT_MOST: Duration = Duration::from_secs(20);

/// Fleets above this size are not simulated in the course of a drill: `firedrill ready` does.
const QUICK_DEVICES: u64 = 100_000;

/// Looks shortly before the first fault of a drill, and writes it down.
pub(super) async fn before_faults(drill: Arc<Drill>) {
    let first = drill.scenario.first_fault();
    let begins = first.unwrap_or(match drill.is_exercise() {
        true => drill.scenario_begins,
        false => drill.scenario.steady_hold,
    });
    let before = BEFORE_FAULT.min(begins.divided(2));
    drill.clock.sleep_until(DrillTime::ZERO + (begins - before)).await;
    // While it looks, the fault must not come nearer than in real time.
    let guard = drill.clock.hold("readiness");
    let limit = AT_MOST.min(Duration::from_micros(
        u64::try_from(before.as_us()).unwrap_or_default(),
    ));
    let checks = wall::timeout(limit, look(&drill, true)).await;
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
        drill.progress.say(drill.clock.now(), &text);
    }
    if !checks.is_empty() {
        drill.emit(Event::Readiness { checks });
    }
}

/// Looks at everything; quickly, in the course of a drill.
pub(super) async fn look(drill: &Drill, quickly: bool) -> Vec<ReadinessCheck> {
    let mut checks = Vec::new();
    checks.extend(data::checks(drill).await);
    checks.extend(services::checks(drill).await);
    checks.extend(figures::resolution(&drill.scenario));
    let storm = figures::Storm::of(&drill.scenario, drill.seed);
    match storm {
        Some(storm) if quickly && storm.devices() > QUICK_DEVICES => checks.push(storm.left_out()),
        // It computes for a while, and what else there is to do here must not wait for it.
        Some(storm) => checks.extend(tokio::task::spawn_blocking(move || storm.check()).await),
        None => {}
    }
    checks.extend(webhooks::checks(&drill.scenario, quickly).await);
    checks.extend(drill.machine.iter().cloned());
    checks
}

/// A check whose outcome is known, with what to do where it does not hold.
fn check(what: impl Into<String>, holds: Option<bool>, found: String, remedy: &str) -> ReadinessCheck {
    ReadinessCheck {
        what: what.into(),
        holds,
        found,
        remedy: match holds {
            Some(true) => String::new(),
            _ => remedy.to_owned(),
        },
    }
}

/// A check that could not be made.
fn unknown(what: &str, found: String, remedy: &str) -> ReadinessCheck {
    check(what, None, found, remedy)
}
