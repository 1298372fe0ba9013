//! How incidents are judged against the objectives of services, and what would flip them.

use drill::journal::{Component, EndReason, Event, Health, StepEnd, StepOutcome};
use drill::ledger::{LedgerRecord, Left, Write};
use drill::report::{ClosedBy, Metric, ObjectiveVerdict, Verdict};
use drill::units::Span;

use crate::support::*;

fn rto_of(report: &drill::report::Report) -> ObjectiveVerdict {
    rto(report).verdict
}

#[test]
fn a_red_that_never_closes_fails_when_the_drill_gives_up() {
    let mut run = recovered();
    run.forget_results("objects", BACK)
        .results("objects", BACK, 6000, Health::Red);
    run.finish(6010, EndReason::GaveUp);
    let report = run.report();
    let rto = rto(&report);
    // The last red is of 5970.
    assert_eq!((rto.at_least_s, rto.actual_s), (Some(3870.0), Some(3870.0)));
    assert_eq!(rto.verdict, ObjectiveVerdict::Fail);
    assert_eq!(mtd(&report).verdict, ObjectiveVerdict::Fail);
    assert_eq!(mtd(&report).at_least_s, Some(3870.0));
    // One that gives up before the MTD is over shows nothing of it.
    run.scenario.give_up = secs(3900);
    let early = run.report();
    assert_eq!(rto_of(&early), ObjectiveVerdict::Fail);
    assert_eq!(mtd(&early).verdict, ObjectiveVerdict::Inconclusive);
    assert_eq!(mtd(&early).actual_s, Some(3870.0));
    assert_eq!(report.verdict, Verdict::Fail);
    assert!(
        reasons(&report).contains("at least 1h 04m 30s"),
        "{}",
        reasons(&report)
    );
    let verify = report.phases.last().unwrap();
    assert_eq!((verify.name.as_str(), verify.end_s), ("verify", None));
}

#[test]
fn a_drill_that_gives_up_before_the_target_is_over_tells_nothing() {
    let mut run = recovered();
    run.forget_results("objects", BACK)
        .results("objects", BACK, 4400, Health::Red);
    run.scenario.give_up = secs(2400);
    run.finish(END, EndReason::GaveUp);
    let report = run.report();
    assert_eq!(rto(&report).at_least_s, Some(2280.0));
    assert_eq!(rto(&report).verdict, ObjectiveVerdict::Inconclusive);
    assert_eq!(report.verdict, Verdict::Inconclusive);
}

#[test]
fn a_red_that_lasts_beyond_the_target_is_missed_however_the_drill_ended() {
    let mut run = recovered();
    run.forget_results("objects", BACK)
        .results("objects", BACK, 5800, Health::Red);
    run.finish(5900, EndReason::AllMissed);
    let report = run.report();
    assert_eq!(rto(&report).verdict, ObjectiveVerdict::Fail);
    assert_eq!(mtd(&report).verdict, ObjectiveVerdict::Inconclusive);
    assert_eq!(report.verdict, Verdict::Fail);
}

#[test]
fn a_target_within_the_error_is_inconclusive_and_no_other() {
    // 1500 s ± 31 s.
    let judged = |rto_s: i64| {
        let yaml = SCENARIO.replace("rto: 1h", &format!("rto: {rto_s}s"));
        let report = recovered_under(&yaml).report();
        (rto(&report).verdict, report.verdict)
    };
    assert_eq!(judged(1531), (ObjectiveVerdict::Pass, Verdict::Pass));
    assert_eq!(
        judged(1530),
        (ObjectiveVerdict::Inconclusive, Verdict::Inconclusive)
    );
    assert_eq!(
        judged(1469),
        (ObjectiveVerdict::Inconclusive, Verdict::Inconclusive)
    );
    assert_eq!(judged(1468), (ObjectiveVerdict::Fail, Verdict::Fail));
}

#[test]
fn a_saturated_probe_makes_its_figures_inconclusive() {
    let mut run = recovered();
    run.event(
        3000,
        Event::Saturated {
            component: Component::Probe("objects".into()),
            detail: "8 rounds".into(),
        },
    );
    let report = run.report();
    assert_eq!(rto(&report).verdict, ObjectiveVerdict::Inconclusive);
    assert_eq!(mtd(&report).verdict, ObjectiveVerdict::Inconclusive);
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Pass);
    assert_eq!(report.verdict, Verdict::Inconclusive);
    let mut run = recovered();
    run.event(
        3000,
        Event::Saturated {
            component: Component::Probe("another".into()),
            detail: "8 rounds".into(),
        },
    );
    assert_eq!(run.report().verdict, Verdict::Pass);
}

#[test]
fn the_mtd_counts_shared_red_once_and_the_work_recovery_time() {
    let yaml = SCENARIO
        .replace("  source: \"plan:14\"\n", "  wrt: 30m\n")
        .replace("writers:", "    other: {name: other-bucket}\nwriters:")
        .replace("    delivery:", "    second: {probe: second, rto: 1h}\n    delivery:")
        .replace("steady_state:", "  second: {do: s3.get_object, bucket: programs, sample: 5, every: 30s, timeout: 5s}\nsteady_state:");
    let mut run = recovered_under(&yaml);
    run.results("second", 5, FAULT, Health::Green)
        .results("second", FAULT + 5, 3300, Health::Red);
    run.results("second", 3300, END, Health::Green);
    let report = run.report();
    assert_eq!(objective(&report, "second", Metric::Rto).actual_s, Some(1200.0));
    assert_eq!(mtd(&report).actual_s, Some(1500.0 + 1800.0));
    assert_eq!((mtd(&report).measured_s, mtd(&report).modelled_s), (70.0, 3230.0));
}

#[test]
fn a_service_with_an_mtd_of_its_own_is_judged_by_that() {
    let yaml = SCENARIO.replace("rto: 1h,", "rto: 1h, mtd: 20m,");
    let report = recovered_under(&yaml).report();
    let own = objective(&report, "delivery", Metric::Mtd);
    assert_eq!(
        (own.actual_s, own.verdict),
        (Some(1500.0), ObjectiveVerdict::Fail)
    );
    assert!(
        report
            .objectives
            .iter()
            .all(|objective| objective.metric != Metric::Mtd || objective.service != "*")
    );
    find(&report, &["contradicts itself", "RTO of 1h", "20m"]);
}

#[test]
fn without_a_declaration_detection_is_it() {
    let yaml: String = SCENARIO
        .lines()
        .filter(|line| !line.contains("id: declare"))
        .map(|line| format!("{line}\n"))
        .collect();
    let mut run = recovered_under(&yaml);
    run.without_step("declare");
    let report = run.report();
    assert_eq!(rto(&report).actual_from_declaration_s, Some(1320.0));
}

#[test]
fn red_before_the_fault_is_shown_and_not_judged() {
    let mut run = recovered();
    run.forget_results("objects", 0);
    run.results("objects", 5, 200, Health::Red)
        .results("objects", 200, FAULT, Health::Green);
    run.results("objects", FAULT + 5, BACK, Health::Red)
        .results("objects", BACK, END, Health::Green);
    let report = run.report();
    assert_eq!(report.incidents.len(), 2);
    assert_eq!(report.incidents[0].fault, None);
    assert!(!report.incidents[1].relapse);
    assert_eq!(rto(&report).actual_s, Some(1500.0));
    assert_eq!(mtd(&report).actual_s, Some(1500.0));
}

#[test]
fn what_would_flip_an_objective_is_said() {
    let report = recovered().report();
    let flip = |duration: &str, objective: &str| {
        let found = report
            .flips
            .iter()
            .find(|flip| flip.duration == duration && flip.objective == objective);
        found.map(|flip| flip.grown_by_s)
    };
    // 1500 s ± 31 s against 1 h.
    assert_eq!(flip("declare", "delivery rto"), Some(2100.0));
    assert_eq!(flip("detection", "delivery rto"), Some(2100.0));
    assert_eq!(flip("restore", "* mtd"), Some(27_300.0));
    assert!(report.flips.iter().all(|flip| flip.error_s == 31.0));
    assert_eq!(flip("assess", "delivery rto"), None, "nothing of it is modelled");

    // A miss flips where a duration is long enough to be shrunk by that much.
    let report = recovered_under(&SCENARIO.replace("rto: 1h", "rto: 1000s")).report();
    let by: Vec<(&str, f64)> = report
        .flips
        .iter()
        .filter(|f| f.objective == "delivery rto")
        .map(|f| (f.duration.as_str(), f.grown_by_s))
        .collect();
    assert_eq!(by, [("declare", -500.0)]);
}

#[test]
fn only_what_lies_on_the_critical_path_flips_anything() {
    let yaml = SCENARIO.replace(
        "  - {id: assess, do: s3.audit, bucket: programs}",
        "  - {id: inform, do: human, takes: {p50: 4m, p95: 5m}, after: [declare]}\n  \
         - {id: brief, do: human, takes: {p50: 4m, p95: 5m}, after: [declare]}\n  \
         - {id: assess, do: s3.audit, bucket: programs, after: [declare, brief]}",
    );
    let yaml = yaml.replace("damaged: assess,", "damaged: assess, after: [assess],");
    let mut run = recovered_under(&yaml);
    run.without_step("declare")
        .step("declare", 2280, 2880, 0)
        .step("inform", 2880, 3180, 0)
        .step("brief", 2880, 3180, 0);
    let flips = |run: &Run| {
        let report = run.report();
        let of_rto = report
            .flips
            .into_iter()
            .filter(|flip| flip.objective == "delivery rto");
        let mut flips: Vec<(String, f64)> = of_rto.map(|flip| (flip.duration, flip.grown_by_s)).collect();
        flips.sort_by(|a, b| a.0.cmp(&b.0));
        flips
    };
    // Nothing waits for `inform`; all the others follow each other.
    let all = ["brief", "declare", "detection", "restore"].map(|name| (name.to_owned(), 2100.0));
    assert_eq!(flips(&run), all);
    // `assess` also waits for `inform`, which ends earlier: only when it has caught up does it count.
    run.without_step("inform").step("inform", 2880, 3000, 0);
    let assess = run
        .scenario
        .runbook
        .iter_mut()
        .find(|step| step.id == "assess")
        .unwrap();
    assess.after.push("inform".to_owned());
    assert_eq!(flips(&run), all);
    // Of two branches that end together neither can be shrunk to any effect.
    run.without_step("inform").step("inform", 2880, 3180, 0);
    run.scenario.objectives.services[0].rto = Some(secs(1400));
    let shrunk = [("declare", -100.0), ("detection", -100.0), ("restore", -100.0)];
    assert_eq!(flips(&run), shrunk.map(|(name, by)| (name.to_owned(), by)));
}

#[test]
fn a_step_after_the_one_that_recovered_flips_nothing() {
    let yaml = format!("{SCENARIO}  - {{id: rest, do: wait, for: 20s}}\n");
    let mut run = recovered_under(&yaml);
    run.step("rest", 3550, 3570, 0);
    let report = run.report();
    assert!(
        report.flips.iter().all(|flip| flip.duration != "rest"),
        "{:#?}",
        report.flips
    );
    assert!(report.flips.iter().any(|flip| flip.duration == "restore"));
}

#[test]
fn steps_that_never_ended_have_no_end() {
    let mut run = recovered();
    run.change(|when, event| {
        if let Event::StepEnded(end) = event
            && end.step == "restore"
        {
            *when = at(END);
            *end = StepEnd {
                outcome: StepOutcome::Interrupted,
                ..done("restore")
            };
        }
    });
    let report = run.report();
    let restore = &report.steps[2];
    assert_eq!(
        (restore.start_s, restore.end_s, restore.outcome),
        (Some(3190.0), None, StepOutcome::Interrupted)
    );
    // What it had changed by then brought the service back.
    assert_eq!(incident(&report).closed_by, Some(ClosedBy::Step));
    assert_eq!(rto(&report).measured_s, 10.0);
}

#[test]
fn a_step_that_failed_has_done_what_it_changed() {
    let mut run = recovered();
    run.change(|_, event| {
        if let Event::StepEnded(end) = event
            && end.step == "restore"
        {
            end.outcome = StepOutcome::Failed;
        }
    });
    let report = run.report();
    assert_eq!(incident(&report).step.as_deref(), Some("restore"));
    assert_eq!(rto(&report).verdict, ObjectiveVerdict::Pass);
}

#[test]
fn charts_know_targets_as_instants() {
    let run = recovered();
    let charts = drill::measures::judge(&run.scenario, &run.recording()).charts;
    assert_eq!(
        (charts.detected, charts.declared, charts.end),
        (Some(at(2280)), Some(at(3180)), at(END))
    );
    let deadlines: Vec<(&str, i64, Span)> = charts
        .deadlines
        .iter()
        .map(|d| (d.label.as_str(), d.from.as_us() / 1_000_000, d.target))
        .collect();
    assert_eq!(
        deadlines,
        [("delivery RTO", FAULT, secs(3600)), ("MTD", FAULT, secs(28_800))]
    );
    assert_eq!(
        (charts.windows[0].opens, charts.windows[0].closes),
        (at(2280), at(3480))
    );
    assert_eq!(
        (charts.windows[1].opens, charts.windows[1].closes),
        (at(3180), at(6780))
    );
    assert_eq!(charts.recovery_points[0].data, "programs");
    assert_eq!(charts.probes[0].services, ["delivery"]);
    assert!(charts.probes[0].results.is_sorted_by_key(|(at, _)| *at));
}

#[test]
fn the_incident_that_exercised_the_plan_decides() {
    let yaml = SCENARIO.replace(
        "detection:",
        "  - {id: again, at: 70m, do: s3.delete_objects, bucket: programs, fraction: 0.1, mode: marker}\ndetection:",
    );
    let mut run = recovered_under(&yaml);
    run.forget_results("objects", 4200).injection("again", 4200, &[]);
    run.results("objects", 4205, 4400, Health::Red)
        .fault_ends("again", 4390);
    run.results("objects", 4400, 5100, Health::Green)
        .finish(5100, EndReason::Recovered);
    let report = run.report();
    assert_eq!(report.incidents[0].closed_by, Some(ClosedBy::Step));
    assert_eq!(report.incidents[1].closed_by, Some(ClosedBy::FaultEnd));
    assert_eq!(report.incidents[1].fault.as_deref(), Some("again"));
    assert_eq!(rto(&report).verdict, ObjectiveVerdict::Pass);
    assert_eq!(rto(&report).actual_s, Some(1500.0));
    find(&report, &["the provider repaired it"]);
    // What lasted too long was too long, whatever ended it.
    run.scenario.objectives.services[0].rto = Some(secs(150));
    assert_eq!(rto(&run.report()).verdict, ObjectiveVerdict::Fail);
}

#[test]
fn an_incident_before_the_declaration_has_no_time_from_there() {
    let mut run = recovered();
    run.without_step("declare").step("declare", 3700, 3800, 0);
    assert_eq!(rto(&run.report()).actual_from_declaration_s, None);
}

/// Who puts once more what stands there, or an older write over a newer one, mends nothing.
#[test]
fn what_was_sound_already_earns_no_credit() {
    let mut run = recovered();
    run.ledger
        .retain(|record| !matches!(record, LedgerRecord::Change(_)));
    run.object_changed("restore", at(3200), &key(600), Left::Body(digest(&key(600))));
    let by = |run: &Run| incident(&run.report()).closed_by;
    // The fault took it, or did not.
    let taken = targets().contains(&key(600));
    assert_eq!(by(&run) == Some(ClosedBy::Step), taken);
    run.change(|_, event| {
        if let Event::FaultInjected { targets, .. } = event {
            targets.retain(|target| *target != key(600));
        }
    });
    assert_eq!(by(&run), Some(ClosedBy::Itself));
    // An older write under the same name.
    let older = Write {
        digest: [7; 32],
        ..put(&key(600), 570)
    };
    run.write(older);
    run.object_changed("restore", at(3300), &key(600), Left::Body([7; 32]));
    assert_eq!(by(&run), Some(ClosedBy::Itself));
    run.object_changed("restore", at(3400), &key(600), Left::Body(digest(&key(600))));
    assert_eq!(by(&run), Some(ClosedBy::Step), "the newer one is back");
}

#[test]
fn a_step_that_put_back_what_was_too_old_gets_no_credit() {
    let yaml = format!("{SCENARIO}  - {{id: old, do: shell, run: \"true\"}}\n");
    let mut run = recovered_under(&yaml);
    run.without_step("restore").step("old", 3190, 3590, 400);
    // Each key had been written once before.
    let older = |key: &String| {
        LedgerRecord::Write(Write {
            digest: [9; 32],
            ..put(key, -3600)
        })
    };
    let older: Vec<LedgerRecord> = targets().iter().map(older).collect();
    run.ledger.splice(0..0, older);
    for key in targets() {
        run.object_changed("old", at(3580), &key, Left::Body([9; 32]));
    }
    let report = run.report();
    assert_eq!(
        (incident(&report).closed_by, incident(&report).step.as_deref()),
        (Some(ClosedBy::Itself), None)
    );
    // What stood there last is another thing.
    for key in targets() {
        let body = digest(&key);
        run.object_changed("old", at(3585), &key, Left::Body(body));
    }
    assert_eq!(incident(&run.report()).step.as_deref(), Some("old"));
}
