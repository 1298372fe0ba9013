//! Scenarios at the bounds of what a file may say, and those of which nothing can be told.

use super::*;
use crate::plan::refusals;

fn line_of(text: &str, of: &str) -> Option<u32> {
    let place = text.lines().position(|line| line.contains(of))?;
    u32::try_from(place + 1).ok()
}

#[test]
fn a_bucket_may_have_as_many_writers_as_a_file_may_list() {
    let mut parts = hello();
    parts.writers = (0..200)
        .map(|n| format!("  w{n}: {{do: s3.put_object, bucket: files, every: 10m}}\n"))
        .collect();
    assert_eq!(rto(&parts.runs(3)).figure.known, 3);
    // Each writer's objects by themselves: those of the last one only, of which the probe reads one.
    let last = parts
        .faults
        .replace("bucket: files", "bucket: files, prefix: w199/");
    for (faults, impact) in [(last.clone(), 3), (last.replace("w199/", "w63/"), 0)] {
        let mut parts = parts.clone();
        parts.faults = faults;
        parts.probes = parts.probes.replace("sample: 10", "sample: 1, prefix: w199/");
        let study = parts.runs(3);
        assert_eq!(3 - rto(&study).unaffected, impact);
    }
}

#[test]
fn the_largest_bucket_takes_its_time() {
    // 10¹² objects by a copy of 200 ms and a read of 200 ms each, ten at once: 4 · 10¹⁰ s at least, a thousand years.
    let restore = "  - {id: declare, do: human, takes: {p50: 1m, p95: 1m}}\n  - {id: assess, do: s3.audit, bucket: files}\n  \
                   - {id: restore, do: s3.restore_objects, damaged: assess, from: {bucket: files, region: backup}}\n";
    let mut parts = replicated("{p50: 1s, p99: 1s}", restore);
    parts.cloud = parts.cloud.replace(
        "versioned: true",
        "versioned: true, stands_for: {objects: 1000000000000, bytes: 1000000000GB}",
    );
    assert_never(&parts.runs(3), Metric::Rto, "downloads");
}

#[test]
fn endless_simulation_is_refused() {
    let mut parts = hello();
    parts.more = "give_up: 60d\n".to_owned();
    parts.writers = parts.writers.replace("15s", "10m");
    assert_eq!(refusals(&parts.parse(), &Calibration::default()), []);
    // 60 days have 51,840,000 tenths of a second.
    parts.probes = parts.probes.replace("every: 30s", "every: 100ms");
    let refused = refusals(&parts.parse(), &Calibration::default());
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].line, line_of(&parts.text(), "  downloads: {do:"));
    assert!(refused[0].text.contains("51840000 times"), "{}", refused[0].text);
}

#[test]
fn plan_without_steady_state_is_refused() {
    // By 20m10s the writer has written 80 or 81 objects, and 50 were there: as many as it takes are not there at first.
    let mut parts = hello();
    parts.probes = parts.probes.replace("sample: 10", "sample: 500");
    let (text, scenario) = (parts.text(), parts.parse());
    let refused = study(&question_about(&scenario), &Watch::default()).unwrap_err();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].line, line_of(&text, "  downloads: {do:"));
    assert!(
        refused[0].text.contains("red before anything is broken"),
        "{}",
        refused[0].text
    );
    parts.probes = parts.probes.replace("sample: 500", "sample: 120");
    assert_eq!(parts.runs(2).runs, 2);
}

#[test]
fn nothing_that_breaks_is_refused() {
    let mut parts = hello();
    parts.faults = "  - {at: \"step:declare+1m\", do: s3.delete_bucket, bucket: files}\n".to_owned();
    let refused = refusals(&parts.parse(), &Calibration::default());
    assert!(
        refused[0].text.contains("nothing would happen"),
        "{}",
        refused[0].text
    );
}
