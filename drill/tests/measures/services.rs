//! Recovery times on hand-made timelines: incidents, RTO, MTD, provenance.

use drill::journal::{EndReason, Event, Health, Purpose};
use drill::ledger::{Change, Changed, Changer, LedgerRecord, Left};
use drill::report::{ClosedBy, Metric, ObjectiveVerdict, Verdict};

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
    run.injection("rot", 2160, &[]);
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
    run.injection("other", 2102, &[]);
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
    // It wrote content that no client had written, removed something, or protected what is there.
    run.object_changed("nothing", at(3500), "junk", Left::Body([7; 32]))
        .object_changed("nothing", at(3510), &key(600), Left::Body([7; 32]))
        .object_changed("nothing", at(3520), &key(630), Left::Nothing);
    let guard = |operation: &str| {
        LedgerRecord::Change(Change {
            at: at(3530),
            by: Changer::Step("nothing".into()),
            operation: operation.into(),
            changed: Changed::Store {
                store: "programs".into(),
                region: "primary".into(),
            },
        })
    };
    run.ledger.push(guard("s3:PutBucketVersioning"));
    unearned(&run);
    // No client had been refused.
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
pub(crate) fn judged(report: &drill::report::Report) -> impl Iterator<Item = &drill::report::Objective> {
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
