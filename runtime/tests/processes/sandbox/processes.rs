//! Processes inside: their number, their end.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use runtime::sandbox::{Ended, Limits};
use runtime::supervisor::Supervisor;
use runtime::wall;
use rustix::process::{Pid, Signal, kill_process};
use test_harness::trial;

use super::bench::{Bench, TIMEOUT, survivors};

/// A daemon that left its parent, its session and its output, and the number of seconds by which it can be
/// found on the machine.
fn daemon(seconds: u32) -> String {
    format!("(setsid setsid sleep {seconds} >/dev/null 2>&1 </dev/null &) ; sleep {seconds} & echo up; ")
}

trial!(async exit_codes_and_output_lines_are_reported);
async fn exit_codes_and_output_lines_are_reported() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let (ended, lines) = bench
        .run(bench.script("echo one; sleep 0.05; echo two >&2; exit 7"))
        .await;
    assert_eq!(ended, Ended::Code(7));
    assert_eq!(lines, ["one", "two"]);
    let (ended, _) = bench.run(bench.script("kill -11 $$")).await;
    assert_eq!(ended, Ended::Signal(11));
    let (ended, _) = bench.run(bench.script("true")).await;
    assert_eq!(ended, Ended::Code(0));
    assert_eq!(ended.to_string(), "exit code 0");
}

trial!(async a_program_that_computes_is_told_from_one_that_waits);
async fn a_program_that_computes_is_told_from_one_that_waits() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let script = "echo up; sleep 7104; (while :; do :; done); true";
    let running = bench.start(bench.script(script)).await;
    running.line(0).await;
    let activity = running.child.activity();
    bench
        .until(|| survivors("7104").len() == 1 && !activity.is_computing())
        .await;
    for pid in survivors("7104") {
        let pid = pid.parse().ok().and_then(Pid::from_raw);
        let _ = kill_process(pid.expect("a process id"), Signal::KILL);
    }
    bench.until(|| activity.is_computing()).await;
    running.child.kill();
    running.child.wait().await;
    assert!(!activity.is_computing(), "there is no process left");
}

trial!(async kill_ends_daemons_too);
async fn kill_ends_daemons_too() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let running = bench.start(bench.script(&format!("{} wait", daemon(7101)))).await;
    running.line(0).await;
    bench.until(|| survivors("7101").len() == 2).await;
    running.child.kill();
    let ended = wall::timeout(TIMEOUT, running.child.wait()).await;
    assert_eq!(ended, Some(Ended::Signal(9)));
    assert_eq!(running.child.ended(), Some(Ended::Signal(9)));
    bench.until(|| survivors("7101").is_empty()).await;
}

trial!(async the_exit_of_the_program_ends_its_daemons);
async fn the_exit_of_the_program_ends_its_daemons() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let (ended, _) = bench.run(bench.script(&format!("{} exit 3", daemon(7102)))).await;
    assert_eq!(ended, Ended::Code(3));
    assert!(survivors("7102").is_empty(), "all are dead when the end is told");
}

trial!(async terminate_sends_sigterm_first);
async fn terminate_sends_sigterm_first() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let script = "trap 'echo asked; exit 5' TERM; echo up; while :; do sleep 0.01; done";
    let running = bench.start(bench.script(script)).await;
    running.line(0).await;
    assert_eq!(running.child.terminate(TIMEOUT).await, Ended::Code(5));
    assert!(
        running.lines().contains(&"asked".to_owned()),
        "{:?}",
        running.lines()
    );

    let script = format!("trap '' TERM; {} while :; do sleep 7103; done", daemon(7103));
    let running = bench.start(bench.script(&script)).await;
    running.line(0).await;
    let ended = running.child.terminate(Duration::from_millis(50)).await;
    assert_eq!(ended, Ended::Signal(9));
    bench.until(|| survivors("7103").is_empty()).await;
}

trial!(async a_drop_kills_the_program);
async fn a_drop_kills_the_program() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let running = bench.start(bench.script(&format!("{} wait", daemon(7104)))).await;
    running.line(0).await;
    bench.until(|| survivors("7104").len() == 2).await;
    drop(running);
    bench.until(|| survivors("7104").is_empty()).await;
}

trial!(async a_fork_bomb_ends_at_its_limit);
async fn a_fork_bomb_ends_at_its_limit() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let limits = Limits {
        processes: 40,
        ..Limits::default()
    };
    // Each of them starts two more and waits; the one that finds no room says so.
    let script = "echo up; b() { b 7105 & b 7105 & wait; }; b 2>&1; sleep 7105 & wait";
    let running = bench.start(bench.script(script).limits(limits)).await;
    let refused = |lines: &[String]| lines.iter().any(|line| line.contains("annot fork"));
    bench.until(|| refused(&running.lines())).await;
    let inside = std::fs::read_dir("/proc").unwrap().flatten();
    let parents = inside.filter(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains("b 7105 & b 7105")
    });
    assert!(parents.count() <= 42);
    running.child.kill();
    assert_eq!(
        wall::timeout(TIMEOUT, running.child.wait()).await,
        Some(Ended::Signal(9))
    );
    bench.until(|| survivors("7105").is_empty()).await;
}

trial!(async endless_output_does_not_stop_a_kill);
async fn endless_output_does_not_stop_a_kill() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let script = "cat /dev/zero & yes & wait";
    let running = bench.start(bench.script(script)).await;
    running.line(1000).await;
    running.child.kill();
    assert_eq!(
        wall::timeout(TIMEOUT, running.child.wait()).await,
        Some(Ended::Signal(9))
    );
    assert!(running.lines().iter().all(|line| line.len() <= 64 * 1024));
}

trial!(async memory_is_bounded);
async fn memory_is_bounded() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let limits = Limits {
        memory_bytes: Some(64 << 20),
        ..Limits::default()
    };
    let script = "x=$(head -c 100000000 /dev/zero | tr '\\0' a) && echo ${#x}";
    let (ended, lines) = bench.run(bench.script(script).limits(limits)).await;
    assert_ne!(ended, Ended::Code(0), "{} lines", lines.len());
}

/// Started by a test below; tells when its daemon runs, and waits to be killed.
pub(crate) fn parent_main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let bench = Bench::new();
        let running = bench.start(bench.script(&format!("{} wait", daemon(7106)))).await;
        running.line(0).await;
        bench.until(|| survivors("7106").len() == 2).await;
        tell_and_wait(&[running.child.pid(), bench.supervisor.reaper_pids()[0]]);
    });
}

/// Started by a test below: only the kernel ends its children.
pub(crate) fn parent_without_reaper_main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        // Without a reaper a control group would not be removed.
        let bench = Bench::with(Supervisor::without_reaper().unwrap()).without_groups();
        let isolated = bench.start(bench.script("sleep 7107")).await;
        let unisolated =
            bench
                .sandbox
                .spawn_unisolated(&bench.supervisor, bench.script("exec sleep 7107"), |_| {});
        let unisolated = unisolated.await.unwrap();
        bench.until(|| survivors("7107").len() == 2).await;
        tell_and_wait(&[isolated.child.pid(), unisolated.pid()]);
    });
}

fn tell_and_wait(processes: &[u32]) {
    let processes: Vec<String> = processes.iter().map(u32::to_string).collect();
    println!("{}", processes.join(" "));
    let _ = std::io::stdin().read(&mut [0]);
    unreachable!("no process writes to the parent");
}

/// Kills a parent that told of two processes, and waits until they and every `sleep` for this time are gone.
fn kill_9(parent: &str, seconds: &str) {
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .arg(parent)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line.split_whitespace().count(), 2, "{line}");
    kill_process(Pid::from_child(&parent), Signal::KILL).unwrap();
    parent.wait().unwrap();
    let deadline = wall::mono().after(TIMEOUT);
    let lives = |pid: &str| std::path::Path::new("/proc").join(pid).exists();
    while !survivors(seconds).is_empty() || line.split_whitespace().any(lives) {
        assert!(
            wall::mono() < deadline,
            "{:?} outlive their parent",
            survivors(seconds)
        );
        std::thread::yield_now();
    }
}

trial!(async kill_9_of_the_parent_leaves_no_process);
async fn kill_9_of_the_parent_leaves_no_process() {
    if Bench::isolated().await.is_some() {
        kill_9("as-parent-of-sandbox", "7106");
    }
}

trial!(async kill_9_of_a_parent_without_reaper_ends_its_children);
async fn kill_9_of_a_parent_without_reaper_ends_its_children() {
    if Bench::isolated().await.is_some() {
        kill_9("as-parent-without-reaper", "7107");
    }
}

trial!(async without_isolation_it_is_an_ordinary_process);
async fn without_isolation_it_is_an_ordinary_process() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    std::fs::write(bench.path("a"), "").unwrap();
    let lines = std::sync::Arc::new(parking_lot::Mutex::new(Vec::new()));
    let sink = std::sync::Arc::clone(&lines);
    let script = "test -d /proc/$PPID && echo new > a; ulimit -n; echo ${FIREDRILL_RUN:+marked}; exit 4";
    let spec = bench.script(script);
    let child = bench
        .sandbox
        .spawn_unisolated(&bench.supervisor, spec, move |line| sink.lock().push(line.text));
    let child = child.await.unwrap();
    assert_eq!(child.wait().await, Ended::Code(4));
    assert_eq!(*lines.lock(), ["1024", "marked"]);
    assert_eq!(std::fs::read_to_string(bench.path("a")).unwrap(), "new\n");

    let spec = runtime::sandbox::SandboxSpec::new("it", "/no/such/program", bench.folder.path());
    let child = bench
        .sandbox
        .spawn_unisolated(&bench.supervisor, spec, |_| {})
        .await;
    assert!(
        child
            .unwrap_err()
            .to_string()
            .starts_with("cannot start it: cannot run /no/such/program")
    );
}
