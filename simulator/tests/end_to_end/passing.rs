//! A drill that recovers in time: what it says, and what it leaves.

use std::fs;
use std::path::Path;

use drill::journal::{EndReason, Event, FaultEnd, StepOutcome};
use drill::measures::Recording;
use drill::report::{Metric, ObjectiveVerdict, Report, Verdict};
use drill::seal::{self, Files};
use sha2::{Digest, Sha256};
use test_harness::trial;

use crate::determinism;
use crate::support::program::{EXE, Program};
use crate::support::run::{data, objective, read};
use crate::support::{Run, Sandbox, Scenario, installed, namespaces};

/// Everything that a run leaves beside `plan.json` and the broker's marks.
pub(crate) const FILES: [&str; 8] = [
    "scenario.yaml",
    "journal.jsonl",
    "ledger.bin",
    "audit.bin",
    "report.json",
    "report.html",
    "junit.xml",
    "summary.md",
];

trial!(a_drill_passes_and_leaves_every_file_under_runs);
fn a_drill_passes_and_leaves_every_file_under_runs() {
    let sandbox = Sandbox::new();
    let scenario = sandbox.scenario(&Scenario::loss());
    let ended = sandbox.firedrill(["run", "scenario.yaml"]).output();
    ended.assert_code(0);
    sandbox.assert_no_process_left();
    assert!(ended.stdout.contains("PASS"), "{}", ended.stdout);
    assert!(
        ended.stderr.contains("seed 1"),
        "the seed is always said: {}",
        ended.stderr
    );
    assert!(!ended.stderr.contains("warning"), "{}", ended.stderr);

    assert_eq!(sandbox.names(), ["runs", "scenario.yaml"]);
    let latest = sandbox.path().join("runs/small-loss/latest");
    let target = fs::read_link(&latest).expect("latest is a link");
    let name = target.to_str().expect("a name");
    assert!(
        name.ends_with("Z-1") && !name.contains('/'),
        "{name} is a time and the seed, beside the link"
    );
    for file in FILES {
        assert!(!read(&latest, file).is_empty(), "{file} is empty");
    }
    assert_eq!(
        read(&latest, "scenario.yaml"),
        fs::read(scenario).expect("the scenario")
    );
    let report: Report =
        serde_json::from_slice(&read(&latest, "report.json")).expect("report.json is a report");
    check_frame(&report, &read(&latest, "scenario.yaml"));
    check_objectives(&report);
    check_recovery(&report);
    check_data(&report);
    check_pages(&latest);
    check_records(&latest);
    let folder = fs::canonicalize(&latest).expect("the link leads to the run");
    determinism::is_judged_to_the_same_bytes_and_only_as_it_was_recorded(&sandbox, &folder);
    a_full_disk_takes_no_verdict_and_no_half_of_a_file(&sandbox, &folder);
}

/// Reports are rendered to a disk that has no room for the largest one.
fn a_full_disk_takes_no_verdict_and_no_half_of_a_file(sandbox: &Sandbox, run: &Path) {
    if !namespaces() || !installed("unshare") {
        return;
    }
    fs::create_dir(sandbox.path().join("small")).expect("a folder");
    let pages = |name: &str| read(Path::new(run), name).len().div_ceil(4096);
    // Room for half of the last one.
    let room =
        4 * (pages("report.json") + pages("junit.xml") + pages("summary.md") + pages("report.html") / 2);
    let script = format!(
        "mount -t tmpfs -o size={room}k tmpfs small && \"$@\"; code=$?; wc -c small/* >&2; exit $code"
    );
    let run = run.to_str().expect("a plain path");
    let arguments = [
        "-r", "-m", "sh", "-c", &script, "sh", EXE, "report", run, "--out", "small",
    ];
    let ended = Program::another("unshare", sandbox.path(), arguments).output();
    ended.assert_code(4);
    assert!(ended.stdout.contains("PASS"), "{}", ended.stdout);
    let error = ended.stderr.lines().next().unwrap_or_default();
    assert!(
        error.contains("cannot write small/report.html: No space left"),
        "{}",
        ended.stderr
    );
    let size = |name: &str| format!("{} small/{name}", read(Path::new(run), name).len());
    for name in ["report.json", "junit.xml", "summary.md"] {
        assert!(
            ended.stderr.contains(&size(name)),
            "{name} is whole: {}",
            ended.stderr
        );
    }
    assert!(!ended.stderr.contains(" small/report.html\n"), "{}", ended.stderr);
}

fn check_frame(report: &Report, scenario: &[u8]) {
    assert_eq!(
        (report.schema, report.verdict, report.complete),
        (1, Verdict::Pass, true)
    );
    assert_eq!(report.scenario.name, "small-loss");
    assert_eq!(report.scenario.system, "small");
    assert_eq!(report.scenario.sha256, hex::encode(Sha256::digest(scenario)));
    assert_eq!(
        (report.seed, report.cloud.as_str(), report.speed),
        (1, "embedded", 300.0)
    );
    assert!(report.wall_seconds > 0.0 && report.drill_seconds > report.wall_seconds);
    assert!(
        report.started_at < report.finished_at,
        "{} {}",
        report.started_at,
        report.finished_at
    );
    assert!(!report.reasons.is_empty());
    assert!(!report.clock.rates.is_empty());
}

fn check_objectives(report: &Report) {
    let judged: Vec<(&str, Metric)> = report
        .objectives
        .iter()
        .map(|o| (o.service.as_str(), o.metric))
        .collect();
    assert_eq!(
        judged,
        [
            ("delivery", Metric::Rto),
            ("delivery", Metric::Rpo),
            ("*", Metric::Mtd),
            ("*", Metric::Protection)
        ]
    );
    for objective in &report.objectives {
        assert_eq!(objective.verdict, ObjectiveVerdict::Pass, "{objective:?}");
        if objective.metric != Metric::Protection {
            let actual = objective.actual_s.expect("every other objective has its figure");
            assert!(actual <= objective.target_s, "{objective:?}");
        }
        assert_eq!(objective.at_least_s, None);
    }
    let rto = objective(report, "delivery", Metric::Rto);
    let (target, actual) = (rto.target_s, rto.actual_s.unwrap_or_default());
    assert_eq!((target, rto.source.as_deref()), (600.0, Some("plan:2")));
    let parts = rto.measured_s + rto.modelled_s + rto.observed_s;
    assert!((parts - actual).abs() < 0.01, "{rto:?}: its parts make {parts}");
    // The people's minute to declare is in it, and the work after it is not nothing.
    assert!(
        actual > 60.0 && rto.modelled_s >= 60.0 && rto.measured_s > 0.0,
        "{rto:?}"
    );
    let declared = rto
        .actual_from_declaration_s
        .expect("there is a step that declares");
    assert!(declared > 0.0 && declared < actual - 60.0, "{rto:?}");
    assert_eq!(
        objective(report, "*", Metric::Mtd).source.as_deref(),
        Some("plan:1")
    );
}

fn check_recovery(report: &Report) {
    assert_eq!(report.faults.len(), 2);
    for fault in &report.faults {
        assert!(
            fault.proven && fault.targets > 0 && !fault.evidence.is_empty(),
            "{fault:?}"
        );
        assert_eq!(fault.start_s, Some(480.0));
    }
    let steps: Vec<&str> = report.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(
        steps,
        [
            "declare", "contain", "assess", "restore", "verify", "protect", "catch-up"
        ]
    );
    for step in &report.steps {
        assert_eq!(step.outcome, StepOutcome::Done, "{step:?}");
        assert!(step.start_s < step.end_s, "{step:?}");
        assert_eq!(step.calls > 0, step.action != "human", "{step:?}");
    }
    let [incident] = &report.incidents[..] else {
        panic!("{:?}", report.incidents)
    };
    assert!(
        !incident.relapse && incident.start_s == 480.0 && incident.end_s.is_some(),
        "{incident:?}"
    );
    let phases: Vec<&str> = report.phases.iter().map(|phase| phase.name.as_str()).collect();
    for wanted in ["detect", "declare", "restore"] {
        assert!(phases.contains(&wanted), "{wanted} is not among {phases:?}");
    }
}

fn check_data(report: &Report) {
    let programs = data(report, "programs");
    assert_eq!(programs.counted_from, "acknowledged");
    // 60 of the inventory, and one every 9 s up to the audit after 8 minutes and more.
    assert!(programs.counted > 60 + 8 * 60 / 9, "{programs:?}");
    let sum = programs.stable + programs.delayed + programs.lost + programs.corrupted + programs.stale;
    assert_eq!(programs.counted, sum, "{programs:?}");
    // A machine may take more than a minute of the drill for one.
    assert_eq!(
        programs.counted,
        programs.stable + programs.delayed,
        "{programs:?}"
    );
    assert_eq!(programs.acknowledged, programs.counted, "{programs:?}");
    assert_eq!((programs.rpa_s, programs.rpa_at_least_s), (Some(0.0), None));
    assert_eq!(
        (programs.unexpected, programs.unknown, programs.resurrected),
        (0, 0, 0)
    );
}

fn check_pages(folder: &Path) {
    let text = |name| String::from_utf8(read(folder, name)).expect("reports are text");
    let junit = text("junit.xml");
    assert!(
        junit.contains("<testsuites") && junit.contains("small-loss"),
        "{junit}"
    );
    assert_eq!(
        junit.matches("<testcase ").count(),
        10,
        "one of the drill, of each of four objectives, four windows and one data set: {junit}"
    );
    assert!(
        !junit.contains("<failure") && !junit.contains("<error") && !junit.contains("<skipped"),
        "{junit}"
    );
    let html = text("report.html");
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("<svg"));
    for from_elsewhere in ["src=\"http", "<link ", "@import", "url(http", "<script src"] {
        assert!(
            !html.contains(from_elsewhere),
            "{from_elsewhere}: the page is not self-contained"
        );
    }
    assert!(text("summary.md").contains("small-loss"));
}

/// The records are what the report was made from: whole, sealed, and in an order that makes sense.
fn check_records(folder: &Path) {
    let [scenario, journal, ledger, audit, list] = [
        "scenario.yaml",
        "journal.jsonl",
        "ledger.bin",
        "audit.bin",
        seal::FILE,
    ]
    .map(|file| read(folder, file));
    let files = Files {
        scenario: &scenario,
        journal: &journal,
        ledger: &ledger,
        audit: &audit,
    };
    let recording = Recording::read(&files, Some(&list)).expect("the records are whole");
    assert_eq!(recording.journal.finished(), Some(EndReason::Recovered));
    assert!(!recording.journal.torn);
    let events: Vec<&Event> = recording.journal.lines.iter().map(|line| &line.event).collect();
    let place = |what: &str, is: fn(&Event) -> bool| {
        events
            .iter()
            .position(|event| is(event))
            .unwrap_or_else(|| panic!("no {what} in the journal"))
    };
    let order = [
        place("start", |event| matches!(event, Event::Started { .. })),
        place("cloud", |event| matches!(event, Event::CloudReady { .. })),
        place("steady state", |event| {
            matches!(event, Event::SteadyState { reached: true, .. })
        }),
        place("fault", |event| matches!(event, Event::FaultInjected { .. })),
        place("detection", |event| matches!(event, Event::Detected { .. })),
        place("step", |event| matches!(event, Event::StepStarted { .. })),
        place("audit", |event| matches!(event, Event::Audit { .. })),
        place("seal", |event| matches!(event, Event::Sealed { .. })),
        place("end", |event| matches!(event, Event::Finished { .. })),
    ];
    assert!(order.is_sorted(), "{order:?}");
    assert_eq!(order[0], 0);
}

trial!(a_folder_that_is_not_empty_is_refused);
fn a_folder_that_is_not_empty_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.scenario(&Scenario::loss());
    fs::create_dir(sandbox.path().join("full")).expect("a folder");
    sandbox.write("full/note.txt", "mine");
    let ended = sandbox
        .firedrill(["run", "scenario.yaml", "--out", "full"])
        .output();
    let sentence = ended.assert_code(2).one_sentence();
    assert!(
        sentence.contains("full") && sentence.contains("not empty"),
        "{sentence}"
    );
    assert_eq!(
        fs::read_dir(sandbox.path().join("full"))
            .expect("it is there")
            .count(),
        1
    );
    sandbox.assert_no_process_left();
}

trial!(a_fault_that_affects_no_service_is_removed_at_the_end);
/// A fault that stays is removed at the end, and the journal says so.
fn a_fault_that_affects_no_service_is_removed_at_the_end() {
    let scenario = Scenario::loss().without("s3.corrupt_objects").line_for(
        "s3.delete_objects",
        "  - {at: 4m, do: s3.pause_replication, bucket: programs}",
    );
    let run = Run::execute(&scenario);
    // It was not noticed, and replication is off at the end.
    let report = run.assert_verdict(Verdict::Fail);
    let protection = objective(&report, "*", Metric::Protection);
    assert_eq!(protection.verdict, ObjectiveVerdict::Fail);
    assert!(report.faults[0].proven, "{:?}", report.faults);
    assert_eq!(run.finished(), Some(EndReason::NotDetected));
    let rto = objective(&report, "delivery", Metric::Rto);
    assert_eq!(rto.verdict, ObjectiveVerdict::NotExercised, "{rto:?}");
    assert!(
        report
            .steps
            .iter()
            .all(|step| step.outcome == StepOutcome::NotStarted),
        "{:?}",
        report.steps
    );
    let journal = run.journal();
    let ends: Vec<&Event> = journal
        .lines
        .iter()
        .map(|line| &line.event)
        .filter(|event| matches!(event, Event::FaultEnded { .. }))
        .collect();
    assert!(
        matches!(
            ends[..],
            [Event::FaultEnded {
                by: FaultEnd::Teardown,
                ..
            }]
        ),
        "{ends:?}"
    );
    assert_eq!(data(&report, "programs").lost, 0);
}
