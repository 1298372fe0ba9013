//! The device's life in examples, and what no order of inputs may break.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::outbox::Publish;

const EVERY: Span = Span::from_secs(60);

fn device(profile: Profile) -> Device {
    let input = DeviceInput {
        boot: DrillTime::ZERO,
        phase: Span::from_secs(5),
    };
    Device::new(1, 17, Arc::new(profile), input, Some(EVERY))
}

fn s(seconds: i64) -> DrillTime {
    DrillTime::from_secs(seconds)
}

fn step(device: &mut Device, input: Input, now: DrillTime) -> Vec<Action> {
    let mut actions = Vec::new();
    device.step(input, now, &mut actions);
    actions
}

/// Brings it into a session at `at`.
fn connect(device: &mut Device, at: DrillTime) -> Vec<Action> {
    assert!(step(device, Input::Timer, at).contains(&Action::Connect));
    assert_eq!(step(device, Input::TurnCame, at), [Action::Note(Note::Attempted)]);
    step(device, Input::Connected, at)
}

fn publishes(actions: &[Action]) -> Vec<Publish> {
    let publish = |action: &Action| match action {
        Action::Send(Packet::Publish(publish)) => Some(*publish),
        _ => None,
    };
    actions.iter().filter_map(publish).collect()
}

#[test]
fn it_joins_wifi_before_it_connects() {
    let device = device(Profile::esp_idf_default());
    let first = device.next_attempt().unwrap();
    assert!(s(1) <= first && first <= s(4), "{first}");
    assert_eq!(device.next_due(), first);
}

#[test]
fn a_message_is_produced_on_schedule_sent_and_acknowledged() {
    let mut device = device(Profile::aws_full_jitter());
    connect(&mut device, s(4));
    assert_eq!(device.next_due(), s(5));
    let actions = step(&mut device, Input::Timer, s(5));
    let sent = publishes(&actions)[0];
    assert_eq!((sent.seq, sent.duplicate), (0, false));
    let acked = step(&mut device, Input::PubAck(sent.packet_id), s(5));
    assert_eq!(acked, [Action::Note(Note::Acknowledged(0))]);
    assert!(device.is_drained());
    assert_eq!(device.next_due(), s(65));
}

#[test]
fn after_a_lost_connection_what_was_in_flight_is_sent_again_as_a_duplicate() {
    let mut device = device(Profile::aws_full_jitter());
    connect(&mut device, s(4));
    let first = publishes(&step(&mut device, Input::Timer, s(5)))[0];
    let lost = step(&mut device, Input::Closed, s(6));
    let Some(Action::Note(Note::AttemptDue(retry))) = lost.last() else {
        panic!("no retry in {lost:?}");
    };
    assert!(*retry <= s(7), "full jitter begins within its base");
    let again = publishes(&connect(&mut device, s(70)));
    assert_eq!(
        again[0],
        Publish {
            duplicate: true,
            ..first
        }
    );
    assert_eq!((again[1].seq, again[1].duplicate), (1, false));
}

#[test]
fn esp_idf_comes_back_after_exactly_ten_seconds() {
    let mut device = device(Profile::esp_idf_default());
    connect(&mut device, s(4));
    step(&mut device, Input::Closed, s(100));
    assert_eq!(device.next_attempt(), Some(s(110)));
}

#[test]
fn esp_idf_drops_what_is_thirty_seconds_old() {
    let mut device = device(Profile::esp_idf_default());
    connect(&mut device, s(4));
    step(&mut device, Input::Closed, s(4));
    step(&mut device, Input::Timer, s(5));
    assert!(!device.is_drained());
    step(&mut device, Input::TurnCame, s(14));
    let actions = step(&mut device, Input::Timer, s(35));
    assert!(actions.contains(&Action::Note(Note::Dropped(0))));
    assert!(device.is_drained());
}

#[test]
fn esp_aws_iot_gives_up_after_five_retries() {
    let mut device = device(Profile::esp_aws_iot());
    let mut attempts = 0;
    while let Some(at) = device.next_attempt() {
        step(&mut device, Input::Timer, at);
        let begun = step(&mut device, Input::TurnCame, at);
        attempts += begun
            .iter()
            .filter(|a| **a == Action::Note(Note::Attempted))
            .count();
        let failed = step(&mut device, Input::Closed, at);
        assert!(failed.contains(&Action::Note(Note::Failed)));
    }
    assert_eq!(attempts, 6, "the first, and five retries");
    // It measures on, and its outbox of ten overflows.
    let actions = step(&mut device, Input::Timer, s(5 + 60 * 12));
    assert!(actions.contains(&Action::Note(Note::Dropped(2))));
    assert!(!actions.contains(&Action::Note(Note::Dropped(3))));
}

#[test]
fn an_attempt_without_an_answer_fails_after_the_timeout() {
    let mut device = device(Profile::esp_aws_iot());
    step(&mut device, Input::Timer, s(4));
    // The queue in front of the socket is not the device's.
    step(&mut device, Input::TurnCame, s(30));
    assert!(step(&mut device, Input::Timer, DrillTime::from_us(30_999_999)).is_empty());
    let actions = step(&mut device, Input::Timer, s(31));
    assert_eq!(actions[..2], [Action::Close, Action::Note(Note::Failed)]);
}

#[test]
fn unresponsive_broker_is_detected_by_the_ping() {
    let mut device = device(Profile::esp_idf_default());
    device.step(Input::StopProducing(s(0)), s(0), &mut Vec::new());
    connect(&mut device, s(4));
    assert_eq!(device.next_due(), s(64), "half of the keep-alive");
    assert_eq!(
        step(&mut device, Input::Timer, s(64)),
        [Action::Send(Packet::PingReq)]
    );
    step(&mut device, Input::PingResp, s(65));
    assert_eq!(
        step(&mut device, Input::Timer, s(125)),
        [Action::Send(Packet::PingReq)]
    );
    let actions = step(&mut device, Input::Timer, s(185));
    assert_eq!(actions[..2], [Action::Close, Action::Note(Note::Disconnected)]);
    assert_eq!(device.next_attempt(), Some(s(195)));
}

#[test]
fn publish_in_flight_replaces_a_ping() {
    let mut device = device(Profile::esp_aws_iot());
    connect(&mut device, s(4));
    let first = publishes(&step(&mut device, Input::Timer, s(5)))[0];
    step(&mut device, Input::PubAck(first.packet_id), s(5));
    // The next message is due together with the ping, and is asked first.
    let second = step(&mut device, Input::Timer, s(65));
    assert!(!second.contains(&Action::Send(Packet::PingReq)));
    assert_eq!(device.next_due(), s(70));
    assert_eq!(
        step(&mut device, Input::Timer, s(70)),
        [Action::Send(Packet::PingReq)]
    );
}

#[test]
fn publishes_in_flight_are_limited() {
    let mut profile = Profile::aws_full_jitter();
    profile.inflight = 3;
    let mut device = device(profile);
    step(&mut device, Input::Timer, s(60 * 10));
    step(&mut device, Input::TurnCame, s(60 * 10));
    let sent = publishes(&step(&mut device, Input::Connected, s(60 * 10)));
    assert_eq!(sent.iter().map(|p| p.seq).collect::<Vec<_>>(), [0, 1, 2]);
    let more = publishes(&step(&mut device, Input::PubAck(sent[1].packet_id), s(60 * 10)));
    assert_eq!(more.iter().map(|p| p.seq).collect::<Vec<_>>(), [3]);
}

#[test]
fn nothing_due_at_the_stop_is_produced() {
    let mut device = device(Profile::aws_full_jitter());
    let actions = step(&mut device, Input::StopProducing(s(65)), s(300));
    let produced = |a: &&Action| matches!(a, Action::Note(Note::Produced(_)));
    assert_eq!(actions.iter().filter(produced).count(), 1, "5 s, and not 65 s");
}

#[test]
fn a_device_that_is_off_does_nothing() {
    let mut device = device(Profile::aws_full_jitter());
    connect(&mut device, s(4));
    let actions = step(&mut device, Input::Shutdown, s(4));
    assert_eq!(actions[..2], [Action::Send(Packet::Disconnect), Action::Close]);
    assert!(device.is_off());
    assert!(step(&mut device, Input::Timer, s(9000)).is_empty());
    assert_eq!(device.next_due(), DrillTime::MAX);
}

#[test]
fn a_device_that_wants_programs_subscribes_in_each_session_and_acknowledges_what_comes() {
    let mut device = device(Profile::aws_full_jitter()).subscribing();
    let subscribed = |actions: &[Action]| {
        let subscribe = |action: &Action| match action {
            Action::Send(Packet::Subscribe(packet_id)) => Some(*packet_id),
            _ => None,
        };
        actions.iter().filter_map(subscribe).collect::<Vec<_>>()
    };
    let first = subscribed(&connect(&mut device, s(4)));
    assert_eq!(first.len(), 1);
    assert_ne!(first[0], 0);
    step(&mut device, Input::SubAck, s(4));
    // Its packet ids are none of the broker's, nor the other way round.
    let sent = publishes(&step(&mut device, Input::Timer, s(5)))[0];
    assert_ne!(sent.packet_id, first[0]);
    assert_eq!(
        step(&mut device, Input::Message(sent.packet_id), s(5)),
        [Action::Send(Packet::PubAck(sent.packet_id))]
    );
    assert!(!device.is_drained());
    assert_eq!(step(&mut device, Input::Message(0), s(5)), [], "QoS 0");
    step(&mut device, Input::Closed, s(6));
    assert_eq!(subscribed(&connect(&mut device, s(10))).len(), 1);
}

#[test]
fn queued_device_checks_repeatedly_whether_the_endpoint_responds() {
    let mut device = device(Profile::esp_idf_default());
    assert!(step(&mut device, Input::Timer, s(4)).contains(&Action::Connect));
    step(&mut device, Input::StopProducing(s(0)), s(4));
    for at in [14, 15, 16] {
        assert_eq!(device.next_due(), s(at));
        assert_eq!(step(&mut device, Input::Timer, s(at)), [Action::Queueing]);
    }
    // It does not: the attempt timed out.
    assert_eq!(
        step(&mut device, Input::TurnCame, s(16)),
        [Action::Note(Note::Attempted)]
    );
    let failed = step(&mut device, Input::Closed, s(16));
    assert_eq!(failed[0], Action::Note(Note::Failed));
    assert_eq!(device.next_attempt(), Some(s(26)));
}

/// Any input, after any time.
fn inputs() -> impl Strategy<Value = Vec<(Input, i64)>> {
    let input = prop_oneof![
        8 => Just(Input::Timer),
        4 => Just(Input::TurnCame),
        4 => Just(Input::Connected),
        2 => Just(Input::Closed),
        6 => (1u16..40).prop_map(Input::PubAck),
        1 => Just(Input::PingResp),
        1 => Just(Input::SubAck),
        1 => (0u16..3).prop_map(Input::Message),
        1 => (0i64..5000).prop_map(|at| Input::StopProducing(s(at))),
        1 => Just(Input::Shutdown),
    ];
    proptest::collection::vec((input, 0i64..20_000_000), 0..200)
}

fn profiles() -> impl Strategy<Value = Profile> {
    prop_oneof![
        Just(Profile::esp_idf_default()),
        Just(Profile::esp_aws_iot()),
        Just(Profile::aws_full_jitter()),
        Just(Profile {
            outbox: 2,
            inflight: 1,
            ..Profile::esp_idf_default()
        }),
    ]
}

/// Runs a device through `inputs`, taking its timers in between; all actions with their times.
fn run(mut device: Device, inputs: &[(Input, i64)]) -> (Device, Vec<(DrillTime, Action)>) {
    let mut now = DrillTime::ZERO;
    let mut log = Vec::new();
    let mut actions = Vec::new();
    for (input, wait_us) in inputs {
        let next = now + Span::from_us(*wait_us);
        let mut timers = 0;
        while device.next_due() <= next {
            now = now.max(device.next_due());
            device.step(Input::Timer, now, &mut actions);
            log.extend(actions.drain(..).map(|action| (now, action)));
            timers += 1;
            assert!(timers < 1000, "a timer that is always due");
        }
        now = next;
        device.step(*input, now, &mut actions);
        log.extend(actions.drain(..).map(|action| (now, action)));
    }
    (device, log)
}

proptest! {
    #[test]
    fn every_message_is_pending_or_ended_once(profile in profiles(), inputs in inputs()) {
        let capacity = profile.outbox;
        let (device, log) = run(device(profile), &inputs);
        let mut produced = 0;
        let mut ended = BTreeSet::new();
        let mut up = false;
        for (at, action) in log {
            match action {
                Action::Note(Note::Produced(seq)) => {
                    prop_assert_eq!(seq, produced);
                    prop_assert!(device.schedule.unwrap().due(seq) <= at);
                    produced += 1;
                }
                Action::Note(Note::Acknowledged(seq) | Note::Dropped(seq)) => {
                    prop_assert!(seq < produced && ended.insert(seq), "{} ended twice", seq);
                }
                Action::Note(Note::AttemptDue(due)) => {
                    let wait = due - at;
                    prop_assert!(Span::ZERO <= wait && wait <= device.profile.reconnect.cap);
                }
                Action::Note(Note::Connected) => up = true,
                Action::Note(Note::Disconnected) => up = false,
                Action::Send(Packet::Publish(publish)) => {
                    prop_assert!(up && publish.packet_id != 0 && !ended.contains(&publish.seq));
                }
                _ => {}
            }
            prop_assert!(produced as usize - ended.len() <= capacity);
        }
        prop_assert_eq!(produced as usize - ended.len(), device.outbox.len());
    }

    #[test]
    fn waits_depend_on_the_devices_own_past_only(inputs in inputs(), others in 0u32..50) {
        // The same device, in a fleet of any size: its draws bear its number.
        let alone = run(device(Profile::aws_full_jitter()), &inputs).1;
        let fleet: Vec<_> = (0..others)
            .map(|number| {
                let input = DeviceInput { boot: DrillTime::ZERO, phase: Span::from_secs(5) };
                let profile = Arc::new(Profile::aws_full_jitter());
                run(Device::new(1, number, profile, input, Some(EVERY)), &inputs).1
            })
            .collect();
        prop_assert_eq!(&run(device(Profile::aws_full_jitter()), &inputs).1, &alone);
        if let Some(same) = fleet.get(17) {
            prop_assert_eq!(same, &alone);
        }
    }
}
