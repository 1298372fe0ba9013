//! How a fault took the sessions of the fleet, and from when on it could have new ones.
//!
//! ```text
//!   connected ────┐                          ┌─── the first sample that rose
//!                 └──╲                       │
//!                     ╲______________________╱
//!   fault ► begins ► over ►        ▲ what opened the endpoint, by the journal
//! ```
//!
//! Samples are taken every 10 drill seconds. What opened the endpoint (the end of the fault, another region under the
//! name, a broker that was started) stands in the journal at its own instant, so that it dates the opening more exactly.

use super::case::Case;
use super::timeline::Sample;
use crate::firmware::Profile;
use crate::journal::FaultEnd;
use crate::report::SessionLoss;
use crate::scenario::{Discovery, Fault, IOT_NAME};
use crate::units::{DrillTime, Span};

/// The instants that may have opened an endpoint to devices.
#[derive(Debug)]
pub(super) struct Openings {
    /// The end of the fault, unless it was the drill's.
    fault_end: Option<DrillTime>,
    /// All of them in order of time; whether devices have to ask for a name anew.
    all: Vec<(DrillTime, bool)>,
    /// For how long they keep the answer.
    ttl: Span,
    /// How long after the opening the first device may come at the latest: its wait is at its longest, and it asks once
    /// more an address that it has kept.
    timeout: Span,
}

/// What may have opened an endpoint to devices after `fault`; none without a fleet.
pub(super) fn openings(case: &Case<'_>, fault: &Fault) -> Option<Openings> {
    let fleet = case.scenario.fleet.as_ref()?;
    let profile = Profile::from(fleet.profile);
    let asks = fleet.discovery.unwrap_or(profile.discovery) == Discovery::Dns;
    let ended = case.fault_run(fault).and_then(|run| run.ended);
    let fault_end = ended
        .filter(|(_, by)| *by != FaultEnd::Teardown)
        .map(|(at, _)| at);
    let moves = case.timeline.moves.iter();
    let moves = moves.filter(|moved| moved.name == IOT_NAME && asks);
    let brokers = case.timeline.brokers_up.iter().copied();
    let mut all: Vec<(DrillTime, bool)> = fault_end
        .into_iter()
        .chain(brokers)
        .map(|at| (at, false))
        .collect();
    all.extend(moves.map(|moved| (moved.at, true)));
    all.sort();
    let ttl = if asks {
        case.scenario.cloud.dns_ttl
    } else {
        Span::ZERO
    };
    Some(Openings {
        fault_end,
        all,
        ttl,
        timeout: profile.reconnect.cap + profile.connect_timeout + ttl,
    })
}

/// The loss after `fault`, if the samples show one.
pub(super) fn session_loss(samples: &[Sample], fault: DrillTime, openings: &Openings) -> Option<SessionLoss> {
    let (before, after) = samples.split_at(samples.partition_point(|(at, _)| *at <= fault));
    let devices = before.last()?.1.connected;
    let connected = |n: usize| after[n].1.connected;
    let first = (0..after.len()).find(|n| connected(*n) < devices)?;
    let rise = (first + 1..after.len()).find(|n| connected(*n) > connected(*n - 1));
    let fallen = first..rise.unwrap_or(after.len());
    let lowest = fallen.min_by_key(|n| connected(*n)).unwrap_or(first);
    let begins = first.checked_sub(1).map_or(fault, |last| after[last].0);
    let at_rise = rise.map(|rise| {
        let (last_low, risen) = (after[rise - 1].0, after[rise].0);
        let mut known = openings.all.iter().rev();
        let known = known.find(|(at, _)| *at >= fault && *at <= risen);
        // What opened long before the last low sample did not open it to these devices.
        known
            .copied()
            .filter(|(at, _)| *at + openings.timeout >= last_low)
            .unwrap_or((last_low, false))
    });
    // No device connects to a broker that is back if all have given up.
    let opens = at_rise.or(openings.fault_end.map(|at| (at, false)));
    let asks_anew = opens.is_some_and(|(_, moved)| moved);
    Some(SessionLoss {
        devices,
        begins_after: begins - fault,
        over: after[lowest].0 - after[first].0,
        opens_after: opens.map(|(at, _)| at - fault),
        learnt_after: if asks_anew {
            openings.ttl.divided(2)
        } else {
            Span::ZERO
        },
        observed_for: samples.last()?.0 - fault,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::FleetCounters;

    const FAULT: i64 = 15;

    /// Samples every 10 s of how many are connected, and a fault at 15 s; openings in seconds, those at odd
    /// ones by a name that was moved.
    fn loss(connected: &[u64], openings: &[i64]) -> Option<SessionLoss> {
        let samples: Vec<Sample> = (0..)
            .zip(connected)
            .map(|(n, connected)| {
                let connected = *connected;
                let counters = FleetCounters {
                    connected,
                    ..FleetCounters::default()
                };
                (DrillTime::from_secs(n * 10), counters)
            })
            .collect();
        let openings = Openings {
            fault_end: None,
            all: openings
                .iter()
                .map(|s| (DrillTime::from_secs(*s), *s % 2 == 1))
                .collect(),
            ttl: Span::from_secs(20),
            timeout: Span::from_secs(60),
        };
        let fault = DrillTime::from_secs(FAULT);
        session_loss(&samples, fault, &openings)
    }

    /// Devices, when it began, over how long, when it was open, in seconds from the fault.
    fn seconds(loss: Option<SessionLoss>) -> (u64, f64, f64, Option<f64>) {
        let loss = loss.unwrap();
        (
            loss.devices,
            loss.begins_after.as_secs_f64(),
            loss.over.as_secs_f64(),
            loss.opens_after.map(Span::as_secs_f64),
        )
    }

    #[test]
    fn the_journal_dates_the_opening_where_it_can() {
        let connected = [100, 100, 0, 0, 0, 40, 100];
        assert_eq!(seconds(loss(&connected, &[42])), (100, 0.0, 0.0, Some(27.0)));
        assert_eq!(
            seconds(loss(&connected, &[5, 33, 44, 58])),
            (100, 0.0, 0.0, Some(29.0))
        );
        assert_eq!(loss(&connected, &[42]).unwrap().observed_for, Span::from_secs(45));
    }

    #[test]
    fn devices_learn_of_a_name_that_was_moved_later() {
        let connected = [100, 100, 0, 0, 0, 40, 100];
        let learnt = |at| loss(&connected, &[at]).unwrap().learnt_after;
        assert_eq!((learnt(43), learnt(42)), (Span::from_secs(10), Span::ZERO));
    }

    #[test]
    fn without_it_the_last_sample_without_a_new_session_does() {
        let connected = [100, 100, 0, 0, 0, 40, 100];
        assert_eq!(seconds(loss(&connected, &[])).3, Some(25.0));
        let long = [&[100, 100][..], &[0; 20], &[50]].concat();
        assert_eq!(
            seconds(loss(&long, &[20])).3,
            Some(195.0),
            "no device connected within the timeout"
        );
        assert_eq!(seconds(loss(&long, &[200])).3, Some(185.0));
    }

    #[test]
    fn sessions_may_be_lost_over_some_time() {
        let found = loss(&[100, 100, 100, 90, 60, 20, 20, 30, 100], &[61]);
        assert_eq!(seconds(found), (100, 5.0, 20.0, Some(46.0)));
    }

    #[test]
    fn an_outage_between_two_samples_is_seen_by_what_is_missing() {
        assert_eq!(
            seconds(loss(&[100, 100, 70, 100], &[16])),
            (100, 0.0, 0.0, Some(1.0))
        );
    }

    #[test]
    fn an_endpoint_that_stays_closed_never_opens() {
        assert_eq!(seconds(loss(&[100, 100, 0, 0, 0], &[30])).3, None);
        assert_eq!(loss(&[100, 100, 100], &[]), None);
        assert_eq!(loss(&[], &[]), None);
    }
}
