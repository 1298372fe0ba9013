//! Twins of a scenario, each with one thing taken out or put in its place: the verdict must follow.
//!
//! Every expectation is argued from the definitions, in the comment of its test.

use std::fs;

use drill::journal::{EndReason, StepOutcome};
use drill::report::{Metric, ObjectiveVerdict, Report, Verdict};
use test_harness::trial;

use crate::passing::FILES;
use crate::support::run::{data, objective};
use crate::support::{Run, Sandbox, Scenario};

const RESTORE: &str = "id: restore";
const RESTORE_VERSIONS: &str =
    "  - {id: restore, do: s3.restore_versions, damaged: assess, within: 0m..5m, on_failure: abort}";

/// One object in ten may be missing when a probe asks: where objects are purged, a write whose copy was
/// still under way is gone for good, which is a loss of data and no outage.
fn content_with_nine_of_ten(scenario: Scenario) -> Scenario {
    scenario.with("pass: 10 of 10", "pass: 9 of 10")
}

fn outcomes(report: &Report) -> Vec<(&str, StepOutcome)> {
    report
        .steps
        .iter()
        .map(|step| (step.id.as_str(), step.outcome))
        .collect()
}

#[track_caller]
fn assert_rto_missed(run: &Run, report: &Report) {
    assert_eq!(run.finished(), Some(EndReason::GaveUp));
    let rto = objective(report, "delivery", Metric::Rto);
    assert_eq!(rto.verdict, ObjectiveVerdict::Fail, "{rto:?}");
    // Still down when the drill gave up, 14 minutes after the fault: at least that long.
    let at_least = rto.at_least_s.expect("the service never came back");
    assert!(at_least >= 600.0, "{rto:?}");
    assert_eq!(rto.actual_s, Some(at_least), "{rto:?}");
    assert!(
        report.incidents.iter().any(|incident| incident.end_s.is_none()),
        "{:?}",
        report.incidents
    );
}

#[track_caller]
fn assert_adds_up(report: &Report) {
    for data in &report.data {
        let sum = data.stable + data.delayed + data.lost + data.corrupted + data.stale;
        assert_eq!(data.counted, sum, "{data:?}");
        assert_eq!(data.lost_by_hop.values().sum::<u64>(), data.lost, "{data:?}");
    }
}

trial!(without_its_restore_step_it_fails);
/// Nothing brings the objects back, so the service stays down and they stay lost.
fn without_its_restore_step_it_fails() {
    let run = Run::execute(&Scenario::loss().without(RESTORE));
    let report = run.assert_verdict(Verdict::Fail);
    assert_rto_missed(&run, &report);
    assert_adds_up(&report);
    let programs = data(&report, "programs");
    assert_eq!(
        programs.lost,
        run.targets("s3.delete_objects").len() as u64,
        "{programs:?}"
    );
    assert_eq!(
        programs.corrupted,
        run.targets("s3.corrupt_objects").len() as u64,
        "{programs:?}"
    );
    assert_eq!(
        objective(&report, "delivery", Metric::Rpo).verdict,
        ObjectiveVerdict::Fail
    );
    assert!(run.ended.stdout.contains("FAIL"), "{}", run.ended.stdout);
    let junit = String::from_utf8(run.read("junit.xml")).expect("text");
    assert!(junit.contains("<failure"), "{junit}");
}

trial!(a_drill_ends_once_every_target_is_missed);
/// With every step done and every target missed, nothing that happens later changes what is known.
fn a_drill_ends_once_every_target_is_missed() {
    let scenario = Scenario::loss()
        .without(RESTORE)
        .with("mtd: 2h", "mtd: 11m")
        .with("stable_for: 1m", "stable_for: 4m")
        .with("observe_for: 2m", "observe_for: 4m")
        .with("give_up: 14m", "give_up: 10h");
    let run = Run::execute(&scenario);
    let report = run.assert_verdict(Verdict::Fail);
    assert_eq!(run.finished(), Some(EndReason::AllMissed));
    let early = |reason: &String| reason.starts_with("The drill ended before give_up");
    assert!(report.reasons.iter().any(early), "{:#?}", report.reasons);
    for (service, metric, target) in [("delivery", Metric::Rto, 600.0), ("*", Metric::Mtd, 660.0)] {
        let objective = objective(&report, service, metric);
        assert_eq!(
            (objective.target_s, objective.verdict),
            (target, ObjectiveVerdict::Fail),
            "{objective:?}"
        );
        let at_least = objective.at_least_s.expect("the service never came back");
        assert!(
            at_least > target && objective.actual_s == Some(at_least),
            "{objective:?}"
        );
    }
    assert!(
        report.drill_seconds < 3600.0,
        "it went on for {} s",
        report.drill_seconds
    );
}

trial!(without_its_faults_it_is_inconclusive);
/// A drill that broke nothing measured nothing.
fn without_its_faults_it_is_inconclusive() {
    let scenario = Scenario::loss()
        .without("s3.delete_objects")
        .without("s3.corrupt_objects");
    // An empty folder is as good as none.
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path().join("run")).expect("a folder");
    let run = Run::inside(sandbox, &scenario.with("faults:\n", "faults: []\n"), &[], &[]);
    assert_eq!(run.sandbox.names(), ["run", "scenario.yaml"]);
    for file in FILES {
        assert!(!run.read(file).is_empty(), "{file} is empty");
    }
    let report = run.assert_verdict(Verdict::Inconclusive);
    assert_eq!(run.finished(), Some(EndReason::NoFaults));
    assert!(report.complete);
    for objective in &report.objectives {
        assert!(
            matches!(
                objective.verdict,
                ObjectiveVerdict::NotExercised | ObjectiveVerdict::Inconclusive
            ),
            "{objective:?}"
        );
    }
}

trial!(with_its_probe_pointed_at_nothing_it_is_inconclusive);
/// A probe that finds nothing to ask is red, so there is no steady state, and nothing may be broken.
fn with_its_probe_pointed_at_nothing_it_is_inconclusive() {
    let run = Run::execute(&Scenario::loss().with("pass: 10 of 10,", "pass: 10 of 10, prefix: none/,"));
    let report = run.assert_verdict(Verdict::Inconclusive);
    assert_eq!(run.finished(), Some(EndReason::NoSteadyState));
    assert!(
        report
            .faults
            .iter()
            .all(|fault| fault.start_s.is_none() && !fault.proven),
        "{:?}",
        report.faults
    );
    assert!(report.reasons[0].contains("steady state"), "{:?}", report.reasons);
    assert_eq!(data(&report, "programs").lost, 0, "nothing was broken");
}

trial!(without_a_replica_it_fails);
/// There is no second copy to restore from, and no replication to switch off.
fn without_a_replica_it_fails() {
    let run = Run::execute(&Scenario::loss().without("replicate:"));
    assert!(
        run.ended.stderr.contains("warning"),
        "a missing replica is odd enough to be said: {}",
        run.ended.stderr
    );
    let report = run.assert_verdict(Verdict::Fail);
    assert_rto_missed(&run, &report);
    assert_adds_up(&report);
    assert_eq!(
        outcomes(&report),
        [
            ("declare", StepOutcome::Done),
            ("contain", StepOutcome::Failed),
            ("assess", StepOutcome::Done),
            ("restore", StepOutcome::Failed),
            ("verify", StepOutcome::NotStarted),
            ("protect", StepOutcome::NotStarted),
            ("catch-up", StepOutcome::NotStarted),
        ]
    );
    let findings: Vec<&str> = report
        .findings
        .iter()
        .map(|finding| finding.text.as_str())
        .collect();
    assert!(
        findings.iter().any(|text| text.contains("NoSuchBucket")),
        "{findings:#?}"
    );
}

trial!(markers_are_undone_by_restoring_versions);
/// A delete marker only hides what is beneath it: its removal is recovery.
fn markers_are_undone_by_restoring_versions() {
    let scenario = Scenario::loss()
        .without("s3.corrupt_objects")
        .line_for(RESTORE, RESTORE_VERSIONS);
    let run = Run::execute(&scenario);
    let report = run.assert_verdict(Verdict::Pass);
    assert_adds_up(&report);
    let programs = data(&report, "programs");
    assert_eq!(
        programs.counted,
        programs.stable + programs.delayed,
        "{programs:?}"
    );
    assert_eq!(objective(&report, "delivery", Metric::Rpo).actual_s, Some(0.0));
}

trial!(corruption_is_not_undone_by_restoring_versions);
/// Every object has one version only: where its bytes are damaged, the bucket itself has no sound one.
fn corruption_is_not_undone_by_restoring_versions() {
    let scenario = Scenario::loss()
        .with("fraction: 0.6", "fraction: 0.2")
        .with("fraction: 0.1", "fraction: 0.6")
        .line_for(RESTORE, RESTORE_VERSIONS);
    let run = Run::execute(&scenario);
    let report = run.assert_verdict(Verdict::Fail);
    assert_rto_missed(&run, &report);
    assert_adds_up(&report);
    let programs = data(&report, "programs");
    assert_eq!((programs.lost, programs.stale), (0, 0), "{programs:?}");
    assert_eq!(
        programs.corrupted,
        run.targets("s3.corrupt_objects").len() as u64,
        "{programs:?}"
    );
    let restore = report
        .steps
        .iter()
        .find(|step| step.id == "restore")
        .expect("the step is there");
    assert_eq!(restore.outcome, StepOutcome::Failed);
    assert!(
        restore
            .error
            .as_deref()
            .unwrap_or_default()
            .starts_with("NoSuchVersion"),
        "{restore:?}"
    );
}

trial!(a_purge_is_not_undone_by_restoring_versions);
/// A purge leaves no version to restore.
fn a_purge_is_not_undone_by_restoring_versions() {
    let scenario = Scenario::loss()
        .without("s3.corrupt_objects")
        .with("mode: marker", "mode: purge")
        .line_for(RESTORE, RESTORE_VERSIONS);
    let run = Run::execute(&scenario);
    let report = run.assert_verdict(Verdict::Fail);
    assert_rto_missed(&run, &report);
    assert_adds_up(&report);
    let programs = data(&report, "programs");
    assert_eq!(
        programs.lost,
        run.targets("s3.delete_objects").len() as u64,
        "{programs:?}"
    );
}

trial!(a_purge_is_undone_from_the_replica);
/// The replica never loses a version to a purge, so it has all but the copies that were under way.
fn a_purge_is_undone_from_the_replica() {
    let scenario = content_with_nine_of_ten(Scenario::loss()).with("mode: marker", "mode: purge");
    let run = Run::execute(&scenario);
    let report = run.assert_verdict(Verdict::Pass);
    assert_adds_up(&report);
    let programs = data(&report, "programs");
    assert_eq!(programs.corrupted, 0, "{programs:?}");
    // At most what was written in the last moments before the fault.
    let rpa = programs.rpa_s.expect("older writes survived");
    assert!(
        programs.lost as f64 <= 1.0 + rpa / 9.0 && rpa < 180.0,
        "{programs:?}"
    );
}

trial!(a_deleted_bucket_is_made_again_from_the_replica);
/// The bucket goes with its versions and its configuration; its replica is a bucket of its own.
fn a_deleted_bucket_is_made_again_from_the_replica() {
    let scenario = content_with_nine_of_ten(Scenario::loss())
        .without("s3.corrupt_objects")
        .line_for(
            "s3.delete_objects",
            "  - {at: 8m, do: s3.delete_bucket, bucket: programs}",
        )
        .line_for(
            "id: contain",
            "  - {id: recreate, do: s3.create_bucket, bucket: programs, on_failure: abort}",
        );
    let run = Run::execute(&scenario);
    let report = run.assert_verdict(Verdict::Pass);
    assert_adds_up(&report);
    assert!(
        outcomes(&report)
            .iter()
            .all(|(_, outcome)| *outcome == StepOutcome::Done),
        "{:#?}",
        report.steps
    );
    let programs = data(&report, "programs");
    assert!(
        programs.counted > programs.acknowledged - programs.counted,
        "{programs:?}"
    );
}

trial!(an_overwrite_cannot_be_detected_through_s3);
/// Objects that are overwritten are sound as far as S3 can tell: their checksums are those of the new
/// bytes. An operator without the ledger finds no damage, and so restores nothing, from wherever.
fn an_overwrite_cannot_be_detected_through_s3() {
    let base = Scenario::loss()
        .without("s3.corrupt_objects")
        .with("mode: marker", "mode: overwrite");
    for scenario in [base.clone(), base.line_for(RESTORE, RESTORE_VERSIONS)] {
        let run = Run::execute(&scenario);
        let report = run.assert_verdict(Verdict::Fail);
        assert_rto_missed(&run, &report);
        assert_adds_up(&report);
        let programs = data(&report, "programs");
        assert_eq!(
            programs.corrupted,
            run.targets("s3.delete_objects").len() as u64,
            "{programs:?}"
        );
        assert_eq!(programs.lost, 0, "{programs:?}");
        let assess = report
            .steps
            .iter()
            .find(|step| step.id == "assess")
            .expect("the step is there");
        assert!(
            assess
                .detail
                .as_deref()
                .unwrap_or_default()
                .contains("no damage found"),
            "{assess:?}"
        );
    }
}

trial!(as_written_it_fails_and_says_what_aws_said);
/// The plan to the letter. AWS refuses to suspend versioning under replication; a sync compares sizes and
/// dates, so that deleted objects come back and corrupted ones of the same size stay.
fn as_written_it_fails_and_says_what_aws_said() {
    let suspend =
        "  - {id: contain, do: s3.put_versioning, bucket: programs, status: Suspended, source: \"plan:7\"}";
    let look = "  - {id: assess, do: s3.audit, bucket: programs, depth: listing}";
    let sync =
        "  - {id: restore, do: s3.sync, from: {bucket: programs, region: backup}, to: {bucket: programs}}";
    let scenario = Scenario::loss()
        .with("fraction: 0.6", "fraction: 0.3")
        .with("fraction: 0.1", "fraction: 0.5")
        .line_for("id: contain", suspend)
        .line_for("id: assess", look)
        .line_for(RESTORE, sync);
    let run = Run::execute(&scenario);
    let report = run.assert_verdict(Verdict::Fail);
    assert_rto_missed(&run, &report);
    assert_adds_up(&report);
    let refused = report
        .findings
        .iter()
        .find(|finding| finding.text.contains("InvalidBucketState"));
    let refused = refused.unwrap_or_else(|| panic!("AWS's code is not quoted in {:#?}", report.findings));
    assert_eq!(
        (refused.step.as_deref(), refused.source.as_deref()),
        (Some("contain"), Some("plan:7"))
    );
    let programs = data(&report, "programs");
    assert_eq!(programs.lost, 0, "{programs:?}");
    assert_eq!(
        programs.corrupted,
        run.targets("s3.corrupt_objects").len() as u64,
        "{programs:?}"
    );
    let corrupted = report
        .findings
        .iter()
        .any(|finding| finding.text.contains("corrupted"));
    assert!(
        corrupted,
        "the corruption that stayed is no finding: {:#?}",
        report.findings
    );
    let verify = report
        .steps
        .iter()
        .find(|step| step.id == "verify")
        .expect("the step is there");
    assert_eq!(
        verify.outcome,
        StepOutcome::Failed,
        "the operator's own check sees it, too: {verify:?}"
    );
}
