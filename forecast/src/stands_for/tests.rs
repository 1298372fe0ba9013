//! Hand-made drills: a broker is killed at 600 s, and the samples are those of a storm that was simulated.

use drill::journal::{EndReason, Event, FaultEnd, FleetCounters, Journal, Line, VERSION};
use drill::measures::{Recording, judge};
use drill::report::{Finding, Severity};
use drill::units::DrillTime;

use super::*;

const FAULT: i64 = 600;
/// The endpoint is closed for so long.
const CLOSED: i64 = 120;
/// Devices of the drill.
const LIVE: u64 = 2_000;
const END: i64 = 1_500;

/// A drill of [`LIVE`] devices on 20 connects/s, whose telemetry has this RTO.
fn scenario(fleet: &str, service: &str) -> Scenario {
    let yaml = format!(
        r#"
version: 1
name: killed
title: A broker is killed
system: test
exercise: functional
objectives:
  mtd: 8h
  services:
    telemetry: {{probe: path, data: telemetry, {service}}}
cloud:
  regions: {{primary: us-west-2}}
  buckets:
    telemetry: {{name: telemetry-bucket}}
  iot:
    quotas: {{connects_per_second: 20}}
    rules:
      telemetry: {{topic: "dt/+/telemetry", to: {{bucket: telemetry}}}}
fleet: {{devices: {LIVE}, {fleet}, telemetry: {{every: 60s, payload: 128B}}}}
probes:
  path: {{do: path.telemetry, every: 30s, timeout: 25s}}
steady_state: {{hold: 5m}}
faults:
  - {{id: killed, at: 10m, do: iot.kill_broker, for: 2m}}
"#
    );
    let parsed = Scenario::parse("test.yaml", &yaml);
    parsed.unwrap_or_else(|errors| panic!("{errors:#?}")).0
}

/// How many are connected so many seconds after the fault, if the drill goes as this storm.
fn connected(storm: &StormOutcome, after: i64) -> u64 {
    let seconds = storm.seconds.iter().take(usize::try_from(after).unwrap());
    seconds.map(|second| second.accepted).sum()
}

/// What a drill of this scenario left, if its devices came back as `stretched` says of the seconds since the fault.
fn recorded(scenario: &Scenario, stretched: impl Fn(i64) -> i64) -> Judged {
    let loss = SessionLoss {
        devices: LIVE,
        begins_after: Span::ZERO,
        over: Span::ZERO,
        opens_after: Some(Span::from_secs(CLOSED)),
        learnt_after: Span::ZERO,
        observed_for: Span::from_secs(END - FAULT),
    };
    // Another seed than the report's: a drill is not what the model draws.
    let fleet = scenario.fleet.as_ref().unwrap();
    let live = storm(scenario, fleet, &loss, LIVE, 99)
        .unwrap()
        .run_on(Engine::Each);
    let mut events = vec![(
        0,
        Event::Started {
            tool: "test".into(),
            scenario: "killed".into(),
            scenario_sha256: "abc".into(),
            plan_sha256: "def".into(),
            seed: 7,
            cloud: "embedded".into(),
            speed: 120.0,
            speed_is_auto: false,
            durations: None,
            details_sha256: None,
            exercise: None,
            interactive: false,
            answers_from_file: false,
        },
    )];
    let fault = "killed".to_owned();
    events.push((
        FAULT,
        Event::FaultInjected {
            fault: fault.clone(),
            action: "iot.kill_broker".into(),
            targets: Vec::new(),
        },
    ));
    let by = match scenario.faults[0].for_ {
        Some(_) => FaultEnd::Itself,
        None => FaultEnd::Teardown,
    };
    events.push((FAULT + CLOSED, Event::FaultEnded { fault, by }));
    for s in (0..=END).step_by(10) {
        let connected = match s - FAULT {
            ..=0 => LIVE,
            after => connected(&live, stretched(after)),
        };
        events.push((
            s,
            Event::Fleet(FleetCounters {
                devices: LIVE,
                connected,
                produced: s.unsigned_abs() * 100,
                ..FleetCounters::default()
            }),
        ));
    }
    let reason = EndReason::Recovered;
    events.push((END, Event::Finished { reason }));
    events.sort_by_key(|(s, _)| *s);
    let line = |(seq, (s, event)): (u64, (i64, Event))| Line {
        v: VERSION,
        seq,
        drill_us: DrillTime::from_secs(s),
        wall_us: s * 1_000_000,
        prev: String::new(),
        event,
    };
    let recording = Recording {
        journal: Journal {
            lines: (0..).zip(events).map(line).collect(),
            torn: false,
        },
        ledger: Vec::new(),
        audit: Vec::new(),
        seal: None,
        lacks_seal: false,
    };
    let mut judged = judge(scenario, &recording);
    add(scenario, &mut judged);
    judged
}

fn stands_for(judged: &Judged) -> &StandsFor {
    judged.report.fleet.as_ref().unwrap().stands_for.as_ref().unwrap()
}

fn finding(judged: &Judged) -> &Finding {
    let mut findings = judged.report.findings.iter();
    findings
        .find(|finding| finding.text.starts_with("With "))
        .unwrap()
}

/// The fleet of most tests, and its RTO.
const FLEET: &str = "stands_for: 100000, profile: aws-full-jitter";

#[test]
fn the_model_of_the_drilled_fleet_is_held_against_what_was_measured() {
    let judged = recorded(&scenario(FLEET, "rto: 2h"), |after| after);
    let (fleet, modelled) = (judged.report.fleet.as_ref().unwrap(), stands_for(&judged));
    assert_eq!((modelled.devices, modelled.connects_per_second), (100_000, 20));
    assert_eq!(modelled.closed_for_s, Some(CLOSED as f64));
    // Samples come every 10 s.
    let error = modelled.validation_error.unwrap();
    assert!((0.000_1..0.2).contains(&error), "{error}");
    let off = |percent: &str| {
        let (here, measured) = (modelled.modelled_here_s[percent], fleet.reconnected_s[percent]);
        let since = |seconds: Option<f64>| seconds.unwrap() - CLOSED as f64;
        (since(here) - since(measured)).abs() / since(here).min(since(measured))
    };
    let largest = ["50", "90", "99"].map(off).into_iter().fold(0.0, f64::max);
    assert!((error - largest).abs() < 0.000_2, "{error} {largest}");
}

#[test]
fn the_larger_fleet_is_that_storm_with_more_devices() {
    let judged = recorded(&scenario(FLEET, "rto: 2h"), |after| after);
    let modelled = stands_for(&judged);
    let storm = Storm {
        devices: 100_000,
        begin: Begin::SessionLost,
        over: Span::ZERO,
        closed_for: Span::from_secs(CLOSED),
        connects_per_second: 20,
        reconnect: Profile::aws_full_jitter().reconnect,
        give_up: Span::from_mins(60 * 24),
        seed: 7,
    };
    let outcome = storm.run_on(Engine::Each);
    for (percent, after) in SHARES.iter().zip(outcome.back_after) {
        assert_eq!(
            modelled.modelled_s[&percent.to_string()],
            after.map(Span::as_secs_f64)
        );
    }
    assert_eq!(modelled.attempts, Some(outcome.attempts));
    assert_eq!(modelled.attempts_per_s_peak, Some(outcome.peak()));
    assert_eq!(modelled.floor_s, Some(storm.floor().as_secs_f64()));
    assert!(modelled.modelled_s["100"] >= modelled.floor_s);
    let most = outcome.back_after[2].unwrap();
    let begins = format!("100,000 devices would be back (99 %) after {most}, all of them after ");
    assert!(modelled.text.starts_with(&begins), "{}", modelled.text);
    assert!(modelled.text.contains(": modelled, within "), "{}", modelled.text);
    let ends =
        " % of what 2,000 devices measured here from when the endpoint was open again, 2m after the fault.";
    assert!(modelled.text.ends_with(ends), "{}", modelled.text);
}

#[test]
fn the_same_records_give_the_same_report() {
    let once = recorded(&scenario(FLEET, "rto: 2h"), |after| after);
    let again = recorded(&scenario(FLEET, "rto: 2h"), |after| after);
    assert_eq!(once, again);
}

#[test]
fn no_text_without_expectation_or_loss() {
    let judged = recorded(&scenario("profile: aws-full-jitter", "rto: 2h"), |after| after);
    assert_eq!(judged.report.fleet.unwrap().stands_for, None);
    let scenario = scenario(FLEET, "rto: 2h");
    let judged = recorded(&scenario, |_| 100_000);
    assert!(
        !judged
            .report
            .findings
            .iter()
            .any(|one| one.text.starts_with("With "))
    );
    assert_eq!(judged.session_loss, None);
    assert_eq!(judged.report.fleet.unwrap().stands_for, None);
}

#[test]
fn an_rto_is_met_or_missed_or_lies_within_the_error_and_no_verdict_changes() {
    let usual = recorded(&scenario(FLEET, "rto: 2h"), |after| after);
    let most = stands_for(&usual).modelled_s["99"].unwrap() as i64;
    for (rto, severity, says) in [
        (most * 2, Severity::Note, "would be met, as far as devices go"),
        (most / 2, Severity::Warning, "would be missed"),
        (most, Severity::Note, "cannot be told within the error"),
    ] {
        let judged = recorded(&scenario(FLEET, &format!("rto: {rto}s")), |after| after);
        let found = finding(&judged);
        assert_eq!(found.severity, severity, "{}", found.text);
        assert!(found.text.contains(says), "{}", found.text);
        assert!(
            found.text.contains("99 % of them would have a session"),
            "{}",
            found.text
        );
        assert!(
            found
                .text
                .ends_with("This is modelled, and does not enter the verdict.")
        );
        let about = (found.service.as_deref(), found.fault.as_deref());
        assert_eq!(about, (Some("telemetry"), Some("killed")));
        let without = recorded(
            &scenario("profile: aws-full-jitter", &format!("rto: {rto}s")),
            |after| after,
        );
        assert_eq!(judged.report.verdict, without.report.verdict);
        assert_eq!(judged.report.objectives, without.report.objectives);
        assert_eq!(judged.report.reasons, without.report.reasons);
    }
}

#[test]
fn fleet_with_another_course_gives_no_model_error() {
    // No device came back that the model has back.
    let mut scenario = scenario(FLEET, "rto: 2h");
    let judged = recorded(&scenario, |after| after.min(130));
    let modelled = stands_for(&judged);
    assert_eq!(modelled.validation_error, None);
    assert!(modelled.text.contains("not to be relied on"), "{}", modelled.text);
    assert!(
        finding(&judged)
            .text
            .contains("cannot be told, since the model is not")
    );
    // From the opening on they took twice as long, and the error says so, however long the endpoint was closed.
    let slowly = |after: i64| {
        if after < 130 {
            after
        } else {
            130 + (after - 130) / 2
        }
    };
    let slow = recorded(&scenario, slowly);
    let error = stands_for(&slow).validation_error.unwrap();
    assert!((0.8..1.3).contains(&error), "{error}");
    // The quota holds all the same.
    assert!(finding(&slow).text.contains("cannot be told within the error"));
    scenario.objectives.services[0].rto = Some(Span::from_mins(60));
    let slow = recorded(&scenario, slowly);
    assert!(
        finding(&slow).text.contains("since with this quota no policy"),
        "{}",
        finding(&slow).text
    );
}

#[test]
fn recovered_devices_of_model_and_drill_are_compared() {
    let fleet = |seconds: [Option<f64>; 3]| Fleet {
        reconnected_s: shares(seconds),
        ..Fleet::default()
    };
    let all = [Some(100.0), Some(200.0), Some(300.0)];
    for (measured, modelled, opens, expected) in [
        (
            all,
            [Some(110.0), Some(200.0), Some(297.0)],
            0.0,
            Validation::Within(0.1),
        ),
        (
            all,
            [Some(110.0), Some(200.0), Some(297.0)],
            80.0,
            Validation::Within(0.5),
        ),
        (
            [Some(110.0), Some(200.0), Some(297.0)],
            all,
            80.0,
            Validation::Within(0.5),
        ),
        ([Some(0.0); 3], [Some(0.0); 3], 0.0, Validation::Within(0.0)),
        // These never lost their sessions.
        (
            [Some(0.0), Some(200.0), Some(300.0)],
            all,
            80.0,
            Validation::Contradicted,
        ),
        (
            all,
            [Some(100.0), Some(200.0), None],
            80.0,
            Validation::Contradicted,
        ),
        // It was observed for 250 s.
        (
            [Some(100.0), Some(200.0), None],
            all,
            80.0,
            Validation::Within(0.0),
        ),
        ([Some(100.0), None, None], all, 80.0, Validation::Contradicted),
        ([None; 3], [Some(251.0); 3], 80.0, Validation::TooShort),
        ([None; 3], [None; 3], 80.0, Validation::NoneBack),
    ] {
        let found = validate(&fleet(measured), &shares(modelled), opens, Span::from_secs(250));
        assert_eq!(found, expected, "{measured:?} {modelled:?}");
    }
    assert_eq!(Validation::Within(0.012_311).error(), Some(0.012_4));
}

/// At 50, 90 and 99 %.
fn shares(seconds: [Option<f64>; 3]) -> BTreeMap<String, Option<f64>> {
    COMPARED.iter().map(ToString::to_string).zip(seconds).collect()
}

#[test]
fn an_endpoint_that_never_opened_has_nothing_modelled() {
    // A broker that stays away: the fault has no end.
    let mut scenario = scenario(FLEET, "rto: 2h");
    scenario.faults[0].for_ = None;
    let judged = recorded(&scenario, |_| 0);
    let modelled = stands_for(&judged);
    assert_eq!((modelled.closed_for_s, modelled.attempts), (None, None));
    assert!(modelled.modelled_s.is_empty());
    assert!(
        modelled.text.contains("is not modelled: no broker"),
        "{}",
        modelled.text
    );
    assert!(
        !judged
            .report
            .findings
            .iter()
            .any(|one| one.text.starts_with("With "))
    );
}

#[test]
fn records_that_cannot_be_are_not_modelled_for_ever() {
    let scenario = scenario(FLEET, "rto: 2h");
    let mut judged = recorded(&scenario, |after| after);
    let loss = judged.session_loss.unwrap();
    for impossible in [
        SessionLoss {
            opens_after: Some(Span::from_us(i64::MAX)),
            ..loss
        },
        SessionLoss {
            over: Span::from_us(i64::MAX),
            ..loss
        },
        SessionLoss {
            devices: u64::MAX,
            ..loss
        },
    ] {
        judged.session_loss = Some(impossible);
        add(&scenario, &mut judged);
        assert_eq!(stands_for(&judged).validation_error, None, "{impossible:?}");
    }
}

#[test]
fn devices_that_give_up_never_come_back() {
    let fleet = "stands_for: 100000, profile: esp-aws-iot";
    let judged = recorded(&scenario(fleet, "rto: 2h"), |after| after);
    let modelled = stands_for(&judged);
    assert_eq!(
        modelled.closed_for_s,
        Some(CLOSED as f64),
        "the fault ended, and all had given up"
    );
    assert_eq!(modelled.modelled_here_s["50"], None);
    assert_eq!(modelled.modelled_s["50"], None);
    assert_eq!(modelled.validation_error, None, "there is nothing to compare");
    let begins = "Of 100,000 devices 99 % would never be back, since devices give up: modelled, and of 2,000 devices none came";
    assert!(modelled.text.starts_with(begins), "{}", modelled.text);
}

#[test]
fn a_fleet_that_is_too_large_is_not_followed_for_ever() {
    let fleet = "stands_for: 8000000000, profile: aws-full-jitter";
    let judged = recorded(&scenario(fleet, "rto: 2h"), |after| after);
    let modelled = stands_for(&judged);
    assert_eq!((modelled.modelled_s["50"], modelled.attempts), (None, None));
    let begins = "Of 8,000,000,000 devices 99 % would not be back within 24h 02m: modelled, ";
    assert!(modelled.text.starts_with(begins), "{}", modelled.text);
    assert!(finding(&judged).text.contains("would be missed"));
}

#[test]
fn share_without_a_figure_is_shown_in_seconds() {
    let scenario = scenario(FLEET, "rto: 2h");
    let judged = recorded(&scenario, |after| after);
    let model = Model::new(&scenario, &judged).unwrap();
    let modelled = model.storm.unwrap();
    let back = |millionths| {
        modelled
            .back(drill::units::Fraction::from_millionths(millionths).unwrap())
            .unwrap()
    };
    assert_eq!(Some(back(990_000)), modelled.outcome.back_after[2]);
    let (less, more) = (back(899_999), back(900_001));
    let exactly = modelled.outcome.back_after[1].unwrap();
    assert!(less - exactly < Span::from_secs(2) && exactly - less < Span::from_secs(2));
    assert!(more >= exactly && more - exactly < Span::from_secs(2));
}

#[test]
fn more_devices_than_are_simulated_are_refused() {
    // `drill` cannot know what is simulated.
    let most = Storm::MOST;
    scenario(
        &format!("stands_for: {most}, profile: aws-full-jitter"),
        "rto: 2h",
    );
    let text = format!(
        "version: 1\nfleet: {{devices: 1, profile: aws-full-jitter, stands_for: {}}}\n",
        most + 1
    );
    let errors = Scenario::parse("test.yaml", &text).unwrap_err();
    assert!(
        errors
            .iter()
            .any(|error| error.to_string().contains("fleet.stands_for"))
    );
}
