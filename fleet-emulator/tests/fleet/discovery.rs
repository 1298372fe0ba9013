//! Fleets with more than one broker: where devices go, when they change, and that nothing is lost on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use crate::common::{Broker, Brokers, Mood, config, fates, inputs};
use drill::ledger::LedgerRecord;
use drill::units::{DrillTime, Span};
use fleet_emulator::{DeviceInput, Discovery, Fleet, OneEndpoint, Overrides, Profile, Resolved};
use runtime::clock::ManualClock;
use runtime::{Clock, wall};

const NOWHERE: usize = usize::MAX;

/// Two regions, and a name that means one of them.
struct Bench {
    brokers: Vec<Broker>,
    manual: ManualClock,
    /// What the name means, or [`NOWHERE`].
    name: Arc<AtomicUsize>,
    /// How often it was asked for.
    asked: Arc<AtomicU64>,
}

impl Bench {
    fn new() -> Bench {
        let (clock, manual) = Clock::by_hand(120.0).unwrap();
        clock.start();
        Bench {
            brokers: vec![Broker::new(&clock), Broker::new(&clock)],
            manual,
            name: Arc::default(),
            asked: Arc::default(),
        }
    }

    fn fleet(&self, profile: Profile, discovery: Discovery, ttl: Span, inputs: Vec<DeviceInput>) -> Fleet {
        let (name, asked) = (Arc::clone(&self.name), Arc::clone(&self.asked));
        let resolve = move |_: u32, _: DrillTime| {
            asked.fetch_add(1, Relaxed);
            let endpoint = name.load(Relaxed);
            (endpoint != NOWHERE).then_some(Resolved { endpoint, ttl })
        };
        let mut config = config(profile);
        config.overrides.discovery = Some(discovery);
        let seen = Arc::clone(&self.brokers[0].seen);
        Fleet::start_on(
            config,
            inputs,
            Brokers(self.brokers.clone()),
            Arc::new(resolve),
            &self.brokers[0].clock,
            Box::new(move |saturated| seen.lock().saturated.push(saturated.detail)),
        )
    }

    /// Ends the fleet, and holds what brokers have against its ledger: everything arrived.
    async fn nothing_is_lost(&self, mut fleet: Fleet) {
        let drain = Span::from_secs(60);
        let (left, ()) = tokio::join!(fleet.stop(drain), self.manual.advance(drain + Span::from_secs(1)));
        assert_eq!(left, 0);
        let records: Vec<LedgerRecord> = fleet.finish();
        let fates = fates(&records);
        let acknowledged = |(_, acknowledged, dropped): &(_, bool, bool)| *acknowledged && !dropped;
        assert!(!fates.is_empty() && fates.iter().all(acknowledged));
        let mut received: Vec<_> = self.brokers.iter().flat_map(Broker::messages).collect();
        received.sort();
        received.dedup();
        assert_eq!(fates.iter().map(|(id, ..)| *id).collect::<Vec<_>>(), received);
    }
}

fn s(seconds: i64) -> DrillTime {
    DrillTime::from_secs(seconds)
}

#[tokio::test]
async fn dns_change_moves_only_devices_that_reconnect() {
    let bench = Bench::new();
    let ttl = Span::from_secs(60);
    let fleet = bench.fleet(Profile::aws_full_jitter(), Discovery::Dns, ttl, inputs(20));
    bench.manual.advance_to(s(300)).await;
    assert_eq!(fleet.connected_by_endpoint(), [20, 0]);
    assert_eq!(bench.asked.load(Relaxed), 20, "once each");
    bench.name.store(1, Relaxed);
    bench.manual.advance_to(s(900)).await;
    assert_eq!(fleet.connected_by_endpoint(), [20, 0], "their sessions stand");
    assert_eq!(bench.asked.load(Relaxed), 20);
    bench.brokers[0].be(Mood::Gone);
    fleet.cut_epoch(s(900));
    bench.manual.advance_to(s(1200)).await;
    assert_eq!(fleet.connected_by_endpoint(), [0, 20]);
    bench.nothing_is_lost(fleet).await;
}

#[tokio::test]
async fn dns_answer_is_cached_for_its_ttl() {
    let bench = Bench::new();
    let ttl = Span::from_secs(600);
    let at_once = DeviceInput {
        boot: s(0),
        phase: Span::from_secs(30),
    };
    let fleet = bench.fleet(Profile::esp_aws_iot(), Discovery::Dns, ttl, vec![at_once; 5]);
    bench.manual.advance_to(s(100)).await;
    bench.name.store(1, Relaxed);
    // It restarts at once; who was cut off comes back, with the answer of before.
    bench.brokers[0].be(Mood::Gone);
    bench.manual.advance(Span::from_millis(1)).await;
    bench.brokers[0].be(Mood::Well);
    bench.manual.advance_to(s(500)).await;
    assert_eq!(fleet.connected_by_endpoint(), [5, 0]);
    assert_eq!(bench.asked.load(Relaxed), 5);
    bench.manual.advance_to(s(700)).await;
    bench.brokers[0].be(Mood::Gone);
    bench.manual.advance_to(s(720)).await;
    assert_eq!(fleet.connected_by_endpoint(), [0, 5]);
    assert_eq!(bench.asked.load(Relaxed), 10);
}

#[tokio::test]
async fn failed_dns_lookup_counts_as_a_failed_attempt() {
    let bench = Bench::new();
    bench.name.store(NOWHERE, Relaxed);
    let fleet = bench.fleet(Profile::esp_idf_default(), Discovery::Dns, Span::ZERO, inputs(5));
    bench.manual.advance_to(s(200)).await;
    let counters = fleet.counters();
    assert_eq!(counters.connect_attempts, counters.connect_failures);
    // Each ten seconds, since its boot within the first.
    assert!((90..=100).contains(&counters.connect_attempts), "{counters:?}");
    assert_eq!(bench.asked.load(Relaxed), counters.connect_attempts);
    assert_eq!(bench.brokers[0].seen.lock().dials, []);
    bench.name.store(1, Relaxed);
    bench.manual.advance_to(s(220)).await;
    assert_eq!(fleet.connected_by_endpoint(), [0, 5]);
}

#[tokio::test]
async fn hardcoded_devices_go_down_with_their_region_whatever_dns_says() {
    let bench = Bench::new();
    let fleet = bench.fleet(
        Profile::aws_full_jitter(),
        Discovery::Hardcoded,
        Span::ZERO,
        inputs(10),
    );
    bench.manual.advance_to(s(100)).await;
    bench.name.store(1, Relaxed);
    bench.brokers[0].be(Mood::Gone);
    bench.manual.advance_to(s(3000)).await;
    assert_eq!(fleet.connected_by_endpoint(), [0, 0]);
    assert_eq!(bench.asked.load(Relaxed), 0);
    bench.brokers[0].be(Mood::Well);
    bench.manual.advance_to(s(3200)).await;
    assert_eq!(fleet.connected_by_endpoint(), [10, 0]);
    bench.nothing_is_lost(fleet).await;
}

#[tokio::test]
async fn a_list_is_gone_through_after_three_failures() {
    let bench = Bench::new();
    let fleet = bench.fleet(
        Profile::esp_idf_default(),
        Discovery::List,
        Span::ZERO,
        inputs(10),
    );
    bench.manual.advance_to(s(100)).await;
    assert_eq!(fleet.connected_by_endpoint(), [10, 0]);
    bench.brokers[0].be(Mood::Gone);
    // Three attempts at the old one, 10 s apart, and one at the next.
    bench.manual.advance_to(s(145)).await;
    assert_eq!(fleet.connected_by_endpoint(), [0, 10]);
    assert_eq!(fleet.counters().connect_failures, 30);
    bench.brokers[0].be(Mood::Well);
    bench.manual.advance_to(s(1000)).await;
    assert_eq!(fleet.connected_by_endpoint(), [0, 10], "it stays where it works");
}

#[tokio::test]
async fn in_flight_messages_are_repeated_in_the_other_region() {
    let bench = Bench::new();
    let fleet = bench.fleet(Profile::aws_full_jitter(), Discovery::Dns, Span::ZERO, inputs(20));
    bench.manual.advance_to(s(120)).await;
    // It takes publishes, and its answers never come.
    bench.brokers[0].be(Mood::Deaf);
    bench.manual.advance_to(s(300)).await;
    fleet.cut_epoch(s(300));
    let unacknowledged = fleet.pending();
    assert!(unacknowledged >= 40, "{unacknowledged}");
    bench.name.store(1, Relaxed);
    bench.brokers[0].be(Mood::Gone);
    bench.manual.advance_to(s(900)).await;
    assert_eq!(fleet.connected_by_endpoint(), [0, 20]);
    let twice = |broker: usize| {
        let seen = bench.brokers[broker].seen.lock();
        seen.publishes
            .iter()
            .filter(|(_, duplicate)| *duplicate)
            .map(|(id, _)| *id)
            .collect::<Vec<_>>()
    };
    let repeated = twice(1);
    assert!(repeated.len() as u64 >= unacknowledged, "{}", repeated.len());
    let first = bench.brokers[0].messages();
    assert!(repeated.iter().all(|id| first.contains(id)));
    assert_eq!(twice(0), []);
    bench.nothing_is_lost(fleet).await;
}

#[tokio::test]
async fn hanging_region_keeps_no_device_in_its_queue() {
    let bench = Bench::new();
    let at_once = DeviceInput {
        boot: s(0),
        phase: Span::from_secs(30),
    };
    bench.brokers[0].be(Mood::Frozen);
    let fleet = bench.fleet(
        Profile::aws_full_jitter(),
        Discovery::Dns,
        Span::from_secs(5),
        vec![at_once; 300],
    );
    bench.manual.advance_to(s(15)).await;
    assert_eq!(fleet.counters().connect_attempts, 64, "the rest queues");
    // A region hangs in wall time, too, which the manual clock leaves out.
    wall::sleep(Duration::from_millis(120)).await;
    bench.manual.advance_to(s(26)).await;
    // All but the 64 whose turn came when those before them gave up.
    let counters = fleet.counters();
    assert!(counters.connect_failures >= 236, "{counters:?}");
    bench.name.store(1, Relaxed);
    bench.manual.advance_to(s(90)).await;
    assert_eq!(fleet.connected_by_endpoint(), [0, 300]);
    assert_eq!(bench.brokers[0].seen.lock().saturated, [""; 0]);
}

#[tokio::test]
async fn devices_refused_by_a_closed_port_share_one_dial() {
    let bench = Bench::new();
    let fleet = bench.fleet(
        Profile::esp_idf_default(),
        Discovery::Hardcoded,
        Span::ZERO,
        inputs(50),
    );
    bench.manual.advance_to(s(100)).await;
    assert_eq!(fleet.counters().connected, 50);
    bench.brokers[0].be(Mood::Gone);
    // All are cut off at once, and try again each 10 s: 110 s, 120 s, …, 190 s.
    bench.manual.advance_to(s(195)).await;
    assert_eq!(fleet.counters().connect_failures, 9 * 50);
    let dials = bench.brokers[0].seen.lock().dials.len() - 50;
    // One or two for all of them each time.
    assert!((9..=20).contains(&dials), "{dials}");
    bench.brokers[0].be(Mood::Well);
    bench.manual.advance_to(s(203)).await;
    assert_eq!(fleet.counters().connected, 50, "at the next attempt");
}

#[tokio::test]
async fn a_port_that_no_longer_refuses_but_hangs_is_noticed() {
    let bench = Bench::new();
    bench.brokers[0].be(Mood::Gone);
    let fleet = bench.fleet(Profile::esp_idf_default(), Discovery::Dns, Span::ZERO, inputs(50));
    bench.manual.advance_to(s(100)).await;
    bench.brokers[0].be(Mood::Frozen);
    bench.manual.advance_to(s(150)).await;
    bench.name.store(1, Relaxed);
    // One timeout and one wait.
    bench.manual.advance_to(s(175)).await;
    assert_eq!(fleet.connected_by_endpoint(), [0, 50]);
}

#[tokio::test]
async fn a_fleet_may_have_a_keep_alive_of_its_own() {
    let bench = Bench::new();
    let mut config = config(Profile::esp_aws_iot());
    config.telemetry = None;
    config.overrides = Overrides {
        keep_alive: Some(Span::from_secs(10)),
        ..Overrides::default()
    };
    let fleet = Fleet::start_on(
        config,
        inputs(1),
        Brokers(bench.brokers.clone()),
        Arc::new(OneEndpoint),
        &bench.brokers[0].clock,
        Box::new(|_| {}),
    );
    bench.manual.advance_to(s(5)).await;
    assert_eq!(fleet.counters().connected, 1);
    bench.manual.advance_to(s(105)).await;
    let pings = bench.brokers[0].seen.lock().pings;
    assert!((9..=10).contains(&pings), "{pings}");
}
