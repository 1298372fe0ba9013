//! Scenarios that are right: what they decode to.

use drill::scenario::*;
use drill::units::{ByteSize, Fraction, Span};

/// The example of the design document, verbatim.
const DESIGN: &str = include_str!("scenario/design.yaml");

fn parse(text: &str) -> (Scenario, Vec<Warning>) {
    Scenario::parse("scenario.yaml", text).unwrap_or_else(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        panic!("{}", errors.join("\n"))
    })
}

#[test]
fn the_design_example_decodes() {
    let (s, warnings) = parse(DESIGN);
    assert_eq!(warnings, []);
    assert_eq!(
        (s.name.as_str(), s.version, s.exercise),
        ("s3-bucket-loss", 1, Exercise::Functional)
    );
    assert_eq!(s.give_up, Span::from_mins(480));
    let service = &s.objectives.services[0];
    assert_eq!(service.source, Source::Plan { first: 44, last: 44 });
    assert_eq!(
        (service.rto, service.rpo),
        (Some(Span::from_mins(60)), Some(Span::from_mins(15)))
    );
    assert_eq!(s.objectives.services[1].expect, Expect::Unaffected);
    let bucket = s.bucket("programs").unwrap();
    assert_eq!(bucket.stands_for.unwrap().bytes, ByteSize(2_000_000_000));
    assert_eq!(bucket.name_in("backup"), "aws-iot-steel-programs-backup");
    assert_eq!(bucket.name_in("primary"), "aws-iot-steel-programs");
    assert_eq!(s.cloud.aws_region("backup"), Some("us-east-1"));
    assert_eq!(s.writers[0].size.max, ByteSize(64 << 10));
    assert_eq!(s.cloud.iot.as_ref().unwrap().connects_per_second, 500);
    assert_eq!(s.faults[0].id, "s3.delete_objects");
    let FaultAction::S3CorruptObjects(corrupt) = &s.faults[1].action else {
        panic!("{:?}", s.faults[1]);
    };
    assert_eq!(corrupt.fraction, Fraction::from_f64(0.05).unwrap());
}

#[test]
fn the_design_example_resolves_what_it_leaves_unsaid() {
    let (s, _) = parse(DESIGN);
    assert_eq!(s.data.len(), 2);
    assert_eq!(
        s.data_set("programs").unwrap().counted_from,
        CountedFrom::Acknowledged
    );
    let telemetry = s.data_set("telemetry").unwrap();
    assert_eq!(telemetry.counted_from, CountedFrom::Produced);
    assert_eq!(telemetry.kind.bucket(), "telemetry");
    let ProbeKind::PathTelemetry(path) = &s.probe("telemetry-path").unwrap().kind else {
        panic!("not a path");
    };
    assert_eq!(
        (path.rule.as_str(), path.bucket.as_str()),
        ("telemetry", "telemetry")
    );
    let declare = s.declaration().unwrap();
    assert_eq!(
        declare.within.as_ref().unwrap().counted_from,
        Reference::Detection
    );
    assert_eq!(declare.takes.unwrap().p95, Span::from_mins(15));
    let restore = s.runbook.iter().find(|step| step.id == "restore").unwrap();
    assert_eq!(
        restore.within.as_ref().unwrap().counted_from,
        Reference::Declaration
    );
    assert_eq!(restore.on_failure, OnFailure::Abort);
    let StepAction::S3RestoreObjects(objects) = &restore.action else {
        panic!("{restore:?}");
    };
    assert_eq!(objects.bucket, "programs");
    assert_eq!(objects.from.region, "backup");
    assert_eq!(s.faults[0].line, 48);
}
