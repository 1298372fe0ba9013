//! What a fleet and its outage require of everything behind the broker, so that nothing is lost. Formulas, no simulation.
//!
//! | need | formula |
//! |---|---|
//! | messages of the steady state | devices ÷ interval |
//! | outbox of a device | (outage + time until the last is back) ÷ interval, rounded up |
//! | messages while the fleet comes back | connects per second × messages in an outbox, and those of the steady state |
//! | invocations | messages ÷ messages in a batch, but at least one a window |
//! | concurrent invocations (Little's law, 1961) | invocations per second × their duration |
//! | bytes to the other region | messages × payload, and what writers write |

use drill::firmware::Profile;
use drill::scenario::{Rule, Scenario, Writer};
use drill::units::Span;
use serde::Serialize;

/// What is needed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Needs {
    /// Messages per second of the whole fleet in the steady state.
    pub steady_messages_per_second: f64,
    /// Messages that a device must hold so that none is lost; its own outbox beside it.
    pub outbox: u64,
    /// Messages that the outbox of the profile holds.
    pub outbox_of_profile: u64,
    /// Messages per second while devices come back with full outboxes.
    pub storm_messages_per_second: f64,
    /// Of each rule to a function.
    pub functions: Vec<FunctionNeed>,
    /// Bytes per second to the other region in the steady state.
    pub replication_bytes_per_second: f64,
    /// And while the fleet comes back.
    pub storm_replication_bytes_per_second: f64,
}

/// What a function needs that a rule calls.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FunctionNeed {
    /// The rule's name.
    pub rule: String,
    /// The function's.
    pub function: String,
    /// Invocations per second in the steady state.
    pub steady_invocations_per_second: f64,
    /// And while the fleet comes back.
    pub storm_invocations_per_second: f64,
    /// So many run at once, at this duration.
    pub storm_concurrency: f64,
    /// How long one takes, in seconds.
    pub takes_s: f64,
    /// Whether that is its timeout, for want of a better figure.
    pub takes_is_timeout: bool,
}

/// What a scenario's fleet of so many devices needs, each of which was without a session for at most `out_for`, and which
/// come back at `connects_per_second`. None without telemetry.
pub fn needs(
    scenario: &Scenario,
    devices: u64,
    connects_per_second: u32,
    out_for: Span,
    function_takes: Option<Span>,
) -> Option<Needs> {
    let fleet = scenario.fleet.as_ref()?;
    let telemetry = fleet.telemetry?;
    let every = telemetry.every.as_us().max(1);
    let steady = devices as f64 * 1e6 / every as f64;
    let outbox = u64::try_from(out_for.as_us().max(0))
        .unwrap_or(0)
        .div_ceil(every.unsigned_abs())
        .max(1);
    // No more come back in a second than there are.
    let back = f64::from(connects_per_second).min(devices as f64);
    let storm = back * outbox as f64 + steady;
    let rules = scenario.cloud.rules().iter();
    let functions = rules.filter_map(|rule| {
        let label = rule.function.as_deref()?;
        let function = scenario.cloud.function(label)?;
        let takes = function_takes.unwrap_or(function.timeout).min(function.timeout);
        let takes_s = takes.as_secs_f64();
        let invocations = |messages: f64| invocations(rule, messages);
        Some(FunctionNeed {
            rule: rule.name.clone(),
            function: function.name.clone(),
            steady_invocations_per_second: invocations(steady),
            storm_invocations_per_second: invocations(storm),
            storm_concurrency: invocations(storm) * takes_s,
            takes_s,
            takes_is_timeout: function_takes.is_none(),
        })
    });
    let replicated = |store: &str| {
        let store = scenario.cloud.store(store);
        store.is_some_and(|store| store.replicate.is_some())
    };
    let rules = scenario.cloud.rules().iter();
    let payload = rules.filter(|rule| replicated(&rule.bucket)).count() as f64 * telemetry.payload.0 as f64;
    let written: f64 = scenario
        .writers
        .iter()
        .filter(|writer| replicated(&writer.store))
        .map(bytes_per_second)
        .sum();
    Some(Needs {
        steady_messages_per_second: steady,
        outbox,
        outbox_of_profile: Profile::from(fleet.profile).outbox as u64,
        storm_messages_per_second: storm,
        functions: functions.collect(),
        replication_bytes_per_second: steady * payload + written,
        storm_replication_bytes_per_second: storm * payload + written,
    })
}

/// A batch is full, or its window is over.
fn invocations(rule: &Rule, messages: f64) -> f64 {
    let full = messages / f64::from(rule.batch_max.max(1));
    let window = rule.batch_window.as_secs_f64();
    let windows = if window > 0.0 { 1.0 / window } else { messages };
    full.max(windows.min(messages))
}

/// Of objects of the mean size.
fn bytes_per_second(writer: &Writer) -> f64 {
    let mean = (writer.size.min.0 + writer.size.max.0) as f64 / 2.0;
    mean * 1e6 / writer.every.as_us().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCENARIO: &str = include_str!("../../../scenarios/iot-steel/region-failure.yaml");

    #[test]
    fn the_needs_of_a_fleet_follow_from_its_messages_and_its_outage() {
        let scenario = Scenario::read("region-failure.yaml", SCENARIO.as_bytes(), None)
            .expect("it is shipped")
            .scenario;
        // A message in ten minutes; out for an hour: six in each outbox.
        let out_for = Span::from_mins(60);
        let needs = needs(&scenario, 60_000, 500, out_for, Some(Span::from_millis(200))).unwrap();
        assert_eq!(
            (
                needs.steady_messages_per_second,
                needs.outbox,
                needs.outbox_of_profile
            ),
            (100.0, 6, 128)
        );
        assert_eq!(needs.storm_messages_per_second, 3_100.0);
        let [ingest] = &needs.functions[..] else {
            panic!("{:?}", needs.functions)
        };
        // 500 messages in a batch or 10 s.
        assert_eq!(
            (
                ingest.steady_invocations_per_second,
                ingest.storm_invocations_per_second
            ),
            (0.2, 6.2)
        );
        assert!((ingest.storm_concurrency - 1.24).abs() < 1e-9 && !ingest.takes_is_timeout);
        let worst = super::needs(&scenario, 60_000, 500, out_for, None).unwrap();
        assert_eq!(
            (worst.functions[0].takes_s, worst.functions[0].takes_is_timeout),
            (10.0, true)
        );
        // 128 B a message, and an object of 34 KiB a minute.
        let written = 34.0 * 1024.0 / 60.0;
        assert!((needs.replication_bytes_per_second - (12_800.0 + written)).abs() < 1e-6);
    }
}
