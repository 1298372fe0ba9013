//! People who perform steps on standard input, exercises without faults, and what a plan relies on.

use drill::journal::{EndReason, Event, How, StepOutcome};
use drill::report::{Metric, ObjectiveVerdict, Report, Verdict};
use drill::scenario::Exercise;
use test_harness::trial;

use crate::support::run::{objective, read, step};
use crate::support::{Run, Sandbox, Scenario};

/// `hello` with steps that people perform: one with a checklist, an approval, one that is skipped, one for which no person is
/// left.
fn with_people() -> Scenario {
    Scenario::hello().line_for(
        "id: declare",
        "  - id: declare\n    do: human\n    takes: {p50: 5m, p95: 10m}\n    within: 0m..20m\n    instructions: Read the alarm, and decide.\n    \
         checklist: [the channel is open, roles are given]\n  \
         - {id: go, do: human, approval: incident commander, takes: {p50: 1m, p95: 1m}}\n  \
         - {id: inform, do: human, takes: {p50: 1m, p95: 1m}}",
    )
    .with("damaged: assess}", "damaged: assess}\n  - {id: debrief, do: human, takes: {p50: 1m, p95: 1m}}")
}

trial!(people_perform_steps_and_stand_in_journal_and_report);
fn people_perform_steps_and_stand_in_journal_and_report() {
    let answers = "note the alarm is real\ntick 1\nconfirm\nconfirm\nas Edsger\nconfirm\napprove Grace\n\
                   skip the hotline is closed\n";
    let run = Run::answered(&with_people(), &["--interactive", "--as", "Ada"], answers);
    let report = run.assert_verdict(Verdict::Inconclusive);
    assert_what_was_skipped_is_said(&run, &report);

    let declare = step(&report, "declare");
    let performed = declare.performed.as_ref().expect("a person performed it");
    assert_eq!((performed.by.as_str(), performed.how), ("Ada", How::Confirmed));
    assert_eq!(performed.note.as_deref(), Some("the alarm is real"));
    let ticked: Vec<bool> = performed.checklist.iter().map(|item| item.ticked).collect();
    assert_eq!(ticked, [true, false]);
    assert!(
        performed.at.starts_with("20") && performed.at.ends_with('Z'),
        "{}",
        performed.at
    );
    assert_eq!(
        (declare.modelled_s, declare.measured_s),
        (0.0, 0.0),
        "its `takes` is not used"
    );
    let length = declare.end_s.zip(declare.start_s).map(|(end, start)| end - start);
    assert!(
        length.is_some_and(|length| (length - declare.observed_s).abs() < 0.0015),
        "{declare:?}"
    );
    assert!(
        declare
            .detail
            .as_ref()
            .is_some_and(|text| text.contains("10m was not used")),
        "{declare:?}"
    );

    let go = step(&report, "go")
        .performed
        .clone()
        .expect("a person approved it");
    assert_eq!((go.by.as_str(), go.how), ("Grace", How::Approved));
    assert_eq!(go.role.as_deref(), Some("incident commander"));
    let inform = step(&report, "inform");
    assert_eq!(inform.outcome, StepOutcome::Skipped);
    let skipped = inform.performed.as_ref().expect("a person skipped it");
    assert_eq!(skipped.by, "Edsger");
    assert_eq!(skipped.note.as_deref(), Some("the hotline is closed"));
    let debrief = step(&report, "debrief");
    assert_eq!(
        (debrief.outcome, debrief.performed.is_none()),
        (StepOutcome::Failed, true)
    );
    assert!(
        debrief
            .error
            .as_ref()
            .is_some_and(|error| error.starts_with("InputEnded")),
        "{debrief:?}"
    );

    let texts: Vec<&str> = report
        .findings
        .iter()
        .map(|finding| finding.text.as_str())
        .collect();
    let has = |text: &str| texts.iter().any(|finding| finding.contains(text));
    assert!(
        has("Edsger skipped step inform: the hotline is closed."),
        "{texts:#?}"
    );
    assert!(
        has("1 of 2 items of its checklist not ticked: \"roles are given\""),
        "{texts:#?}"
    );
    let noted = |event: &Event| matches!(event, Event::Note { by, text, .. } if by == "Ada" && text == "the alarm is real");
    assert!(run.journal().events().any(|(_, event)| noted(event)));
    let page = String::from_utf8(run.read("report.html")).expect("the page is text");
    assert!(
        page.contains("approved by Grace as incident commander"),
        "the page says who"
    );
    assert!(
        run.ended.stdout.contains("step declare: confirmed by Ada at"),
        "{}",
        run.ended.stdout
    );
    assert!(
        run.ended.stderr.contains("window: 0s to 20m from detection; "),
        "{}",
        run.ended.stderr
    );
    assert_eq!(
        report
            .readiness
            .iter()
            .filter(|check| check.holds != Some(true))
            .count(),
        0
    );

    let before = run.read("report.json");
    let again = run.sandbox.firedrill(["report", "run"]).output();
    again.assert_code(3);
    assert_eq!(
        read(&run.folder, "report.json"),
        before,
        "judged again to the same bytes"
    );

    let forecast = [
        "forecast",
        "scenario.yaml",
        "--calibrate",
        "run",
        "--runs",
        "50",
        "--out",
        "forecast",
    ];
    let forecast = run.sandbox.firedrill(forecast).output();
    forecast.assert_code(0);
    assert!(
        forecast.stderr.contains("step declare: one time observed"),
        "{}",
        forecast.stderr
    );
    assert!(
        !forecast.stderr.contains("step inform:"),
        "what was skipped tells no time"
    );
}

/// Without `inform` the recovery was faster than the plan: what it took shows nothing of the targets.
fn assert_what_was_skipped_is_said(run: &Run, report: &Report) {
    let rto = objective(report, "downloads", Metric::Rto);
    assert_eq!(rto.verdict, ObjectiveVerdict::Inconclusive, "{rto:?}");
    let reasons = report.reasons.join("\n");
    for reason in [
        "was achieved without what it waits for by the plan: Edsger skipped step inform.",
        "Edsger skipped step inform: the plan was not drilled as it is written.",
        "step debrief was not performed (InputEnded): the plan was not drilled as it is written.",
    ] {
        assert!(reasons.contains(reason), "{reasons}");
    }
    let first = run.ended.stdout.lines().next().unwrap_or_default();
    assert!(
        first.contains("INCONCLUSIVE, 2 steps of people not performed"),
        "{first}"
    );
    let cases = String::from_utf8(run.read("junit.xml")).expect("it is text");
    assert!(cases.contains("step inform performed"), "{cases}");
    assert!(run.ended.stdout.contains("were read from a file or pipe"));
    let piped = |event: &Event| {
        matches!(
            event,
            Event::Started {
                answers_from_file: true,
                ..
            }
        )
    };
    assert!(run.journal().events().any(|(_, event)| piped(event)));
}

trial!(without_a_name_nothing_begins);
fn without_a_name_nothing_begins() {
    let unnamed: [(&[&str], &str); 3] = [
        (&["--interactive"], "standard input is no terminal"),
        (&["--interactive", "--as", "."], "it has no letter"),
        (&["--interactive", "--as", " "], "a name is missing"),
    ];
    for (arguments, why) in unnamed {
        let run = Run::answered(&Scenario::hello(), arguments, "confirm\n");
        run.ended.assert_code(2);
        assert!(run.ended.stderr.contains(why), "{}", run.ended.stderr);
        assert!(!run.folder.exists());
    }
}

trial!(a_step_without_an_answer_fails_at_its_timeout);
fn a_step_without_an_answer_fails_at_its_timeout() {
    // The pipe stays open, and no line ever comes.
    let scenario = Scenario::hello().with(
        "takes: {p50: 5m, p95: 10m}",
        "takes: {p50: 5m, p95: 10m}, timeout: 2s",
    );
    let sandbox = Sandbox::new();
    let file = sandbox.scenario(&scenario);
    let quoted = |path: &std::path::Path| format!("'{}'", path.display());
    let script = format!(
        "mkfifo answers && exec 3<>answers && exec {} run {} --interactive --as Ada --out run <answers",
        quoted(std::path::Path::new(crate::support::program::EXE)),
        quoted(&file)
    );
    let shell = crate::support::Program::another("sh", sandbox.path(), ["-c", script.as_str()]);
    let ended = shell.output();
    sandbox.assert_no_process_left();
    let run = Run {
        folder: sandbox.path().join("run"),
        sandbox,
        ended,
    };
    let report = run.report();
    let declare = step(&report, "declare");
    assert_eq!(declare.outcome, StepOutcome::Failed);
    assert!(
        declare
            .error
            .as_ref()
            .is_some_and(|error| error.starts_with("Timeout")),
        "{declare:?}"
    );
    assert!((2.0..10.0).contains(&declare.observed_s), "{declare:?}");
    assert_eq!(
        step(&report, "restore").outcome,
        StepOutcome::Done,
        "the drill went on"
    );
}

/// A tabletop of the same, with an inject.
fn tabletop() -> Scenario {
    with_people()
        .with("system: hello\n", "system: hello\nexercise: tabletop\n")
        .with(
            "detection:",
            "inject:\n  - {at: 25m, text: A journalist calls., to: press officer}\ndetection:",
        )
}

fn assert_nothing_is_claimed(report: &Report) {
    assert_eq!(report.verdict, Verdict::Inconclusive);
    for metric in [Metric::Rto, Metric::Rpo] {
        let found = objective(report, "downloads", metric);
        assert_eq!(
            (found.verdict, found.actual_s),
            (ObjectiveVerdict::NotExercised, None)
        );
    }
    assert!(report.faults.is_empty() && report.incidents.is_empty() && report.data.is_empty());
}

trial!(a_tabletop_is_discussed_and_claims_nothing);
fn a_tabletop_is_discussed_and_claims_nothing() {
    let answers = "tick all\nconfirm\napprove Grace\nconfirm\nconfirm\nconfirm\nconfirm\n";
    let run = Run::answered(&tabletop(), &["--interactive", "--as", "Ada"], answers);
    let report = run.assert_verdict(Verdict::Inconclusive);
    assert_nothing_is_claimed(&report);
    let exercise = report.exercise.as_ref().expect("it says what it was");
    assert_eq!(
        (exercise.kind, exercise.complete),
        (Exercise::Tabletop, true),
        "{exercise:?}"
    );
    assert_eq!(exercise.people, ["Ada", "Grace"]);
    assert!(
        report
            .steps
            .iter()
            .all(|step| step.outcome == StepOutcome::GoneThrough),
        "{:#?}",
        report.steps
    );
    assert_eq!(step(&report, "restore").calls, 0);
    assert_eq!(run.finished(), Some(EndReason::ExerciseDone));
    let told: Vec<&str> = report.injects.iter().map(|inject| inject.text.as_str()).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("Fault s3.delete_objects is announced and not injected"),
        "{told:?}"
    );
    assert_eq!(report.injects[1].to.as_deref(), Some("press officer"));
    let first = run.ended.stdout.lines().next().unwrap_or_default();
    assert!(
        first.contains("TABLETOP EXERCISE: discussed, nothing was broken or measured"),
        "{first}"
    );
    // Nothing was broken: that no data was judged is no news.
    let summary = String::from_utf8(run.read("summary.md")).expect("it is text");
    assert!(!summary.contains("not judged"), "{summary}");
    let page = String::from_utf8(run.read("report.html")).expect("the page is text");
    for untrue in [
        "injected the faults",
        "of hello was drilled",
        "stood up an emulated",
        "hold by construction",
        "No data was judged",
    ] {
        assert!(!page.contains(untrue), "{untrue}");
    }
    assert!(page.contains("a tabletop exercise on the plan of hello was held"));
    let cases = String::from_utf8(run.read("junit.xml")).expect("it is text");
    assert!(!cases.contains("what brought it back"), "{cases}");
    assert!(
        cases.contains("it was a tabletop exercise, without faults: nothing was down"),
        "{cases}"
    );
    run.assert_signed(Exercise::Tabletop, "No system was stood up");
    let changed = |event: &Event| {
        matches!(
            event,
            Event::FaultInjected { .. } | Event::Probe { .. } | Event::Audit { .. }
        )
    };
    assert!(!run.journal().events().any(|(_, event)| changed(event)));
    let calibrated = [
        "forecast",
        "scenario.yaml",
        "--calibrate",
        "run",
        "--out",
        "forecast",
    ];
    run.sandbox.firedrill(calibrated).output().assert_code(2);
}

trial!(a_tabletop_without_people_says_so);
fn a_tabletop_without_people_says_so() {
    let run = Run::execute(&tabletop());
    let report = run.assert_verdict(Verdict::Inconclusive);
    assert_nothing_is_claimed(&report);
    let exercise = report.exercise.as_ref().expect("it says what it was");
    assert!(exercise.people.is_empty() && !exercise.complete, "{exercise:?}");
    assert!(exercise.text.contains("no person took part"), "{}", exercise.text);
    assert_eq!(step(&report, "declare").modelled_s, 600.0);
    assert!(report.steps.iter().all(|step| step.performed.is_none()));
    let declare = step(&report, "declare");
    assert!(
        declare.within_s.is_some() && declare.in_time.is_none(),
        "{declare:?}"
    );
    let page = String::from_utf8(run.read("report.html")).expect("the page is text");
    assert!(page.contains("windows are not judged"));
}

trial!(a_walkthrough_stands_beside_a_cloud_that_works);
fn a_walkthrough_stands_beside_a_cloud_that_works() {
    let scenario = tabletop().with("exercise: tabletop", "exercise: walkthrough");
    let answers = "tick all\nconfirm\napprove Grace\nskip not asked for\nconfirm\n";
    let run = Run::answered(&scenario, &["--interactive", "--as", "Ada"], answers);
    let report = run.assert_verdict(Verdict::Inconclusive);
    assert_nothing_is_claimed(&report);
    let assess = step(&report, "assess");
    assert_eq!(assess.outcome, StepOutcome::Done, "it only reads");
    assert!(assess.calls > 0, "{assess:?}");
    assert_eq!(step(&report, "restore").outcome, StepOutcome::GoneThrough);
    let exercise = report.exercise.as_ref().expect("it says what it was");
    assert!(
        exercise.text.contains(", except assess, which was performed"),
        "{}",
        exercise.text
    );
    let page = String::from_utf8(run.read("report.html")).expect("the page is text");
    assert!(page.contains("Faults were announced, not injected") && !page.contains("injected the faults"));
    run.assert_signed(Exercise::Walkthrough, "No fault was injected");
    assert!(
        !exercise.complete,
        "one step was skipped, and no person was left at the end"
    );
    assert!(
        report
            .reasons
            .iter()
            .any(|reason| reason.contains("inform, debrief")),
        "{:?}",
        report.reasons
    );
    let green = |event: &Event| {
        matches!(
            event,
            Event::Probe {
                health: drill::journal::Health::Green,
                ..
            }
        )
    };
    assert!(run.journal().events().any(|(_, event)| green(event)));
}

trial!(what_a_plan_relies_on_is_looked_at_without_breaking_anything);
fn what_a_plan_relies_on_is_looked_at_without_breaking_anything() {
    let sandbox = Sandbox::new();
    sandbox.scenario(&Scenario::hello());
    let ended = sandbox.firedrill(["ready", "scenario.yaml"]).output();
    ended.assert_code(0);
    assert!(ended.stdout.contains("READY"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("versioning of files in primary"),
        "{}",
        ended.stdout
    );
    let lacking = Scenario::hello().with(
        "system: hello\n",
        "system: hello\nsecrets: [NO_SUCH_SECRET_OF_A_TEST]\n",
    );
    sandbox.scenario(&lacking);
    let ended = sandbox.firedrill(["ready", "scenario.yaml", "--json"]).output();
    ended.assert_code(1);
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    assert_eq!(json["holds"], false);
    let checks = json["checks"].as_array().expect("a list");
    let secret = checks
        .iter()
        .find(|check| check["holds"] == false)
        .expect("one does not hold");
    assert_eq!(secret["what"], "secret NO_SUCH_SECRET_OF_A_TEST");
    assert!(
        secret["remedy"]
            .as_str()
            .is_some_and(|remedy| remedy.starts_with("export "))
    );
    assert!(
        json["note"]
            .as_str()
            .is_some_and(|note| note.contains("hold by construction")),
        "{}",
        ended.stdout
    );
    what_a_run_refuses_is_not_ready(&sandbox);
    sandbox.assert_no_process_left();
    assert_eq!(sandbox.names(), ["scenario.yaml"], "nothing is left");
}

/// A script that is not there, and a secret that is too short.
fn what_a_run_refuses_is_not_ready(sandbox: &Sandbox) {
    let lacking = Scenario::hello()
        .with("system: hello\n", "system: hello\nsecrets: [SECRET_OF_A_TEST]\n")
        .with("versioned: true, ", "")
        .with(
            "damaged: assess}",
            "damaged: assess}\n  - {id: call, do: shell, run: \"bash ./missing.sh && /opt/none/restore --all\"}",
        );
    sandbox.scenario(&lacking);
    let ended = sandbox
        .firedrill(["ready", "scenario.yaml"])
        .env("SECRET_OF_A_TEST", "short")
        .output();
    ended.assert_code(1);
    let said = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "script of step call: it runs ./missing.sh, which is not there; /opt/none/restore, which is not there",
        "secret SECRET_OF_A_TEST: it has fewer than 8 characters",
        "versions in files that step restore puts back: hello-files keeps no versions",
    ] {
        assert!(said.contains(part), "{said}");
    }
}
