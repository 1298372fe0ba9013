//! Whole fleets on a broker in memory, under a clock moved by hand: nothing waits, nothing is random.

use std::time::Duration;

use crate::common::{Broker, Mood, fates, fleet, inputs};
use drill::ledger::{LedgerRecord, MessageId};
use drill::units::{DrillTime, Span};
use fleet_emulator::Profile;
use runtime::clock::ManualClock;
use runtime::{Clock, wall};

fn started() -> (Broker, ManualClock) {
    let (clock, manual) = Clock::by_hand(120.0).unwrap();
    clock.start();
    (Broker::new(&clock), manual)
}

fn s(seconds: i64) -> DrillTime {
    DrillTime::from_secs(seconds)
}

/// Stops the fleet while the clock moves on; what is left in outboxes, and the rest of the ledger.
async fn stop(
    mut fleet: fleet_emulator::Fleet,
    manual: &ManualClock,
    drain: Span,
) -> (u64, Vec<LedgerRecord>) {
    let (left, ()) = tokio::join!(fleet.stop(drain), manual.advance(drain + Span::from_secs(1)));
    (left, fleet.finish())
}

#[tokio::test]
async fn in_steady_state_every_message_arrives_once() {
    let (broker, manual) = started();
    let fleet = fleet(&broker, Profile::esp_idf_default(), inputs(20));
    manual.advance_to(s(600)).await;
    let counters = fleet.counters();
    assert_eq!((counters.devices, counters.connected), (20, 20));
    assert_eq!((counters.connect_attempts, counters.connect_failures), (20, 0));
    assert_eq!(counters.produced, counters.acknowledged);
    let mut records = fleet.take_settled();
    let (left, rest) = stop(fleet, &manual, Span::from_secs(60)).await;
    assert_eq!(left, 0);
    records.extend(rest);
    let fates = fates(&records);
    assert!(fates.iter().all(|(_, acknowledged, _)| *acknowledged));
    assert_eq!(
        fates.iter().map(|(id, ..)| *id).collect::<Vec<_>>(),
        broker.messages()
    );
    let seen = broker.seen.lock();
    assert_eq!(seen.publishes.len(), fates.len(), "no repetitions");
    assert_eq!(seen.farewells, 20);
    assert_eq!(seen.saturated, [""; 0]);
}

#[tokio::test]
async fn messages_held_by_an_outage_are_delivered_after_it() {
    let (broker, manual) = started();
    let fleet = fleet(&broker, Profile::aws_full_jitter(), inputs(20));
    manual.advance_to(s(300)).await;
    broker.be(Mood::Gone);
    fleet.cut_epoch(s(300));
    manual.advance_to(s(900)).await;
    let during = fleet.counters();
    assert_eq!(during.connected, 0);
    assert!(during.connect_failures > 20 && during.acknowledged < during.produced);
    broker.be(Mood::Well);
    manual.advance_to(s(1200)).await;
    assert_eq!(fleet.counters().connected, 20);
    let (left, records) = stop(fleet, &manual, Span::from_secs(60)).await;
    assert_eq!(left, 0);
    let fates = fates(&records);
    assert!(
        fates
            .iter()
            .all(|(_, acknowledged, dropped)| *acknowledged && !dropped)
    );
    assert_eq!(
        fates.iter().map(|(id, ..)| *id).collect::<Vec<_>>(),
        broker.messages()
    );
    let cut = |record: &LedgerRecord| matches!(record, LedgerRecord::Epoch(e) if e.start == s(300));
    assert!(records.iter().any(cut));
}

#[tokio::test]
async fn outbox_overflow_is_in_the_ledger_as_dropped() {
    let (broker, manual) = started();
    let fleet = fleet(&broker, Profile::esp_idf_default(), inputs(20));
    manual.advance_to(s(300)).await;
    broker.be(Mood::Gone);
    manual.advance_to(s(900)).await;
    broker.be(Mood::Well);
    manual.advance_to(s(1000)).await;
    let dropped = fleet.counters().dropped;
    let (_, records) = stop(fleet, &manual, Span::from_secs(60)).await;
    let fates = fates(&records);
    let received = broker.messages();
    let mut lost = 0;
    for (id, acknowledged, dropped) in fates {
        assert!(acknowledged != dropped, "{id:?}");
        assert_eq!(received.contains(&id), acknowledged, "{id:?}");
        lost += u64::from(dropped);
    }
    assert_eq!(lost, dropped);
    // Ten minutes of outage, and 30 s of memory: nearly ten of each device's messages.
    assert!((170..=200).contains(&lost), "{lost}");
}

#[tokio::test]
async fn a_frozen_broker_is_noticed_and_left() {
    let (broker, manual) = started();
    let fleet = fleet(&broker, Profile::esp_idf_default(), inputs(10));
    manual.advance_to(s(100)).await;
    assert_eq!(fleet.counters().connected, 10);
    broker.be(Mood::Frozen);
    // A ping at most 60 s after the last word, and 60 s for its answer.
    manual.advance_to(s(100 + 130)).await;
    assert_eq!(fleet.counters().connected, 0);
    let attempts = fleet.counters().connect_attempts;
    manual.advance_to(s(100 + 330)).await;
    // One attempt takes its 10 s of timeout and 10 s of waiting.
    let more = fleet.counters().connect_attempts - attempts;
    assert!((90..=110).contains(&more), "{more}");
    broker.be(Mood::Well);
    manual.advance_to(s(100 + 360)).await;
    assert_eq!(fleet.counters().connected, 10);
}

#[tokio::test]
async fn an_answer_that_came_while_this_process_was_busy_is_in_time() {
    let (broker, manual) = started();
    let fleet = fleet(&broker, Profile::esp_idf_default(), inputs(1));
    manual.advance_to(s(100)).await;
    broker.be(Mood::Frozen);
    manual.advance_to(s(150)).await;
    assert_eq!(fleet.counters().connected, 1, "a ping is out, and has its time");
    broker.be(Mood::Well);
    // The ping's time is over before the driver runs again.
    manual.jump_ns((60e9 / broker.clock.rate()) as u64);
    manual.advance(Span::from_secs(1)).await;
    assert_eq!(broker.seen.lock().pings, 1);
    let counters = fleet.counters();
    assert_eq!((counters.connected, counters.connect_attempts), (1, 1));
}

#[tokio::test]
async fn no_more_than_sixty_four_attempts_are_under_way() {
    let (broker, manual) = started();
    broker.be(Mood::Frozen);
    let at_once = fleet_emulator::DeviceInput {
        boot: s(0),
        phase: Span::from_secs(30),
    };
    let fleet = fleet(&broker, Profile::aws_full_jitter(), vec![at_once; 200]);
    manual.advance_to(s(15)).await;
    assert_eq!(broker.seen.lock().dials.len(), 64);
    assert_eq!(fleet.counters().connect_attempts, 64);
    // A broker hangs in wall time, too, which the manual clock leaves out.
    wall::sleep(Duration::from_millis(120)).await;
    broker.be(Mood::Well);
    manual.advance_to(s(20)).await;
    assert_eq!(fleet.counters().connected, 200);
    assert_eq!(
        broker.seen.lock().saturated,
        [""; 0],
        "that they waited was the broker's doing"
    );
}

#[tokio::test]
async fn a_device_that_is_refused_tries_again_as_its_policy_says() {
    let (broker, manual) = started();
    broker.be(Mood::Refusing);
    let fleet = fleet(&broker, Profile::esp_aws_iot(), inputs(3));
    manual.advance_to(s(600)).await;
    let counters = fleet.counters();
    assert_eq!((counters.connect_attempts, counters.connect_failures), (18, 18));
    broker.be(Mood::Well);
    manual.advance_to(s(1200)).await;
    assert_eq!(fleet.counters().connected, 0, "they gave up");
}

#[tokio::test]
async fn unsent_messages_are_in_the_ledger_as_open() {
    let (broker, manual) = started();
    broker.be(Mood::Gone);
    let fleet = fleet(&broker, Profile::aws_full_jitter(), inputs(5));
    manual.advance_to(s(300)).await;
    assert!(fleet.take_settled().is_empty());
    let produced = fleet.counters().produced;
    let (left, records) = stop(fleet, &manual, Span::from_secs(30)).await;
    assert_eq!(left, produced);
    let fates = fates(&records);
    assert_eq!(fates.len() as u64, produced);
    assert!(
        fates
            .iter()
            .all(|(_, acknowledged, dropped)| !acknowledged && !dropped)
    );
}

#[tokio::test]
async fn end_of_the_drill_releases_waiting_devices() {
    let (broker, manual) = started();
    broker.be(Mood::Gone);
    let mut fleet = fleet(&broker, Profile::aws_full_jitter(), inputs(5));
    manual.advance_to(s(300)).await;
    broker.clock.stop();
    let stopped = wall::timeout(Duration::from_secs(20), fleet.stop(Span::from_mins(5))).await;
    assert_eq!(stopped, Some(fleet.counters().produced));
}

#[tokio::test]
async fn production_stops_at_the_given_instant() {
    let (broker, manual) = started();
    let fleet = fleet(&broker, Profile::aws_full_jitter(), inputs(12));
    fleet.stop_producing_at(s(200));
    manual.advance_to(s(400)).await;
    assert_eq!(fleet.counters().connected, 12);
    let (left, records) = stop(fleet, &manual, Span::from_secs(60)).await;
    assert_eq!(left, 0);
    let due = |id: &MessageId| {
        let input = inputs(12)[id.device as usize];
        input.boot + input.phase + Span::from_secs(60).times(i64::from(id.seq))
    };
    let fates = fates(&records);
    assert!(
        fates
            .iter()
            .all(|(id, acknowledged, _)| *acknowledged && due(id) < s(200))
    );
    let expected: usize = (0..12u32)
        .map(|device| {
            (0..)
                .take_while(|seq| due(&MessageId { device, seq: *seq }) < s(200))
                .count()
        })
        .sum();
    assert_eq!(fates.len(), expected);
}

/// When each device tried to connect during an outage.
async fn attempts(devices: i64) -> Vec<(String, DrillTime)> {
    let (broker, manual) = started();
    broker.be(Mood::Refusing);
    let _fleet = fleet(&broker, Profile::aws_full_jitter(), inputs(devices));
    manual.advance_to(s(600)).await;
    let mut attempts: Vec<_> = broker
        .seen
        .lock()
        .connects
        .iter()
        .map(|(at, client)| (client.clone(), *at))
        .collect();
    attempts.sort();
    attempts
}

#[tokio::test]
async fn additional_device_changes_no_other_device() {
    let ten = attempts(10).await;
    assert!(ten.len() > 50);
    assert_eq!(attempts(10).await, ten);
    let mut eleven = attempts(11).await;
    eleven.retain(|(client, _)| client != "device-000010");
    assert_eq!(eleven, ten);
}

/// Waits for looks of the governor, which go by wall time, until `done`.
async fn looked(done: impl Fn() -> bool) {
    let until = async {
        while !done() {
            wall::sleep(Duration::from_millis(2)).await;
        }
    };
    wall::timeout(Duration::from_secs(20), until)
        .await
        .expect("in time");
}

#[tokio::test]
async fn a_storm_slows_the_drill_before_it_comes() {
    let (broker, manual) = started();
    let fleet = fleet(&broker, Profile::esp_idf_default(), inputs(500));
    manual.advance_to(s(100)).await;
    assert_eq!(fleet.counters().connected, 500);
    let clock = &broker.clock;
    looked(|| clock.rate() >= 120.0).await;
    // All come back 10 s later, within the same second.
    broker.be(Mood::Gone);
    manual.advance_to(s(109)).await;
    looked(|| clock.rate() < 30.0).await;
    broker.be(Mood::Well);
    manual.advance_to(s(120)).await;
    assert_eq!(fleet.counters().connected, 500);
}
