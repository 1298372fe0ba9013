//! Kills at random moments, of any process, alone and in pairs: nothing is left, and what was recorded is judged.
//!
//! `FIREDRILL_KILLS=100` is the long run (about ten minutes), `FIREDRILL_KILLS_SEED` begins it elsewhere; a failure names the
//! seed of its kill.

use std::collections::BTreeMap;
use std::path::Path;

use drill::draw::Draws;
use drill::journal;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use test_harness::trial;

use crate::leaks::{assert_nothing_is_left, mark, possible, prepare};
use crate::support::processes::{self, Process};
use crate::support::{GRACE, Running, Sandbox, until, within};

/// Kills in every run of the tests.
const FEW: u64 = 3;

/// Exit codes of a drill that ran to an end by itself, if a part of it was killed: a verdict, or that its environment
/// failed it.
const ENDS: [i32; 4] = [0, 1, 3, 4];

/// How the script ends: by itself, after its daemons were started.
const ENDING: &str = "sleep 1";

fn variable(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(default, |text| text.parse().expect("a number"))
}

/// What a process of a drill is.
fn kind(process: &Process, drill: u32) -> &'static str {
    let command = &process.command;
    let is = |name: &str| command.split(' ').nth(1) == Some(name);
    match () {
        () if u32::try_from(process.pid) == Ok(drill) => "simulator",
        () if is("reaper") => "reaper",
        () if is("broker") => "broker",
        () if is("sandbox") => "sandbox",
        () if command.contains("function telemetry-ingest") => "built-in function",
        () => "script or function",
    }
}

/// Processes to kill: one, or two, each kind as likely as another.
fn victims(drill: u32, draws: &Draws) -> Vec<(&'static str, Process)> {
    let mut kinds: BTreeMap<&str, Vec<Process>> = BTreeMap::new();
    for process in processes::descendants(drill) {
        kinds.entry(kind(&process, drill)).or_default().push(process);
    }
    drawn(kinds.into_iter().collect(), draws)
}

/// One or two of these, no two the same: what is drawn is not put back.
fn drawn<T>(mut kinds: Vec<(&'static str, Vec<T>)>, draws: &Draws) -> Vec<(&'static str, T)> {
    let index = |n: u64, length: usize| draws.below(n, length as u64) as usize;
    let mut drawn = Vec::new();
    for n in 0..draws.between(1, 1, 2) {
        kinds.retain(|(_, left)| !left.is_empty());
        if kinds.is_empty() {
            break;
        }
        let of_kind = index(2 + 2 * n, kinds.len());
        let (kind, left) = &mut kinds[of_kind];
        let one = left.swap_remove(index(3 + 2 * n, left.len()));
        drawn.push((*kind, one));
    }
    drawn
}

trial!(no_process_is_drawn_twice);
fn no_process_is_drawn_twice() {
    let mut pairs = 0;
    for seed in 0..1000 {
        let few = vec![("a", vec![1]), ("b", vec![2, 3])];
        let drawn = drawn(few, &Draws::new(seed, "kill"));
        let numbers: std::collections::BTreeSet<i32> = drawn.iter().map(|(_, number)| *number).collect();
        assert_eq!(numbers.len(), drawn.len(), "seed {seed}: {drawn:?}");
        pairs += usize::from(drawn.len() == 2);
    }
    assert!((400..600).contains(&pairs), "{pairs} pairs in a thousand");
    assert_eq!(drawn(vec![("a", vec![1])], &Draws::new(1, "kill")).len(), 1);
    assert!(drawn(Vec::<(&str, Vec<i32>)>::new(), &Draws::new(1, "kill")).is_empty());
}

fn lines(folder: &Path) -> usize {
    let journal = std::fs::read(folder.join("journal.jsonl")).unwrap_or_default();
    journal.iter().filter(|byte| **byte == b'\n').count()
}

/// A drill about to begin, in a place of its own.
struct Ready {
    sandbox: Sandbox,
    temporary: TempDir,
    mark: String,
}

impl Ready {
    fn new() -> Ready {
        let mark = mark();
        let (sandbox, temporary) = prepare(&mark, ENDING);
        Ready {
            sandbox,
            temporary,
            mark,
        }
    }

    fn start(&self) -> Running {
        let program = self.sandbox.firedrill(["run", "scenario.yaml", "--out", "run"]);
        let temporary = self.temporary.path().to_str().expect("a plain path");
        program.env("TMPDIR", temporary).in_a_group().start()
    }
}

/// How many lines a journal has that nothing happens to.
fn usual_lines() -> usize {
    let ready = Ready::new();
    let ended = ready.start().wait();
    assert!(
        ended.status.code().is_some_and(|code| ENDS.contains(&code)),
        "{ended:?}"
    );
    lines(&ready.sandbox.path().join("run"))
}

/// Kills something of a drill when its journal has a random number of lines; false if it had ended by then.
fn kill(seed: u64, most: usize) -> bool {
    let draws = Draws::new(seed, "kill");
    let ready = Ready::new();
    let folder = ready.sandbox.path().join("run");
    let moment = draws.below(0, most as u64) as usize;
    let mut running = ready.start();
    let drill = running.id();
    until("a random moment, or the end", || {
        (lines(&folder) >= moment || running.has_ended()).then_some(())
    });
    let traces = running.traces(ready.sandbox.path());
    let victims = victims(drill, &draws);
    for (_, victim) in &victims {
        // It may have ended by itself just now.
        let _ = kill_process(Pid::from_raw(victim.pid).expect("a process"), Signal::KILL);
    }
    let ended = running.wait();
    let kinds: Vec<&str> = victims.iter().map(|(kind, _)| *kind).collect();
    let what = format!("kill {seed}: {} at line {moment}", kinds.join(" and "));
    let code = ended.status.code();
    // A simulator that was about to end anyway may have been quicker.
    let usual = code.map_or(kinds.contains(&"simulator"), |code| ENDS.contains(&code));
    assert!(usual, "{what}: {ended:?}");
    println!("{what}: {code:?}");
    assert_nothing_is_left(&ready.sandbox, &traces, &ready.mark, &ready.temporary);
    let groups = || control_groups(Path::new("/sys/fs/cgroup"), &format!("firedrill-{drill}-"));
    within(GRACE, || (!groups()).then_some(()));
    assert!(!groups(), "{what}: a control group is left");
    judged(&ready.sandbox, &what, code);
    !victims.is_empty()
}

/// Whatever there is of a journal is judged.
fn judged(sandbox: &Sandbox, what: &str, code: Option<i32>) {
    let folder = sandbox.path().join("run");
    let Ok(bytes) = std::fs::read(folder.join("journal.jsonl")) else {
        assert!(
            !folder.join("report.json").exists(),
            "{what}: a report without a journal"
        );
        return;
    };
    let journal = journal::read(&bytes);
    let whole = journal.as_ref().is_ok_and(|journal| !journal.lines.is_empty());
    let report = sandbox.firedrill(["report", "run"]).output();
    let expected: &[i32] = match (whole, code) {
        // It ended before its first line.
        (false, _) => &[2],
        (true, None | Some(4)) => &[1, 3],
        (true, Some(code)) => &[code],
    };
    let found = report.status.code();
    assert!(
        found.is_some_and(|found| expected.contains(&found)),
        "{what}: {code:?}, {report:?}"
    );
    if whole {
        let json = std::fs::read(folder.join("report.json")).expect("a report");
        let _: drill::report::Report = serde_json::from_slice(&json).expect("it can be read");
    }
}

/// Whether there is a control group below `folder` whose name begins so.
fn control_groups(folder: &Path, name: &str) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.any(|entry| {
        let found = entry.file_name();
        found.to_string_lossy().starts_with(name) || control_groups(&entry.path(), name)
    })
}

trial!(random_kills_leave_nothing_but_what_can_be_judged, heavy);
fn random_kills_leave_nothing_but_what_can_be_judged() {
    if !possible(true) {
        return;
    }
    let (kills, seed) = (
        variable("FIREDRILL_KILLS", FEW),
        variable("FIREDRILL_KILLS_SEED", 1),
    );
    // A busy machine writes fewer lines in the same drill.
    let most = usual_lines() * 9 / 10;
    let mut seeds = seed..;
    for _ in 0..kills {
        while !seeds.next().is_some_and(|seed| kill(seed, most)) {}
    }
}
