//! A project of one's own, from `firedrill new` to two drills that are put side by side.

use std::fs;
use std::net::TcpListener;

use drill::report::{Report, Verdict};
use serde_json::Value;
use test_harness::trial;

use crate::support::program::Ended;
use crate::support::run::read;
use crate::support::sink::sink;
use crate::support::{Sandbox, installed, namespaces};

fn report(sandbox: &Sandbox) -> Report {
    let latest = sandbox.path().join("runs/mine/latest");
    serde_json::from_slice(&read(&latest, "report.json")).expect("report.json is a report")
}

/// The name of the last run's folder.
fn last(sandbox: &Sandbox) -> String {
    let latest = fs::read_link(sandbox.path().join("runs/mine/latest")).expect("latest is a link");
    format!("runs/mine/{}", latest.display())
}

fn run(sandbox: &Sandbox, notify: &str) -> Ended {
    let ended = sandbox
        .firedrill(["run", "mine/scenario.yaml", "--notify", "env:WEBHOOK"])
        .env("WEBHOOK", notify)
        .output();
    sandbox.assert_no_process_left();
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(
        !said.contains("secret-path"),
        "the address of a webhook is a secret: {said}"
    );
    ended
}

trial!(a_new_project_is_written_once_and_is_valid);
fn a_new_project_is_written_once_and_is_valid() {
    let sandbox = Sandbox::new();
    let ended = sandbox.firedrill(["new", "mine"]).output();
    ended.assert_code(0);
    assert_eq!(sandbox.names(), ["mine"]);
    for file in ["mine/scenario.yaml", "mine/restore.sh", "mine/README.md"] {
        assert!(ended.stdout.contains(file), "{}", ended.stdout);
    }
    assert!(
        ended.stdout.contains("run mine/scenario.yaml"),
        "{}",
        ended.stdout
    );
    let check = sandbox.firedrill(["check", "mine/scenario.yaml"]).output();
    check.assert_code(0);
    let without_aws = "runbook[1].script: warning: it calls aws, which is not installed here";
    let warned = check.stdout.lines().any(|line| line.contains(without_aws));
    assert_eq!(warned, !is_installed("aws"), "{}", check.stdout);
    assert!(
        check.stdout.ends_with("mine/scenario.yaml: ok\n"),
        "{}",
        check.stdout
    );

    let again = sandbox.firedrill(["new", "mine"]).output();
    let sentence = again.assert_code(2).one_sentence();
    assert!(sentence.contains("--force"), "{sentence}");
    let odd = sandbox.firedrill(["new", "My Project"]).output();
    let sentence = odd.assert_code(2).one_sentence();
    assert!(sentence.ends_with("new my-project"), "{sentence}");
    assert_eq!(sandbox.names(), ["mine"]);
}

/// Prints nothing about what is skipped.
fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

trial!(a_new_project_passes_and_names_the_step_whose_script_is_broken);
fn a_new_project_passes_and_names_the_step_whose_script_is_broken() {
    if !installed("aws") || !namespaces() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.firedrill(["new", "mine"]).output().assert_code(0);
    let (url, asked) = sink();
    let passed = run(&sandbox, &url);
    passed.assert_code(0);
    assert!(!passed.stderr.contains("warning"), "{}", passed.stderr);
    let report_of_pass = report(&sandbox);
    assert_eq!(report_of_pass.verdict, Verdict::Pass);
    assert!(
        report_of_pass.findings.iter().all(|f| f.step.is_none()),
        "{:#?}",
        report_of_pass.findings
    );
    let first = last(&sandbox);
    assert_told(&sandbox, &first, &asked.join().expect("it was posted"));

    // The copies are looked for in a bucket that is not there.
    let script = sandbox.path().join("mine/restore.sh");
    let text = fs::read_to_string(&script).expect("it was written");
    let broken = text.replace("restore mine-files-backup ", "restore mine-files-backups ");
    assert_ne!(text, broken);
    fs::write(&script, broken).expect("it is ours");
    // No process listens there: neither verdict nor exit code change.
    let unused = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port");
    let failed = run(&sandbox, &format!("http://{unused}/secret-path"));
    failed.assert_code(1);
    assert!(
        failed
            .stderr
            .contains("the notification was not delivered: the webhook of --notify: "),
        "{}",
        failed.stderr
    );
    let report_of_fail = report(&sandbox);
    assert_eq!(report_of_fail.verdict, Verdict::Fail);
    let named = report_of_fail
        .findings
        .iter()
        .find(|finding| finding.step.as_deref() == Some("restore"))
        .unwrap_or_else(|| panic!("no finding names the step: {:#?}", report_of_fail.findings));
    assert!(named.text.contains("NoSuchBucket"), "{}", named.text);
    side_by_side(&sandbox, &first, &last(&sandbox));
}

/// The message was posted as it lies in the run's folder, and the records do not say where to.
fn assert_told(sandbox: &Sandbox, run: &str, posted: &str) {
    let folder = sandbox.path().join(run);
    assert_eq!(posted.as_bytes(), read(&folder, "notification.json"));
    let message: Value = serde_json::from_str(posted).expect("it is JSON");
    let text = message["text"].as_str().expect("a text");
    assert!(
        text.starts_with("✔ PASS: mine (Emulated AWS (embedded), not your account)"),
        "{text}"
    );
    let said = message["blocks"].to_string();
    assert!(said.contains(&format!("Report: {run}/report.html")), "{said}");
    for entry in fs::read_dir(&folder).expect("the run's folder") {
        let path = entry.expect("an entry").path();
        let bytes = fs::read(&path).expect("a file");
        let shown = bytes.windows(11).any(|part| part == b"secret-path");
        assert!(!shown, "{} has the address", path.display());
    }
}

/// The passed drill and the failed one, compared.
fn side_by_side(sandbox: &Sandbox, a: &str, b: &str) {
    let compare = |arguments: &[&str]| {
        sandbox
            .firedrill(["compare", a, b].iter().chain(arguments))
            .output()
    };
    let ended = compare(&["--out", "compare.html"]);
    ended.assert_code(0);
    assert!(ended.stdout.contains("Step restore (shell)"), "{}", ended.stdout);
    assert!(ended.stdout.contains("Findings in B only"), "{}", ended.stdout);
    let page = fs::read_to_string(sandbox.path().join("compare.html")).expect("it was written");
    assert!(page.contains("Two runs of mine"), "{page}");
    let again = compare(&["--out", "compare.html"]);
    assert!(again.assert_code(2).one_sentence().contains("--force"));
    compare(&["--out", "compare.html", "--force"]).assert_code(0);

    let ended = compare(&["--json"]);
    let found: Value = serde_json::from_str(&ended.assert_code(0).stdout).expect("it is JSON");
    // The same scenario, seed and program: only the script was changed, and the machine may have been busier.
    let unfair = found["unfair"].as_array().expect("a list");
    let says = |sentence: &Value, part: &str| sentence.as_str().is_some_and(|text| text.contains(part));
    let of_script = "What they ran differs: restore.sh.";
    assert!(
        unfair.iter().any(|sentence| says(sentence, of_script)),
        "{unfair:?}"
    );
    assert!(
        unfair
            .iter()
            .all(|sentence| says(sentence, of_script) || says(sentence, "busier")),
        "{unfair:?}"
    );
    let step = found["steps"].as_array().into_iter().flatten();
    let mut outcomes = step.filter(|step| step["name"] == "restore");
    let step = outcomes.next().expect("it is in both");
    assert_eq!(
        (&step["a"]["outcome"], &step["b"]["outcome"]),
        (&"done".into(), &"failed".into())
    );
    assert!(
        !found["findings"]["came"].as_array().expect("a list").is_empty(),
        "{found}"
    );
    let path: Vec<&Value> = found["critical_path"]["a"]
        .as_array()
        .expect("a list")
        .iter()
        .collect();
    assert_eq!(path, ["declare", "restore"]);
    // What is no run is refused, with what was meant.
    for (named, part) in [
        ("mine", "did you mean runs/mine/latest?"),
        ("compare.html", "a run is named by its folder"),
        ("nowhere", "is no folder of a run"),
    ] {
        let ended = sandbox.firedrill(["compare", a, named]).output();
        let sentence = ended.assert_code(2).one_sentence();
        assert!(
            sentence.starts_with(named) && sentence.contains(part),
            "{sentence}"
        );
    }
    fs::remove_file(sandbox.path().join(b).join("audit.bin")).expect("it is there");
    let ended = sandbox.firedrill(["compare", a, b]).output();
    let sentence = ended.assert_code(2).one_sentence();
    assert!(sentence.contains("audit.bin: cannot be read"), "{sentence}");
}
