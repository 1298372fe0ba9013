//! Forks of a process that has one thread.

use std::io;

use rustix::process::{Pid, WaitOptions, waitpid};

/// Which side this is.
pub(super) enum Side {
    Child,
    Parent(Pid),
}

/// Forks this process, which must have one thread only: a lock that another held would stay locked.
pub(super) fn fork() -> io::Result<Side> {
    if std::fs::read_dir("/proc/self/task")?.count() != 1 {
        return Err(io::Error::other("the process has several threads"));
    }
    // SAFETY: there is no other thread, so the child finds memory and locks in a consistent state.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        pid => Ok(Pid::from_raw(pid).map_or(Side::Child, Side::Parent)),
    }
}

/// Waits for a child: its wait status.
pub(super) fn wait_for(pid: Pid) -> io::Result<i32> {
    loop {
        match waitpid(Some(pid), WaitOptions::empty()) {
            Ok(Some((_, status))) => return Ok(status.as_raw()),
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
