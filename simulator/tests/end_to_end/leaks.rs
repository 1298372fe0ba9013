//! What a drill leaves on the machine: nothing, however it ends. Scripts and functions do their best to leave
//! something: they start processes in sessions of their own, deaf to hang-ups, in other folders.

use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicU32, Ordering};

use drill::journal::{self, EndReason, Event};
use rustix::process::Signal;
use tempfile::TempDir;
use test_harness::trial;

use crate::cloud::Cloud;
use crate::support::run::read;
use crate::support::traces::Traces;
use crate::support::{GRACE, Running, Sandbox, Scenario, functions, installed, namespaces};
use crate::support::{processes, until, within};

/// A number of seconds that no other process sleeps for.
pub(crate) fn mark() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("86{}.{number:03}", std::process::id())
}

/// Processes that a script leaves, by their marks; the last one it waits for itself.
const SCRIPT: &str = r#"#!/bin/sh
sleep MARK1 &
nohup sleep MARK1 > /dev/null 2>&1 &
setsid sleep MARK1 &
(cd / && setsid nohup sh -c 'sleep MARK1 & sleep MARK1; :' > /dev/null 2>&1 &)
echo scratch > "$HOME/scratch"
echo working
ENDING
"#;

/// How many of them there are, and the shell that starts two of them names them once more.
const LEFT_BY_SCRIPT: usize = 5;

/// What the function of a user's own leaves when it starts.
const FUNCTION: &str = "setsid sleep MARK2 > /dev/null 2>&1 &";

/// A drill under way, whose script is at work.
pub(crate) struct AtWork {
    pub(crate) sandbox: Sandbox,
    mark: String,
    /// Where the program's temporary files go.
    pub(crate) temporary: TempDir,
    running: Running,
    pub(crate) traces: Traces,
}

pub(crate) fn prepare(mark: &str, ending: &str) -> (Sandbox, TempDir) {
    let sandbox = Sandbox::new();
    let package = functions::shell(&FUNCTION.replace("MARK", mark), "answer='\"alive\"'");
    sandbox.write("own.zip", package);
    let script = SCRIPT.replace("ENDING", ending).replace("MARK", mark);
    let script = sandbox.write("work.sh", script);
    std::fs::set_permissions(script, PermissionsExt::from_mode(0o755)).expect("it is ours");
    sandbox.scenario(&Scenario::stack());
    let temporary = TempDir::with_prefix("firedrill-test-").expect("a temporary folder");
    (sandbox, temporary)
}

impl AtWork {
    /// Starts a drill, and waits until its script works, whose last command is `ending`, and its function has run.
    pub(crate) fn begin(arguments: &[&str], ending: &str) -> AtWork {
        let mark = mark();
        let (sandbox, temporary) = prepare(&mark, ending);
        let standard = ["run", "scenario.yaml", "--out", "run"];
        let mut running = sandbox
            .firedrill(standard.iter().chain(arguments))
            .env("TMPDIR", temporary.path().to_str().expect("a plain path"))
            .in_a_group()
            .start();
        let file = sandbox.path().join("run/journal.jsonl");
        running.until("a script at work", |_| {
            let journal = journal::read(&std::fs::read(&file).ok()?).expect("the chain is whole");
            let works = |event: &Event| matches!(event, Event::StepOutput { text, .. } if text == "working");
            journal.events().any(|(_, event)| works(event)).then_some(())
        });
        // A script does not wait until those that it starts have become what they are to be.
        let sleep = format!("sleep {mark}1");
        running.until("all that the script leaves", |_| {
            (processes::with_argument(&sleep).len() > LEFT_BY_SCRIPT).then_some(())
        });
        let traces = running.traces(sandbox.path());
        AtWork {
            sandbox,
            mark,
            temporary,
            running,
            traces,
        }
    }

    /// The URL of its metrics, where it serves any.
    pub(crate) fn metrics(&self) -> String {
        let said = self.running.stderr();
        let (_, address) = said.split_once("metrics at ").expect("it serves metrics");
        address.lines().next().unwrap_or_default().to_owned()
    }

    /// There is something that could be left.
    fn assert_much_is_there(&self, isolated: bool) {
        let all: Vec<&str> = self
            .traces
            .processes
            .iter()
            .map(|process| process.command.as_str())
            .collect();
        let count = |part: &str| all.iter().filter(|command| command.contains(part)).count();
        for (part, least) in [
            (" broker", 2),
            (" reaper", 1),
            (" function telemetry-ingest", 1),
            (" sandbox", if isolated { 4 } else { 0 }),
            (&*format!("sleep {}2", self.mark), 1),
        ] {
            assert!(count(part) >= least, "{part} in {all:#?}");
        }
        // Those of a script that is not isolated may have left the family.
        let sleep = format!("sleep {}1", self.mark);
        let asleep = processes::with_argument(&sleep);
        assert!(asleep.len() >= LEFT_BY_SCRIPT, "{asleep:#?}");
        if isolated {
            assert!(count(&sleep) >= LEFT_BY_SCRIPT, "{all:#?}");
            // A sandbox has one of each kind.
            assert!(self.traces.namespaces.len() >= 12, "{:?}", self.traces.namespaces);
        }
        // A listener for each region, the audit's, the brokers', and where code is downloaded from.
        assert!(self.traces.sockets.len() >= 6, "{:?}", self.traces.sockets);
        let temporary = std::fs::read_dir(self.temporary.path()).expect("a folder");
        assert!(temporary.count() >= 2, "code and tools have folders");
    }

    /// Ends it by `end`, after which nothing is left; gives its exit code, and how its journal says that it ended.
    #[track_caller]
    pub(crate) fn end(self, end: impl FnOnce(&Running)) -> (Option<i32>, Option<EndReason>) {
        end(&self.running);
        let ended = self.running.wait();
        assert_nothing_is_left(&self.sandbox, &self.traces, &self.mark, &self.temporary);
        let names = self.sandbox.names();
        assert_eq!(names, ["own.zip", "run", "scenario.yaml", "work.sh"]);
        let journal = read(&self.sandbox.path().join("run"), "journal.jsonl");
        let journal = journal::read(&journal).expect("the chain is whole");
        (ended.status.code(), journal.finished())
    }
}

#[track_caller]
pub(crate) fn assert_nothing_is_left(sandbox: &Sandbox, traces: &Traces, mark: &str, temporary: &TempDir) {
    sandbox.assert_no_process_left();
    traces.assert_gone();
    let asleep = || processes::with_argument(&format!("sleep {mark}"));
    within(GRACE, || asleep().is_empty().then_some(()));
    assert_eq!(asleep(), [], "sleepers are left");
    let files = std::fs::read_dir(temporary.path()).expect("the folder of temporary files");
    let files: Vec<_> = files.map(|file| file.expect("an entry").file_name()).collect();
    assert!(files.is_empty(), "temporary files are left: {files:?}");
}

/// What functions and scripts need.
pub(crate) fn possible(isolated: bool) -> bool {
    installed("curl") && installed("setsid") && (!isolated || namespaces())
}

/// The last command of a script that does not end by itself.
pub(crate) const FOREVER: &str = "sleep MARK1";

trial!(nothing_is_left_after_a_normal_end);
fn nothing_is_left_after_a_normal_end() {
    if !possible(true) {
        return;
    }
    // The script ends when everything was seen; what it started does not end by itself.
    let drill = AtWork::begin(&[], "sleep MARK3 || true");
    drill.assert_much_is_there(true);
    let waits = until("the last command of the script", || {
        let waits = processes::with_argument(&format!("sleep {}3", drill.mark));
        (!waits.is_empty()).then_some(waits)
    });
    let (_, end) = drill.end(|_| waits.iter().for_each(|sleep| sleep.signal(Signal::TERM)));
    assert!(end.is_some_and(|end| end != EndReason::Interrupted), "{end:?}");
}

trial!(nothing_is_left_after_ctrl_c_in_the_middle_of_a_script);
fn nothing_is_left_after_ctrl_c_in_the_middle_of_a_script() {
    if !possible(true) {
        return;
    }
    let drill = AtWork::begin(&[], FOREVER);
    drill.assert_much_is_there(true);
    let end = drill.end(|running| running.signal_group(Signal::INT));
    assert_eq!(end, (Some(130), Some(EndReason::Interrupted)));
}

trial!(nothing_is_left_after_sigterm_in_the_middle_of_a_script);
fn nothing_is_left_after_sigterm_in_the_middle_of_a_script() {
    if !possible(true) {
        return;
    }
    let drill = AtWork::begin(&[], FOREVER);
    drill.assert_much_is_there(true);
    let end = drill.end(|running| running.signal(Signal::TERM));
    assert_eq!(end, (Some(130), Some(EndReason::Interrupted)));
}

trial!(nothing_is_left_after_kill_9_in_the_middle_of_a_script);
fn nothing_is_left_after_kill_9_in_the_middle_of_a_script() {
    if !possible(true) {
        return;
    }
    let drill = AtWork::begin(&[], FOREVER);
    drill.assert_much_is_there(true);
    let end = drill.end(|running| running.signal(Signal::KILL));
    assert_eq!(end, (None, None));
}

trial!(nothing_is_left_of_what_is_not_isolated);
fn nothing_is_left_of_what_is_not_isolated() {
    if !possible(false) {
        return;
    }
    let drill = AtWork::begin(&["--unisolated"], FOREVER);
    drill.assert_much_is_there(false);
    let end = drill.end(|running| running.signal(Signal::KILL));
    assert_eq!(end, (None, None));
}

trial!(nothing_is_left_of_a_cloud_after_kill_9);
/// A cloud with a function that has run.
fn nothing_is_left_of_a_cloud_after_kill_9() {
    if !possible(true) || !installed("aws") {
        return;
    }
    let mark = mark();
    let (sandbox, temporary) = prepare(&mark, FOREVER);
    let program = sandbox
        .firedrill(["cloud", "scenario.yaml"])
        .env("TMPDIR", temporary.path().to_str().expect("a plain path"));
    let cloud = Cloud::up(sandbox, program);
    let invoked = cloud
        .aws()
        .ok(&["lambda", "invoke", "--function-name", "own", "answer"]);
    assert!(!invoked.contains("FunctionError"), "{invoked}");
    let Cloud { sandbox, running, .. } = cloud;
    let traces = running.traces(sandbox.path());
    let sleep = format!("sleep {mark}2");
    let asleep = traces
        .processes
        .iter()
        .filter(|process| process.command.contains(&sleep));
    assert_eq!(asleep.count(), 1, "{traces:#?}");
    assert!(
        traces.namespaces.len() >= 6,
        "the function is isolated: {traces:#?}"
    );
    running.signal(Signal::KILL);
    running.wait();
    assert_nothing_is_left(&sandbox, &traces, &mark, &temporary);
}
