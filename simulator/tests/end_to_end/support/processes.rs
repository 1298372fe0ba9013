//! Processes, as `/proc` shows them.

use std::fs;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// One process, told apart from later ones of the same number by when it started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    /// Clock ticks since the machine was started.
    started: u64,
    /// Its arguments, separated by spaces.
    pub(crate) command: String,
}

impl Process {
    fn read(pid: i32) -> Option<Process> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The program's name stands in parentheses and may contain anything.
        let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
        let (state, parent, started) = (*fields.first()?, fields.get(1)?, fields.get(19)?);
        if matches!(state, "Z" | "X") {
            return None;
        }
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        Some(Process {
            pid,
            parent: parent.parse().ok()?,
            started: started.parse().ok()?,
            command,
        })
    }

    /// Whether it is still there.
    pub(crate) fn is_alive(&self) -> bool {
        Process::read(self.pid).is_some_and(|now| now.started == self.started)
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid).expect("process numbers are positive");
        kill_process(pid, signal).expect("the process is there and ours");
    }
}

/// Those that live.
pub(crate) fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").expect("/proc is there");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter_map(Process::read).collect()
}

/// The processes that have their working directory in `folder`.
pub(crate) fn working_in(folder: &Path) -> Vec<Process> {
    let here = |process: &Process| {
        // Of a folder that was deleted `(deleted)` stands behind the path.
        fs::read_link(format!("/proc/{}/cwd", process.pid)).is_ok_and(|cwd| cwd.starts_with(folder))
    };
    all().into_iter().filter(here).collect()
}

/// The processes that have this text among their arguments.
pub(crate) fn with_argument(text: &str) -> Vec<Process> {
    let named = |process: &Process| process.command.contains(text);
    all().into_iter().filter(named).collect()
}

/// A process, and all that descend from it.
pub(crate) fn descendants(pid: u32) -> Vec<Process> {
    let all = all();
    let mut family: Vec<Process> = Vec::new();
    let mut parents = vec![i64::from(pid)];
    family.extend(
        all.iter()
            .filter(|process| i64::from(process.pid) == i64::from(pid))
            .cloned(),
    );
    while let Some(parent) = parents.pop() {
        let children = all.iter().filter(|process| i64::from(process.parent) == parent);
        for child in children {
            parents.push(child.pid.into());
            family.push(child.clone());
        }
    }
    family
}

/// The children of a process.
pub(crate) fn children(parent: u32) -> Vec<Process> {
    all()
        .into_iter()
        .filter(|process| i64::from(process.parent) == i64::from(parent))
        .collect()
}
