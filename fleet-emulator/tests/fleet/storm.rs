//! Storms of real device machines, on virtual time, against the engine that simulates them by the million.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use drill::firmware::{Quota, Reconnect};
use drill::units::{DrillTime, Span};
use fleet_emulator::device::{Action, Device, Input};
use fleet_emulator::{DeviceInput, Profile};
use forecast::storm::{Begin, Engine, SHARES, Storm};
use test_harness::trial;

/// How a storm of device machines went: when the shares were back, and how many attempts it took.
fn played(
    profile: &Profile,
    devices: u32,
    connects_per_second: u32,
    closed_for: Span,
) -> ([Option<Span>; 4], u64) {
    // All have their sessions long before, and lose them at once.
    let lost = DrillTime::from_secs(100);
    let mut quota = Quota::new(connects_per_second, lost);
    let profile = Arc::new(profile.clone());
    let input = DeviceInput {
        boot: DrillTime::ZERO,
        phase: Span::ZERO,
    };
    let mut fleet: Vec<Device> = (0..devices)
        .map(|number| Device::new(1, number, profile.clone(), input, None))
        .collect();
    let mut actions = Vec::new();
    let mut due = BinaryHeap::new();
    for device in &mut fleet {
        let joined = device.next_due();
        for (input, at) in [
            (Input::Timer, joined),
            (Input::TurnCame, joined),
            (Input::Connected, joined),
            (Input::Closed, lost),
        ] {
            device.step(input, at, &mut actions);
        }
        due.push(Reverse((device.next_due(), device.number())));
    }
    let (mut back, mut attempts) = (0u64, 0);
    let mut back_after = [None; 4];
    while let Some(Reverse((now, number))) = due.pop() {
        let device = &mut fleet[number as usize];
        actions.clear();
        device.step(Input::Timer, now, &mut actions);
        if actions.contains(&Action::Connect) {
            attempts += 1;
            device.step(Input::TurnCame, now, &mut actions);
            if now.since(lost) >= closed_for && quota.acquire(now) {
                device.step(Input::Connected, now, &mut actions);
                back += 1;
                for (share, after) in SHARES.iter().zip(&mut back_after) {
                    if back * 100 >= u64::from(devices) * share && after.is_none() {
                        *after = Some(now.since(lost));
                    }
                }
                continue;
            }
            device.step(Input::Closed, now, &mut actions);
        }
        if device.next_attempt().is_some() {
            due.push(Reverse((device.next_due(), number)));
        }
    }
    (back_after, attempts)
}

fn simulated(
    reconnect: &Reconnect,
    devices: u32,
    connects_per_second: u32,
    closed_for: Span,
) -> ([Option<Span>; 4], u64, u64) {
    let storm = Storm {
        devices: devices.into(),
        begin: Begin::SessionLost,
        over: Span::ZERO,
        closed_for,
        connects_per_second,
        reconnect: reconnect.clone(),
        give_up: Span::from_mins(60 * 24),
        seed: 1,
    };
    let outcome = storm.run_on(Engine::Each);
    (outcome.back_after, outcome.attempts, outcome.gave_up)
}

trial!(engine_agrees_exactly_with_deterministic_devices);
fn engine_agrees_exactly_with_deterministic_devices() {
    let profile = Profile::esp_idf_default();
    for (devices, rate, closed_s) in [(3_000, 50, 0), (1_000, 100, 95), (777, 7, 3)] {
        let closed_for = Span::from_secs(closed_s);
        let (back, attempts) = played(&profile, devices, rate, closed_for);
        let engine = simulated(&profile.reconnect, devices, rate, closed_for);
        assert_eq!((back, attempts, 0), engine, "{devices} devices, {rate}/s");
    }
}

trial!(engine_agrees_with_devices_with_jitter);
/// The draws are others: what is compared are means over thousands of devices.
fn engine_agrees_with_devices_with_jitter() {
    for (profile, rate, closed_s) in [
        (Profile::aws_full_jitter(), 50, 0),
        (Profile::aws_full_jitter(), 100, 300),
        (Profile::esp_aws_iot(), 100, 5),
    ] {
        let devices = 10_000;
        let closed_for = Span::from_secs(closed_s);
        let (back, attempts) = played(&profile, devices, rate, closed_for);
        let (engine, engine_attempts, gave_up) = simulated(&profile.reconnect, devices, rate, closed_for);
        let near = |a: f64, b: f64| (a / b - 1.0).abs() < 0.04;
        assert!(
            near(attempts as f64, engine_attempts as f64),
            "{attempts} and {engine_attempts}"
        );
        assert_eq!(gave_up > 0, profile.reconnect.retries.is_some());
        for (played, engine) in back.iter().zip(engine) {
            match (played, engine) {
                (Some(played), Some(engine)) => {
                    assert!(
                        near(played.as_secs_f64(), engine.as_secs_f64()),
                        "{played} and {engine}"
                    );
                }
                (played, engine) => assert_eq!(*played, engine, "{}", profile.name),
            }
        }
    }
}
