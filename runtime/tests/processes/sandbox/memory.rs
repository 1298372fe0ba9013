//! What all processes inside occupy together, by a control group and without one.

use std::path::PathBuf;

use runtime::sandbox::{Ended, Limits, SandboxSpec, memory_groups};
use runtime::wall;
use test_harness::{installed, skip, skip_part, trial};

use super::bench::{Bench, TIMEOUT, survivors};

/// What all together may take.
const MOST: u64 = 128 << 20;

/// A place with control groups, and one without. `None`s where there are no sandboxes.
async fn benches() -> Vec<Bench> {
    let mut benches = Vec::new();
    if let Some(bench) = Bench::isolated().await {
        benches.push(bench.without_groups());
    }
    if let Some(bench) = Bench::isolated().await {
        if memory_groups(&bench.supervisor) {
            benches.push(bench);
        } else {
            skip_part(NO_GROUPS)
        }
    }
    benches
}

/// A place with control groups; otherwise the test is skipped.
async fn with_groups() -> Option<Bench> {
    let bench = Bench::isolated().await?;
    if !memory_groups(&bench.supervisor) {
        skip(NO_GROUPS);
        return None;
    }
    Some(bench)
}

/// Root can make them where `/sys/fs/cgroup` can be written to.
pub(super) const NO_GROUPS: &str = "no control group can be made here";

fn bounded(spec: SandboxSpec) -> SandboxSpec {
    spec.limits(Limits {
        together_bytes: Some(MOST),
        ..Limits::default()
    })
}

/// Runs a script that would go on for a day, until it is ended for its memory.
async fn is_ended(bench: &Bench, script: &str, mark: &str) {
    let running = bench.start(bounded(bench.script(script))).await;
    let ended = wall::timeout(TIMEOUT, running.child.wait()).await;
    assert!(ended.is_some(), "{script} goes on");
    assert_eq!(
        running.child.exceeded_memory(),
        Some(MOST),
        "{script} ended with {ended:?}"
    );
    bench.until(|| survivors(mark).is_empty()).await;
}

trial!(async memory_of_all_processes_is_bounded_together);
async fn memory_of_all_processes_is_bounded_together() {
    // None of them takes more than a third of the bound.
    let script = "for n in 1 2 3 4 5 6; do (x=$(head -c 40000000 /dev/zero | tr '\\0' a); sleep 87301; :) & done; sleep 87301";
    for bench in benches().await {
        is_ended(&bench, script, "87301").await;
    }
}

trial!(async files_in_memory_count);
async fn files_in_memory_count() {
    for bench in benches().await {
        for folder in ["/dev/shm", "/tmp", "."] {
            let script = format!("head -c 200000000 /dev/zero > {folder}/large; sleep 87302");
            is_ended(&bench, &script, "87302").await;
        }
    }
}

trial!(async memory_without_an_owner_counts_or_is_refused);
async fn memory_without_an_owner_counts_or_is_refused() {
    if !installed("python3") {
        return;
    }
    let memfd = r#"
import ctypes, os, time
try:
    file = os.memfd_create("x")
    for n in range(200): os.write(file, b"a" * 1000000)
except OSError as error:
    print("memfd", error.errno, flush=True)
libc = ctypes.CDLL(None, use_errno=True)
segment = libc.shmget(0, 200000000, 0o1600)
if segment < 0:
    print("shm", ctypes.get_errno(), flush=True)
else:
    libc.shmat.restype = ctypes.c_void_p
    ctypes.memset(libc.shmat(segment, None, 0), 1, 200000000)
    time.sleep(87303)
"#;
    let script = "python3 -c \"$CODE\"";
    for (n, bench) in benches().await.into_iter().enumerate() {
        let spec = bench.script(script).env([("CODE".to_owned(), memfd.to_owned())]);
        let running = bench.start(bounded(spec)).await;
        let ended = wall::timeout(TIMEOUT, running.child.wait()).await;
        match n {
            // ENOSYS, as on a kernel that has neither.
            0 => assert_eq!(
                (ended, running.lines()),
                (Some(Ended::Code(0)), vec!["memfd 38".into(), "shm 38".into()])
            ),
            _ => assert_eq!(
                running.child.exceeded_memory(),
                Some(MOST),
                "{ended:?} {:?}",
                running.lines()
            ),
        }
    }
}

trial!(async processes_that_end_all_the_time_do_not_keep_it_from_being_counted);
async fn processes_that_end_all_the_time_do_not_keep_it_from_being_counted() {
    let orphans = "(while :; do (sleep 0.05 &); sleep 0.02; done) & sleep 0.3";
    let script = format!("{orphans}; x=$(head -c 200000000 /dev/zero | tr '\\0' a); sleep 87306; :");
    for bench in benches().await {
        is_ended(&bench, &script, "87306").await;
    }
}

trial!(async threads_of_a_process_whose_first_one_has_ended_count);
async fn threads_of_a_process_whose_first_one_has_ended_count() {
    if !installed("python3") {
        return;
    }
    let code = r#"
import ctypes, threading, time
def fill():
    time.sleep(0.3)
    kept = bytearray(b"a") * 200_000_000
    time.sleep(87307)
threading.Thread(target=fill).start()
ctypes.CDLL(None).pthread_exit(None)
"#;
    for bench in benches().await {
        let spec = bench
            .script("python3 -c \"$CODE\"")
            .env([("CODE".to_owned(), code.to_owned())]);
        let running = bench.start(bounded(spec)).await;
        let ended = wall::timeout(TIMEOUT, running.child.wait()).await;
        assert_eq!(
            running.child.exceeded_memory(),
            Some(MOST),
            "{ended:?} {:?}",
            running.lines()
        );
    }
}

/// Connections that are filled, and what each end of one asks to buffer.
const CONNECTIONS: u64 = 100;
const BUFFER: u64 = 8 << 20;

/// Bytes that lie unread in so many connections at most, as the kernel bounds the buffers of programs without rights.
fn most_unread() -> Option<u64> {
    let limit = |name: &str| {
        let text = std::fs::read_to_string(format!("/proc/sys/net/core/{name}")).ok()?;
        text.trim().parse::<u64>().ok()
    };
    Some(CONNECTIONS * (limit("wmem_max")?.min(BUFFER) + limit("rmem_max")?.min(BUFFER)))
}

trial!(async unread_connection_data_is_bounded);
async fn unread_connection_data_is_bounded() {
    let Some(most) = most_unread() else {
        return skip("the kernel gives no limit of what a connection may buffer");
    };
    if most <= 2 * MOST {
        return skip(&format!(
            "net.core.wmem_max and rmem_max let {CONNECTIONS} connections keep {} MiB at most, which tells nothing of a bound \
             of {} MiB",
            most >> 20,
            MOST >> 20
        ));
    }
    if !installed("python3") {
        return;
    }
    let Some(bench) = with_groups().await else {
        return;
    };
    // It ends by itself when nothing more is taken.
    let code = r#"
import socket
listener = socket.create_server(("127.0.0.1", 0))
sent, kept = 0, []
for n in range(CONNECTIONS):
    one = socket.create_connection(listener.getsockname())
    other, _ = listener.accept()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
    other.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    one.settimeout(0.05)
    kept += [one, other]
    try:
        while True: sent += one.send(b"a" * (1 << 20))
    except OSError: pass
    if sent > 400 << 20: break
print(sent >> 20)
"#;
    let code = format!("CONNECTIONS, BUFFER = {CONNECTIONS}, {BUFFER}\n{code}");
    let spec = bench
        .script("python3 -c \"$CODE\"")
        .env([("CODE".to_owned(), code)]);
    let running = bench.start(bounded(spec)).await;
    let ended = wall::timeout(TIMEOUT, running.child.wait()).await;
    let lines = running.lines();
    let sent = lines.first().and_then(|line| line.parse::<u64>().ok());
    let bounded =
        running.child.exceeded_memory().is_some() || sent.is_some_and(|sent| sent <= 2 * (MOST >> 20));
    assert!(bounded, "{ended:?} {lines:?}");
}

trial!(async program_below_the_memory_limit_continues);
async fn program_below_the_memory_limit_continues() {
    // What is given back does not count, and neither do files of the machine that are read.
    let script = "for n in 1 2 3 4 5; do head -c 60000000 /dev/zero > /tmp/a; rm /tmp/a; done; cat /usr/bin/* /usr/lib/*.a \
                  > /dev/null 2>&1; x=$(head -c 20000000 /dev/zero | tr '\\0' a); echo ${#x}";
    for bench in benches().await {
        let running = bench.start(bounded(bench.script(script))).await;
        let ended = wall::timeout(TIMEOUT, running.child.wait()).await;
        assert_eq!(
            (ended, running.child.exceeded_memory()),
            (Some(Ended::Code(0)), None)
        );
        assert_eq!(running.lines(), ["20000000"]);
    }
}

trial!(async a_program_without_isolation_is_bounded_by_its_group);
async fn a_program_without_isolation_is_bounded_by_its_group() {
    let bench = Bench::new();
    if !memory_groups(&bench.supervisor) {
        return skip(NO_GROUPS);
    }
    let script = "for n in 1 2 3 4 5 6; do (x=$(head -c 40000000 /dev/zero | tr '\\0' a); sleep 87304; :) & done; sleep 87304";
    let child = bench
        .sandbox
        .spawn_unisolated(&bench.supervisor, bounded(bench.script(script)), |_| {});
    let child = child.await.unwrap();
    assert!(wall::timeout(TIMEOUT, child.wait()).await.is_some());
    assert_eq!(child.exceeded_memory(), Some(MOST));
    bench.until(|| survivors("87304").is_empty()).await;
}

trial!(async groups_go_with_their_sandboxes);
async fn groups_go_with_their_sandboxes() {
    let Some(bench) = with_groups().await else {
        return;
    };
    let run = bench.supervisor.run().to_owned();
    let first = bench.start(bench.script("sleep 87305")).await;
    let second = bench.start(bench.script("sleep 87305")).await;
    let groups = groups_of(&run);
    assert_eq!(groups.len(), 3, "one for all, and one each: {groups:?}");
    first.child.kill();
    first.child.wait().await;
    let gone = groups_of(&run)
        .into_iter()
        .find(|group| group.ends_with("1"))
        .unwrap();
    drop(first);
    // What was not empty yet is removed with the next one.
    while gone.exists() {
        bench.run(bench.script("true")).await;
    }
    // Its processes live for some time yet.
    drop(second);
    bench.supervisor.shutdown(TIMEOUT).await;
    assert_eq!(groups_of(&run), Vec::<PathBuf>::new());
}

/// Control groups that were made for a run of a supervisor.
pub(super) fn groups_of(run: &str) -> Vec<PathBuf> {
    let all = walk(PathBuf::from("/sys/fs/cgroup"));
    let name = format!("firedrill-{run}-");
    all.into_iter()
        .filter(|path| path.to_string_lossy().contains(&name))
        .collect()
}

/// All folders below one; those that vanish meanwhile are none.
fn walk(folder: PathBuf) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut found: Vec<PathBuf> = folders.flat_map(|entry| walk(entry.path())).collect();
    found.push(folder);
    found
}
