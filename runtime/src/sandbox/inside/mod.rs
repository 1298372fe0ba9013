//! The child's side: from an ordinary process to a program in namespaces of its own.
//!
//! ```text
//!   keeper    reads its orders; gets the ids mapped; leaves the namespaces; waits for init
//!     └ init  pid 1 of its namespace: mounts, network, starts the program, buries the orphans
//!         └ the program, without capabilities
//! ```
//!
//! The keeper and init are forks of one process with one thread, so all memory is as it was.

mod account;
mod fork;
mod ids;
mod init;
mod keeper;
mod layers;
mod limits;
mod mounts;
mod network;
mod program;
mod step;
mod trees;

pub use self::layers::landlock;

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::fcntl_dupfd_cloexec;
use rustix::process::{Signal, getppid, set_parent_process_death_signal};
use rustix::stdio::{dup2_stdin, stdin};

use self::step::{Doing, Step};
use super::control::{self, Message};
use super::orders::Orders;

/// The main of the sandbox process, for a hidden subcommand: to be called while the process has one thread. Its
/// standard input is a conversation with [`Sandbox::spawn`](super::Sandbox::spawn).
///
/// # Errors
/// If it was not started by that.
pub fn sandbox_main() -> Result<(), String> {
    let control = take_stdin()?;
    set_parent_process_death_signal(Some(Signal::KILL)).doing("be killed with the parent")?;
    let Ok(Some(Message::Orders(orders))) = control::receive(control.as_fd()) else {
        return Err("the sandbox is started by Firedrill itself".to_owned());
    };
    let mut orders: Orders =
        serde_json::from_reader(File::from(orders)).doing("read the sandbox's orders")?;
    // It may have died before that signal was requested.
    let parent = getppid().map_or(0, |parent| parent.as_raw_nonzero().get().unsigned_abs());
    if parent != orders.parent {
        return Err("the parent is gone".to_owned());
    }
    // Where it may not enter its control group, it counts itself.
    orders
        .entrance
        .take_if(|entrance| std::fs::write(entrance, "0").is_err());
    let ended = if orders.isolated {
        keeper::run(&orders, &control)
    } else {
        program::become_it(&orders)
    };
    if let Err(reason) = ended {
        // If this cannot be sent, the parent has ended.
        let _ = control::send(control.as_fd(), &Message::Failed(reason));
    }
    Ok(())
}

/// What standard input leads to, where nothing that is started finds it.
fn take_stdin() -> Step<OwnedFd> {
    let taken = fcntl_dupfd_cloexec(stdin(), 3).doing("use the standard input")?;
    let nothing = File::open("/dev/null").doing("open the null device")?;
    dup2_stdin(&nothing).doing("replace the standard input")?;
    Ok(taken)
}
