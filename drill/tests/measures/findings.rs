//! What the drill says of a plan's gaps: no procedure, clients that no step redirects, messages, functions, commands.

use drill::audit::Found;
use drill::journal::{EndReason, Event, FunctionCounters, Health, StepEnd};
use drill::report::{Report, Severity, Verdict};

use crate::support::*;

fn with_step(step: &str) -> String {
    format!("{SCENARIO}  - {step}\n")
}

/// The service stays red from the fault on.
fn never_recovered(yaml: &str) -> Run {
    let mut run = recovered_under(yaml);
    run.forget_results("objects", FAULT);
    run.results("objects", FAULT + 5, END, Health::Red)
        .finish(END, EndReason::GaveUp);
    run
}

#[test]
fn an_empty_runbook_has_no_procedure() {
    let (head, _) = SCENARIO.split_once("detection:").unwrap();
    let yaml = format!("{head}runbook: []\n");
    let mut run = never_recovered(&yaml);
    run.without(|event| {
        matches!(
            event,
            Event::StepStarted { .. } | Event::StepEnded(_) | Event::Detected { .. }
        )
    });
    let report = run.report();
    assert_eq!(report.verdict, Verdict::Fail);
    let finding = find(&report, &["The plan has no procedure for this", "delivery"]);
    assert_eq!(
        (finding.severity, finding.source.as_deref()),
        (Severity::Critical, Some("plan:44"))
    );
}

fn outage() -> String {
    SCENARIO.replace(
        "{id: loss, at: 35m, do: s3.delete_objects, bucket: programs, fraction: 0.6, mode: marker}",
        "{id: loss, at: 35m, do: region.outage, region: primary}",
    )
}

#[test]
fn clients_that_no_step_redirects_are_reported() {
    let report = never_recovered(&outage()).report();
    find(
        &report,
        &[
            "Nothing in the runbook sends clients of programs to another region",
            "region primary, which fault loss",
        ],
    );
    // A step that is to do it and does not is named.
    let yaml = format!("{}  - {{id: move, do: dns.failover, to: backup}}\n", outage());
    let report = never_recovered(&yaml).report();
    let finding = find(&report, &["Step move, which is to send clients of programs"]);
    assert_eq!(finding.step.as_deref(), Some("move"));
    // Once the name has moved it is another story.
    let mut run = never_recovered(&yaml);
    let (name, from, to, by) = (
        "programs".into(),
        "primary".into(),
        "backup".into(),
        "move".into(),
    );
    run.event(3500, Event::NameMoved { name, from, to, by });
    assert!(
        run.report()
            .findings
            .iter()
            .all(|finding| !finding.text.contains("sends clients"))
    );
}

#[test]
fn a_loss_that_another_target_of_the_plan_would_hide_is_told() {
    let also = SCENARIO.replace(
        "rpo: 15m, source",
        "rpo: 15m, also: {rpo: 4h, source: \"plan:42-43\"}, source",
    );
    let mut run = recovered_under(&also);
    let lost = |key: &str| second(key).is_some_and(|s| (600..FAULT).contains(&s));
    run.audits(|key| {
        if lost(key) {
            drill::audit::Found::Missing
        } else {
            body(key)
        }
    });
    let report = run.report();
    assert_eq!(report.verdict, Verdict::Fail);
    let finding = find(
        &report,
        &["RPO of 4h (plan:42-43)", "25m", "would have passed unseen"],
    );
    assert_eq!(finding.source.as_deref(), Some("plan:42-43"));
    // What both allow, and what both forbid, hides nothing.
    assert!(
        recovered_under(&also)
            .report()
            .findings
            .iter()
            .all(|finding| !finding.text.contains("unseen"))
    );
}

#[test]
fn writes_without_a_copy_are_counted() {
    let paused =
        "  - {id: pause, at: 20m, do: s3.pause_replication, bucket: programs, for: 15m}\n  - {id: loss";
    let mut run = recovered_under(&SCENARIO.replace("  - {id: loss", paused));
    run.injection("pause", 1200, &[]);
    let lost = |key: &str| second(key).is_some_and(|s| (1500..FAULT).contains(&s));
    run.audits(|key| {
        if lost(key) {
            drill::audit::Found::Missing
        } else {
            body(key)
        }
    });
    let finding = find(
        &run.report(),
        &["had stopped with fault pause 15m before fault loss was injected: 20 writes"],
    )
    .clone();
    assert_eq!(finding.fault.as_deref(), Some("pause"));
}

#[test]
fn people_who_were_told_late_or_never_are_told_of() {
    let yaml = with_step(
        r##"{id: tell, do: notify, to: "#incidents", message: "down", within: 0m..15m, source: "plan:90"}"##,
    );
    let mut run = recovered_under(&yaml);
    let report = run.report();
    find(
        &report,
        &["Step tell: #incidents was never told, where the plan gives 15m"],
    );
    assert_eq!(
        (report.messages[0].at_s, report.messages[0].in_time),
        (None, Some(false))
    );
    run.step("tell", 4100, 4200, 0);
    let tell = |at, run: &mut Run| {
        let (step, to, text) = ("tell".into(), "#incidents".into(), "down".into());
        run.event(at, Event::Message { step, to, text });
    };
    tell(4200, &mut run);
    let report = run.report();
    let finding = find(&report, &["#incidents was told 2m too late"]);
    assert_eq!(finding.source.as_deref(), Some("plan:90"));
    run.without(|event| matches!(event, Event::Message { .. }));
    tell(4080, &mut run);
    assert_eq!(run.report().messages[0].in_time, Some(true));
}

#[test]
fn a_command_that_failed_is_quoted() {
    let yaml = with_step(r#"{id: cli, do: shell, run: "aws s3 ls", source: "plan:200"}"#);
    let mut run = recovered_under(&yaml);
    for (stream, text) in [
        ("stdout", "listing"),
        ("stderr", "one"),
        ("stderr", "two"),
        ("stderr", "three"),
        ("stderr", "four"),
    ] {
        let (step, stream, text) = ("cli".into(), stream.into(), text.into());
        run.event(4110, Event::StepOutput { step, stream, text });
    }
    let end = StepEnd {
        attempts: 3,
        ..failed("cli", "shell", "Exit254", "four")
    };
    run.step_end(4100, 4120, end);
    let report = run.report();
    let finding = find(
        &report,
        &[
            "Step cli (shell) failed: Exit254",
            "It last wrote: two / three / four.",
        ],
    );
    assert_eq!(finding.source.as_deref(), Some("plan:200"));
    find(&report, &["Step cli was tried 3 times."]);
}

#[test]
fn events_of_functions_that_failed_for_good_are_told() {
    let counters = |to_destination, dropped| {
        Event::Functions(FunctionCounters {
            region: "primary".into(),
            function: "ingest".into(),
            accepted: 9,
            to_destination,
            dropped,
            ..FunctionCounters::default()
        })
    };
    let mut run = recovered();
    run.event(2200, counters(2, 0)).event(2300, counters(3, 0));
    let report = run.report();
    find(
        &report,
        &[
            "3 events of ingest in region primary",
            "no step invoked them again",
        ],
    );
    assert_eq!(
        (report.functions.len(), report.functions[0].to_destination),
        (1, 3)
    );
    run.event(2400, counters(3, 1));
    find(
        &run.report(),
        &["1 event of ingest", "were not sent to a destination"],
    );
}

#[test]
fn what_was_charged_is_said_and_counts_as_modelled() {
    let mut run = recovered();
    run.change(|_, event| {
        if let Event::StepEnded(end) = event
            && end.step == "restore"
        {
            end.charged = secs(200);
        }
    });
    let report = run.report();
    find(&report, &["3m 20s of it are charged for calls and bytes"]);
    let step = report.steps.iter().find(|step| step.id == "restore").unwrap();
    assert_eq!((step.charged_s, step.attempts), (200.0, 1));
}

#[test]
fn work_that_steps_did_side_by_side_was_done_once() {
    let mut run = recovered();
    run.change(|_, event| {
        if let Event::StepEnded(end) = event
            && end.step != "declare"
        {
            // Both held their guards from 3185 to 3225.
            end.guards = vec![(at(3185), at(3215)), (at(3205), at(3225))];
        }
    });
    assert_eq!(rto(&run.report()).measured_s, 40.0);
}

/// A drill whose gate `gate` waited from 3190 to 3250 and did not open, with what follows it.
fn shut(on_failure: &str) -> Run {
    let gate = format!(
        "  - {{id: gate, do: check, probe: objects, green: 2, on_failure: {on_failure}}}\n  - {{id: restore"
    );
    let mut run = recovered_under(&SCENARIO.replace("  - {id: restore", &gate));
    run.reds_say(|when| {
        if when < at(3190) {
            "before"
        } else {
            "000001: NoSuchKey"
        }
    });
    run.step_end(
        3190,
        3250,
        failed(
            "gate",
            "check",
            "NotGreen",
            "objects was not green twice in a row",
        ),
    );
    run
}

#[test]
fn a_gate_that_did_not_open_says_why_its_probe_was_red() {
    let report = shut("continue").report();
    let gate = report.steps.iter().find(|step| step.id == "gate").unwrap();
    let reasons: Vec<(&str, u64)> = gate
        .reasons
        .iter()
        .map(|reason| (reason.text.as_str(), reason.count))
        .collect();
    assert_eq!(reasons, [("000001: NoSuchKey", 2)]);
    find(
        &report,
        &[
            "Step gate",
            "Its probe was red: 000001: NoSuchKey (2 times)",
            "The runbook went on though",
        ],
    );
    assert!(
        report
            .steps
            .iter()
            .all(|step| step.id == "gate" || step.reasons.is_empty())
    );
}

#[test]
fn where_a_gate_ends_the_runbook_nothing_went_on() {
    let mut run = shut("abort");
    run.without_step("restore");
    let report = run.report();
    find(&report, &["Step gate", "were not started"]);
    find(&report, &["Step restore was not started"]);
    let texts = || report.findings.iter().map(|finding| finding.text.as_str());
    assert!(
        !texts().any(|text| text.contains("The runbook went on")),
        "{:#?}",
        report.findings
    );
    assert!(
        !texts().any(|text| text.contains("restore missed its window")),
        "{:#?}",
        report.findings
    );
}

#[test]
fn an_audit_that_overlooks_damage_is_told_with_the_reason() {
    for (mode, reason) in [
        (
            "purge",
            "what is purged, and what never reached a replica, leaves nothing",
        ),
        (
            "overwrite",
            "bytes that were put in an object's place match the checksum",
        ),
    ] {
        let scenario = SCENARIO.replace("mode: marker", &format!("mode: {mode}"));
        let mut run = recovered_under(&scenario);
        run.change(|_, event| {
            if let Event::StepEnded(end) = event
                && end.step == "assess"
            {
                end.detail = Some("35 objects, no damage found".to_owned());
            }
        });
        let told = |report: &Report| {
            let mut texts = report.findings.iter().map(|finding| finding.text.as_str());
            texts
                .any(|text| text.contains("Step assess found no damage in programs") && text.contains(reason))
        };
        assert!(!told(&run.report()), "all came back");
        run.audit.clear();
        let gone = targets();
        run.audits(|key| {
            if gone.iter().any(|one| one == key) {
                Found::Missing
            } else {
                body(key)
            }
        });
        let report = run.report();
        assert!(told(&report), "{mode}: {:#?}", report.findings);
    }
}
