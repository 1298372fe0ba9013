//! The verdict's order, and what a reader is told beside it.

use drill::journal::{AuditId, EndReason, Event, Health, StepEnd, StepOutcome};
use drill::measures::judge;
use drill::report::{ObjectiveVerdict, Severity, Verdict};

use crate::support::*;

/// The verdict and its first reason.
pub(crate) fn reached(run: &Run) -> (Verdict, String) {
    let report = run.report();
    (
        report.verdict,
        report.reasons.first().cloned().unwrap_or_default(),
    )
}

pub(crate) fn inconclusive_because(run: &Run, words: &str) {
    let report = run.report();
    assert_eq!(report.verdict, Verdict::Inconclusive, "{}", reasons(&report));
    assert!(
        reasons(&report).contains(words),
        "{words:?} is not in: {}",
        reasons(&report)
    );
    for objective in &report.objectives {
        let verdict = objective.verdict;
        let modest = matches!(
            verdict,
            ObjectiveVerdict::Inconclusive | ObjectiveVerdict::NotExercised
        );
        assert!(modest, "{objective:?}");
    }
}

#[test]
fn without_a_steady_state_nothing_is_shown() {
    let mut run = recovered();
    run.without(|event| matches!(event, Event::SteadyState { .. }));
    inconclusive_because(&run, "before there was a steady state");
    run.event(
        FAULT,
        Event::SteadyState {
            reached: false,
            detail: "probe objects is not green".into(),
        },
    );
    inconclusive_because(&run, "probe objects is not green");
}

#[test]
fn a_fault_must_be_injected_and_proven() {
    let mut run = recovered();
    run.without(|event| matches!(event, Event::FaultProven { .. }));
    inconclusive_because(&run, "it was not verified");
    run.event(
        FAULT + 1,
        Event::FaultProven {
            fault: "loss".into(),
            proven: false,
            evidence: "all is there".into(),
        },
    );
    inconclusive_because(&run, "Fault loss is not proven: all is there.");
    run.without(|event| matches!(event, Event::FaultInjected { .. }));
    inconclusive_because(&run, "Fault loss was never injected.");
}

#[test]
fn an_invalid_drill_does_not_even_fail() {
    let mut run = recovered_under(&SCENARIO.replace("rto: 1h", "rto: 10m"));
    assert_eq!(run.report().verdict, Verdict::Fail);
    run.without(|event| matches!(event, Event::FaultProven { .. }));
    inconclusive_because(&run, "not proven");
}

#[test]
fn probes_and_audits_must_have_run() {
    let mut run = recovered();
    run.forget_results("objects", FAULT);
    inconclusive_because(&run, "Probe objects produced no results since the first fault.");
    let mut run = recovered();
    run.forget_results("objects", FAULT)
        .results("objects", FAULT, END, Health::Unknown);
    inconclusive_because(&run, "Probe objects produced no results");
    let mut run = recovered();
    run.without(|event| {
        matches!(
            event,
            Event::Probe {
                purpose: drill::journal::Purpose::Detection,
                ..
            }
        )
    });
    inconclusive_because(&run, "The monitoring never ran.");
    let mut run = recovered();
    run.without(|event| {
        matches!(
            event,
            Event::Audit {
                audit: AuditId::B,
                ..
            }
        )
    });
    inconclusive_because(&run, "Audit B never ran to its end.");
    let mut run = recovered();
    run.without(|event| {
        matches!(
            event,
            Event::Audit {
                audit: AuditId::A,
                complete: Some(_),
                ..
            }
        )
    });
    inconclusive_because(&run, "Audit A never ran to its end.");
    let mut run = recovered();
    run.audit.clear();
    inconclusive_because(&run, "Audit A left nothing in its record.");
}

#[test]
fn a_run_that_lost_its_seal_is_judged_and_never_passes() {
    let mut run = recovered();
    assert_eq!(run.report().verdict, Verdict::Pass);
    run.lacks_seal = true;
    inconclusive_because(
        &run,
        "The run came to its end, and there is no seal.sha256: it was killed before it was sealed, or the seal was removed.",
    );
}

#[test]
fn the_records_must_be_complete() {
    let mut run = recovered();
    run.without(|event| matches!(event, Event::Sealed { .. }));
    inconclusive_because(&run, "The ledger was never sealed.");
    let mut run = recovered();
    run.without(|event| matches!(event, Event::Clock { .. }));
    inconclusive_because(&run, "The clock never stated its error.");
}

#[test]
fn a_drill_without_faults_never_passes() {
    let yaml = SCENARIO
        .lines()
        .filter(|line| !line.contains("id: loss"))
        .map(|line| format!("{line}\n"));
    let yaml: String = yaml.collect::<String>().replace("faults:\n", "faults: []\n");
    let mut run = Run::new(&yaml);
    run.results("objects", 5, END, Health::Green);
    writes(&mut run);
    run.audits(body).finish(END, EndReason::NoFaults);
    inconclusive_because(&run, "no faults");
}

#[test]
fn a_broker_that_died_or_a_record_that_was_lost_voids_it() {
    for (reason, words) in [
        (EndReason::BrokerDied, "A broker process ended"),
        (EndReason::RecordLost, "could not be written"),
    ] {
        let mut run = recovered();
        run.finish(END, reason);
        inconclusive_because(&run, words);
        assert!(run.report().complete);
    }
}

#[test]
fn an_interrupted_run_is_partial() {
    let mut run = recovered();
    run.event(
        END,
        Event::Interrupted {
            signal: "SIGINT".into(),
        },
    )
    .finish(END, EndReason::Interrupted);
    let report = run.report();
    assert!(!report.complete);
    assert_eq!(report.reasons[0], "The run was interrupted by SIGINT.");
    inconclusive_because(&run, "SIGINT");
    // Before its audits it shows nothing at all, not even a miss.
    let mut run = recovered_under(&SCENARIO.replace("rto: 1h", "rto: 10m"));
    run.without(|event| matches!(event, Event::Audit { .. }))
        .finish(END, EndReason::Interrupted);
    inconclusive_because(&run, "Audit A never ran");
    // After them, what was missed was missed.
    let mut run = recovered_under(&SCENARIO.replace("rto: 1h", "rto: 10m"));
    run.finish(END, EndReason::Interrupted);
    let report = run.report();
    assert_eq!((report.verdict, report.complete), (Verdict::Fail, false));
    assert_eq!(rto(&report).verdict, ObjectiveVerdict::Fail);
    assert_eq!(mtd(&report).verdict, ObjectiveVerdict::Inconclusive);
}

#[test]
fn a_killed_run_is_reported_as_far_as_it_came() {
    let run = recovered();
    let whole = run.recording();
    for lines in 0..whole.journal.lines.len() {
        let mut cut = whole.clone();
        cut.journal.lines.truncate(lines);
        let report = judge(&run.scenario, &cut).report;
        check_sums(&report);
        assert!(!report.complete);
        assert_eq!(report.verdict, Verdict::Inconclusive);
        assert!(
            report.reasons[0].contains("its process was killed, or the machine stopped"),
            "{}",
            reasons(&report)
        );
    }
}

#[test]
fn a_miss_stands_above_what_is_inconclusive() {
    let mut run = recovered_under(&SCENARIO.replace("rto: 1h", "rto: 10m"));
    run.ledger.clear();
    run.audits(body);
    let report = run.report();
    assert_eq!(report.verdict, Verdict::Fail);
    assert!(
        report.reasons[0].contains("missed its RTO"),
        "{}",
        reasons(&report)
    );
    assert!(report.reasons[1].contains("RPO"), "{}", reasons(&report));
}

#[test]
fn every_objective_is_there_whatever_happened() {
    let run = Run::new(SCENARIO);
    let report = run.report();
    assert_eq!(report.objectives.len(), 3);
    assert_eq!(report.data.len(), 1);
    assert_eq!(report.steps.len(), 3);
    assert_eq!(report.faults.len(), 1);
}

#[test]
fn the_same_records_give_the_same_bytes() {
    let run = recovered();
    let bytes = |report| serde_json::to_vec_pretty(&report).unwrap();
    assert_eq!(bytes(run.report()), bytes(run.report()));
    let report = run.report();
    assert_eq!(
        (report.schema, report.seed, report.cloud.as_str()),
        (1, 7, "embedded")
    );
    assert_eq!(report.started_at, "2026-09-21T14:13:20Z");
    assert_eq!(report.drill_seconds, 4500.0);
    assert_eq!(report.scenario.sha256, "abc");
}

#[test]
fn a_failed_step_quotes_awss_code_and_says_what_it_did_not_achieve() {
    let yaml = SCENARIO.replace(
        "  - {id: assess",
        "  - {id: contain, do: s3.put_versioning, bucket: programs, status: Suspended, source: \"plan:236-238\"}\n  - {id: assess",
    );
    let mut run = recovered_under(&yaml);
    let message = "A replication configuration is present on this bucket";
    run.step_end(
        3180,
        3180,
        failed("contain", "PutBucketVersioning", "InvalidBucketState", message),
    );
    let report = run.report();
    let finding = find(
        &report,
        &[
            "contain",
            "409 InvalidBucketState",
            "PutBucketVersioning",
            message,
        ],
    );
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(
        (finding.step.as_deref(), finding.source.as_deref()),
        (Some("contain"), Some("plan:236-238"))
    );
    assert!(
        finding.text.contains("does not let versioning be suspended"),
        "{}",
        finding.text
    );
    assert!(
        finding.text.contains("Versioning of programs stayed as it was"),
        "{}",
        finding.text
    );
    let step = report.steps.iter().find(|step| step.id == "contain").unwrap();
    assert_eq!(step.outcome, StepOutcome::Failed);
    assert!(
        step.error.as_deref().unwrap().starts_with("InvalidBucketState: "),
        "{step:?}"
    );
    // The verdict rests on objectives alone.
    assert_eq!(report.verdict, Verdict::Pass);
    assert_eq!(
        report.findings[0].severity,
        Severity::Critical,
        "the most severe first"
    );
}

#[test]
fn what_a_sync_leaves_corrupted_is_told() {
    let yaml = SCENARIO.replace(
        "do: s3.restore_objects, damaged: assess, from: {bucket: programs, region: backup}",
        "do: s3.sync, from: {bucket: programs, region: backup}, to: {bucket: programs}",
    );
    let mut run = recovered_under(&yaml);
    run.audits(|key| match body(key) {
        drill::audit::Found::Body {
            size, last_modified, ..
        } if second(key) == Some(2000 / 30 * 30) => drill::audit::Found::Body {
            digest: [3; 32],
            size,
            last_modified,
        },
        found => found,
    });
    let report = run.report();
    let finding = find(
        &report,
        &[
            "1 corrupted object of programs",
            "compares sizes and dates, not contents",
        ],
    );
    assert_eq!(
        (finding.step.as_deref(), finding.source.as_deref()),
        (Some("restore"), Some("plan:151"))
    );
}

#[test]
fn missed_windows_are_findings_and_no_verdict() {
    let report = recovered_under(&SCENARIO.replace("within: 0m..60m", "within: 0m..5m")).report();
    assert_eq!(report.verdict, Verdict::Pass);
    // 370 s after the declaration.
    let finding = find(
        &report,
        &[
            "restore",
            "missed its window of 0s to 5m from the declaration",
            "1m 10s too late",
        ],
    );
    assert_eq!(
        (finding.severity, finding.source.as_deref()),
        (Severity::Warning, Some("plan:151"))
    );
    assert_eq!(report.steps[2].within_s, Some([0.0, 300.0]));
    // To end with the window is no miss, and early is none either.
    let report = recovered_under(&SCENARIO.replace("within: 0m..60m", "within: 0m..370s")).report();
    assert!(
        report
            .findings
            .iter()
            .all(|finding| !finding.text.contains("window"))
    );
    let report = recovered_under(&SCENARIO.replace("within: 0m..60m", "within: 30m..60m")).report();
    assert!(
        report
            .findings
            .iter()
            .all(|finding| !finding.text.contains("window"))
    );
    // A window may count from elsewhere; that of the declaration counts from detection.
    let report = recovered_under(&SCENARIO.replace("within: 0m..20m", "within: 0m..10m")).report();
    find(&report, &["declare", "from detection", "5m too late"]);
}

#[test]
fn steps_that_did_not_begin_are_told() {
    let mut run = recovered();
    run.without(|event| matches!(event, Event::StepStarted { step, .. } if step == "restore"));
    run.change(|_, event| {
        if let Event::StepEnded(end) = event
            && end.step == "restore"
        {
            let detail = Some("step assess failed and aborts the runbook".to_owned());
            *end = StepEnd {
                outcome: StepOutcome::NotStarted,
                detail,
                ..done("restore")
            };
        }
    });
    let report = run.report();
    find(&report, &["restore was not started", "aborts the runbook"]);
    assert_eq!((report.steps[2].start_s, report.steps[2].end_s), (None, None));
}

#[test]
fn monitoring_that_never_fired_is_told() {
    let mut run = recovered();
    run.without(|event| {
        matches!(
            event,
            Event::Detected { .. } | Event::StepStarted { .. } | Event::StepEnded(_)
        )
    });
    run.without_step("restore");
    run.finish(END, EndReason::NotDetected);
    let report = run.report();
    assert_eq!(report.verdict, Verdict::Inconclusive);
    find(&report, &["The monitoring never fired", "3 of 5", "objects"]);
}

#[test]
fn targets_that_contradict_each_other_are_told() {
    let yaml = SCENARIO.replace("mtd: 8h", "mtd: 80m\n  wrt: 30m");
    let finding_text = find(&recovered_under(&yaml).report(), &["contradicts itself"])
        .text
        .clone();
    assert!(
        finding_text.contains("RTO of 1h plus the work recovery time of 30m"),
        "{finding_text}"
    );
    assert!(finding_text.contains("1h 20m only"), "{finding_text}");
}

#[test]
fn what_stands_for_more_is_said_to_be_not_scaled() {
    let yaml = SCENARIO.replace(
        "      replicate:",
        "      stands_for: {objects: 20000, bytes: 2GB}\n      replicate:",
    );
    let report = recovered_under(&yaml).report();
    let finding = find(
        &report,
        &["step restore", "10 objects", "20000 objects", "not scaled"],
    );
    assert_eq!(finding.severity, Severity::Note);
}

#[test]
fn copies_that_failed_and_warnings_are_told() {
    let mut run = recovered();
    for key in ["b", "a"] {
        let (bucket, reason) = ("programs".to_owned(), "ChecksumMismatch".to_owned());
        run.event(
            2200,
            Event::ReplicaFailed {
                bucket,
                key: key.into(),
                reason,
            },
        );
    }
    run.event(
        2300,
        Event::Warning {
            text: "scripts run without isolation".into(),
        },
    );
    let report = run.report();
    find(&report, &["2 copies of programs", "ChecksumMismatch (first: b)"]);
    find(&report, &["scripts run without isolation."]);
}

#[test]
fn the_shares_of_a_recovery_and_its_assumptions_are_told() {
    let report = recovered().report();
    let finding = find(
        &report,
        &["The 25m until delivery was back", "1m 10s of work done here"],
    );
    for words in [
        "detection 3m",
        "declare 15m (assumed)",
        "restore 5m (plan:151)",
        "waiting 50s",
        "15m are assumed",
    ] {
        assert!(
            finding.text.contains(words),
            "{words:?} is not in {}",
            finding.text
        );
    }
}

#[test]
fn reasons_of_a_pass_name_what_was_achieved() {
    let (verdict, reason) = reached(&recovered());
    assert_eq!(verdict, Verdict::Pass);
    assert_eq!(reason, "delivery met its RTO of 1h: back after 25m ± 31s.");
}
