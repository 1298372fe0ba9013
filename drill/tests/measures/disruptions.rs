//! Which disruption a loss belongs to, what dates it, and what leaves it open.

use std::collections::BTreeMap;

use drill::audit::{AuditRecord, Found};
use drill::journal::{AuditId, Event, Health};
use drill::ledger::{LedgerRecord, Left};
use drill::report::{Metric, ObjectiveVerdict, Severity, Verdict};

use crate::objects::{losing, of_scenario, programs, rotten};
use crate::support::*;

#[test]
fn a_protection_that_was_stopped_is_the_cause_and_dates_nothing() {
    let yaml = SCENARIO.replace(
        "faults:\n",
        "faults:\n  - {id: pause, at: 20m, do: s3.pause_replication, bucket: programs}\n",
    );
    let mut run = recovered_under(&yaml);
    run.injection("pause", 1200, &[]);
    run.audits(|key| match second(key) {
        Some(s) if (1170..2100).contains(&s) => Found::Missing,
        _ => body(key),
    });
    let report = run.report();
    let data = programs(&report);
    assert_eq!(
        (data.rpa_s, data.rpa_before_fault_s, data.lost),
        (Some(930.0), 930.0, 31)
    );
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Fail);
    assert_eq!(incident(&report).fault.as_deref(), Some("loss"));
    let finding = find(&report, &["31 lost", "The cause is fault pause", "20m"]);
    assert_eq!(finding.fault.as_deref(), Some("pause"));
    assert_eq!(finding.severity, Severity::Critical, "beyond the RPO");
}

#[test]
fn of_two_faults_the_first_that_damages_dates_the_loss() {
    let yaml = SCENARIO.replace(
        "faults:\n",
        "faults:\n  - {id: rot, at: 32m, do: s3.corrupt_objects, bucket: programs, fraction: 0.1}\n",
    );
    let mut run = recovered_under(&yaml);
    run.injection("rot", 1920, &[key(1800)]);
    run.audits(|k| {
        if second(k) == Some(1800) {
            rotten(k)
        } else {
            body(k)
        }
    });
    let report = run.report();
    assert_eq!(programs(&report).rpa_s, Some(120.0));
}

#[test]
fn a_fault_elsewhere_dates_nothing_here() {
    let yaml = SCENARIO
        .replace("writers:", "    other: {name: other-bucket}\nwriters:")
        .replace(
            "faults:\n",
            "faults:\n  - {id: other, at: 32m, do: s3.delete_bucket, bucket: other}\n",
        );
    let mut run = recovered_under(&yaml);
    run.injection("other", 1920, &[]);
    run.audits(|k| {
        if second(k) == Some(1800) {
            Found::Missing
        } else {
            body(k)
        }
    });
    assert_eq!(programs(&run.report()).rpa_s, Some(300.0));
}

#[test]
fn of_several_reads_of_a_key_the_latest_body_counts() {
    let mut run = losing(|s| s == 2070);
    let read = |digest, at_s| AuditRecord::Value {
        audit: AuditId::A,
        store: "programs".into(),
        region: "primary".into(),
        key: key(2070),
        found: Found::Body {
            digest,
            size: 1024,
            last_modified: at(at_s),
        },
    };
    run.audit.push(read(digest(&key(2070)), 9));
    run.audit.push(read([1; 32], 5));
    assert_eq!(
        (programs(&run.report()).lost, programs(&run.report()).stable),
        (0, 140)
    );
}

#[test]
fn a_loss_in_the_steady_state_voids_the_drill() {
    let mut run = losing(|s| s == 600);
    // The fault did not touch it, and no step wrote to the bucket.
    run.change(|_, event| {
        if let Event::FaultInjected { targets, .. } = event {
            targets.retain(|target| *target != key(600));
        }
    });
    run.without_step("restore");
    let report = run.report();
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert!(
        reasons(&report).contains("Lost in the steady state: 1 write of programs"),
        "{}",
        reasons(&report)
    );
    // What the fault touched it explains.
    run.change(|_, event| {
        if let Event::FaultInjected { targets, .. } = event {
            targets.push(key(600));
        }
    });
    assert!(!reasons(&run.report()).contains("steady state"));
    // A step that took it away is no steady state.
    let mut run = losing(|s| s == 600);
    run.change(|_, event| {
        if let Event::FaultInjected { targets, .. } = event {
            targets.clear();
        }
    });
    run.object_changed("assess", at(3185), &key(600), Left::Nothing);
    let report = run.report();
    assert!(!reasons(&report).contains("steady state"));
    assert_eq!(programs(&report).lost_by_cause[0].cause, "step assess");
}

#[test]
fn what_cannot_be_read_is_inconclusive_and_never_lost() {
    let mut run = recovered();
    run.audits(|key| match second(key) {
        Some(600) => Found::Unreadable {
            error: "InternalError".into(),
        },
        _ => body(key),
    });
    let report = run.report();
    let data = programs(&report);
    assert_eq!((data.lost, data.unknown, data.counted), (0, 1, 139));
    assert_eq!(
        (rpo(&report).verdict, report.verdict),
        (ObjectiveVerdict::Inconclusive, Verdict::Inconclusive)
    );
    assert!(
        reasons(&report).contains("could not read 1 of its writes"),
        "{}",
        reasons(&report)
    );

    // A key that the audit has no word of was not read.
    let mut run = recovered();
    run.audit
        .retain(|record| !matches!(record, AuditRecord::Value { key: k, .. } if *k == key(600)));
    let report = run.report();
    assert_eq!((programs(&report).lost, programs(&report).unknown), (0, 1));
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Inconclusive);
}

#[test]
fn a_bucket_that_cannot_be_listed_is_unknown_as_a_whole() {
    let mut run = recovered();
    let error = "AccessDenied".to_owned();
    run.audit.push(AuditRecord::Unlisted {
        audit: AuditId::A,
        store: "programs".into(),
        error,
    });
    let report = run.report();
    assert_eq!((programs(&report).counted, programs(&report).unknown), (0, 140));
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Inconclusive);
    assert_eq!(rpo(&report).actual_s, None);
}

#[test]
fn an_audit_that_is_incomplete_is_inconclusive() {
    let mut run = losing(|s| (1000..2100).contains(&s));
    run.change(|_, event| {
        if let Event::Audit {
            audit: AuditId::A,
            complete: complete @ Some(_),
            detail,
            ..
        } = event
        {
            (*complete, *detail) = (Some(false), "writes were still under way".to_owned());
        }
    });
    let report = run.report();
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Inconclusive);
    assert!(
        reasons(&report).contains("writes were still under way"),
        "{}",
        reasons(&report)
    );
}

#[test]
fn an_empty_ledger_shows_nothing() {
    let mut run = recovered();
    run.ledger.clear();
    run.audits(body);
    let report = run.report();
    assert_eq!(programs(&report).counted, 0);
    assert_eq!(programs(&report).rpa_s, None);
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Inconclusive);
    assert_eq!(report.verdict, Verdict::Inconclusive);
}

#[test]
fn losses_without_a_fault_that_damages_are_bounded_not_dated() {
    let yaml = SCENARIO.replace(
        "{id: loss, at: 35m, do: s3.delete_objects, bucket: programs, fraction: 0.6, mode: marker}",
        "{id: loss, at: 35m, do: s3.pause_replication, bucket: programs}",
    );
    let report = of_scenario(&yaml, |s| (600..1000).contains(&s));
    let data = programs(&report);
    assert_eq!((data.rpa_s, data.rpa_at_least_s), (None, Some(390.0)));
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Inconclusive);
}

#[test]
fn a_write_that_was_read_in_another_region_died_on_its_way_there() {
    let mut run = losing(|s| s == 2070);
    for record in &mut run.audit {
        if let AuditRecord::Value { region, .. } = record {
            "backup".clone_into(region);
        }
    }
    let report = run.report();
    assert_eq!(
        programs(&report).lost_by_hop,
        BTreeMap::from([("replica".to_owned(), 1)])
    );
}

#[test]
fn a_loss_counts_though_the_service_never_went_red() {
    let mut run = losing(|s| (1000..2100).contains(&s));
    run.forget_results("objects", FAULT)
        .results("objects", FAULT + 5, END, Health::Green);
    let report = run.report();
    assert_eq!(rto(&report).verdict, ObjectiveVerdict::NotExercised);
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Fail);
    assert_eq!(report.verdict, Verdict::Fail);
}

#[test]
fn a_fault_that_touched_nothing_dates_nothing() {
    // Reads fail for a while two hours before the loss, unnoticed.
    let yaml = SCENARIO.replace(
        "faults:\n",
        "faults:\n  - {id: harmless, at: 12m, do: aws.error, operation: GetObject, code: InternalError, probability: 0.1, for: 5m}\n",
    );
    let mut run = recovered_under(&yaml);
    run.injection("harmless", 720, &[]).fault_ends("harmless", 1020);
    run.object_changed("restore", at(3540), &key(900), Left::Nothing);
    run.audits(|k| {
        if second(k) == Some(900) {
            Found::Missing
        } else {
            body(k)
        }
    });
    run.object_changed("restore", at(3540), &key(900), Left::Nothing);
    let report = run.report();
    let data = programs(&report);
    assert_eq!((data.lost, data.rpa_s), (1, Some(1200.0)));
    assert_eq!(data.disruptions[0].fault.as_deref(), Some("loss"));
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Fail);
}

#[test]
fn a_lone_loss_is_worth_an_interval_and_names_who_caused_it() {
    let mut run = losing(|s| s == 2400);
    run.object_changed("restore", at(3550), &key(2400), Left::Nothing);
    let report = run.report();
    let data = programs(&report);
    assert_eq!((data.lost, data.rpa_s), (1, Some(30.0)));
    assert_eq!(
        (data.lost_by_cause[0].cause.as_str(), data.lost_by_cause[0].count),
        ("step restore", 1)
    );
    find(&report, &["Who destroyed them: step restore 1 write"]);
    // Once the service was back, the destruction is a disruption of its own.
    let mut run = losing(|s| s == 2400);
    run.object_changed("restore", at(3700), &key(2400), Left::Nothing);
    let report = run.report();
    let disruption = &programs(&report).disruptions[0];
    assert_eq!(
        (disruption.step.as_deref(), disruption.at_s),
        (Some("restore"), Some(3700.0))
    );
    assert_eq!(disruption.rpa_s, Some(1300.0));
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Fail);
}

#[test]
fn of_what_was_written_anew_only_the_last_state_can_be_destroyed() {
    let mut run = recovered();
    // One key, written every five minutes, before the fault and after it; a step purges it at the end.
    for s in (0..3300).step_by(300) {
        let mut write = put("again", s);
        write.digest = digest(&key(s));
        run.write(write);
    }
    run.audits(|key| if key == "again" { Found::Missing } else { body(key) });
    run.object_changed("restore", at(3540), "again", Left::Nothing);
    let report = run.report();
    let data = programs(&report);
    assert_eq!((data.lost, data.superseded), (1, 10));
    assert_eq!((data.oldest_lost_s, data.rpa_s), (Some(3000.0), Some(30.0)));
}

#[test]
fn a_data_set_that_no_fault_touched_shows_nothing_of_its_rpo() {
    let yaml = SCENARIO
        .replace("writers:", "    other: {name: other-bucket}\nwriters:")
        .replace(
            "bucket: programs, fraction: 0.6, mode: marker}",
            "bucket: other, fraction: 0.6, mode: marker}",
        );
    let report = recovered_under(&yaml).report();
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::NotExercised);
    assert!(
        reasons(&report).contains("no fault touched"),
        "{}",
        reasons(&report)
    );
    // It was restored by a step, and yet nothing of it was at stake.
    let yaml = SCENARIO.replace(
        "do: s3.delete_objects, bucket: programs, fraction: 0.6, mode: marker}",
        "do: aws.error, operation: GetObject, code: InternalError}",
    );
    assert_eq!(
        rpo(&recovered_under(&yaml).report()).verdict,
        ObjectiveVerdict::NotExercised
    );
}

#[test]
fn writes_that_were_refused_before_anything_was_broken_leave_the_rpo_open() {
    let mut run = recovered();
    for record in &mut run.ledger {
        if let LedgerRecord::Write(write) = record
            && write.produced == at(FAULT - 300)
        {
            write.acknowledged = None;
        }
    }
    let report = run.report();
    let rpo = objective(&report, "delivery", Metric::Rpo);
    assert_eq!(rpo.verdict, ObjectiveVerdict::Inconclusive, "{rpo:?}");
    let why = report.reasons.join(" ");
    assert!(
        why.contains("writes before the first fault were never acknowledged"),
        "{why}"
    );
}
