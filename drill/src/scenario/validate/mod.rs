//! What a scenario means, once it reads well: contradictions are errors, what will disappoint is a
//! warning.
//!
//! Parts that could not be read are not in the scenario that is checked here, so that no check may
//! conclude anything from something being absent without asking [`Checks::given`].

mod cloud;
mod exercise;
mod expectation;
mod objectives;
mod order;
mod platform;
mod response;
mod rpo;
mod variables;

use super::checks::Checks;
use super::decode::Context;
use super::diagnostic::Warning;
use super::{Fault, Platform, Scenario, When, limits};

/// Checks everything, for a drill on `platform` if it is known; errors go to the context.
pub(crate) fn validate(
    scenario: &Scenario,
    platform: Option<Platform>,
    context: &mut Context<'_>,
) -> Vec<Warning> {
    let mut checks = Checks {
        scenario,
        whole: context.errors.is_empty(),
        context,
        warnings: Vec::new(),
    };
    timing(&mut checks);
    cloud::check(&mut checks, platform);
    if let Some(platform) = platform {
        platform::check(&mut checks, platform);
    }
    response::check(&mut checks);
    objectives::check(&mut checks);
    exercise::check(&mut checks);
    expectation::check(&mut checks);
    rpo::check(&mut checks);
    variables::check(&mut checks);
    checks.warnings.sort_by_key(|warning| warning.mark);
    checks.warnings
}

/// The times of a drill fit each other.
fn timing(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    if s.observe_for < s.stable_for {
        let found = format!("{}, which is below stable_for ({})", s.observe_for, s.stable_for);
        checks.error("observe_for", found, "at least stable_for");
    }
    amount(checks);
    for (n, fault) in s.faults.iter().enumerate() {
        let (path, repeated) = checks.fault_path(n);
        if fault.at.clock().is_some_and(|at| at < s.steady_hold) && !repeated {
            let found = format!(
                "{}, before steady state can have held for {}",
                fault.at, s.steady_hold
            );
            checks.error(&format!("{path}.at"), found, "no earlier than steady_state.hold");
        }
        let field = if repeated { "repeat" } else { "at" };
        in_time(checks, fault, &format!("{path}.{field}"));
    }
}

/// A fault comes while the drill lasts: `give_up` after the first fault it is over at the latest.
fn in_time(checks: &mut Checks<'_, '_, '_>, fault: &Fault, path: &str) {
    let s = checks.scenario;
    let Some(first) = s.first_fault() else { return };
    let give_up = s.give_up;
    let (after, from, latest) = match &fault.at {
        When::Clock(at) => (*at - first, "the first fault", first + give_up),
        // Steps begin with detection, which comes after the first fault.
        When::Step { after, .. } => (*after, "a step that begins after the first fault", give_up),
    };
    if after < give_up || checks.context.failed(path) {
        return;
    }
    let found = format!(
        "{}, {after} after {from}, when the drill has given up ({give_up}): it can never be injected",
        fault.at
    );
    let hint = format!("an earlier fault, or a give_up of more than {after}");
    let allowed = match &fault.at {
        When::Clock(_) => format!("before {latest}"),
        When::Step { .. } => format!("less than {latest} after the step's beginning"),
    };
    checks.error_with(path, found, &allowed, Some(hint));
}

/// Writers come to a sane number of writes.
fn amount(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    let last_fault = s
        .faults
        .iter()
        .filter_map(|fault| fault.at.clock())
        .max()
        .unwrap_or_default();
    let length = last_fault + s.give_up;
    for writer in &s.writers {
        let writes = length.as_us() / writer.every.as_us().max(1);
        if writes > limits::WRITES {
            let found = format!("{writes} writes until the drill gives up (at {length})");
            let allowed = format!(
                "at most {}: a longer `every`, or an earlier give_up",
                limits::WRITES
            );
            checks.error(&format!("writers.{}.every", writer.name), found, &allowed);
        }
    }
}
