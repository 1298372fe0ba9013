//! The child's side: from an ordinary process to a program in namespaces of its own.
//!
//! ```text
//!   keeper    reads its orders; gets the ids mapped; leaves the namespaces; waits for init
//!     └ init  pid 1 of its namespace: mounts, network, starts the program, buries the orphans
//!         └ the program, without capabilities
//! ```
//!
//! The keeper and init are forks of one process with one thread, so all memory is as it was.

mod fork;
mod ids;
mod init;
mod keeper;
mod limits;
mod mounts;
mod network;
mod program;
mod trees;

use std::fmt::Display;
use std::fs::File;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};

use rustix::io::FdFlags;

use super::control::{self, Message};
use super::orders::Orders;

/// What goes wrong here is told in a sentence, to a process that shows it to people.
type Step<T> = Result<T, String>;

/// Says what was being done when something went wrong.
trait Doing<T> {
    fn doing(self, what: impl Display) -> Step<T>;
}

impl<T, E: Display> Doing<T> for Result<T, E> {
    fn doing(self, what: impl Display) -> Step<T> {
        self.map_err(|error| format!("cannot {what}: {error}"))
    }
}

/// The main of the sandbox process, for a hidden subcommand: to be called while the process has one thread.
/// Its arguments are what [`Sandbox::spawn`](super::Sandbox::spawn) appends.
///
/// # Errors
/// If it was not started by that.
pub fn sandbox_main(args: &[String]) -> Result<(), String> {
    let [orders, control] = args else {
        return Err("the sandbox is started by Firedrill itself".to_owned());
    };
    let orders = File::from(inherited(orders)?);
    let orders: Orders = serde_json::from_reader(orders).doing("read the sandbox's orders")?;
    let control = inherited(control)?;
    let ended = match orders.isolated {
        true => keeper::run(&orders, &control),
        false => program::become_it(&orders),
    };
    if let Err(reason) = ended {
        // A parent that cannot be told is gone.
        let _ = control::send(control.as_fd(), &Message::Failed(reason));
    }
    Ok(())
}

/// A descriptor that was handed down, by its path `/proc/self/fd/<number>`.
fn inherited(path: &str) -> Step<OwnedFd> {
    let number = path.rsplit('/').next().and_then(|number| number.parse().ok());
    let number: i32 = number
        .filter(|number| *number > 2)
        .ok_or("the sandbox lacks a descriptor")?;
    // SAFETY: the parent handed it down for this use, each is taken once, and nothing else knows its number.
    let descriptor = unsafe { OwnedFd::from_raw_fd(number) };
    rustix::io::fcntl_setfd(&descriptor, FdFlags::CLOEXEC).doing("use a descriptor")?;
    Ok(descriptor)
}
