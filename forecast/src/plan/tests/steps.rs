//! Steps: tried again, cut short, side by side, and gates.

use drill::plan::takes;

use super::*;

fn of_step<'s>(study: &'s Study, step: &str) -> &'s crate::plan::study::Duration {
    let mut durations = study.durations.iter();
    durations
        .find(|one| one.name == step)
        .unwrap_or_else(|| panic!("{step}"))
}

/// The step took so long in each run.
#[track_caller]
fn assert_lasts(study: &Study, step: &str, seconds: f64) {
    let length = &of_step(study, step).length;
    assert_eq!(length.known, study.runs);
    assert_eq!(
        (length.quantiles[0].value_s, length.quantiles[7].value_s),
        (Some(seconds), Some(seconds)),
        "{step}"
    );
}

/// Declared at 28m10s; monitoring fires at 23m.
const DECLARE: &str = "  - {id: declare, do: human, takes: {p50: 5m10s, p95: 5m10s}}\n";
const RESTORE: &str = "  - {id: restore, do: s3.restore_versions, damaged: assess}\n";

#[test]
fn a_step_is_tried_again_as_often_as_it_says() {
    let with = |attempts: u32| {
        let mut parts = hello();
        // Listing versions is denied up to 30m20s.
        parts.faults.push_str(
            "  - {at: 20m10s, do: aws.access_denied, operation: ListObjectVersions, principals: user, for: 10m10s}\n",
        );
        parts.runbook = format!(
            "{DECLARE}  - {{id: assess, do: s3.audit, bucket: files, on_failure: retry, max_attempts: {attempts}, \
             retry_after: 1m}}\n{RESTORE}"
        );
        parts.runs(20)
    };
    // At 28m10s, 29m10s, 30m10s and 31m10s: the fourth succeeds, for the round at 31m30s.
    let study = with(4);
    assert_lasts(&study, "assess", 180.0);
    assert_always(rto(&study), 680.0);
    assert_eq!(of_step(&study, "assess").failed, 0);
    let study = with(3);
    assert_lasts(&study, "assess", 120.0);
    assert_eq!(of_step(&study, "assess").failed, 20);
    assert_never(&study, Metric::Rto, "downloads");
}

#[test]
fn pauses_between_attempts_end_with_the_timeout() {
    let mut parts = hello();
    parts.faults.push_str(
        "  - {at: 20m10s, do: aws.access_denied, operation: ListObjectVersions, principals: user}\n",
    );
    parts.runbook = format!(
        "{DECLARE}  - {{id: assess, do: s3.audit, bucket: files, on_failure: retry, max_attempts: 9, retry_after: 1m, \
         timeout: 2m30s}}\n"
    );
    let study = parts.runs(20);
    assert_lasts(&study, "assess", 150.0);
    assert_eq!(of_step(&study, "assess").failed, 20);
}

#[test]
fn timed_out_step_restores_nothing_more() {
    // 20,000 objects by two calls of 200 ms each, ten at once: 800 s.
    let mut parts = replicated("{p50: 1s, p99: 1s}", "");
    parts.cloud = parts.cloud.replace(
        "versioned: true",
        "versioned: true, stands_for: {objects: 20000, bytes: 1MB}",
    );
    parts.writers = String::new();
    parts.services = parts
        .services
        .replace(", data: files, rto: 30m, rpo: 5m", ", rto: 1h");
    let with = |timeout: &str| {
        let runbook = format!(
            "{DECLARE}  - {{id: assess, do: s3.audit, bucket: files}}\n  - {{id: restore, do: s3.restore_objects, damaged: \
             assess, from: {{bucket: files, region: backup}}, timeout: {timeout}}}\n"
        );
        Parts {
            runbook,
            ..parts.clone()
        }
        .runs(10)
    };
    let study = with("10m");
    assert_lasts(&study, "restore", 600.0);
    assert_eq!(of_step(&study, "restore").failed, 10);
    assert_never(&study, Metric::Rto, "downloads");
    let study = with("20m");
    assert_eq!((of_step(&study, "restore").failed, rto(&study).met), (0, 10));
}

#[test]
fn gate_opens_with_the_second_green_result_after_it() {
    let mut parts = hello();
    parts.runbook = format!(
        "{DECLARE}  - {{id: assess, do: s3.audit, bucket: files}}\n{RESTORE}  - {{id: gate, do: check, probe: downloads, \
         timeout: 1h}}\n  - {{id: long, do: check, probe: downloads, green: 5, timeout: 1h}}\n"
    );
    let study = parts.runs(20);
    // From 28m10s on: the rounds at 28m30s and 29m; and then those from 29m on, or after it, since one that begins at
    // the instant of the gate's opening may be either.
    assert_lasts(&study, "gate", 50.0);
    let long = of_step(&study, "long").length.quantiles[7].value_s.unwrap();
    assert!(long == 120.0 || long == 150.0, "{long}");
    // A gate before a restore, that waits for it in vain, delays it by its timeout: from 28m10s to 31m10s.
    parts.runbook = format!(
        "{DECLARE}  - {{id: gate, do: check, probe: downloads, timeout: 3m}}\n  - {{id: assess, do: s3.audit, bucket: \
         files}}\n{RESTORE}"
    );
    let study = parts.runs(20);
    assert_lasts(&study, "gate", 180.0);
    assert_eq!(of_step(&study, "gate").failed, 20);
    assert_always(rto(&study), 680.0);
    // One that never opens and has no timeout holds everything up, if nothing new is written either.
    parts.writers = String::new();
    parts.services = parts
        .services
        .replace(", data: files, rto: 30m, rpo: 5m", ", rto: 30m");
    parts.runbook = parts.runbook.replace(", timeout: 3m", "");
    let study = parts.runs(5);
    assert_never(&study, Metric::Rto, "downloads");
    assert_eq!(of_step(&study, "gate").length.known, 0);
}

#[test]
fn of_branches_the_longer_one_decides() {
    let mut parts = hello();
    parts.runbook = format!(
        "{DECLARE}  - id: both\n    do: parallel\n    steps:\n      - {{id: short, do: human, takes: {{p50: 4m, p95: \
         4m}}}}\n      - {{id: long, do: human, takes: {{p50: 9m, p95: 9m}}}}\n  - {{id: assess, do: s3.audit, bucket: \
         files}}\n{RESTORE}"
    );
    let scenario = parts.parse();
    let study = study_of(&Question {
        runs: 20,
        what_if: true,
        ..question_about(&scenario)
    });
    // 28m10s + 9m: the round at 37m30s.
    assert_always(rto(&study), 1_040.0);
    for (name, critical, share) in [
        ("declare", 1.0, 310.0 / 1_040.0),
        ("long", 1.0, 540.0 / 1_040.0),
        ("short", 0.0, 0.0),
    ] {
        let duration = of_step(&study, name);
        assert_eq!(duration.critical, critical, "{name}");
        assert!(
            (duration.share - share).abs() < 1e-9,
            "{name}: {}",
            duration.share
        );
    }
    let after = |duration: &str, factor: f64| {
        let such = |one: &&crate::plan::study::WhatIf| {
            one.duration == duration && one.factor == factor && one.metric == Metric::Rto
        };
        study.what_if.iter().find(such).unwrap().median_after_s
    };
    // Twice 4 minutes are less than 9; half of 9 is 4m30s, which is more than 4.
    assert_eq!(
        (after("short", 0.5), after("short", 2.0)),
        (Some(1_040.0), Some(1_040.0))
    );
    assert_eq!(after("long", 0.5), Some(1_040.0 - 270.0));
}

#[test]
fn branches_of_drawn_lengths_are_drawn_each_by_itself() {
    let mut parts = hello();
    parts.services = parts.services.replace("rto: 30m", "rto: 1h");
    parts.runbook = format!(
        "{DECLARE}  - id: both\n    do: parallel\n    steps:\n      - {{id: one, do: human, takes: {{p50: 6m, p95: \
         12m}}}}\n      - {{id: other, do: human, takes: {{least: 3m, most: 11m}}}}\n  - {{id: assess, do: s3.audit, \
         bucket: files}}\n{RESTORE}"
    );
    let scenario = parts.parse();
    let question = Question {
        runs: 60,
        ..question_about(&scenario)
    };
    let found = figures(&question, Metric::Rto, "downloads");
    let drawn = |seed, id| takes(seed, Durations::Draw, scenario.step(id).unwrap());
    let mut longer = [0, 0];
    for (seed, figure) in (1..).zip(&found) {
        let (one, other) = (drawn(seed, "one"), drawn(seed, "other"));
        longer[usize::from(other > one)] += 1;
        let back = up_to(s(30), s(28 * 60 + 10) + one.max(other)) - s(20 * 60 + 10);
        assert_eq!(figure.us, Some(back.as_us()), "seed {seed}");
    }
    let study = study_of(&question);
    assert!(longer.iter().all(|count| *count > 5));
    for (name, count) in ["one", "other"].iter().zip(longer) {
        assert_eq!(of_step(&study, name).critical, f64::from(count) / 60.0, "{name}");
    }
}

#[test]
fn a_drain_goes_on_with_the_copies_that_it_waits_for() {
    let with = |more: &str, runbook: &str| {
        let mut parts = replicated("{p50: 90s, p99: 90s}", &format!("{DECLARE}{runbook}"));
        parts
            .faults
            .push_str("  - {at: 20m10s, do: s3.pause_replication, bucket: files");
        parts.faults.push_str(more);
        parts.faults.push_str("}\n");
        parts.runs(10)
    };
    // From 28m10s on it checks every minute. Copies go on at 40m10s, and then one is always under way: a write comes every
    // 15 s and takes 90 s. It never ends, as long as writers write.
    let drain = "  - {id: drain, do: replication.drain, bucket: files, timeout: 1h}\n";
    assert_eq!(of_step(&with(", for: 20m", drain), "drain").failed, 10);
    // Who switches the replication off gives up what is under way, which the drain says at its next result.
    let off = "  - {id: off, do: s3.put_replication, bucket: files, status: Disabled, after: [declare], takes: {p50: \
               90s, p95: 90s}}\n";
    let side_by_side = format!("{}{off}", drain.replace("files,", "files, after: [declare],"));
    let study = with("", &side_by_side);
    assert_lasts(&study, "drain", 120.0);
    assert_eq!(of_step(&study, "drain").failed, 10);
}

#[test]
fn a_drain_ends_once_a_pause_has() {
    let mut parts = replicated(
        "{p50: 20s, p99: 20s}",
        &format!("{DECLARE}  - {{id: drain, do: replication.drain, bucket: files, timeout: 3h}}\n"),
    );
    // One write an hour: the one of the second hour is held back, up to 3h; the drain begins at 1h58m10s.
    parts.writers = parts.writers.replace("every: 15s", "every: 1h");
    parts.services = parts
        .services
        .replace(", data: files, rto: 30m, rpo: 5m", ", rto: 30m");
    parts.objectives = "  mtd: 8h\n".to_owned();
    parts.faults =
        "  - {at: 40m10s, do: s3.pause_replication, bucket: files, for: 2h20m}\n  - {at: 1h50m10s, do: \
                    s3.delete_objects, bucket: files, fraction: 1, mode: purge}\n"
            .to_owned();
    let study = parts.runs(10);
    // At the first whole minute after 1h58m10s at which copies have been made again: at 3h10s.
    assert_lasts(&study, "drain", 62.0 * 60.0);
    assert_eq!(of_step(&study, "drain").failed, 0);
}
