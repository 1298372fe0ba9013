//! What a fleet would do that is larger than the one that was drilled.
//!
//! ```text
//!                       ┌─► the storm with the devices of the drill ──► beside what was measured: the error
//!   a judged drill ─────┤
//!   (loss of sessions)  └─► the same storm with `stands_for` devices ──► figures ± error, what they mean for an RTO
//! ```
//!
//! Quota, reconnect policy and the time without an endpoint are those of the drill; the number of devices is not. What comes
//! of it stands in the report as modelled, and changes no verdict. It is a pure function of the judged drill.

mod rto;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;

use drill::firmware::Profile;
use drill::report::{Fleet, Judged, Seconds, SessionLoss, StandsFor};
use drill::scenario::{self, Scenario};
use drill::units::Span;

use crate::storm::{Begin, Engine, SHARES, Storm, StormOutcome};

/// A storm is followed no longer than that once the endpoint is open: a report is there at once.
const LONGEST: Span = Span::from_mins(60 * 24);

/// A storm that takes longer to begin is not modelled, for the same reason.
const LONGEST_CLOSED: Span = Span::from_mins(60 * 48);

/// A fleet up to this size is simulated device by device, unless that takes too many attempts.
const EACH_UP_TO: u64 = 200_000;

/// More attempts than these take longer device by device than a report may.
const EACH_ATTEMPTS: u64 = 20_000_000;

/// The shares at which the model is compared with what was measured. All devices are not among them: when the last one comes
/// is decided by a single draw.
const COMPARED: [u64; 3] = [50, 90, 99];

/// Adds to the report what the devices that the fleet stands for would do. Nothing, if the scenario names none or no fault
/// took sessions.
pub fn add(scenario: &Scenario, judged: &mut Judged) {
    let Some(model) = Model::new(scenario, judged) else {
        return;
    };
    let findings = model.findings(scenario, &judged.report);
    judged.report.findings.extend(findings);
    judged.report.findings.sort_by_key(|finding| finding.severity);
    if let Some(fleet) = &mut judged.report.fleet {
        fleet.stands_for = Some(model.report);
    }
}

/// Both storms, and their part of the report.
struct Model {
    report: StandsFor,
    loss: SessionLoss,
    validation: Validation,
    /// The storm of the devices that the fleet stands for; none if it could not begin to end.
    storm: Option<Modelled>,
}

/// A storm with its outcome.
struct Modelled {
    storm: Storm,
    outcome: StormOutcome,
    /// What the storm's times are later by, counted from the fault.
    later: Span,
}

impl Model {
    fn new(scenario: &Scenario, judged: &Judged) -> Option<Model> {
        let spec = scenario.fleet.as_ref()?;
        let devices = spec.stands_for?;
        let (fleet, loss) = (judged.report.fleet.as_ref()?, judged.session_loss?);
        let seed = judged.report.seed;
        let run = |devices: u64| Some(Modelled::run(storm(scenario, spec, &loss, devices, seed)?, &loss));
        let (here, storm) = (run(loss.devices), run(devices));
        let shares = |modelled: &Option<Modelled>| match modelled {
            Some(modelled) => modelled.shares(),
            None => BTreeMap::new(),
        };
        let mut report = StandsFor {
            devices,
            connects_per_second: rate(scenario).into(),
            closed_for_s: loss.opens_after.map(Span::as_secs_f64),
            modelled_here_s: shares(&here),
            modelled_s: shares(&storm),
            ..StandsFor::default()
        };
        let validation = validate(
            fleet,
            &report.modelled_here_s,
            report.closed_for_s.unwrap_or(0.0),
            loss.observed_for,
        );
        report.validation_error = validation.error();
        if let Some(modelled) = &storm {
            // Some devices may learn of the opening at once.
            let floor = modelled.storm.floor() + modelled.later - loss.learnt_after;
            report.floor_s = Some(floor.as_secs_f64());
            // Of a storm that was not followed to its end only its beginning is known.
            report.attempts = (modelled.outcome.waiting == 0).then_some(modelled.outcome.attempts);
            report.attempts_per_s_peak = Some(modelled.outcome.peak()).filter(|peak| *peak > 0);
        }
        let mut model = Model {
            report,
            loss,
            validation,
            storm,
        };
        model.report.text = model.text();
        Some(model)
    }
}

impl Modelled {
    fn run(storm: Storm, loss: &SessionLoss) -> Modelled {
        // What no policy can have back is not simulated.
        let half = Storm {
            devices: storm.devices / 2,
            ..storm.clone()
        };
        let outcome = if half.floor() > storm.give_up {
            StormOutcome {
                waiting: storm.devices,
                ..StormOutcome::default()
            }
        } else {
            storm.run_on(engine(&storm))
        };
        Modelled {
            storm,
            outcome,
            later: loss.begins_after,
        }
    }

    /// When each of [`SHARES`] is back, from the fault.
    fn shares(&self) -> BTreeMap<String, Option<Seconds>> {
        let shares = SHARES.iter().zip(self.outcome.back_after);
        let seconds = |after: Span| (after + self.later).as_secs_f64();
        shares
            .map(|(percent, after)| (percent.to_string(), after.map(seconds)))
            .collect()
    }
}

/// The storm of so many devices after the loss; none if no endpoint opened, or not within [`LONGEST_CLOSED`].
fn storm(
    scenario: &Scenario,
    fleet: &scenario::Fleet,
    loss: &SessionLoss,
    devices: u64,
    seed: u64,
) -> Option<Storm> {
    let reconnect = Profile::from(fleet.profile).reconnect;
    let closed_for = (loss.opens_after? + loss.learnt_after - loss.begins_after).at_least_zero();
    if closed_for.max(loss.over) > LONGEST_CLOSED || devices > Storm::MOST {
        return None;
    }
    let mut storm = Storm {
        devices,
        begin: Begin::SessionLost,
        over: loss.over,
        closed_for,
        connects_per_second: rate(scenario),
        reconnect,
        give_up: Span::ZERO,
        seed,
    };
    // Ten times as long as the quota needs, from when both the endpoint is open and all sessions are lost.
    let by_quota = (storm.floor() - closed_for).times(10);
    let long = by_quota.max(storm.reconnect.cap.times(4)).min(LONGEST);
    storm.give_up = closed_for.max(loss.over) + long;
    Some(storm)
}

/// What the scenario's endpoint accepts per second; without one what AWS IoT Core does by default (its quotas, "Connect
/// requests per second per account").
fn rate(scenario: &Scenario) -> u32 {
    let iot = scenario.cloud.iot();
    iot.map_or(500, |iot| iot.connects_per_second)
}

/// Device by device as far as that is quick: each waits half of its longest wait, or all of it, until the quota lets it in.
fn engine(storm: &Storm) -> Engine {
    let wait = storm.reconnect.cap.divided(2).as_us().max(1);
    let refused = u64::try_from(storm.floor().as_us() / wait).unwrap_or(0);
    let quick = storm.devices.saturating_mul(refused.saturating_add(1)) <= EACH_ATTEMPTS;
    if quick && storm.devices <= EACH_UP_TO {
        Engine::Each
    } else {
        Engine::Counted
    }
}

/// How the model of the drilled fleet compares with what was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Validation {
    /// No share that both have back is off by more; see [`StandsFor::validation_error`].
    Within(f64),
    /// Neither has any share back.
    NoneBack,
    /// The drill was over before half of the fleet was due.
    TooShort,
    /// One of them has a share back that the other has not.
    Contradicted,
}

/// Times are counted from the fault; the error from `opens` on. Before that nothing is modelled, and the longer the endpoint
/// was closed, the smaller would be any error.
fn validate(
    fleet: &Fleet,
    modelled: &BTreeMap<String, Option<Seconds>>,
    opens: Seconds,
    observed_for: Span,
) -> Validation {
    let mut found = Validation::NoneBack;
    for percent in COMPARED.map(|percent| percent.to_string()) {
        let measured = fleet.reconnected_s.get(&percent).copied().flatten();
        let off = match (measured, modelled.get(&percent).copied().flatten()) {
            (Some(measured), Some(modelled)) if measured >= opens => off(measured - opens, modelled - opens),
            (None, None) => continue,
            (None, Some(modelled)) if modelled > observed_for.as_secs_f64() => {
                if found == Validation::NoneBack {
                    found = Validation::TooShort;
                }
                continue;
            }
            // Among these: a share that never lost its sessions, in a model in which all do.
            _ => return Validation::Contradicted,
        };
        found = match found {
            Validation::Within(largest) => Validation::Within(off.max(largest)),
            _ => Validation::Within(off),
        };
    }
    found
}

/// By how much two times differ, as a share of the shorter one; below a second they are a second.
fn off(a: Seconds, b: Seconds) -> f64 {
    (a - b).abs() / a.min(b).max(1.0)
}

impl Validation {
    /// Rounded up, since it is a bound.
    fn error(self) -> Option<f64> {
        match self {
            Validation::Within(error) => Some((error * 10_000.0).ceil() / 10_000.0),
            _ => None,
        }
    }
}
