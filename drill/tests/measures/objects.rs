//! Losses of objects, planted one by one: each must be found, classified and dated.

use std::collections::BTreeMap;

use drill::audit::{AuditRecord, Found};
use drill::journal::{AuditId, Event};
use drill::ledger::{LedgerRecord, Write, WriteKind};
use drill::report::{DataSet, ObjectiveVerdict, Report, Severity, Verdict};

use crate::support::*;

pub(crate) fn programs(report: &Report) -> &DataSet {
    report.data.iter().find(|data| data.name == "programs").unwrap()
}

/// The drill in which `lost` says which of the writer's objects (by their second) did not come back.
pub(crate) fn losing(lost: impl Fn(i64) -> bool) -> Run {
    let mut run = recovered();
    run.audits(|key| match second(key) {
        Some(s) if lost(s) => Found::Missing,
        _ => body(key),
    });
    run
}

pub(crate) fn rotten(key: &str) -> Found {
    let mut digest = digest(key);
    digest[31] ^= 0xff;
    Found::Body {
        digest,
        size: 1024,
        last_modified: at(0),
    }
}

pub(crate) fn of_scenario(yaml: &str, lost: impl Fn(i64) -> bool) -> Report {
    let mut run = recovered_under(yaml);
    run.audits(|key| match second(key) {
        Some(s) if lost(s) => Found::Missing,
        _ => body(key),
    });
    run.report()
}

#[test]
fn nothing_lost_is_a_recovery_point_of_nothing() {
    let report = recovered().report();
    let data = programs(&report);
    // Ten of history, and one every 30 s before the cut.
    assert_eq!((data.counted, data.stable, data.acknowledged), (140, 140, 140));
    assert_eq!((data.rpa_s, data.rpa_at_least_s), (Some(0.0), None));
    assert_eq!((data.oldest_lost_s, data.newest_lost_s), (None, None));
    assert_eq!(data.counted_from, "acknowledged");
    assert_eq!(
        (rpo(&report).actual_s, rpo(&report).verdict),
        (Some(0.0), ObjectiveVerdict::Pass)
    );
}

#[test]
fn lost_writes_are_counted_and_dated_from_the_fault() {
    let report = losing(|s| (1800..2100).contains(&s)).report();
    let data = programs(&report);
    assert_eq!((data.lost, data.stable, data.counted), (10, 130, 140));
    assert_eq!(data.lost_by_hop, BTreeMap::from([("bucket".to_owned(), 10)]));
    assert_eq!(
        (data.oldest_lost_s, data.newest_lost_s),
        (Some(1800.0), Some(2070.0))
    );
    assert_eq!(
        (data.rpa_s, data.rpa_before_fault_s, data.rpa_after_fault_s),
        (Some(300.0), 300.0, 0.0)
    );
    assert_eq!(data.resolution_s, 0.0);
    assert_eq!((rpo(&report).actual_s, rpo(&report).error_s), (Some(300.0), 1.0));
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Pass);
    let finding = find(
        &report,
        &["programs", "10 lost", "30m", "34m 30s", "fault loss at 35m"],
    );
    assert_eq!(finding.fault.as_deref(), Some("loss"));
    assert_eq!(finding.severity, Severity::Warning, "within the RPO");
}

#[test]
fn a_recovery_point_beyond_the_target_is_missed() {
    let report = losing(|s| (1000..2100).contains(&s)).report();
    assert_eq!(
        (rpo(&report).actual_s, rpo(&report).verdict),
        (Some(1080.0), ObjectiveVerdict::Fail)
    );
    assert_eq!(rto(&report).verdict, ObjectiveVerdict::Pass);
    assert_eq!(report.verdict, Verdict::Fail);
    assert!(
        report.reasons[0].contains("36 of 140 writes did not come back"),
        "{}",
        reasons(&report)
    );
}

#[test]
fn loss_may_go_on_after_the_fault_and_even_begin_after_it() {
    let report = losing(|s| (1980..2400).contains(&s)).report();
    let data = programs(&report);
    assert_eq!(
        (data.rpa_s, data.rpa_before_fault_s, data.rpa_after_fault_s),
        (Some(390.0), 120.0, 270.0)
    );

    let report = losing(|s| (2220..2400).contains(&s)).report();
    let data = programs(&report);
    assert_eq!(
        (data.rpa_s, data.rpa_before_fault_s, data.rpa_after_fault_s),
        (Some(150.0), 0.0, 150.0)
    );
    assert_eq!(report.verdict, Verdict::Pass, "{}", reasons(&report));
}

#[test]
fn if_no_older_write_survived_it_is_at_least_this() {
    let mut run = recovered();
    run.change(|_, event| {
        if let Event::FaultInjected { targets, .. } = event {
            targets.extend((0..10).map(|n| format!("history/{n}")));
        }
    });
    run.audits(|key| match second(key) {
        Some(s) if s >= 2100 => body(key),
        _ => Found::Missing,
    });
    let report = run.report();
    let data = programs(&report);
    // The oldest of history was written five days before drill 0.
    assert_eq!((data.rpa_s, data.rpa_at_least_s), (None, Some(434_100.0)));
    assert_eq!(rpo(&report).at_least_s, Some(434_100.0));
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Fail);
}

#[test]
fn a_bound_below_the_target_is_inconclusive() {
    let mut run = recovered();
    // One object, written over every 30 s: what was superseded before the fault is not lost, but nothing
    // older than the one write that is lost survived either.
    run.ledger.clear();
    for s in (0..2100).step_by(30) {
        run.write(Write {
            key: "one".into(),
            digest: digest(&key(s)),
            ..put("one", s)
        });
    }
    run.change(|_, event| {
        if let Event::FaultInjected { targets, .. } = event {
            targets.push("one".to_owned());
        }
    });
    run.audits(|_| Found::Missing);
    let report = run.report();
    let data = programs(&report);
    assert_eq!(
        (data.lost, data.superseded, data.rpa_s, data.rpa_at_least_s),
        (1, 69, None, Some(30.0))
    );
    assert_eq!(
        (rpo(&report).at_least_s, rpo(&report).actual_s),
        (Some(30.0), Some(30.0))
    );
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Inconclusive);
    // If the version before it came back, that one survived.
    run.audits(|_| Found::Body {
        digest: digest(&key(2040)),
        size: 1024,
        last_modified: at(0),
    });
    let report = run.report();
    assert_eq!(
        (programs(&report).stale, programs(&report).rpa_s),
        (1, Some(30.0))
    );
    assert_eq!(
        rpo(&report).verdict,
        ObjectiveVerdict::Pass,
        "{}",
        reasons(&report)
    );
}

#[test]
fn corrupted_and_stale_writes_are_told_apart_and_dated() {
    let mut run = recovered();
    let mut newer = put("history/0", 1500);
    newer.digest = [9; 32];
    run.write(newer);
    run.audits(|key| match second(key) {
        Some(1800 | 1830) => rotten(key),
        _ => body(key),
    });
    let report = run.report();
    let data = programs(&report);
    assert_eq!(
        (data.corrupted, data.stale, data.lost, data.superseded),
        (2, 1, 0, 1)
    );
    assert_eq!((data.oldest_lost_s, data.rpa_s), (Some(1500.0), Some(600.0)));
    assert!(data.lost_by_hop.is_empty());
}

#[test]
fn a_write_superseded_before_the_fault_is_not_lost() {
    let mut run = recovered();
    let mut newer = put("history/0", 1500);
    newer.digest = [9; 32];
    run.write(newer);
    run.audits(|key| {
        if key == "history/0" {
            Found::Missing
        } else {
            body(key)
        }
    });
    let report = run.report();
    let data = programs(&report);
    assert_eq!((data.lost, data.superseded, data.rpa_s), (1, 1, Some(600.0)));
}

#[test]
fn a_delete_is_a_write_and_may_be_undone() {
    let mut run = recovered();
    run.write(Write {
        kind: WriteKind::Delete,
        digest: [0; 32],
        size: 0,
        ..put("history/0", 1500)
    });
    run.write(Write {
        kind: WriteKind::Delete,
        digest: [0; 32],
        size: 0,
        ..put("history/1", 1530)
    });
    run.audits(|key| {
        if key == "history/0" {
            Found::Missing
        } else {
            body(key)
        }
    });
    let report = run.report();
    let data = programs(&report);
    assert_eq!(
        (data.resurrected, data.stale, data.superseded, data.lost),
        (1, 1, 2, 0)
    );
    assert_eq!(data.oldest_lost_s, Some(1530.0));
    find(&report, &["1 delete undone"]);
}

#[test]
fn what_was_never_acknowledged_is_recovered_or_not_counted() {
    let mut run = recovered();
    for (name, s) in [("a", 2110), ("b", 2120)] {
        run.write(Write {
            acknowledged: None,
            ..put(name, s)
        });
    }
    run.audits(|key| if key == "b" { Found::Missing } else { body(key) });
    let report = run.report();
    let data = programs(&report);
    assert_eq!(
        (data.recovered, data.lost, data.counted, data.acknowledged),
        (1, 0, 140, 140)
    );
}

#[test]
fn unwritten_content_is_unexpected_and_canaries_are_excluded() {
    let mut run = recovered();
    run.write(Write {
        producer: "canary/objects".into(),
        ..put("canary/1", 1000)
    });
    run.audits(|key| {
        if key == "canary/1" {
            Found::Missing
        } else {
            body(key)
        }
    });
    for (key, found) in [
        ("stranger", body("stranger")),
        ("canary/1", body("canary/1")),
        ("none", Found::Missing),
    ] {
        let (audit, bucket, region) = (AuditId::A, "programs".to_owned(), "primary".to_owned());
        run.audit.push(AuditRecord::Value {
            audit,
            store: bucket,
            region,
            key: key.into(),
            found,
        });
    }
    let report = run.report();
    let data = programs(&report);
    assert_eq!((data.unexpected, data.counted, data.lost), (1, 140, 0));
}

#[test]
fn what_was_acknowledged_late_is_delayed_if_a_fault_explains_it() {
    let late = |run: &mut Run| {
        for s in [2130, 2160] {
            run.write(Write {
                acknowledged: Some(at(s + 600)),
                ..put(&format!("late/{s}"), s)
            });
        }
        run.audits(body);
    };
    // Nothing slowed them: it was this machine.
    let mut run = recovered();
    late(&mut run);
    let report = run.report();
    assert_eq!((programs(&report).delayed, programs(&report).late_here), (0, 2));
    find(
        &report,
        &["2 writes readable late only because this machine was late"],
    );
    let yaml = SCENARIO.replace(
        "detection:",
        "  - {id: slow, at: 36m, do: aws.latency, operation: PutObject, latency: 9m}\ndetection:",
    );
    let mut run = recovered_under(&yaml);
    run.injection("slow", 2160, &[]);
    late(&mut run);
    let report = run.report();
    let data = programs(&report);
    assert_eq!((data.delayed, data.stable, data.counted), (2, 140, 142));
    assert_eq!((data.delay_s["p50"], data.delay_s["max"]), (600.0, 600.0));
}

#[test]
fn only_writes_before_the_cut_count() {
    let report = losing(|s| s >= CUT).report();
    assert_eq!((programs(&report).counted, programs(&report).lost), (140, 0));
    let report = losing(|s| s == CUT - 30).report();
    assert_eq!(programs(&report).lost, 1);
}

#[test]
fn audits_are_compared_for_what_came_later_and_what_failback_lost() {
    let mut run = recovered();
    run.audits(body);
    run.audit.clear();
    run.without(|event| matches!(event, Event::Audit { .. }));
    run.audit(AuditId::A, CUT, |key| {
        if second(key) == Some(2070) {
            Found::Missing
        } else {
            body(key)
        }
    });
    run.audit(AuditId::B, END - 20, |key| {
        if second(key) == Some(600) {
            Found::Missing
        } else {
            body(key)
        }
    });
    let report = run.report();
    let data = programs(&report);
    assert_eq!(
        (data.recovered_later, data.lost_in_failback, data.lost),
        (1, 1, 1)
    );
}

#[test]
fn what_comes_undone_after_audit_a_is_a_loss_like_any_other() {
    let mut run = recovered();
    run.audits(body);
    run.audit.clear();
    run.without(|event| matches!(event, Event::Audit { .. }));
    run.audit(AuditId::A, CUT, body);
    run.audit(AuditId::B, END - 20, |_| Found::Missing);
    let report = run.report();
    assert_eq!(programs(&report).lost, 0);
    assert!(programs(&report).lost_in_failback > 0);
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Fail);
    assert_eq!(report.verdict, Verdict::Fail);
    assert!(
        reasons(&report).contains("were gone at the end"),
        "{}",
        reasons(&report)
    );
}

#[test]
fn too_short_or_too_thin_a_history_is_inconclusive() {
    let thin = |keep: fn(i64) -> bool| {
        let mut run = recovered();
        run.ledger.retain(|record| match record {
            LedgerRecord::Write(write) => second(&write.key).is_none_or(keep),
            _ => true,
        });
        run.audits(|key| {
            if second(key) == Some(2070) {
                Found::Missing
            } else {
                body(key)
            }
        });
        let report = run.report();
        (rpo(&report).verdict, report.verdict, reasons(&report))
    };
    // 2 × 15m before 35m, at intervals of at most 45 s.
    let (rpo, verdict, why) = thin(|s| s >= 330);
    assert_eq!(
        (rpo, verdict),
        (ObjectiveVerdict::Inconclusive, Verdict::Inconclusive)
    );
    assert!(why.contains("2 × RPO (30m)"), "{why}");
    let (rpo, _, why) = thin(|s| s != 900);
    assert_eq!(rpo, ObjectiveVerdict::Inconclusive);
    assert!(why.contains("RPO/20 (45s)"), "{why}");
    assert_eq!(thin(|s| s >= 300).0, ObjectiveVerdict::Pass);
    // Deletes and other producers are writes, too.
    assert_eq!(thin(|s| s != 0).0, ObjectiveVerdict::Pass);
}
