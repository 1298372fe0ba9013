//! Nothing is left behind, whatever ends whom.

use std::fs::Permissions;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;

use cloud_emulator::containers::{remove_run, remove_stale, start};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use test_harness::trial;

use crate::containers::child::ProcessIdentity;
use crate::containers::docker::{
    Image, TIMEOUT, containers_of, docker, exists, has_base, options, supervisor, until,
};

trial!(async a_removed_container_is_gone);
async fn a_removed_container_is_gone() {
    if !has_base() {
        return;
    }
    let (supervisor, image) = (supervisor(), Image::idle());
    // A remover that tells that it was needed.
    let folder = tempfile::tempdir().unwrap();
    let (remover, needed) = (folder.path().join("remover"), folder.path().join("needed"));
    std::fs::write(&remover, format!("#!/bin/sh\n: > {}\n", needed.display())).unwrap();
    std::fs::set_permissions(&remover, Permissions::from_mode(0o700)).unwrap();
    let mut options = options(&supervisor, &image.0, &[]);
    options.exe = remover;
    let stacks = start(options).await.unwrap();
    let mut ids: Vec<String> = stacks.iter().map(|stack| stack.container().to_owned()).collect();
    let mut found = containers_of(supervisor.run());
    ids.sort();
    found.sort();
    assert_eq!(ids, found);
    // A run that is not ours has none.
    assert_eq!(remove_run(supervisor.run()).await.unwrap(), 0);
    assert_eq!(containers_of(supervisor.run()).len(), 2);
    stacks[0].kill().await.unwrap();
    stacks[1].pause().await.unwrap();
    for stack in &stacks {
        stack.remove().await.unwrap();
    }
    assert!(!ids.iter().any(|id| exists(id)));
    drop(stacks);
    supervisor.shutdown(TIMEOUT).await;
    assert!(!needed.exists(), "the reaper has nothing to ask the engine");
}

trial!(async a_panic_leaves_no_container);
async fn a_panic_leaves_no_container() {
    if !has_base() {
        return;
    }
    let (supervisor, image) = (supervisor(), Image::idle());
    let options = options(&supervisor, &image.0, &[]);
    let task = tokio::spawn(async move {
        let stacks = start(options).await.unwrap();
        assert_eq!(stacks.len(), 3, "this panic is meant");
    });
    assert!(task.await.unwrap_err().is_panic());
    assert!(containers_of(supervisor.run()).is_empty());
}

trial!(async a_cancelled_start_leaves_no_container);
async fn a_cancelled_start_leaves_no_container() {
    if !has_base() {
        return;
    }
    let (supervisor, image) = (supervisor(), Image::idle());
    let start = tokio::spawn(start(options(&supervisor, &image.0, &[])));
    until("a container is made", || {
        !containers_of(supervisor.run()).is_empty()
    });
    start.abort();
    let _ = start.await;
    until("all are removed", || containers_of(supervisor.run()).is_empty());
}

trial!(a_drop_outside_of_a_runtime_leaves_no_container);
fn a_drop_outside_of_a_runtime_leaves_no_container() {
    if !has_base() {
        return;
    }
    let (supervisor, image) = (supervisor(), Image::idle());
    let current = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let runtime = current();
    let stacks = runtime
        .block_on(start(options(&supervisor, &image.0, &[])))
        .unwrap();
    drop(runtime);
    drop(stacks);
    assert!(containers_of(supervisor.run()).is_empty());
    // Inside of a runtime with one thread, where blocking could wait for itself.
    current().block_on(async {
        drop(start(options(&supervisor, &image.0, &[])).await.unwrap());
    });
    assert!(containers_of(supervisor.run()).is_empty());
    // With a runtime that ends under a task which has them.
    let runtime = current();
    let (send, ready) = tokio::sync::oneshot::channel();
    let options = options(&supervisor, &image.0, &[]);
    runtime.spawn(async move {
        let stacks = start(options).await.unwrap();
        send.send(()).unwrap();
        std::future::pending::<()>().await;
        drop(stacks);
    });
    runtime.block_on(ready).unwrap();
    assert_eq!(containers_of(supervisor.run()).len(), 2);
    drop(runtime);
    assert!(containers_of(supervisor.run()).is_empty());
}

trial!(a_runtime_that_ends_during_a_start_leaves_no_container);
fn a_runtime_that_ends_during_a_start_leaves_no_container() {
    if !has_base() {
        return;
    }
    let (supervisor, image) = (supervisor(), Image::idle());
    let run = supervisor.run().to_owned();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.spawn(start(options(&supervisor, &image.0, &[])));
    until("a container is made", || !containers_of(&run).is_empty());
    drop(runtime);
    // Its reaper is the last to know.
    drop(supervisor);
    assert_eq!(containers_of(&run), Vec::<String>::new());
}

trial!(kill_9_leaves_no_container);
fn kill_9_leaves_no_container() {
    if !has_base() {
        return;
    }
    let image = Image::idle();
    let mut starter = ProcessIdentity::new(&image.0, &[]);
    let ids = starter.line();
    let ids: Vec<&str> = ids.split(' ').collect();
    assert!(ids.len() == 2 && ids.iter().all(|id| exists(id)), "{ids:?}");
    let reapers = Vec::from_iter(starter.reapers.iter().map(|pid| watch(*pid)));
    starter.kill();
    assert!(
        reapers.iter().all(ends),
        "the reapers end when their work is done"
    );
    assert!(!ids.iter().any(|id| exists(id)));
}

trial!(kill_9_during_a_start_leaves_no_container);
fn kill_9_during_a_start_leaves_no_container() {
    if !has_base() {
        return;
    }
    let image = Image::idle();
    let mut starter = ProcessIdentity::new(&image.0, &[]);
    let reapers = Vec::from_iter(starter.reapers.iter().map(|pid| watch(*pid)));
    until("a container is made", || !containers_of(&starter.run).is_empty());
    starter.kill();
    assert!(
        reapers.iter().all(ends),
        "the reapers end when their work is done"
    );
    assert_eq!(containers_of(&starter.run), Vec::<String>::new());
}

trial!(async the_next_start_removes_leftover_containers_only);
async fn the_next_start_removes_leftover_containers_only() {
    if !has_base() {
        return;
    }
    let (supervisor, image) = (supervisor(), Image::idle());
    let ours = start(options(&supervisor, &image.0, &[])).await.unwrap();
    // Of another machine: whether such a process lives is unknown here.
    let label = "firedrill.run=of-another-machine";
    let namespace = "firedrill.pid-namespace=pid:[1]";
    let others = docker(&[
        "create",
        "--label",
        label,
        "--label",
        namespace,
        "--label",
        "firedrill.pid=1",
        &image.0,
    ]);
    let mut starter = ProcessIdentity::new(&image.0, &[]);
    let ids = starter.line();
    let ids: Vec<&str> = ids.split(' ').collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    let living = ids.iter().all(|id| exists(id));
    remove_stale().await.unwrap();
    assert!(living && ids.iter().all(|id| exists(id)), "their starter lives");
    for reaper in &starter.reapers {
        kill_process(Pid::from_raw(*reaper).unwrap(), Signal::KILL).unwrap();
    }
    starter.kill();
    // Only the next start removes them: ours, or that of another test that runs beside this one.
    remove_stale().await.unwrap();
    until("both are removed", || !ids.iter().any(|id| exists(id)));
    assert!(ours.iter().all(|stack| exists(stack.container())), "we live");
    let others_stay = exists(&others);
    docker(&["rm", "--force", &others]);
    assert!(others_stay, "their state is unknown");
}

fn watch(pid: i32) -> OwnedFd {
    pidfd_open(Pid::from_raw(pid).unwrap(), PidfdFlags::empty()).unwrap()
}

fn ends(process: &OwnedFd) -> bool {
    let limit = Timespec {
        tv_sec: TIMEOUT.as_secs() as i64,
        tv_nsec: 0,
    };
    poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&limit)).unwrap() == 1
}
