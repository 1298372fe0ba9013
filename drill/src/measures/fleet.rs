//! The fleet as a whole, from its counters: how many were gone, and when they were back.

use std::collections::BTreeMap;

use super::case::Case;
use super::injection::Injection;
use super::session_loss;
use super::timeline::Sample;
use crate::report::{Fleet, Seconds, SessionLoss};
use crate::resource::ResourceClass;
use crate::scenario::Fault;
use crate::units::DrillTime;

/// The shares of the fleet whose return is told.
const PERCENTS: [u64; 4] = [50, 90, 99, 100];

/// What the counters say. What devices do once the return home has begun is no part of their recovery.
pub(crate) fn fleet(case: &Case<'_>) -> Option<(Fleet, Option<SessionLoss>)> {
    // Of what else breaks no device loses its connection, though one may just then.
    let disconnects = |injection: &&Injection<'_>| {
        let impacts = injection.fault.action.impacts(case.scenario).into_iter();
        let mut resources = impacts.map(|impact| impact.resource);
        resources.any(|resource| {
            matches!(
                resource.kind.class,
                ResourceClass::Stream | ResourceClass::Resolver
            )
        })
    };
    let injections: Vec<Injection<'_>> = case.injections.iter().filter(disconnects).copied().collect();
    let home = case.failback_began();
    let samples = &case.timeline.fleet;
    let (_, last) = samples.last()?;
    let connected = samples.iter().map(|(_, counters)| counters.connected);
    let back = worst(recovery(samples, home), &injections);
    let loss = back.as_ref().and_then(|back| {
        let openings = session_loss::openings(case, back.fault)?;
        session_loss::session_loss(back.samples, back.at, &openings)
    });
    let fleet = Fleet {
        devices: last.devices,
        connected_peak: connected.max().unwrap_or(0),
        disconnected_by: back.as_ref().map(|back| back.fault.id.clone()),
        disconnected_at_s: back.as_ref().map(|back| back.at.as_secs_f64()),
        reconnected_s: back.map(|back| back.reconnected_s).unwrap_or_default(),
        connect_attempts: last.connect_attempts,
        connect_attempts_per_s_peak: peak(samples),
        outbox_dropped: last.dropped,
        stands_for: None,
    };
    Some((fleet, loss))
}

/// How devices came back after a fault that had disconnected some.
struct Back<'s, 'a> {
    fault: &'a Fault,
    at: DrillTime,
    /// The samples up to the next fault that disconnected some.
    samples: &'s [Sample],
    reconnected_s: BTreeMap<String, Option<Seconds>>,
}

/// The return that took longest, of those after each fault that disconnected devices.
fn worst<'s, 'a>(samples: &'s [Sample], injections: &[Injection<'a>]) -> Option<Back<'s, 'a>> {
    let samples = &samples[..live(samples)];
    let mut instants: Vec<DrillTime> = injections.iter().map(|injection| injection.at).collect();
    instants.dedup();
    // Those after which fewer were connected than before, until the next one was injected.
    let disconnects = |n: &usize| {
        let (at, until) = (
            instants[*n],
            instants.get(n + 1).copied().unwrap_or(DrillTime::MAX),
        );
        let before = samples.partition_point(|(when, _)| *when <= at);
        let Some((_, at_fault)) = before.checked_sub(1).and_then(|last| samples.get(last)) else {
            return false;
        };
        let mut within = samples[before..].iter().take_while(|(when, _)| *when <= until);
        within.any(|(_, counters)| counters.connected < at_fault.connected)
    };
    let disconnecting: Vec<DrillTime> = (0..instants.len())
        .filter(disconnects)
        .map(|n| instants[n])
        .collect();
    let backs = disconnecting.iter().enumerate().filter_map(|(n, at)| {
        let until = disconnecting.get(n + 1).copied().unwrap_or(DrillTime::MAX);
        let end = samples.partition_point(|(when, _)| *when <= until);
        let injection = injections.iter().find(|injection| injection.at == *at)?;
        Some(Back {
            fault: injection.fault,
            at: *at,
            samples: &samples[..end],
            reconnected_s: reconnected(&samples[..end], *at),
        })
    });
    let took = |back: &Back<'_, '_>| {
        let seconds = back.reconnected_s.get("100").copied().flatten();
        seconds.map_or(i64::MAX, |seconds| (seconds * 1_000.0) as i64)
    };
    backs
        .filter(|back| !back.reconnected_s.is_empty())
        .max_by_key(|back| (took(back), std::cmp::Reverse(back.at)))
}

/// The samples before the return home began.
fn recovery(samples: &[Sample], home: Option<DrillTime>) -> &[Sample] {
    let end = home.map_or(samples.len(), |home| {
        samples.partition_point(|(at, _)| *at <= home)
    });
    &samples[..end]
}

/// When each share of those that were connected at the fault was back, from the fault; empty where none
/// was gone.
fn reconnected(samples: &[Sample], fault: DrillTime) -> BTreeMap<String, Option<Seconds>> {
    let (before, after) = samples.split_at(samples.partition_point(|(at, _)| *at <= fault));
    let Some((_, at_fault)) = before.last() else {
        return BTreeMap::new();
    };
    if after
        .iter()
        .all(|(_, counters)| counters.connected >= at_fault.connected)
    {
        return BTreeMap::new();
    }
    let back = |percent: u64| {
        let enough = (u128::from(at_fault.connected) * u128::from(percent)).div_ceil(100);
        let gone = after
            .iter()
            .rposition(|(_, counters)| u128::from(counters.connected) < enough);
        let seconds = match gone {
            None => Some(0.0),
            Some(last_gone) => after
                .get(last_gone + 1)
                .map(|(at, _)| (*at - fault).as_secs_f64()),
        };
        (percent.to_string(), seconds)
    };
    PERCENTS.into_iter().map(back).collect()
}

/// How many samples were taken before the devices were stopped, after which they produce nothing more.
/// The sample in which they stopped is not among them.
fn live(samples: &[Sample]) -> usize {
    let produces = |pair: &[Sample]| pair[1].1.produced > pair[0].1.produced;
    match samples.windows(2).rposition(produces) {
        // A fleet without telemetry shows no difference.
        None => samples.len(),
        Some(pair) if pair + 2 == samples.len() => samples.len(),
        Some(pair) => pair + 1,
    }
}

/// The most connections attempted in a drill second, over the time between two samples.
fn peak(samples: &[Sample]) -> f64 {
    let rates = samples.windows(2).filter_map(|pair| {
        let seconds = (pair[1].0 - pair[0].0).as_secs_f64();
        let attempts = pair[1]
            .1
            .connect_attempts
            .saturating_sub(pair[0].1.connect_attempts);
        (seconds > 0.0).then(|| attempts as f64 / seconds)
    });
    let peak = rates.fold(0.0, f64::max);
    (peak * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::FleetCounters;

    /// Samples every 10 s of how many are connected; the last of them after the devices were stopped.
    fn samples(connected: &[u64], live: usize) -> Vec<Sample> {
        let sample = |(n, connected): (usize, &u64)| {
            let at = DrillTime::from_secs(n as i64 * 10);
            let (connected, produced) = (*connected, n.min(live) as u64 * 100);
            (
                at,
                FleetCounters {
                    devices: 100,
                    connected,
                    produced,
                    ..FleetCounters::default()
                },
            )
        };
        connected.iter().enumerate().map(sample).collect()
    }

    fn back(connected: &[u64], live: usize) -> Vec<(String, Option<f64>)> {
        let fault = DrillTime::from_secs(15);
        let samples = samples(connected, live);
        reconnected(&samples[..super::live(&samples)], fault)
            .into_iter()
            .collect()
    }

    #[test]
    fn shares_are_back_when_they_stay_back() {
        let found = back(&[100, 100, 0, 40, 60, 45, 95, 99, 100, 100], 20);
        let expected = [("100", 65.0), ("50", 45.0), ("90", 45.0), ("99", 55.0)];
        assert_eq!(found, expected.map(|(percent, s)| (percent.to_owned(), Some(s))));
    }

    #[test]
    fn what_they_do_on_the_way_home_is_no_part_of_their_recovery() {
        let all = samples(&[100, 100, 0, 100, 100, 0, 100], 20);
        let fault = DrillTime::from_secs(15);
        let home = Some(DrillTime::from_secs(40));
        assert_eq!(reconnected(recovery(&all, home), fault)["100"], Some(15.0));
        assert_eq!(reconnected(recovery(&all, None), fault)["100"], Some(45.0));
    }

    #[test]
    fn those_who_never_came_back_are_told() {
        let found = back(&[100, 100, 30, 95, 95], 20);
        assert_eq!(found[0], ("100".to_owned(), None));
        assert_eq!(found[2], ("90".to_owned(), Some(15.0)));
    }

    #[test]
    fn stopping_the_devices_is_no_outage() {
        assert_eq!(back(&[100, 100, 100, 100, 0, 0, 0], 4), []);
        assert_eq!(back(&[100, 100, 100, 100, 100], 20), []);
        assert_eq!(back(&[], 20), []);
    }
}
