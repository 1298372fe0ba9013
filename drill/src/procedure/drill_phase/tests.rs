use Health::{Green, Red, Unknown};

use super::*;

/// One service, probed every 30 s; a fault at 35m; RTO 1h, MTD 2h.
fn drill_phase(with: &str) -> DrillPhase {
    let text = format!(
        r#"
version: 1
name: t
title: t
system: t
objectives:
  mtd: 2h
  services:
    s: {{probe: p, data: b, rto: 1h, rpo: 15m}}
cloud:
  regions: {{primary: us-west-2, backup: us-east-1}}
  buckets:
    b: {{name: a-bucket, versioned: true, objects: {{count: 50, size: 1KiB..1KiB}}, replicate: {{to: backup, lag: {{p50: 1s, p99: 2s}}}}}}
writers:
  w: {{do: s3.put_object, bucket: b, every: 30s}}
probes:
  p: {{do: s3.get_object, bucket: b, sample: 5, pass: 5 of 5, every: 30s, timeout: 5s}}
steady_state: {{hold: 10m}}
{with}
"#
    );
    let (scenario, _) = Scenario::parse("t.yaml", &text).unwrap_or_else(|errors| panic!("{errors:?}"));
    DrillPhase::new(&scenario)
}

const FAULT: &str = "
faults:
  - {at: 35m, do: s3.delete_objects, bucket: b, fraction: 0.5, mode: marker}
detection: {probe: p, failing: 3 of 5, every: 1m, from: external}
runbook:
  - {id: declare, do: human, takes: {p50: 1m, p95: 2m}, source: assumed}
";

fn minute(n: i64) -> DrillTime {
    DrillTime::from_secs(60 * n)
}

fn feed(drill_phase: &mut DrillPhase, from: i64, to: i64, health: Health) {
    for n in from * 2..to * 2 {
        drill_phase.probe("p", DrillTime::from_secs(30 * n), health);
    }
}

#[test]
fn a_steady_state_is_health_that_has_held() {
    let mut drill_phase = drill_phase(FAULT);
    assert!(drill_phase.steady(minute(35)).is_err());
    feed(&mut drill_phase, 0, 35, Green);
    assert_eq!(drill_phase.steady(minute(35)), Ok(()));
    assert!(drill_phase.steady(minute(9)).is_err());
    drill_phase.detected();
    assert!(drill_phase.steady(minute(35)).is_err());
}

#[test]
fn one_red_result_is_no_state_and_unknown_ones_are_nothing() {
    let mut drill_phase = drill_phase(FAULT);
    feed(&mut drill_phase, 0, 20, Green);
    drill_phase.probe("p", minute(20), Red);
    drill_phase.probe("p", minute(21), Unknown);
    drill_phase.probe("p", minute(22), Green);
    drill_phase.probe("p", minute(23), Green);
    assert_eq!(drill_phase.steady(minute(35)), Ok(()));
    drill_phase.probe("p", minute(24), Red);
    assert_eq!(drill_phase.probe("p", minute(25), Red), Some(Red));
    assert!(drill_phase.steady(minute(35)).is_err());
}

#[test]
fn a_recovery_is_audited_when_it_is_stable_and_ends_when_it_was_observed() {
    let mut drill_phase = drill_phase(FAULT);
    feed(&mut drill_phase, 0, 35, Green);
    feed(&mut drill_phase, 35, 50, Red);
    assert_eq!(drill_phase.decide(minute(50)), None);
    drill_phase.detected();
    feed(&mut drill_phase, 50, 54, Green);
    drill_phase.steps_done(minute(50));
    assert_eq!(drill_phase.decide(minute(54)), None);
    assert_eq!(drill_phase.decide(minute(55)), Some(Decision::Audit));
    drill_phase.audited();
    assert_eq!(drill_phase.decide(minute(59)), None);
    assert_eq!(
        drill_phase.decide(minute(60)),
        Some(Decision::End(EndReason::Recovered))
    );
}

#[test]
fn what_the_last_step_did_is_observed_too() {
    let mut drill_phase = drill_phase(FAULT);
    feed(&mut drill_phase, 0, 35, Green);
    feed(&mut drill_phase, 35, 50, Red);
    drill_phase.detected();
    feed(&mut drill_phase, 50, 70, Green);
    assert_eq!(drill_phase.decide(minute(70)), None, "steps are still to come");
    drill_phase.steps_done(minute(70));
    assert_eq!(drill_phase.decide(minute(74)), None);
    feed(&mut drill_phase, 70, 75, Green);
    assert_eq!(drill_phase.decide(minute(75)), Some(Decision::Audit));
    drill_phase.audited();
    assert_eq!(drill_phase.decide(minute(79)), None);
    assert_eq!(
        drill_phase.decide(minute(80)),
        Some(Decision::End(EndReason::Recovered))
    );
}

#[test]
fn an_unnoticed_fault_ends_the_drill_after_its_observation() {
    let mut drill_phase = drill_phase(FAULT);
    feed(&mut drill_phase, 0, 45, Green);
    assert_eq!(drill_phase.decide(minute(44)), None);
    assert_eq!(
        drill_phase.decide(minute(45)),
        Some(Decision::End(EndReason::NotDetected))
    );
}

#[test]
fn a_service_that_stays_red_ends_it_once_everything_is_missed() {
    let mut drill_phase = drill_phase(FAULT);
    feed(&mut drill_phase, 0, 35, Green);
    feed(&mut drill_phase, 35, 160, Red);
    drill_phase.detected();
    assert_eq!(drill_phase.decide(minute(35 + 119)), None);
    drill_phase.steps_done(minute(60));
    assert_eq!(drill_phase.decide(minute(35 + 61)), None);
    // The MTD is when the drill gives up, too, unless the scenario says otherwise.
    assert_eq!(
        drill_phase.decide(minute(35 + 120)),
        Some(Decision::End(EndReason::GaveUp))
    );
}

#[test]
fn with_time_left_a_drill_ends_when_its_last_target_is_missed() {
    let mut drill_phase = drill_phase(&format!("give_up: 8h\n{FAULT}"));
    feed(&mut drill_phase, 0, 35, Green);
    feed(&mut drill_phase, 35, 160, Red);
    drill_phase.detected();
    drill_phase.steps_done(minute(60));
    // The MTD, and for how long it must have been missed.
    assert_eq!(drill_phase.decide(minute(35 + 120 + 5)), None);
    assert_eq!(
        drill_phase.decide(minute(35 + 120 + 6)),
        Some(Decision::End(EndReason::AllMissed))
    );
}

#[test]
fn without_faults_it_ends_when_the_steady_state_was_observed() {
    let mut drill_phase = drill_phase("");
    feed(&mut drill_phase, 0, 21, Green);
    assert_eq!(drill_phase.decide(minute(19)), None);
    assert_eq!(
        drill_phase.decide(minute(20)),
        Some(Decision::End(EndReason::NoFaults))
    );
}

const RETURNS: &str = "
faults:
  - {at: 35m, do: s3.delete_objects, bucket: b, fraction: 0.5, mode: marker}
detection: {probe: p, failing: 3 of 5, every: 1m, from: external}
runbook:
  - {id: restore, do: wait, for: 1m}
  - {id: home, do: wait, for: 1m}
";

/// As [`drill_phase`], with a return home that begins with step `home`.
fn returning() -> DrillPhase {
    let mut drill_phase = drill_phase(&format!("give_up: 8h\n{RETURNS}"));
    feed(&mut drill_phase, 0, 35, Green);
    feed(&mut drill_phase, 35, 50, Red);
    drill_phase.detected();
    drill_phase
}

#[test]
fn the_audit_comes_before_the_return_home_and_the_end_after_it() {
    let mut drill_phase = returning();
    feed(&mut drill_phase, 50, 70, Green);
    assert_eq!(
        drill_phase.decide(minute(60)),
        None,
        "steps that recover are still to end"
    );
    drill_phase.recovery_done(minute(60));
    assert_eq!(drill_phase.decide(minute(64)), None);
    assert_eq!(drill_phase.decide(minute(65)), Some(Decision::Audit));
    drill_phase.audited();
    assert_eq!(
        drill_phase.decide(minute(70)),
        None,
        "the return home is still to come"
    );
    feed(&mut drill_phase, 70, 72, Red);
    feed(&mut drill_phase, 72, 90, Green);
    drill_phase.steps_done(minute(75));
    assert_eq!(drill_phase.decide(minute(84)), None);
    assert_eq!(
        drill_phase.decide(minute(85)),
        Some(Decision::End(EndReason::Recovered))
    );
}

#[test]
fn without_a_recovery_there_is_no_return_and_what_is_missed_ends_it() {
    let mut drill_phase = returning();
    drill_phase.recovery_done(minute(50));
    feed(&mut drill_phase, 50, 160, Red);
    assert_eq!(drill_phase.decide(minute(35 + 120 + 5)), None);
    assert_eq!(
        drill_phase.decide(minute(35 + 120 + 6)),
        Some(Decision::End(EndReason::AllMissed))
    );
    drill_phase.audited();
    assert_eq!(
        drill_phase.decide(minute(35 + 120 + 6)),
        None,
        "once the return has begun, its steps are waited for"
    );
}

#[test]
fn a_fault_in_the_course_of_a_step_is_waited_for_and_observed() {
    let mut drill_phase = drill_phase(FAULT);
    feed(&mut drill_phase, 0, 35, Green);
    feed(&mut drill_phase, 35, 50, Red);
    drill_phase.detected();
    drill_phase.fault_at(minute(58));
    drill_phase.steps_done(minute(50));
    feed(&mut drill_phase, 50, 70, Green);
    assert_eq!(drill_phase.decide(minute(57)), None);
    assert_eq!(drill_phase.decide(minute(62)), None);
    assert_eq!(drill_phase.decide(minute(63)), Some(Decision::Audit));
    drill_phase.audited();
    assert_eq!(
        drill_phase.decide(minute(68)),
        Some(Decision::End(EndReason::Recovered))
    );
}

/// Feeds results from minute `from` to `to`, of which every `nth` is red.
fn flap(drill_phase: &mut DrillPhase, from: i64, to: i64, nth: i64) {
    for n in from * 2..to * 2 {
        let health = if n % nth == 0 { Red } else { Green };
        drill_phase.probe("p", DrillTime::from_secs(30 * n), health);
    }
}

#[test]
fn single_reds_after_a_recovery_keep_the_drill_waiting() {
    let broken = || {
        let mut drill_phase = drill_phase(FAULT);
        feed(&mut drill_phase, 0, 35, Green);
        feed(&mut drill_phase, 35, 50, Red);
        drill_phase.detected();
        drill_phase.steps_done(minute(49));
        drill_phase
    };
    // Every fourth result is red: never back.
    let mut unstable = broken();
    flap(&mut unstable, 50, 90, 4);
    assert_eq!(unstable.decide(minute(90)), None);
    // Once it no longer flaps it is observed from there on.
    feed(&mut unstable, 90, 96, Green);
    assert_eq!(unstable.decide(minute(96)), Some(Decision::Audit));
    unstable.audited();
    assert_eq!(unstable.decide(minute(96)), None);
    feed(&mut unstable, 96, 102, Green);
    assert_eq!(
        unstable.decide(minute(102)),
        Some(Decision::End(EndReason::Recovered))
    );
    // One red result may happen.
    let mut once = broken();
    flap(&mut once, 50, 61, 115);
    once.audited();
    assert_eq!(once.decide(minute(61)), Some(Decision::End(EndReason::Recovered)));
    // And as many as before the fault.
    let mut usual = drill_phase(FAULT);
    flap(&mut usual, 0, 35, 5);
    feed(&mut usual, 35, 50, Red);
    usual.detected();
    usual.steps_done(minute(49));
    flap(&mut usual, 50, 61, 6);
    usual.audited();
    assert_eq!(
        usual.decide(minute(61)),
        Some(Decision::End(EndReason::Recovered))
    );
}

#[test]
fn an_exercise_without_faults_ends_with_its_steps_once_everything_was_told() {
    let steps = "exercise: tabletop\nrunbook:\n  - {id: declare, do: human, takes: {p50: 1m, p95: 2m}}";
    let mut drill_phase = drill_phase(steps);
    assert_eq!(drill_phase.decide(minute(60)), None, "it has not begun");
    drill_phase.exercise_began(minute(60));
    assert_eq!(drill_phase.decide(minute(61)), None);
    drill_phase.steps_done(minute(62));
    assert_eq!(
        drill_phase.decide(minute(62)),
        None,
        "an inject is still to be told"
    );
    drill_phase.all_told();
    assert_eq!(
        drill_phase.decide(minute(63)),
        Some(Decision::End(EndReason::ExerciseDone))
    );
}

#[test]
fn an_exercise_whose_steps_do_not_end_gives_up() {
    let steps =
        "exercise: tabletop\ngive_up: 3h\nrunbook:\n  - {id: declare, do: human, takes: {p50: 1m, p95: 2m}}";
    let mut drill_phase = drill_phase(steps);
    drill_phase.exercise_began(minute(35));
    assert_eq!(drill_phase.decide(minute(35 + 179)), None);
    assert_eq!(
        drill_phase.decide(minute(35 + 180)),
        Some(Decision::End(EndReason::GaveUp))
    );
}
