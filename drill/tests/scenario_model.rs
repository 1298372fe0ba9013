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
    assert_eq!(s.cloud.iot().unwrap().connects_per_second, 500);
    assert_eq!(s.faults[0].id, "s3.delete_objects");
    let Some(corrupt) = s.faults[1].action.get::<S3CorruptObjects>() else {
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
    assert_eq!(telemetry.kind.store(), "telemetry");
    let Some(path) = s.probe("telemetry-path").unwrap().kind.get::<PathTelemetry>() else {
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
    assert_eq!(declare.takes.as_ref().unwrap().p95(), Span::from_mins(15));
    let restore = s.runbook.iter().find(|step| step.id == "restore").unwrap();
    assert_eq!(
        restore.within.as_ref().unwrap().counted_from,
        Reference::Declaration
    );
    assert_eq!(restore.on_failure, OnFailure::Abort);
    let Some(objects) = restore.action.get::<S3RestoreObjects>() else {
        panic!("{restore:?}");
    };
    assert_eq!(objects.bucket, "programs");
    assert_eq!(objects.from.region, "backup");
    assert_eq!(s.faults[0].line, 48);
}

#[test]
fn a_window_may_say_what_it_counts_from() {
    let from = |text: &str| {
        let (s, _) = parse(&DESIGN.replace("within: 20m..60m", text));
        let restore = s
            .runbook
            .iter()
            .find(|step| step.id == "restore")
            .unwrap()
            .within
            .clone();
        restore.unwrap().counted_from
    };
    assert_eq!(from("within: {window: 20m..60m, from: fault}"), Reference::Fault);
    assert_eq!(
        from("within: {window: 20m..60m, from: contain}"),
        Reference::Step("contain".to_owned())
    );
    let (s, _) = parse(&DESIGN.replace("within: 10m..20m}", "within: 10m..20m, from: detection}"));
    assert_eq!(
        s.runbook[2].within.as_ref().unwrap().counted_from,
        Reference::Detection
    );
}

#[test]
fn what_is_left_out_has_its_default() {
    let text = "
version: 1
name: small
title: A bucket of its own
system: test
objectives:
  mtd: 2h
  services:
    store: {probe: store, data: bucket, rto: 1h}
cloud:
  regions: {primary: us-west-2}
  buckets:
    bucket: {name: some-bucket, objects: {count: 10}}
writers:
  bucket: {do: s3.put_object, bucket: bucket, every: 10s}
  other: {do: s3.put_object, bucket: bucket, every: 10s, size: 1KiB}
probes:
  store: {do: s3.get_object, bucket: bucket, sample: 5, every: 30s, timeout: 5s}
faults:
  - {at: 20m, do: s3.delete_objects, bucket: bucket, fraction: 1, mode: purge}
  - {at: 20m, do: s3.delete_objects, bucket: bucket, fraction: 1, mode: purge}
  - {at: 30m, do: s3.pause_replication, bucket: bucket, for: 10m}
detection: {probe: store}
runbook:
";
    let (s, warnings) = parse(text);
    assert_eq!(s.exercise, Exercise::Functional);
    assert_eq!(
        (s.clock.speed, s.clock.highest_rate(), s.clock.durations),
        (Speed::Auto, 3600, Durations::P95)
    );
    assert_eq!(
        (s.stable_for, s.observe_for),
        (Span::from_mins(5), Span::from_mins(10))
    );
    assert_eq!(
        (s.drain_timeout, s.late_after),
        (Span::from_mins(5), Span::from_mins(1))
    );
    assert_eq!(
        (s.give_up, s.steady_hold),
        (Span::from_mins(120), Span::from_mins(10))
    );
    assert_eq!((s.seed, s.seed_or(None), s.seed_or(Some(9))), (None, 1, 9));
    assert_eq!(s.objectives.services[0].source, Source::Assumed);
    let bucket = s.bucket("bucket").unwrap();
    let objects = bucket.objects.as_ref().unwrap();
    assert_eq!((bucket.region.as_str(), bucket.versioned), ("primary", false));
    assert_eq!(
        (objects.size.min.0, objects.size.max.0, objects.history),
        (4096, 65536, Span::from_mins(8 * 1440))
    );
    assert_eq!(s.writers[1].size.max, ByteSize(1024));
    let ids: Vec<&str> = s.faults.iter().map(|fault| fault.id.as_str()).collect();
    assert_eq!(
        ids,
        ["s3.delete_objects", "s3.delete_objects-2", "s3.pause_replication"]
    );
    assert_eq!(s.faults[2].for_, Some(Span::from_mins(10)));
    let detection = s.detection.as_ref().unwrap();
    assert_eq!(
        (detection.failing.to_string().as_str(), detection.every),
        ("3 of 5", Span::from_mins(1))
    );
    let Some(get) = s.probes[0].kind.get::<S3GetObject>() else {
        panic!("{:?}", s.probes[0]);
    };
    assert_eq!(
        (get.pass, get.verify, s.probes[0].debounce),
        (CountOf { n: 5, of: 5 }, Verify::Sha256, 2)
    );
    assert_eq!(
        s.data[0].kind,
        DataKind::Keyed {
            store: "bucket".to_owned()
        }
    );
    let texts: Vec<&str> = warnings.iter().map(|warning| warning.path.as_str()).collect();
    assert_eq!(texts, ["faults[2].bucket", "runbook"]);
}

#[test]
fn what_a_step_takes_has_one_of_four_distributions() {
    let mins = Span::from_mins;
    let cases = [
        (
            "{p50: 5m, p95: 5m}",
            Takes::Lognormal {
                p50: mins(5),
                p95: mins(5),
            },
        ),
        (
            "{most: 20m, least: 0, likely: 5m}",
            Takes::Pert {
                least: mins(0),
                likely: mins(5),
                most: mins(20),
            },
        ),
        (
            "{least: 2m, most: 20m}",
            Takes::Uniform {
                least: mins(2),
                most: mins(20),
            },
        ),
        (
            "{seen: [4m, 7m30s, 12m, 4m]}",
            Takes::Seen {
                seen: vec![mins(4), mins(4), Span::from_secs(450), mins(12)],
            },
        ),
    ];
    for (written, takes) in cases {
        let (s, warnings) = parse(&DESIGN.replace("{p50: 5m, p95: 15m}", written));
        assert_eq!(warnings, []);
        assert_eq!(s.declaration().unwrap().takes.as_ref(), Some(&takes), "{written}");
    }
}

#[test]
fn data_named_after_a_bucket_that_only_a_rule_fills_is_telemetry() {
    let text = DESIGN.replace("      telemetry: {topic", "      readings: {topic");
    let (s, _) = parse(&text);
    let rule = "readings".to_owned();
    let bucket = "telemetry".to_owned();
    assert_eq!(
        s.data_set("telemetry").unwrap().kind,
        DataKind::Stream {
            rule,
            store: bucket,
            function: None
        }
    );
}

#[test]
fn the_highest_rate_bounds_any_speed() {
    let highest = |speed, max_speed| {
        let clock = ClockSpec {
            speed,
            max_speed,
            durations: Durations::P95,
            timing: None,
        };
        clock.highest_rate()
    };
    assert_eq!(highest(Speed::Auto, 3600), 3600);
    assert_eq!(highest(Speed::Auto, 60), 60);
    assert_eq!(highest(Speed::AtMost(120), 3600), 120);
    assert_eq!(highest(Speed::AtMost(120), 60), 60);
    assert_eq!("auto".parse(), Ok(Speed::Auto));
    assert_eq!("3600".parse(), Ok(Speed::AtMost(3600)));
    for wrong in ["0", "3601", "fast", "1.5", ""] {
        assert!(wrong.parse::<Speed>().is_err(), "{wrong}");
    }
}

#[test]
fn an_expected_failure_names_its_reason() {
    let expect = "expect: {verdict: fail, because: {missed: [\"program-delivery rto\", \"* protection\"], open: [\"* mtd\"], steps: [contain]}}";
    let (s, warnings) = parse(&DESIGN.replace("observe_for: 10m", &format!("observe_for: 10m\n{expect}")));
    assert_eq!(warnings, []);
    let expectation = s.expect.unwrap();
    assert_eq!(expectation.verdict, drill::report::Verdict::Fail);
    let because = expectation.because.unwrap();
    assert_eq!(because.missed, ["program-delivery rto", "* protection"]);
    assert_eq!(because.open.unwrap(), ["* mtd"]);
    assert_eq!(because.steps.unwrap(), ["contain"]);
    assert_eq!(parse(DESIGN).0.expect, None);
}
