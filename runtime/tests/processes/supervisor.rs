//! The supervisor with real processes.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use drill::units::{DrillTime, Span};
use runtime::supervisor::{ChildSpec, OutputLine, Stream, Supervisor};
use runtime::{Clock, wall};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use test_harness::trial;

/// How long anything may take before the test says that it does not happen.
const TIMEOUT: Duration = Duration::from_secs(30);

fn supervisor() -> Supervisor {
    let exe = std::env::current_exe().unwrap();
    Supervisor::new(&exe, &[OsString::from("as-reaper")]).unwrap()
}

fn shell(script: &str) -> ChildSpec {
    ChildSpec::new("a script", "/bin/sh")
        .args(["-c", script])
        .env("PATH", "/usr/bin:/bin")
}

/// Watches a process that need not be our child.
fn watch(pid: i32) -> OwnedFd {
    pidfd_open(Pid::from_raw(pid).unwrap(), PidfdFlags::empty()).unwrap()
}

/// Whether a process ends within `limit`.
fn ends(process: &OwnedFd, limit: Duration) -> bool {
    let mut fds = [PollFd::new(process, PollFlags::IN)];
    let limit = Timespec {
        tv_sec: limit.as_secs() as i64,
        tv_nsec: i64::from(limit.subsec_nanos()),
    };
    poll(&mut fds, Some(&limit)).unwrap() == 1
}

/// Three generations, one of them out of its group, one without the token, whose numbers are printed.
const FAMILY: &str = "sleep 1000 & a=$!; setsid sleep 1000 & b=$!; env -i sleep 1000 & c=$!; \
    sh -c 'sleep 1000 & echo $! $$; wait' & sleep 0; echo $a $b $c $$; wait";

pub(crate) fn parent_main() {
    let supervisor = supervisor();
    let (send, lines) = mpsc::channel();
    let spec = shell(FAMILY).on_line(move |line| send.send(line.text).unwrap());
    let child = supervisor.spawn(spec).unwrap();
    let mut numbers: Vec<String> = lines.iter().take(2).collect();
    numbers.push(child.pid().to_string());
    numbers.extend(supervisor.reaper_pids().iter().map(u32::to_string));
    let folder = tempfile::tempdir().unwrap().keep();
    std::fs::write(folder.join("a file"), "in it").unwrap();
    supervisor.remove_afterwards(&folder);
    // The folder is gone by then, and its place is free for a file.
    let note = |text: &str| {
        let script = "exec echo \"$1\n$NAME $#\" > \"$2\"".to_owned();
        let place = folder.with_extension(text);
        let spec = ChildSpec::new("a note", "/bin/sh").args(["-c", &script, "sh", text]);
        spec.arg(place).env("NAME", "of\nmine")
    };
    supervisor.run_afterwards(&note("ordered")).unwrap().keep();
    drop(supervisor.run_afterwards(&note("withdrawn")).unwrap());
    // Processes that start later are reported later.
    supervisor.spawn(shell("exit 0")).unwrap();
    println!("{} {}", numbers.join(" "), folder.display());
    // Until it is killed.
    let _ = std::io::stdin().read(&mut [0]);
    unreachable!("no process writes to the parent");
}

trial!(kill_9_of_the_parent_leaves_no_process);
fn kill_9_of_the_parent_leaves_no_process() {
    kill_9(None);
}

trial!(kill_9_of_the_parent_and_of_a_reaper_leaves_no_process);
fn kill_9_of_the_parent_and_of_a_reaper_leaves_no_process() {
    kill_9(Some(0));
    kill_9(Some(1));
}

trial!(a_folder_that_is_deeper_than_the_limit_of_open_files_is_removed);
fn a_folder_that_is_deeper_than_the_limit_of_open_files_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let parent = Command::new("/bin/sh")
        .args([
            "-c",
            "ulimit -n 256 && exec \"$0\" as-parent-of-deep-folder \"$1\"",
        ])
        .arg(std::env::current_exe().unwrap())
        .arg(folder.path())
        .status();
    assert!(parent.unwrap().success());
    assert!(!folder.path().exists());
}

/// Has the reaper remove a folder in which it makes others within each other.
pub(crate) fn deep_main(folder: &str) {
    let supervisor = supervisor();
    supervisor.remove_afterwards(Path::new(folder));
    std::env::set_current_dir(folder).unwrap();
    for _ in 0..400 {
        std::fs::create_dir("below").unwrap();
        std::env::set_current_dir("below").unwrap();
    }
    std::env::set_current_dir("/").unwrap();
}

/// Kills a parent, and one of its reapers before, and sees that nothing of it is left.
fn kill_9(reaper: Option<usize>) {
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .arg("as-parent")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let (family, folder) = line.trim_end().rsplit_once(' ').unwrap();
    let folder = Path::new(folder);
    assert!(folder.is_dir(), "{line}");
    let family: Vec<i32> = family.split(' ').map(|pid| pid.parse().unwrap()).collect();
    assert_eq!(family.len(), 9, "{line}");
    let watched: Vec<OwnedFd> = family.iter().map(|pid| watch(*pid)).collect();
    assert!(watched.iter().all(|process| !ends(process, Duration::ZERO)));
    if let Some(reaper) = reaper {
        let [.., one, other] = family[..] else {
            unreachable!()
        };
        kill_process(Pid::from_raw([one, other][reaper]).unwrap(), Signal::KILL).unwrap();
    }
    kill_process(Pid::from_child(&parent), Signal::KILL).unwrap();
    parent.wait().unwrap();
    for (pid, process) in family.iter().zip(&watched) {
        assert!(
            ends(process, TIMEOUT),
            "process {pid} of {family:?} outlives its parent"
        );
    }
    assert!(
        !folder.exists(),
        "the reaper was the last to end, and left the folder"
    );
    let written = folder.with_extension("ordered");
    assert_eq!(
        std::fs::read_to_string(&written).unwrap(),
        "ordered\nof\nmine 2\n",
        "with its arguments and its environment"
    );
    std::fs::remove_file(written).unwrap();
    assert!(!folder.with_extension("withdrawn").exists());
}

trial!(async a_child_outlives_the_thread_that_started_it);
async fn a_child_outlives_the_thread_that_started_it() {
    let supervisor = supervisor();
    let child = std::thread::scope(|scope| {
        let asking = scope.spawn(|| supervisor.spawn(shell("echo up; exec sleep 1000").ready_line("up")));
        asking.join().unwrap().unwrap()
    });
    child.ready().await.unwrap();
    // Had it died with the thread, it would have died of SIGKILL.
    let status = child.terminate(TIMEOUT).await;
    assert_eq!(status.signal(), Some(Signal::TERM.as_raw()));
}

trial!(async the_process_group_ends_with_its_leader);
async fn the_process_group_ends_with_its_leader() {
    let supervisor = supervisor();
    let (send, lines) = mpsc::channel();
    let spec = shell("sleep 1000 & echo $!; read -r line < /proc/$$/comm; exit 3")
        .on_line(move |line| send.send(line.text).unwrap());
    let child = supervisor.spawn(spec).unwrap();
    let grandchild: i32 = lines.recv_timeout(TIMEOUT).unwrap().parse().unwrap();
    assert_eq!(child.wait().await.code(), Some(3));
    // It is dead, or already gone; a process that has just been signalled may take a moment.
    if let Ok(process) = pidfd_open(Pid::from_raw(grandchild).unwrap(), PidfdFlags::empty()) {
        assert!(ends(&process, TIMEOUT));
    }
    assert!(supervisor.running().is_empty());
}

trial!(async ready_lines_and_failed_starts_are_reported);
async fn ready_lines_and_failed_starts_are_reported() {
    let supervisor = supervisor();
    let spec = shell("echo warming up; echo 'ready on 127.0.0.1:1'; exec sleep 1000").ready_line("ready ");
    let child = supervisor.spawn(spec).unwrap();
    assert_eq!(child.ready().await.unwrap(), "ready on 127.0.0.1:1");
    child.kill();
    assert_eq!(child.wait().await.signal(), Some(Signal::KILL.as_raw()));

    let spec = shell("echo 'ready to stderr' >&2; echo 'no such port' >&2; exit 4").ready_line("ready ");
    let failing = supervisor.spawn(spec).unwrap();
    assert_eq!(failing.ready().await.unwrap_err().code(), Some(4));
    assert_eq!(failing.wait().await.code(), Some(4));
    assert_eq!(failing.tail(), ["ready to stderr", "no such port"]);
}

trial!(async terminate_sends_sigterm_first);
async fn terminate_sends_sigterm_first() {
    let supervisor = supervisor();
    let polite = "trap 'exit 7' TERM; echo up; while :; do sleep 1000 & wait; done";
    let child = supervisor.spawn(shell(polite).ready_line("up")).unwrap();
    child.ready().await.unwrap();
    assert_eq!(child.terminate(TIMEOUT).await.code(), Some(7));

    let stubborn = "trap '' TERM; echo up; while :; do sleep 1000; done";
    let child = supervisor.spawn(shell(stubborn).ready_line("up")).unwrap();
    child.ready().await.unwrap();
    let status = child.terminate(Duration::from_millis(20)).await;
    assert_eq!(status.signal(), Some(Signal::KILL.as_raw()));
    child.kill(); // Of one that has ended: nothing happens.
}

/// The state letter of a process.
fn state(pid: u32) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(") ").unwrap().1.chars().next().unwrap()
}

trial!(async a_frozen_child_can_resume_or_end);
async fn a_frozen_child_can_resume_or_end() {
    let supervisor = supervisor();
    let child = supervisor
        .spawn(shell("echo up; while :; do :; done").ready_line("up"))
        .unwrap();
    child.ready().await.unwrap();
    let deadline = wall::mono().after(TIMEOUT);
    let becomes = |wanted: fn(char) -> bool| {
        while !wanted(state(child.pid())) {
            assert!(
                wall::mono() < deadline,
                "it is still in state {}",
                state(child.pid())
            );
            wall::block(Duration::from_millis(5));
        }
    };
    child.stop();
    becomes(|state| state == 'T');
    child.cont();
    becomes(|state| state != 'T');
    child.stop();
    becomes(|state| state == 'T');
    let status = child.terminate(TIMEOUT).await;
    assert_eq!(
        status.signal(),
        Some(Signal::TERM.as_raw()),
        "a frozen child is asked, too"
    );
}

trial!(async a_child_inherits_only_what_it_is_given);
async fn a_child_inherits_only_what_it_is_given() {
    let supervisor = supervisor();
    let (send, lines) = mpsc::channel();
    let folder = tempfile::tempdir().unwrap();
    let script = "/usr/bin/env; pwd; ls -l /proc/self/fd | grep -c memfd; cat; echo to stderr >&2";
    let spec = shell(script)
        .folder(folder.path())
        .on_line(move |line| send.send(line).unwrap());
    let clock = Clock::new(1.0).unwrap();
    let status = supervisor.spawn(spec).unwrap().wait().await;
    assert!(status.success());
    let lines: Vec<OutputLine> = lines.iter().collect();
    let text: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let mut names: Vec<&str> = text
        .iter()
        .filter_map(|l| l.split_once('='))
        .map(|(n, _)| n)
        .collect();
    names.sort_unstable();
    // PWD is the shell's own.
    let own = |name: &&str| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name);
    let names: Vec<&str> = names.into_iter().filter(own).collect();
    assert_eq!(names, ["FIREDRILL_RUN", "PATH"]);
    assert!(text.contains(&folder.path().to_str().unwrap()), "{text:?}");
    assert!(
        text.contains(&"0"),
        "the page of the clock is not handed down unless asked: {text:?}"
    );
    let stderr: Vec<_> = lines
        .iter()
        .filter(|line| line.stream == Stream::Stderr)
        .collect();
    assert_eq!(stderr[0].text, "to stderr");
    drop(clock);
}

pub(crate) fn follower_main(page: &str) {
    let clock = Clock::attach(Path::new(page)).unwrap();
    println!("attached");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fired = runtime.block_on(clock.sleep_until(DrillTime::from_secs(20)));
    println!("{} {}", fired.due.as_us(), clock.now().as_us());
}

trial!(async a_child_follows_the_clock);
async fn a_child_follows_the_clock() {
    let supervisor = supervisor();
    let clock = Clock::new(1000.0).unwrap();
    let (send, lines) = mpsc::channel();
    let mut spec = ChildSpec::new("a follower", std::env::current_exe().unwrap());
    let page = spec.inherit(clock.duplicate_page_fd().unwrap());
    let spec = spec
        .arg("as-follower")
        .arg(page)
        .ready_line("attached")
        .on_line(move |line| send.send(line.text).unwrap());
    let child = supervisor.spawn(spec).unwrap();
    child.ready().await.unwrap();
    // At this rate its timer would need five hours: it has to notice that the limit goes.
    let limit = clock.limit_rate(0.001, "slow");
    clock.start();
    clock.sleep(Span::from_us(1)).await;
    drop(limit);
    let status = wall::timeout(TIMEOUT, child.wait())
        .await
        .expect("the child notices");
    assert!(status.success(), "{:?}", child.tail());
    let lines: Vec<String> = lines.iter().collect();
    let (due, now) = lines[1].split_once(' ').unwrap();
    let (due, now): (i64, i64) = (due.parse().unwrap(), now.parse().unwrap());
    assert_eq!(due, 20_000_000);
    assert!(due <= now && now <= clock.now().as_us(), "{due} {now}");
}

trial!(async shutdown_ends_all_children_and_the_reaper);
async fn shutdown_ends_all_children_and_the_reaper() {
    let supervisor = supervisor();
    let reapers: Vec<OwnedFd> = supervisor
        .reaper_pids()
        .iter()
        .map(|pid| watch(pid.cast_signed()))
        .collect();
    assert_eq!(reapers.len(), 2);
    let (send, lines) = mpsc::channel();
    let scripts = [
        "exec sleep 1000",
        "trap '' TERM; echo up; while :; do sleep 1000; done",
        FAMILY,
    ];
    let children: Vec<_> = scripts
        .map(|script| {
            let send = send.clone();
            supervisor
                .spawn(shell(script).on_line(move |line| send.send(line.text).unwrap()))
                .unwrap()
        })
        .into_iter()
        .collect();
    let lines: Vec<String> = (0..3).map(|_| lines.recv_timeout(TIMEOUT).unwrap()).collect();
    let numbers = lines
        .iter()
        .flat_map(|line| line.split(' '))
        .filter_map(|word| word.parse().ok());
    let family: Vec<OwnedFd> = numbers.map(watch).collect();
    assert_eq!(family.len(), 6);
    supervisor.shutdown(Duration::from_millis(100)).await;
    assert!(children.iter().all(|child| child.status().is_some()));
    assert!(
        family.iter().all(|process| ends(process, TIMEOUT)),
        "also the one that left its group"
    );
    assert!(reapers.iter().all(|reaper| ends(reaper, TIMEOUT)));
    let error = supervisor.spawn(shell("true")).unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot start a script (/bin/sh): the supervisor was shut down"
    );
}

trial!(one_reaper_is_enough);
fn one_reaper_is_enough() {
    let supervisor = supervisor();
    let [one, other] = supervisor.reaper_pids() else {
        unreachable!()
    };
    let kill = |pid: u32| {
        let reaper = watch(pid.cast_signed());
        kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::KILL).unwrap();
        assert!(ends(&reaper, TIMEOUT));
    };
    kill(*one);
    let program = ChildSpec::new("nothing", "/bin/true");
    assert!(
        supervisor.spawn(shell("exec sleep 1000")).is_ok() && supervisor.run_afterwards(&program).is_ok()
    );
    kill(*other);
    let error = supervisor
        .spawn(shell("exec sleep 1000"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("the reapers, which would end it after a crash, are gone"),
        "{error}"
    );
}

trial!(a_drop_without_a_reaper_ends_all_children);
fn a_drop_without_a_reaper_ends_all_children() {
    let supervisor = Supervisor::without_reaper().unwrap();
    let (send, lines) = mpsc::channel();
    let spec = shell(FAMILY).on_line(move |line| send.send(line.text).unwrap());
    supervisor.spawn(spec).unwrap();
    let lines: Vec<String> = lines.iter().take(2).collect();
    let numbers = lines
        .iter()
        .flat_map(|line| line.split(' '))
        .filter_map(|word| word.parse().ok());
    let family: Vec<OwnedFd> = numbers.map(watch).collect();
    assert_eq!(family.len(), 6);
    drop(supervisor);
    assert!(family.iter().all(|process| ends(process, TIMEOUT)));
}

trial!(a_failed_start_names_the_program);
fn a_failed_start_names_the_program() {
    let error = Supervisor::new(Path::new("/bin/true"), &[])
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "cannot start the reaper (/bin/true): it is no reaper of Firedrill"
    );
    let supervisor = supervisor();
    let error = supervisor
        .spawn(ChildSpec::new("the broker", "/no/such/file"))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("cannot start the broker (/no/such/file): No such file"),
        "{error}"
    );
}
