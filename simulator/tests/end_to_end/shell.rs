//! The user's own commands: what they find, what they may, what is kept of what they say.

use std::collections::BTreeSet;

use drill::journal::{Event, StepEnd, StepOutcome};
use drill::variables::{ChildVariable, SandboxVariable, ScriptVariable};
use test_harness::trial;

use crate::support::{Run, Sandbox, Scenario, installed, namespaces};

const SECRET: &str = "correct-horse-battery";
const PROTECT: &str = "  - {id: protect";

fn with_steps(steps: &str) -> Scenario {
    Scenario::loss().with(PROTECT, &format!("{steps}{PROTECT}"))
}

fn ended(run: &Run, id: &str) -> StepEnd {
    let journal = run.journal();
    let end = journal.events().find_map(|(_, event)| match event {
        Event::StepEnded(end) if end.step == id => Some(end.clone()),
        _ => None,
    });
    end.unwrap_or_else(|| panic!("step {id} has no end"))
}

fn output(run: &Run, id: &str) -> Vec<(String, String)> {
    let journal = run.journal();
    let lines = journal.events().filter_map(|(_, event)| match event {
        Event::StepOutput { step, stream, text } if step == id => Some((stream.clone(), text.clone())),
        _ => None,
    });
    lines.collect()
}

fn error(end: &StepEnd) -> (&str, &str) {
    let error = end.error.as_ref().unwrap_or_else(|| panic!("{end:?}"));
    (&error.code, &error.message)
}

/// Steps of every kind of end; none of them touches what the drill measures.
const STEPS: &str = r#"  - id: facts
    do: shell
    region: backup
    env: {WORD: hello}
    run: |
      echo "$WORD $AWS_REGION $AWS_DEFAULT_REGION $FIREDRILL_REGION_PRIMARY"
      echo "$FIREDRILL_BUCKET_PROGRAMS $FIREDRILL_BUCKET_PROGRAMS_BACKUP" >&2
      echo "the secret is $DRILL_TEST_SECRET, or $(printf %s "user:$DRILL_TEST_SECRET" | base64)"
      echo "the key is $AWS_SECRET_ACCESS_KEY"
      echo "home: $(ls -A "$HOME")"
      echo scratch > made-by-the-script
      cat made-by-the-script
  - {id: variables, do: shell, run: "env | cut -d= -f1"}
  - {id: seven, do: shell, run: "echo going; false; echo never"}
  - {id: script, do: shell, script: "tools/three.sh 'two words' $HOME"}
  - {id: hangs, do: shell, run: "setsid sleep 1000 & echo hanging; sleep 1000", timeout: 1s}
  - {id: talks, do: shell, run: "i=0; while [ $i -lt 1000 ]; do echo line $i; i=$((i + 1)); done"}
"#;

/// Steps that take more memory than they may, where all of it is counted.
const HUNGRY: &str = r#"  - {id: hungry, do: shell, memory: 64MiB, run: "echo eating; for n in 1 2 3; do (x=$(head -c 40000000 /dev/zero | tr '\\0' a); sleep 1000; :) & done; wait"}
  - {id: hoards, do: shell, memory: 64MiB, run: "head -c 100000000 /dev/zero > /tmp/hoard; sleep 1000"}
"#;

fn run_steps(steps: &str, arguments: &[&str]) -> Run {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path().join("tools")).expect("a folder");
    let script = sandbox.write(
        "tools/three.sh",
        "#!/bin/sh\necho \"$# $1 $2\"\necho sorry >&2\nexit 3\n",
    );
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(script, mode).expect("it can be made executable");
    let scenario = with_steps(steps).with("\nfaults:", "\nsecrets: [DRILL_TEST_SECRET]\n\nfaults:");
    Run::inside(sandbox, &scenario, arguments, &[("DRILL_TEST_SECRET", SECRET)])
}

/// A script's environment is what the tables say, beside what the scenario gives it and `sh` itself sets.
fn check_variables(run: &Run) {
    let found: BTreeSet<String> = output(run, "variables")
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    let (regions, buckets) = (["primary", "backup"], ["programs"]);
    let named = |variable: &ScriptVariable| match variable {
        ScriptVariable::RegionOf => regions.map(|region| variable.named(&[region])).to_vec(),
        ScriptVariable::BucketOf => buckets.map(|bucket| variable.named(&[bucket])).to_vec(),
        ScriptVariable::StoreOf => regions
            .map(|region| variable.named(&[buckets[0], region]))
            .to_vec(),
        variable => vec![variable.name().to_owned()],
    };
    let mut always: BTreeSet<String> = ScriptVariable::ALL.iter().flat_map(named).collect();
    let (taken_over, set): (Vec<&SandboxVariable>, Vec<&SandboxVariable>) = SandboxVariable::ALL
        .iter()
        .partition(|variable| variable.is_taken_over());
    always.extend(set.iter().map(|variable| variable.name().to_owned()));
    let missing: Vec<&String> = always.difference(&found).collect();
    assert!(missing.is_empty(), "documented and not set: {missing:?}");
    let beside = [
        "DRILL_TEST_SECRET",
        "PWD",
        "OLDPWD",
        "SHLVL",
        "_",
        ChildVariable::Run.name(),
    ];
    let known = |name: &String| {
        always.contains(name)
            || beside.contains(&name.as_str())
            || taken_over.iter().any(|variable| variable.name() == name)
    };
    let unknown: Vec<&String> = found.iter().filter(|name| !known(name)).collect();
    assert!(unknown.is_empty(), "set and not documented: {unknown:?}");
}

fn check_steps(run: &Run) {
    let facts = ended(run, "facts");
    assert_eq!(
        facts.outcome,
        StepOutcome::Done,
        "{facts:?} {:?}",
        output(run, "facts")
    );
    assert_eq!(facts.detail.as_deref(), Some("scratch"));
    assert!(facts.measured.as_us() > 0, "the clock was held: {facts:?}");
    let lines = output(run, "facts");
    let line = |stream: &str, text: &str| {
        assert!(
            lines.contains(&(stream.to_owned(), text.to_owned())),
            "{text:?} in {lines:#?}"
        );
    };
    line("stdout", "hello us-east-1 us-east-1 us-west-2");
    line("stderr", "small-programs small-programs-backup");
    line("stdout", "the key is ***");
    line("stdout", "home: ");
    let secret = lines
        .iter()
        .find(|(_, text)| text.starts_with("the secret is ***, or "));
    assert!(
        secret.is_some_and(|(_, text)| text.matches("***").count() == 2),
        "{lines:#?}"
    );
    let journal = String::from_utf8(run.read("journal.jsonl")).expect("text");
    assert!(!journal.contains(SECRET), "a secret is in the journal");

    check_variables(run);
    assert_eq!(error(&ended(run, "seven")), ("Exit1", "going"));
    let script = ended(run, "script");
    assert_eq!(error(&script), ("Exit3", "sorry"), "{:?}", output(run, "script"));
    assert_eq!(output(run, "script")[0].1, "2 two words $HOME");

    let hangs = ended(run, "hangs");
    assert_eq!(error(&hangs).0, "Timeout");
    assert!(
        (0.9..60.0).contains(&hangs.measured.as_secs_f64()),
        "one second of wall time, and what a busy machine adds: {hangs:?}"
    );

    let talks = output(run, "talks");
    assert_eq!(talks.len(), 601, "the first 500, a note, the last 100");
    assert_eq!(
        talks[500],
        ("firedrill".to_owned(), "400 lines are left out here".to_owned())
    );
    assert_eq!(
        (talks[499].1.as_str(), talks[600].1.as_str()),
        ("line 499", "line 999")
    );
    assert_eq!(ended(run, "talks").detail.as_deref(), Some("line 999"));
    assert_eq!(ended(run, "protect").outcome, StepOutcome::Done);
}

trial!(scripts_are_isolated_judged_and_masked);
fn scripts_are_isolated_judged_and_masked() {
    if !namespaces() {
        return;
    }
    let run = run_steps(&format!("{STEPS}{HUNGRY}"), &[]);
    run.ended.assert_code(0);
    check_steps(&run);
    for (step, last) in [("hungry", "; it last said: eating"), ("hoards", "")] {
        let ended = ended(&run, step);
        let more = format!(
            "its processes and the files in its scratch folders reached their limit of 64 MiB of memory together, and \
             at least one process was ended{last}"
        );
        assert_eq!(error(&ended), ("OutOfMemory", more.as_str()));
    }

    assert!(
        !run.sandbox.path().join("made-by-the-script").exists(),
        "the folder is as it was"
    );
    assert!(
        !run.journal()
            .events()
            .any(|(_, event)| matches!(event, Event::Warning { .. }))
    );
}

trial!(scripts_run_unisolated_only_when_asked_and_the_journal_says_so);
fn scripts_run_unisolated_only_when_asked_and_the_journal_says_so() {
    let run = run_steps(STEPS, &["--unisolated"]);
    run.ended.assert_code(0);
    check_steps(&run);
    assert!(run.sandbox.path().join("made-by-the-script").exists());
    let said = run.journal().events().any(
        |(_, event)| matches!(event, Event::Warning { text } if text.contains("without isolation (--unisolated)")),
    );
    assert!(said, "{}", run.ended.stderr);
}

trial!(a_secret_that_is_not_there_is_found_before_anything_begins);
fn a_secret_that_is_not_there_is_found_before_anything_begins() {
    let sandbox = Sandbox::new();
    let scenario = with_steps("").with("\nfaults:", "\nsecrets: [NOT_SET_ANYWHERE, NOR_THIS]\n\nfaults:");
    let file = sandbox.scenario(&scenario);
    let ended = sandbox.firedrill([std::path::Path::new("run"), &file]).output();
    assert!(
        ended
            .assert_code(2)
            .one_sentence()
            .contains("NOT_SET_ANYWHERE, NOR_THIS are not set")
    );
    let checked = sandbox.firedrill([std::path::Path::new("check"), &file]).output();
    let said = &checked.assert_code(0).stdout;
    assert!(
        said.contains("warning: secrets[1]: NOR_THIS is not set"),
        "{said}"
    );
    assert_eq!(sandbox.names(), ["scenario.yaml"], "nothing was made");
}

trial!(the_aws_cli_works_in_a_step);
/// The unmodified client lists, copies and syncs across regions, and reaches nothing that is not there.
fn the_aws_cli_works_in_a_step() {
    if !namespaces() || !installed("aws") {
        return;
    }
    let steps = "  - id: sync\n    do: shell\n    run: |\n      \
        aws s3 ls \"s3://$FIREDRILL_BUCKET_PROGRAMS/\" --recursive | wc -l\n      \
        aws s3 sync \"s3://$FIREDRILL_BUCKET_PROGRAMS_BACKUP\" \"s3://$FIREDRILL_BUCKET_PROGRAMS\" \
        --source-region us-east-1 --quiet\n      echo synced\n  \
        - {id: refused, do: shell, run: \"aws s3api put-bucket-versioning --bucket small-programs --versioning-configuration Status=Suspended\"}\n";
    let run = Run::execute(&with_steps(steps));
    let sync = ended(&run, "sync");
    assert_eq!(
        sync.detail.as_deref(),
        Some("synced"),
        "{:#?}",
        output(&run, "sync")
    );
    // The gateway counted by the keys of each script: three listings at least.
    assert!(sync.calls >= 3 && sync.bytes > 0, "{sync:?}");
    let refused = ended(&run, "refused");
    assert_eq!(refused.calls, 1, "{refused:?}");
    assert!(error(&refused).1.contains("InvalidBucketState"), "{refused:?}");
}
