//! What an S3 that was late with its copies may have cost is no certain loss of the plan's.

use drill::audit::Found;
use drill::journal::Event;
use drill::report::{ObjectiveVerdict, Report, Severity, Verdict};

use crate::support::*;

/// The writes from this second to the fault are lost; copies that were due at `due` were so late, in minutes.
fn losing(from: i64, due: i64, late: i64) -> Report {
    with(
        due,
        late,
        |key, s| if s >= from { Found::Missing } else { body(key) },
    )
}

fn with(due: i64, late: i64, found: impl Fn(&str, i64) -> Found) -> Report {
    let mut run = recovered();
    run.change(|_, event| {
        if let Event::Started { cloud, .. } = event {
            *cloud = "localstack (x:1)".to_owned();
        }
    });
    run.audits(|key| match second(key).filter(|s| *s < FAULT) {
        Some(s) => found(key, s),
        None => body(key),
    });
    let (bucket, due, late) = ("programs".to_owned(), at(due), secs(late * 60));
    run.event(
        due.as_us() / 1_000_000 + 1,
        Event::CopiesLate { bucket, due, late },
    );
    run.report()
}

fn is_reported(report: &Report) -> bool {
    report
        .findings
        .iter()
        .any(|finding| finding.text.contains("made up to"))
}

/// A loss of 10 minutes, of at most 15.
const TEN_MINUTES: i64 = FAULT - 600;

#[test]
fn a_target_within_what_late_copies_may_have_cost_is_inconclusive_and_says_why() {
    let report = losing(TEN_MINUTES, 1800, 12);
    let rpo = rpo(&report);
    assert_eq!((rpo.actual_s, rpo.error_s), (Some(600.0), 721.0));
    assert_eq!(rpo.verdict, ObjectiveVerdict::Inconclusive);
    let why = rpo.decided_by_emulator.as_deref().unwrap();
    assert_eq!(
        why,
        "copies of programs were made up to 12m late by localstack (x:1)"
    );
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert!(reasons(&report).contains(why), "{}", reasons(&report));
    let note = find(&report, &["Copies of programs", "up to 12m late", "localstack"]);
    assert_eq!(note.severity, Severity::Note);
}

#[test]
fn a_miss_that_late_copies_may_have_made_is_none() {
    let report = losing(FAULT - 1080, 1800, 12);
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Inconclusive);
    assert!(rpo(&report).decided_by_emulator.is_some());
}

#[test]
fn what_late_copies_cannot_have_decided_stays_as_it_is() {
    for (from, late, verdict) in [
        (TEN_MINUTES, 2, ObjectiveVerdict::Pass),
        (FAULT - 1080, 2, ObjectiveVerdict::Fail),
    ] {
        let report = losing(from, 1800, late);
        assert_eq!((rpo(&report).verdict, rpo(&report).error_s), (verdict, 121.0));
        assert_eq!(rpo(&report).decided_by_emulator, None);
        assert!(is_reported(&report));
    }
}

#[test]
fn copies_that_were_due_later_than_what_is_lost_cost_nothing() {
    let report = losing(TEN_MINUTES, FAULT + 1, 12);
    assert_eq!(
        (rpo(&report).verdict, rpo(&report).error_s),
        (ObjectiveVerdict::Pass, 1.0)
    );
    assert!(is_reported(&report));
}

#[test]
fn bytes_that_changed_lacked_no_copy() {
    let report = with(1800, 12, |key, s| {
        if s >= TEN_MINUTES {
            Found::Body {
                digest: [9; 32],
                size: 1024,
                last_modified: at(0),
            }
        } else {
            body(key)
        }
    });
    assert_eq!(rpo(&report).error_s, 1.0);
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Pass);
}

#[test]
fn a_loss_where_none_was_expected_may_be_the_clouds() {
    let scenario = SCENARIO.replace("rpo: 15m,", "rpo: 15m, expect: unaffected,");
    let of = |late: i64| {
        let mut run = recovered_under(&scenario);
        run.audits(|key| match second(key) {
            Some(s) if (FAULT - 120..FAULT).contains(&s) => Found::Missing,
            _ => body(key),
        });
        let (bucket, due, late) = ("programs".to_owned(), at(1900), secs(late));
        run.event(1901, Event::CopiesLate { bucket, due, late });
        let report = run.report();
        (rpo(&report).verdict, rpo(&report).decided_by_emulator.is_some())
    };
    assert_eq!(of(180), (ObjectiveVerdict::Inconclusive, true));
    assert_eq!(of(60), (ObjectiveVerdict::Fail, false));
}
