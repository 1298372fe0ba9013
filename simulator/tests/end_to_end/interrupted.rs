//! Drills that do not reach their end: by Ctrl-C, by kill -9, by a broker that dies. No child is left, and
//! what was recorded can be read.

use std::path::{Path, PathBuf};

use drill::journal::{self, EndReason, Event, FaultEnd, Journal};
use drill::report::{Report, Verdict};
use rustix::process::Signal;
use test_harness::trial;

use crate::support::run::read;
use crate::support::{Running, Sandbox, Scenario, processes::Process};

/// A drill under way, with a broker, devices and a fault that stays until something ends it.
struct UnderWay {
    sandbox: Sandbox,
    folder: PathBuf,
    running: Running,
}

impl UnderWay {
    /// Starts one and waits until its fault has been injected and is proven.
    fn begin() -> UnderWay {
        let sandbox = Sandbox::new();
        // Slow enough to be still under way when something happens to it.
        let scenario = Scenario::fleet()
            .with("speed: 300", "speed: 100")
            .without("s3.corrupt_objects")
            .line_for(
                "s3.delete_objects",
                "  - {at: 4m, do: s3.pause_replication, bucket: programs}",
            )
            .with("observe_for: 2m", "observe_for: 10h")
            .with("give_up: 14m", "give_up: 20h");
        sandbox.scenario(&scenario);
        let running = sandbox
            .firedrill(["run", "scenario.yaml", "--out", "run"])
            .start();
        let folder = sandbox.path().join("run");
        let mut under_way = UnderWay {
            sandbox,
            folder,
            running,
        };
        under_way.until("the proof of the fault", |event| {
            matches!(event, Event::FaultProven { proven: true, .. })
        });
        under_way
    }

    fn until(&mut self, what: &str, is: fn(&Event) -> bool) {
        let file = self.folder.join("journal.jsonl");
        self.running.until(what, |_| {
            let bytes = std::fs::read(&file).ok()?;
            let journal = journal::read(&bytes).expect("the chain is whole at any time");
            journal.events().any(|(_, event)| is(event)).then_some(())
        });
    }

    /// Its children: the broker and the reaper at least.
    fn children(&self) -> Vec<Process> {
        let children = self.running.children();
        assert!(children.len() >= 2, "{children:#?}");
        assert!(children.iter().all(Process::is_alive));
        children
    }

    fn journal(&self) -> Journal {
        journal::read(&read(&self.folder, "journal.jsonl")).expect("the chain is whole")
    }
}

fn report(folder: &Path) -> Report {
    serde_json::from_slice(&read(folder, "report.json")).expect("report.json is a report")
}

fn interrupted_by(signal: Signal, name: &str) {
    let drill = UnderWay::begin();
    let children = drill.children();
    drill.running.signal(signal);
    let UnderWay {
        sandbox,
        folder,
        running,
    } = drill;
    let ended = running.wait();
    ended.assert_code(130);
    sandbox.assert_no_process_left();
    assert!(children.iter().all(|child| !child.is_alive()), "{children:#?}");

    let journal = journal::read(&read(&folder, "journal.jsonl")).expect("the chain is whole");
    assert_eq!(journal.finished(), Some(EndReason::Interrupted));
    let events: Vec<&Event> = journal.events().map(|(_, event)| event).collect();
    let has = |is: &dyn Fn(&Event) -> bool| events.iter().any(|event| is(event));
    assert!(
        has(&|event| matches!(event, Event::Interrupted { signal } if signal == name)),
        "{events:#?}"
    );
    assert!(
        has(&|event| matches!(
            event,
            Event::FaultEnded {
                by: FaultEnd::Teardown,
                ..
            }
        )),
        "the fault was removed"
    );
    assert_eq!(
        events
            .iter()
            .filter(|event| matches!(event, Event::Sealed { .. }))
            .count(),
        2,
        "both records are sealed"
    );

    let partial = report(&folder);
    assert_eq!(
        (partial.complete, partial.verdict),
        (false, Verdict::Inconclusive)
    );
    assert!(
        partial.reasons[0].contains("interrupted") && partial.reasons[0].contains(name),
        "{:?}",
        partial.reasons
    );
    assert!(
        ended.stdout.to_lowercase().contains("interrupted"),
        "{}",
        ended.stdout
    );
    let summary = String::from_utf8(read(&folder, "summary.md")).expect("text");
    assert!(
        partial.data.iter().all(|set| set.counted == 0) && summary.contains("| not known | not known |"),
        "what was never read back is not known: {summary}"
    );
    for file in ["report.html", "junit.xml", "summary.md"] {
        let text = String::from_utf8(read(&folder, file)).expect("text");
        assert!(
            text.to_lowercase().contains("interrupted"),
            "{file} does not say that the run was interrupted"
        );
    }
    // Judged again it is what it was.
    let before = read(&folder, "report.json");
    sandbox.firedrill(["report", "run"]).output().assert_code(3);
    assert!(before == read(&folder, "report.json"));
}

trial!(ctrl_c_removes_faults_ends_children_and_leaves_a_partial_report);
fn ctrl_c_removes_faults_ends_children_and_leaves_a_partial_report() {
    interrupted_by(Signal::INT, "SIGINT");
}

trial!(sigterm_removes_faults_ends_children_and_leaves_a_partial_report);
fn sigterm_removes_faults_ends_children_and_leaves_a_partial_report() {
    interrupted_by(Signal::TERM, "SIGTERM");
}

trial!(ctrl_c_during_stand_up_leaves_only_a_report);
/// While the cloud is still being stood up.
fn ctrl_c_during_stand_up_leaves_only_a_report() {
    let sandbox = Sandbox::new();
    sandbox.scenario(&Scenario::fleet().with("speed: 300", "speed: 1"));
    let mut running = sandbox
        .firedrill(["run", "scenario.yaml", "--out", "run"])
        .start();
    let folder = sandbox.path().join("run");
    running.until("the first line of the journal", |_| {
        let journal =
            journal::read(&std::fs::read(folder.join("journal.jsonl")).ok()?).expect("a whole chain");
        (!journal.lines.is_empty()).then_some(())
    });
    running.signal(Signal::INT);
    running.wait().assert_code(130);
    sandbox.assert_no_process_left();
    let report = report(&folder);
    assert_eq!((report.complete, report.verdict), (false, Verdict::Inconclusive));
    assert!(
        report.faults.iter().all(|fault| fault.start_s.is_none()),
        "{:?}",
        report.faults
    );
}

trial!(kill_9_leaves_no_child_and_a_journal_that_can_be_judged_even_if_its_last_line_is_torn);
fn kill_9_leaves_no_child_and_a_journal_that_can_be_judged_even_if_its_last_line_is_torn() {
    let drill = UnderWay::begin();
    let children = drill.children();
    drill.running.signal(Signal::KILL);
    let UnderWay {
        sandbox,
        folder,
        running,
    } = drill;
    let ended = running.wait();
    assert_eq!(ended.status.code(), None, "it was killed");
    sandbox.assert_no_process_left();
    assert!(children.iter().all(|child| !child.is_alive()), "{children:#?}");

    let journal =
        journal::read(&read(&folder, "journal.jsonl")).expect("the chain is whole up to a torn line");
    assert_eq!(journal.finished(), None);
    assert!(
        journal
            .events()
            .any(|(_, event)| matches!(event, Event::FaultProven { proven: true, .. }))
    );
    assert!(!folder.join("report.json").exists());
    let judged = sandbox.firedrill(["report", "run"]).output();
    judged.assert_code(3);
    let partial = report(&folder);
    assert_eq!(
        (partial.complete, partial.verdict),
        (false, Verdict::Inconclusive)
    );
    assert!(
        partial.reasons[0].contains("its process was killed, or the machine stopped"),
        "{:?}",
        partial.reasons
    );
    assert!(
        partial.faults[0].proven,
        "what was known is in it: {:?}",
        partial.faults
    );
    a_torn_last_line_is_dropped_and_the_rest_is_judged(&sandbox, &folder);
}

fn a_torn_last_line_is_dropped_and_the_rest_is_judged(sandbox: &Sandbox, folder: &Path) {
    let file = folder.join("journal.jsonl");
    let mut bytes = read(folder, "journal.jsonl");
    // Of a line that is whole: one that was torn already may be shorter.
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').expect("a line") + 1;
    bytes.truncate(whole - 20);
    std::fs::write(&file, bytes).expect("it can be cut");
    std::fs::remove_file(folder.join("report.json")).expect("it was judged before");
    sandbox.firedrill(["report", "run"]).output().assert_code(3);
    assert!(!report(folder).complete);
    let journal =
        journal::read(&read(folder, "journal.jsonl")).expect("the chain is whole up to a torn line");
    assert!(journal.torn);
}

trial!(a_broker_that_dies_unasked_ends_the_drill_with_a_reason);
fn a_broker_that_dies_unasked_ends_the_drill_with_a_reason() {
    let mut drill = UnderWay::begin();
    let broker = drill.running.broker();
    broker.signal(Signal::KILL);
    drill.until("the end of the journal", |event| {
        matches!(event, Event::Finished { .. })
    });
    let journal = drill.journal();
    assert_eq!(journal.finished(), Some(EndReason::BrokerDied));
    let UnderWay {
        sandbox,
        folder,
        running,
    } = drill;
    let ended = running.wait();
    ended.assert_code(3);
    sandbox.assert_no_process_left();
    assert!(!broker.is_alive());
    assert!(
        ended
            .stderr
            .contains("the broker of region primary ended by itself"),
        "{}",
        ended.stderr
    );
    assert!(
        journal
            .events()
            .any(|(_, event)| matches!(event, Event::Broker { running: false, .. }))
    );
    let report = report(&folder);
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert!(
        report.reasons.iter().any(|reason| reason.contains("broker")),
        "{:?}",
        report.reasons
    );
    assert!(ended.stdout.contains("broker"), "{}", ended.stdout);
}
