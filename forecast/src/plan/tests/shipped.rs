//! The scenarios that ship with Firedrill, of which drills have shown what comes of them.

use std::path::Path;

use super::*;

fn shipped(name: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../scenarios")
        .join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    parse(&text)
}

/// As drills take the durations: at 95 %.
fn drilled(scenario: &Scenario) -> Study {
    study_of(&Question {
        runs: 40,
        durations: Durations::P95,
        ..question_about(scenario)
    })
}

#[test]
fn a_plan_without_a_procedure_recovers_nothing() {
    let scenario = shipped("iot-steel/lambda-failure-as-written.yaml");
    for durations in [Durations::P95, Durations::Draw] {
        let study = study_of(&Question {
            runs: 40,
            durations,
            phase: Phase::Random,
            ..question_about(&scenario)
        });
        assert_never(&study, Metric::Rto, "telemetry");
        assert_eq!(target(&study, Metric::Rpo, "telemetry").met, 0);
        assert_eq!(target(&study, Metric::Rto, "program-delivery").unaffected, 40);
    }
}

#[test]
fn a_lost_bucket_is_back_as_soon_as_in_a_drill() {
    // Drills take 28 to 29 minutes.
    let study = drilled(&shipped("iot-steel/s3-bucket-loss.yaml"));
    let target = target(&study, Metric::Rto, "program-delivery");
    let minutes = quantile(target, 50).unwrap() / 60.0;
    assert!((27.0..30.0).contains(&minutes), "{minutes}");
    assert_eq!((target.met, target.met_by_fault_end), (40, 0));
}

#[test]
fn a_lost_region_is_recovered_and_returned_to() {
    let study = drilled(&shipped("iot-steel/region-failure.yaml"));
    for target in &study.targets {
        assert_eq!(
            (target.met, target.met_by_fault_end),
            (40, 0),
            "{} {:?}",
            target.service,
            target.metric
        );
    }
    // Six hours of outage, during which names were away.
    assert!(quantile(target(&study, Metric::Rto, "program-delivery"), 100).unwrap() < 3_600.0);
}

#[test]
fn unnoticed_pause_misses_the_recovery_point() {
    let study = drilled(&shipped("iot-steel/replication-paused.yaml"));
    assert_eq!(target(&study, Metric::Rpo, "program-delivery").met, 0);
    assert_eq!(target(&study, Metric::Rto, "program-delivery").met, 40);
}

#[test]
fn plans_of_commands_are_refused_line_by_line() {
    for name in [
        "iot-steel/region-failure-as-written.yaml",
        "iot-steel/s3-bucket-loss-as-written.yaml",
    ] {
        let refused = crate::plan::refusals(&shipped(name), &Calibration::default());
        assert!(
            refused.len() > 2 && refused.iter().all(|refusal| refusal.line.is_some()),
            "{name}"
        );
    }
}
