//! The process that the supervisor started: it makes the namespaces and outlives everything inside.

use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Signal, getpid, getppid, kill_process, set_parent_process_death_signal};
use rustix::thread::UnshareFlags;

use super::super::orders::Orders;
use super::fork::{Side, fork, wait_for};
use super::ids::Ids;
use super::init;
use super::step::{Doing, Step};

/// Runs the program to its end.
pub(super) fn run(orders: &Orders, control: &OwnedFd) -> Step<()> {
    let parent = getppid();
    let ids = Ids::find()?;
    let folder = ids.owned_tree(&orders.folder)?;
    // What goes to the group is for init, which passes it on.
    init::block_signals();
    let namespaces = UnshareFlags::NEWNS
        | UnshareFlags::NEWPID
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWUTS;
    ids.enter(namespaces)?;
    // A change of rights takes the wish back.
    set_parent_process_death_signal(Some(Signal::KILL)).doing("be killed with the parent")?;
    if getppid() != parent {
        return Err("the parent is gone".to_owned());
    }
    let (alive, keep_alive) = pipe_with(PipeFlags::CLOEXEC).doing("make a pipe")?;
    match fork().doing("fork")? {
        Side::Child => {
            drop(keep_alive);
            init::run(orders, &ids, folder, &alive, control)
        }
        Side::Parent(init) => {
            drop(folder);
            let status = wait_for(init).doing("wait for the sandbox")?;
            if ExitStatus::from_raw(status).signal().is_some() {
                // It was killed before it could report how the program ended: the program failed, too.
                kill_process(getpid(), Signal::KILL).doing("end")?;
            }
            Ok(())
        }
    }
}
