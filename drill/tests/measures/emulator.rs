//! What an emulator decided is told apart from what the plan did.

use drill::journal::Event;
use drill::report::{Metric, Report, Severity};

use crate::support::*;

const RESTORE: &str = "do: s3.restore_objects, damaged: assess, from: {bucket: programs, region: backup}";
const SYNC: &str = "do: s3.sync, from: {bucket: programs, region: backup}, to: {bucket: programs}";

/// The drill that recovered, on a cloud of this name, with a restore that does this.
fn on(cloud: &str, restore: &str, route: &str) -> Report {
    run_on(cloud, restore, route).report()
}

fn run_on(cloud: &str, restore: &str, route: &str) -> Run {
    let yaml = SCENARIO.replace(RESTORE, restore);
    let yaml = yaml.replace("cloud:\n", &format!("cloud:\n{route}"));
    let mut run = recovered_under(&yaml);
    run.change(|_, event| {
        if let Event::Started { cloud: name, .. } = event {
            *name = cloud.to_owned();
        }
    });
    run
}

/// A restore by this command.
fn shell(run: &str) -> String {
    format!("do: shell, run: {run:?}")
}

fn decided(report: &Report) -> Vec<(String, Metric)> {
    let decided = report
        .objectives
        .iter()
        .filter(|objective| objective.decided_by_emulator.is_some());
    decided
        .map(|objective| (objective.service.clone(), objective.metric))
        .collect()
}

#[test]
fn a_comparison_of_dates_is_decided_by_an_emulator_that_does_not_keep_them() {
    let report = on("localstack (x:1)", SYNC, "");
    let finding = find(&report, &["Decided by the emulator", "localstack (x:1)"]);
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(finding.step.as_deref(), Some("restore"));
    let decided = decided(&report);
    assert!(
        decided.contains(&("delivery".to_owned(), Metric::Rto)),
        "{decided:?}"
    );
    assert!(
        decided.contains(&("delivery".to_owned(), Metric::Rpo)),
        "{decided:?}"
    );
}

#[test]
fn nothing_else_is() {
    for (cloud, restore, route) in [
        ("embedded", SYNC, ""),
        ("localstack (x:1)", SYNC, "  routes: {s3: embedded}\n"),
        ("localstack (x:1)", RESTORE, ""),
    ] {
        let report = on(cloud, restore, route);
        assert_eq!(decided(&report), [], "{cloud} {restore} {route}");
        let told = report
            .findings
            .iter()
            .any(|finding| finding.text.contains("Decided by the emulator"));
        assert!(!told, "{:#?}", report.findings);
    }
}

#[test]
fn a_sync_is_found_in_what_a_shell_runs() {
    let (home, replica) = ("s3://programs-bucket", "s3://programs-bucket-backup");
    for run in [
        format!("aws s3 sync {replica} {home}"),
        format!("aws s3 sync --source-region us-east-1 {replica} {home}"),
        format!("aws s3 sync s3://other {home} && aws s3 sync {replica} {home}"),
    ] {
        let report = on("localstack (x:1)", &shell(&run), "");
        let finding = find(&report, &["Decided by the emulator", "may be copied back"]);
        assert_eq!(finding.step.as_deref(), Some("restore"), "{run}");
        let rpo = rpo(&report).decided_by_emulator.as_deref();
        assert_eq!(
            rpo,
            Some("a step compared dates that localstack (x:1) does not keep as AWS does")
        );
    }
    for run in [
        format!("aws s3 sync --size-only {replica} {home}"),
        format!("aws s3 sync --dryrun {replica} {home}"),
        format!("aws s3 sync s3://other {home}"),
        format!("aws s3 cp --recursive {replica} {home}"),
    ] {
        assert_eq!(decided(&on("localstack (x:1)", &shell(&run), "")), [], "{run}");
    }
}

#[test]
fn what_a_sync_of_variables_compared_is_not_certain() {
    for run in [
        "aws s3 sync s3://$FROM s3://programs-bucket",
        "aws s3 sync \"$FROM\" \"$TO\"",
    ] {
        let report = on("localstack (x:1)", &shell(run), "");
        find(&report, &["May have been decided by the emulator", "variables"]);
        let rpo = rpo(&report).decided_by_emulator.as_deref().unwrap();
        assert!(
            rpo.starts_with("perhaps: a step may have compared dates"),
            "{rpo}"
        );
    }
    assert_eq!(
        decided(&on(
            "localstack (x:1)",
            &shell("aws s3 sync s3://$FROM s3://other"),
            ""
        )),
        []
    );
}

#[test]
fn what_a_script_compared_is_seen_by_what_it_copied() {
    let of = |line: &str| {
        let mut run = run_on("localstack (x:1)", "do: shell, script: restore.sh", "");
        let (step, stream, text) = ("restore".into(), "stdout".into(), line.into());
        run.event(3200, Event::StepOutput { step, stream, text });
        run.report()
    };
    let report = of("Completed 1 KiB\rcopy: s3://programs-bucket-backup/a b to s3://programs-bucket/a b");
    find(&report, &["May have been decided by the emulator", "script"]);
    assert!(rpo(&report).decided_by_emulator.is_some());
    for line in [
        "copy: s3://other/a to s3://programs-bucket/a",
        "upload: ./a to s3://programs-bucket/a",
        "done",
    ] {
        assert_eq!(decided(&of(line)), [], "{line}");
    }
}

#[test]
fn s3_of_an_endpoint_of_its_own_has_its_name() {
    let route = "  routes: {s3: \"http://127.0.0.1:5000\", sqs: cloud}\n";
    let report = on("embedded", SYNC, route);
    find(&report, &["S3 was that of http://127.0.0.1:5000"]);
    find(
        &report,
        &["Decided by the emulator", "At http://127.0.0.1:5000 a replica"],
    );
    let routes: Vec<_> = report
        .routes
        .iter()
        .map(|route| (route.service.as_str(), route.to.as_str()))
        .collect();
    assert_eq!(routes, [("s3", "http://127.0.0.1:5000"), ("sqs", "embedded")]);
    assert!(on("embedded", SYNC, "").routes.is_empty());
}
