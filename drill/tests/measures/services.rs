//! Recovery times on hand-made timelines: incidents, RTO, MTD, provenance.

use drill::journal::{EndReason, Event, Health, Outcome, Purpose, StepEnd};
use drill::ledger::{Change, Changed, Changer, LedgerRecord, Left, Write};
use drill::report::{ClosedBy, Metric, ObjectiveVerdict, Verdict};
use drill::units::Span;

use crate::support::*;

#[test]
fn a_recovery_is_timed_from_the_fault_to_the_first_green_that_holds() {
    let report = recovered().report();
    assert_eq!(report.verdict, Verdict::Pass, "{:#?}", report.reasons);
    let found = incident(&report);
    assert_eq!(
        (found.fault.as_deref(), found.closed_by),
        (Some("loss"), Some(ClosedBy::Step))
    );
    assert_eq!(
        (found.start_s, found.end_s, found.relapse),
        (2100.0, Some(3600.0), false)
    );
    let rto = rto(&report);
    assert_eq!(
        (rto.actual_s, rto.at_least_s, rto.target_s),
        (Some(1500.0), None, 3600.0)
    );
    assert_eq!(rto.actual_from_declaration_s, Some(420.0));
    assert_eq!(
        (rto.measured_s, rto.modelled_s, rto.observed_s),
        (70.0, 1430.0, 0.0)
    );
    // The probe's interval and how late events were.
    assert_eq!(rto.error_s, 31.0);
    assert_eq!(rto.source.as_deref(), Some("plan:44"));
    assert_eq!(mtd(&report).actual_s, Some(1500.0));
    assert_eq!(mtd(&report).source.as_deref(), Some("plan:14"));
    assert!(
        report
            .objectives
            .iter()
            .all(|objective| objective.verdict == ObjectiveVerdict::Pass)
    );
    assert!(report.complete);
}

#[test]
fn phases_follow_each_other_from_the_fault_to_green() {
    let report = recovered().report();
    let shown: Vec<(&str, f64, Option<f64>)> = report
        .phases
        .iter()
        .map(|phase| (phase.name.as_str(), phase.start_s, phase.end_s))
        .collect();
    let expected = [
        ("detect", 2100.0, Some(2280.0)),
        ("declare", 2280.0, Some(3180.0)),
        ("assess", 3180.0, Some(3190.0)),
        ("restore", 3190.0, Some(3550.0)),
        ("verify", 3550.0, Some(3600.0)),
    ];
    assert_eq!(shown, expected);
    let restore = &report.phases[3];
    assert_eq!(
        (restore.measured_s, restore.modelled_s, restore.observed_s),
        (60.0, 300.0, 0.0)
    );
}

#[test]
fn what_a_person_took_is_observed() {
    let mut run = recovered();
    run.change(|_, event| {
        if let Event::StepEnded(end) = event
            && end.step == "declare"
        {
            (end.modelled, end.observed) = (secs(600), secs(300));
        }
    });
    let report = run.report();
    let rto = rto(&report);
    assert_eq!(
        (rto.measured_s, rto.modelled_s, rto.observed_s),
        (70.0, 1130.0, 300.0)
    );
}

#[test]
fn only_the_part_of_a_step_inside_the_incident_counts() {
    let mut run = recovered();
    // Green comes while the step is half done: half of what it measured is taken to lie inside.
    run.without_step("restore");
    run.step("restore", 3190, 4010, 82).audits(body);
    let report = run.report();
    assert_eq!((rto(&report).measured_s, rto(&report).modelled_s), (51.0, 1449.0));
    assert_eq!(incident(&report).closed_by, Some(ClosedBy::Step));
}

#[test]
fn one_odd_result_is_no_state() {
    let mut run = recovered();
    run.result("objects", 1000, Health::Red)
        .result("objects", 3000, Health::Green);
    let report = run.report();
    assert_eq!(incident(&report).end_s, Some(3600.0));
    assert_eq!(report.verdict, Verdict::Pass);
}

#[test]
fn green_that_does_not_hold_closes_nothing() {
    let mut run = recovered();
    run.forget_results("objects", 3600);
    run.results("objects", 3600, 3800, Health::Green)
        .results("objects", 3800, 3900, Health::Red);
    run.results("objects", 3900, END, Health::Green);
    let report = run.report();
    assert_eq!(incident(&report).end_s, Some(3900.0));
    assert_eq!(rto(&report).actual_s, Some(1800.0));
}

#[test]
fn green_at_the_very_end_is_not_confirmed() {
    let mut run = recovered();
    run.forget_results("objects", 3600);
    run.results("objects", 3600, 4290, Health::Red)
        .results("objects", 4290, END, Health::Green);
    let report = run.report();
    assert_eq!(incident(&report).end_s, None);
    assert_eq!(rto(&report).at_least_s, Some(2190.0));
    assert_eq!(rto(&report).verdict, ObjectiveVerdict::Inconclusive);
    assert_eq!(report.verdict, Verdict::Inconclusive);
}

#[test]
fn green_of_which_nothing_more_is_known_is_not_confirmed() {
    let mut run = recovered();
    run.forget_results("objects", BACK);
    run.results("objects", BACK, BACK + 60, Health::Green).results(
        "objects",
        BACK + 60,
        END,
        Health::Unknown,
    );
    let report = run.report();
    assert_eq!(incident(&report).end_s, None);
    assert_eq!(rto(&report).verdict, ObjectiveVerdict::Inconclusive);
}

#[test]
fn unknown_results_count_neither_way_but_blur_the_end() {
    let mut run = recovered();
    run.forget_results("objects", 3480);
    run.results("objects", 3480, 3600, Health::Unknown)
        .results("objects", 3600, END, Health::Green);
    let report = run.report();
    assert_eq!(incident(&report).end_s, Some(3600.0));
    // The last red is of 3455.
    assert_eq!(rto(&report).error_s, 146.0);
    find(&report, &["4 of", "probe objects", "this machine was late"]);
}

#[test]
fn a_relapse_is_another_incident_and_the_worst_one_is_judged() {
    let mut run = recovered();
    run.forget_results("objects", 4200);
    run.results("objects", 4205, 6000, Health::Red)
        .results("objects", 6000, 6600, Health::Green);
    run.change(|_, event| {
        if let Event::StepEnded(end) = event
            && end.step == "restore"
        {
            end.detail = Some("first".into());
        }
    });
    // A step of its own recovers it again.
    run.scenario.runbook.push({
        let mut again = run.scenario.runbook[2].clone();
        again.id = "again".into();
        again
    });
    run.step("again", 5000, 5950, 20)
        .object_changed("declare", at(4204), &key(600), Left::Nothing)
        .object_changed("again", at(5940), &key(600), Left::Body(digest(&key(600))))
        .finish(6600, EndReason::Recovered);
    let report = run.report();
    assert_eq!(report.incidents.len(), 2);
    let relapse = &report.incidents[1];
    assert_eq!((relapse.relapse, relapse.fault.as_deref()), (true, None));
    assert_eq!((relapse.start_s, relapse.end_s), (4205.0, Some(6000.0)));
    assert_eq!(rto(&report).actual_s, Some(1795.0));
    // The MTD is judged on the sum.
    assert_eq!(mtd(&report).actual_s, Some(1500.0 + 1795.0));
    find(&report, &["relapsed"]);
    // The phase that ends with green is that of the disaster, not of the relapse.
    let verify = report.phases.iter().find(|phase| phase.name == "verify").unwrap();
    assert_eq!(verify.end_s, Some(3600.0));
}

#[test]
fn of_two_faults_the_one_that_turned_it_red_opens_the_incident() {
    let yaml = SCENARIO.replace(
        "detection:",
        "  - {id: rot, at: 36m, do: s3.corrupt_objects, bucket: programs, fraction: 0.1}\ndetection:",
    );
    let mut run = recovered_under(&yaml);
    run.strike("rot", 2160, &[]);
    let report = run.report();
    assert_eq!(
        (incident(&report).fault.as_deref(), incident(&report).start_s),
        (Some("loss"), 2100.0)
    );

    // Health tolerates the first fault, and not the second.
    run.forget_results("objects", FAULT);
    run.results("objects", FAULT + 5, 2165, Health::Green)
        .results("objects", 2165, BACK, Health::Red);
    run.results("objects", BACK, END, Health::Green);
    let report = run.report();
    assert_eq!(
        (incident(&report).fault.as_deref(), incident(&report).start_s),
        (Some("rot"), 2160.0)
    );
}

#[test]
fn a_fault_elsewhere_does_not_shorten_an_incident() {
    let yaml = SCENARIO
        .replace("writers:", "    other: {name: other-bucket}\nwriters:")
        .replace(
            "detection:",
            "  - {id: other, at: 2102s, do: s3.delete_bucket, bucket: other}\ndetection:",
        );
    let mut run = recovered_under(&yaml);
    run.strike("other", 2102, &[]);
    let report = run.report();
    assert_eq!(
        (incident(&report).fault.as_deref(), incident(&report).start_s),
        (Some("loss"), 2100.0)
    );
}

#[test]
fn a_provider_bound_recovery_is_not_exercised() {
    let mut run = recovered();
    run.without_step("restore");
    run.fault_ends("loss", 3590);
    let report = run.report();
    assert_eq!(incident(&report).closed_by, Some(ClosedBy::FaultEnd));
    assert_eq!(rto(&report).verdict, ObjectiveVerdict::NotExercised);
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::NotExercised);
    assert_eq!(mtd(&report).verdict, ObjectiveVerdict::NotExercised);
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert_eq!(report.faults[0].end_s, Some(3590.0));
    find(&report, &["the provider repaired it"]);
}

#[test]
fn a_step_that_changed_something_closed_it_though_the_fault_ended_earlier() {
    let mut run = recovered();
    run.fault_ends("loss", 2900);
    let report = run.report();
    assert_eq!(incident(&report).closed_by, Some(ClosedBy::Step));
    assert_eq!(incident(&report).step.as_deref(), Some("restore"));
    assert_eq!(report.verdict, Verdict::Pass);
    // The fault ended after all that the step changed.
    run.without(|event| matches!(event, Event::FaultEnded { .. }));
    run.fault_ends("loss", 3580);
    assert_eq!(incident(&run.report()).closed_by, Some(ClosedBy::FaultEnd));
    // Both in the last window: the plan gets no credit that it may not have earned.
    run.object_changed("restore", at(3582), &key(600), Left::Nothing);
    run.object_changed("restore", at(3585), &key(600), Left::Body(digest(&key(600))));
    let report = run.report();
    assert_eq!(incident(&report).closed_by, Some(ClosedBy::Ambiguous));
    assert_eq!(rto(&report).verdict, ObjectiveVerdict::NotExercised);
    find(&report, &["step restore", "cannot be told"]);
}

#[test]
fn a_step_that_changed_nothing_that_matters_gets_no_credit() {
    let yaml = format!("{SCENARIO}  - {{id: nothing, do: shell, run: \"true\"}}\n");
    let mut run = recovered_under(&yaml);
    run.without_step("restore").step("nothing", 3190, 3590, 400);
    let unearned = |run: &Run| {
        let report = run.report();
        assert_eq!(incident(&report).closed_by, Some(ClosedBy::Itself));
        assert_eq!(incident(&report).step, None);
        assert_eq!(rto(&report).verdict, ObjectiveVerdict::NotExercised);
        assert_eq!(report.verdict, Verdict::Inconclusive);
    };
    unearned(&run);
    // It wrote what nobody had written, took something away, or guarded what is there.
    run.object_changed("nothing", at(3500), "junk", Left::Body([7; 32]))
        .object_changed("nothing", at(3510), &key(600), Left::Body([7; 32]))
        .object_changed("nothing", at(3520), &key(630), Left::Nothing);
    let guard = |operation: &str| {
        LedgerRecord::Change(Change {
            at: at(3530),
            by: Changer::Step("nothing".into()),
            operation: operation.into(),
            changed: Changed::Bucket {
                bucket: "programs".into(),
                region: "primary".into(),
            },
        })
    };
    run.ledger.push(guard("s3:PutBucketVersioning"));
    unearned(&run);
    // Nobody had been turned away.
    run.reds_say(|_| "000001: NoSuchKey");
    run.ledger.push(guard("s3:DeleteBucketPolicy"));
    unearned(&run);
    // Let readers in again: that is something.
    run.reds_say(|_| "000001: AccessDenied");
    assert_eq!(incident(&run.report()).closed_by, Some(ClosedBy::Step));
    assert_eq!(incident(&run.report()).step.as_deref(), Some("nothing"));
}

#[test]
fn a_recovery_is_that_of_the_region_that_answered() {
    let yaml = format!("{SCENARIO}  - {{id: names, do: dns.failover, to: backup}}\n");
    let via = |run: &mut Run, from: i64, region: &str| {
        run.change(|when, event| {
            if let Event::Probe {
                purpose: Purpose::Health,
                via,
                ..
            } = event
                && *when >= at(from)
            {
                via.insert("programs".to_owned(), region.to_owned());
            }
        });
    };
    let mut run = recovered_under(&yaml);
    run.without_step("restore")
        .step("names", 3190, 3200, 0)
        .event(
            3200,
            Event::NameMoved {
                name: "programs".into(),
                from: "primary".into(),
                to: "backup".into(),
                by: "names".into(),
            },
        )
        .fault_ends("loss", 3590);
    // The probe's client keeps its old answer: it was the provider that repaired the primary.
    via(&mut run, 0, "primary");
    assert_eq!(incident(&run.report()).closed_by, Some(ClosedBy::FaultEnd));
    // It was answered from the backup, and from nowhere else before.
    via(&mut run, BACK, "backup");
    let report = run.report();
    assert_eq!(incident(&report).closed_by, Some(ClosedBy::Step));
    assert_eq!(incident(&report).step.as_deref(), Some("names"));
}

#[test]
fn single_reds_after_a_recovery_keep_it_open_unless_they_were_usual() {
    let flapping = |every: usize| {
        let mut run = recovered();
        let mut n = 0;
        run.change(|when, event| {
            if let Event::Probe {
                purpose: Purpose::Health,
                health,
                ..
            } = event
                && *when > at(BACK)
            {
                n += 1;
                if n % every == 0 {
                    *health = Health::Red;
                }
            }
        });
        run
    };
    // Every fourth of the 20 results in the ten minutes after it.
    let report = flapping(4).report();
    assert_eq!(incident(&report).end_s, None);
    assert_eq!(incident(&report).unstable_from_s, Some(3600.0));
    assert_eq!(incident(&report).red_after_close, Some(0.2));
    assert_eq!(rto(&report).verdict, ObjectiveVerdict::Inconclusive);
    assert_eq!(report.verdict, Verdict::Inconclusive);
    find(&report, &["unstable after its recovery", "4 of 20"]);
    // One red result may happen.
    let report = flapping(15).report();
    assert_eq!(incident(&report).end_s, Some(3600.0));
    assert_eq!(incident(&report).red_after_close, Some(0.05));
    assert_eq!(report.verdict, Verdict::Pass);
    // As many were red before the fault.
    let mut run = flapping(4);
    let mut n = 0;
    run.change(|when, event| {
        if let Event::Probe {
            purpose: Purpose::Health,
            health,
            ..
        } = event
            && *when < at(FAULT)
        {
            n += 1;
            if n % 4 == 0 {
                *health = Health::Red;
            }
        }
    });
    assert_eq!(incident(&run.report()).end_s, Some(3600.0));
}

#[test]
fn what_flapped_for_a_while_is_back_once_it_no_longer_does() {
    let mut run = recovered();
    run.results("objects", END, 6000, Health::Green);
    run.change(|when, event| {
        if let Event::Probe {
            purpose: Purpose::Health,
            health,
            ..
        } = event
            && (at(3600)..at(4500)).contains(when)
            && (*when - at(3600)).as_us() / 1_000_000 % 120 == 90
        {
            *health = Health::Red;
        }
    });
    run.finish(6000, EndReason::Recovered);
    let report = run.report();
    // The last single red but one is of 4290: after it no more than one in ten minutes.
    assert_eq!(incident(&report).end_s, Some(4320.0));
    assert_eq!(rto(&report).actual_s, Some(2220.0));
    find(
        &report,
        &["unstable after its recovery", "counts as back from 1h 12m"],
    );
}

#[test]
fn reasons_of_red_are_counted() {
    let mut run = recovered();
    let mut n = 0;
    run.change(|_, event| {
        if let Event::Probe {
            health: Health::Red,
            detail,
            ..
        } = event
        {
            n += 1;
            let text = match n % 5 {
                0 => "no answer within 5s".to_owned(),
                n => format!("programs/0000{n}: NoSuchKey"),
            };
            *detail = Some(text);
        }
    });
    let report = run.report();
    let reasons: Vec<(&str, u64)> = incident(&report)
        .reasons
        .iter()
        .map(|reason| (reason.text.as_str(), reason.count))
        .collect();
    assert_eq!(
        reasons,
        [("programs/00001: NoSuchKey", 40), ("no answer within 5s", 10)]
    );
}

#[test]
fn riding_out_counts_from_the_faults_end() {
    let yaml = SCENARIO.replace("rpo: 15m, source", "rpo: 15m, expect: ride_out, source");
    let mut run = recovered_under(&yaml);
    run.without_step("restore");
    run.fault_ends("loss", 3590);
    let report = run.report();
    assert_eq!(rto(&report).actual_s, Some(10.0));
    assert_eq!(rto(&report).verdict, ObjectiveVerdict::Pass);
    assert_eq!(rpo(&report).verdict, ObjectiveVerdict::Pass);
    assert_eq!(mtd(&report).actual_s, Some(1500.0));
    assert_eq!(report.verdict, Verdict::Pass, "{:#?}", report.reasons);
}

/// The objectives of services and of the drill, without its protections.
fn judged(report: &drill::report::Report) -> impl Iterator<Item = &drill::report::Objective> {
    let objectives = report.objectives.iter();
    objectives.filter(|objective| objective.metric != Metric::Protection)
}

#[test]
fn an_untouched_service_is_not_exercised_unless_that_is_expected() {
    let mut run = recovered();
    run.forget_results("objects", FAULT)
        .results("objects", FAULT + 5, END, Health::Green);
    let report = run.report();
    assert!(report.incidents.is_empty());
    for objective in judged(&report) {
        assert_eq!(objective.verdict, ObjectiveVerdict::NotExercised, "{objective:?}");
    }
    assert_eq!(report.verdict, Verdict::Inconclusive);

    let yaml = SCENARIO.replace("rpo: 15m, source", "rpo: 15m, expect: unaffected, source");
    let mut run = recovered_under(&yaml);
    run.forget_results("objects", FAULT)
        .results("objects", FAULT + 5, END, Health::Green);
    let report = run.report();
    for objective in judged(&report) {
        assert_eq!(objective.verdict, ObjectiveVerdict::Unaffected, "{objective:?}");
        assert_eq!(objective.actual_s, Some(0.0));
    }
    assert_eq!(report.verdict, Verdict::Pass, "{:#?}", report.reasons);
}

#[test]
fn what_was_expected_to_stay_untouched_and_did_not_has_failed() {
    let yaml = SCENARIO.replace("rpo: 15m, source", "rpo: 15m, expect: unaffected, source");
    let report = recovered_under(&yaml).report();
    assert_eq!(rto(&report).verdict, ObjectiveVerdict::Fail);
    assert_eq!(rto(&report).actual_s, Some(1500.0));
    assert_eq!(report.verdict, Verdict::Fail);
    assert!(
        reasons(&report).contains("expected to stay untouched"),
        "{}",
        reasons(&report)
    );
}

#[test]
fn a_service_that_comes_back_by_itself_shows_nothing_of_the_plan() {
    let mut run = recovered();
    run.without_step("restore");
    let report = run.report();
    assert_eq!(incident(&report).closed_by, Some(ClosedBy::Itself));
    assert_eq!(rto(&report).verdict, ObjectiveVerdict::NotExercised);
    assert_eq!(report.verdict, Verdict::Inconclusive);
}

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
            what: "probe objects".into(),
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
            what: "probe another".into(),
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
                outcome: Outcome::Interrupted,
                ..done("restore")
            };
        }
    });
    let report = run.report();
    let restore = &report.steps[2];
    assert_eq!(
        (restore.start_s, restore.end_s, restore.outcome),
        (Some(3190.0), None, Outcome::Interrupted)
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
            end.outcome = Outcome::Failed;
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
    run.forget_results("objects", 4200).strike("again", 4200, &[]);
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
    // What lasted too long was too long, whoever ended it.
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
        if let Event::FaultStruck { targets, .. } = event {
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
