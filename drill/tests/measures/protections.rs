//! Protections at the end of a drill, and what a pass or an early end says.

use drill::journal::{EndReason, Event, Health, ProtectionKind};
use drill::ledger::{Change, Changed, Changer, LedgerRecord};
use drill::report::{Metric, ObjectiveVerdict, Verdict};
use drill::scenario::Durations;

use crate::support::*;

/// A client changed the bucket beside its objects.
fn bucket_changed(run: &mut Run, by: Changer, operation: &str) {
    run.ledger.push(LedgerRecord::Change(Change {
        at: at(3185),
        by,
        operation: operation.into(),
        changed: Changed::Store {
            store: "programs".into(),
            region: "primary".into(),
        },
    }));
}

#[test]
fn a_protection_that_is_not_back_is_missed_and_names_who_removed_it() {
    let protection = |report: &drill::report::Report| objective(report, "*", Metric::Protection).verdict;
    let mut run = recovered();
    assert_eq!(protection(&run.report()), ObjectiveVerdict::Pass);
    run.protected(END, ProtectionKind::Replication, Some(false));
    bucket_changed(
        &mut run,
        Changer::Step("assess".into()),
        "s3:PutBucketReplication",
    );
    bucket_changed(
        &mut run,
        Changer::Step("restore".into()),
        "s3:PutBucketVersioning",
    );
    let report = run.report();
    assert_eq!(protection(&report), ObjectiveVerdict::Fail);
    assert_eq!(report.verdict, Verdict::Fail);
    let why = reasons(&report);
    assert!(
        why.contains("replication of programs: as it was found (step assess)"),
        "{why}"
    );
    assert_eq!(report.protections.len(), 3);
    // The plan says that it leaves it off.
    let yaml = SCENARIO.replace(
        "bucket: programs}\n  - {id: restore",
        "bucket: programs, leaves_off: true, source: \"plan:7\"}\n  - {id: restore",
    );
    run.scenario = Run::new(&yaml).scenario;
    let report = run.report();
    assert_eq!(
        protection(&report),
        ObjectiveVerdict::Pass,
        "{}",
        reasons(&report)
    );
    assert!(report.protections.iter().any(|one| one.excused.is_some()));
    // No objective.
    run.scenario = Run::new(&SCENARIO.replace("mtd: 8h\n", "mtd: 8h\n  protection: ignore\n")).scenario;
    assert!(
        run.report()
            .objectives
            .iter()
            .all(|one| one.metric != Metric::Protection)
    );
}

#[test]
fn an_unread_protection_is_inconclusive() {
    let mut run = recovered();
    run.protected(END, ProtectionKind::Versioning, None);
    assert_eq!(run.report().verdict, Verdict::Inconclusive);
    run.without(|event| matches!(event, Event::Protection(_)));
    let report = run.report();
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert!(
        reasons(&report).contains("it was not checked"),
        "{}",
        reasons(&report)
    );
}

#[test]
fn a_bucket_that_was_made_again_unprotected_names_its_maker_and_what_a_fault_keeps_away_is_not_judged() {
    let yaml = SCENARIO.replace(
        "do: s3.delete_objects, bucket: programs, fraction: 0.6, mode: marker}",
        "do: s3.delete_bucket, bucket: programs}",
    );
    let mut run = recovered_under(&yaml);
    run.protected(END, ProtectionKind::Versioning, Some(false));
    let report = run.report();
    assert!(reasons(&report).contains("(fault loss)"), "{}", reasons(&report));
    bucket_changed(&mut run, Changer::Step("restore".into()), "s3:CreateBucket");
    let report = run.report();
    assert!(
        reasons(&report).contains("(step restore)"),
        "{}",
        reasons(&report)
    );

    let yaml = SCENARIO.replace(
        "detection:",
        "  - {id: outage, at: 36m, do: region.outage, region: backup}\ndetection:",
    );
    let mut run = recovered_under(&yaml);
    run.injection("outage", 2160, &[]);
    run.protected(END, ProtectionKind::Copies, Some(false));
    let report = run.report();
    assert_eq!(
        objective(&report, "*", Metric::Protection).verdict,
        ObjectiveVerdict::Pass
    );
    assert_eq!(
        report.protections.iter().find_map(|one| one.excused.as_deref()),
        Some("fault outage stood to the end")
    );
}

#[test]
fn copies_that_were_missed_are_the_fault_of_who_stopped_them_not_of_who_began_them_again() {
    let mut run = recovered();
    run.protected(END, ProtectionKind::Copies, Some(false));
    for step in ["contain", "protect"] {
        bucket_changed(&mut run, Changer::Step(step.into()), "s3:PutBucketReplication");
    }
    let why = reasons(&run.report());
    assert!(why.contains("(step contain)"), "{why}");
    // While no rule copies, the last who changed it is the one.
    run.protected(END, ProtectionKind::Replication, Some(false));
    let why = reasons(&run.report());
    assert!(
        !why.contains("(step contain)") && why.contains("(step protect)"),
        "{why}"
    );
}

#[test]
fn a_pass_says_what_it_rests_on() {
    let report = recovered().report();
    assert_eq!(
        report.basis.text,
        "PASS on assumptions: 15m of 25m are assumed, 8m 50s are modelled otherwise (waits, durations with a source, \
         charged calls), 1m 10s were measured here; emulated AWS, not your account."
    );
    assert_eq!((report.basis.measured_s, report.basis.assumed_s), (70.0, 900.0));
    let report = recovered_under(&SCENARIO.replace("source: assumed", "source: \"plan:9\"")).report();
    assert!(
        report.basis.text.starts_with("0s of 25m are assumed"),
        "{}",
        report.basis.text
    );
}

#[test]
fn the_durations_that_were_drilled_are_said() {
    let reported = |durations| {
        let mut run = recovered();
        run.change(|_, event| {
            if let Event::Started { durations: told, .. } = event {
                *told = durations;
            }
        });
        run.report()
    };
    for (told, durations, said) in [
        (None, Durations::P95, "measured here; emulated"),
        (Some(Durations::P95), Durations::P95, "measured here; emulated"),
        (
            Some(Durations::P50),
            Durations::P50,
            "; steps take their median durations; ",
        ),
        (
            Some(Durations::Draw),
            Durations::Draw,
            "; durations of steps were drawn with the seed; ",
        ),
    ] {
        let report = reported(told);
        assert_eq!(report.durations, durations);
        assert!(report.basis.text.contains(said), "{}", report.basis.text);
    }
    // Older journals do not say it: no run could be told anything else than its scenario.
    let report = recovered_under(&format!("{SCENARIO}clock: {{durations: draw}}\n")).report();
    assert_eq!(report.durations, Durations::Draw);
}

#[test]
fn a_drill_that_ended_early_says_why() {
    let mut run = recovered();
    run.forget_results("objects", BACK)
        .results("objects", BACK, 5800, Health::Red);
    run.finish(5900, EndReason::GaveUp);
    let early = "The drill ended before give_up";
    assert!(!reasons(&run.report()).contains(early));
    run.finish(5900, EndReason::AllMissed);
    let why = reasons(&run.report());
    assert!(
        why.contains(early) && why.contains("had missed its RTO and its MTD"),
        "{why}"
    );
}

#[test]
fn no_steady_state_says_what_probes_said() {
    let mut run = recovered();
    run.without(|event| matches!(event, Event::SteadyState { .. } | Event::FaultInjected { .. }));
    run.event(
        FAULT,
        Event::SteadyState {
            reached: false,
            detail: "probe objects is not green".into(),
        },
    );
    run.forget_results("objects", 0)
        .results("objects", 5, FAULT, Health::Red);
    run.change(|_, event| {
        if let Event::Probe { detail, .. } = event {
            *detail = Some("programs/1: AccessDenied".into());
        }
    });
    run.finish(END, EndReason::NoSteadyState);
    let why = reasons(&run.report());
    assert!(
        why.contains("probe objects is not green: programs/1: AccessDenied (70 times)"),
        "{why}"
    );
}

#[test]
fn what_calls_are_charged_is_not_assumed() {
    let yaml = SCENARIO.replace("source: \"plan:151\"", "source: assumed");
    let mut run = recovered_under(&yaml);
    for (_, event) in &mut run.events {
        if let Event::StepEnded(end) = event
            && end.step == "restore"
        {
            (end.modelled, end.charged) = (secs(300), secs(300));
        }
    }
    let report = run.report();
    assert_eq!(report.basis.assumed_s, 900.0, "{}", report.basis.text);
    let mut texts = report.findings.iter().map(|finding| finding.text.as_str());
    let parts = texts.find(|text| text.contains(" modelled: ")).unwrap();
    assert!(
        parts.contains("(for its calls)") && !parts.contains("(for its calls) (assumed)"),
        "{parts}"
    );
}
