//! What all processes inside occupy together, counted where no control group does it: the memory of each, and what lies in
//! files that are memory.
//!
//! Memory that processes share counts for each that has it mapped. Anonymous memory files (`memfd_create`) and segments of
//! System V belong to nobody who could be asked; where this counts, programs do not get them (see `layers`).

use std::fs;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::fs::{Mode, OFlags, fstatvfs, open};

use super::mounts::SCRATCH;
use super::{Doing, Step};

/// How often it is counted. A program that fills memory as fast as this machine can write to it (some GB/s) exceeds its
/// bound by what it writes in this time.
pub(super) const INTERVAL: Duration = Duration::from_millis(100);

/// Counts.
pub(super) struct Account {
    most: u64,
    /// A folder of the file system that holds everything that is new.
    scratch: OwnedFd,
}

impl Account {
    /// In the finished view of the files. `most` are bytes.
    pub(super) fn open(most: u64) -> Step<Account> {
        let [folder, ..] = SCRATCH;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let scratch = open(folder, flags, Mode::empty()).doing("open the scratch folder")?;
        Ok(Account { most, scratch })
    }

    /// Whether it is more than it may be.
    pub(super) fn is_exceeded(&self) -> bool {
        self.in_files() + in_processes() > self.most
    }

    fn in_files(&self) -> u64 {
        let Ok(status) = fstatvfs(&self.scratch) else {
            return 0;
        };
        (status.f_blocks - status.f_bfree) * status.f_frsize
    }
}

/// Memory of every process but this one, in bytes.
fn in_processes() -> u64 {
    let Ok(folders) = fs::read_dir("/proc") else {
        return 0;
    };
    let names = folders.filter_map(|folder| folder.ok()?.file_name().into_string().ok());
    let processes = names.filter(|name| name != "1" && name.bytes().all(|byte| byte.is_ascii_digit()));
    // One that has ended meanwhile occupies nothing.
    let status = |pid: String| fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    processes.map(|pid| of_status(&status(pid))).sum()
}

/// Memory that is no file's and could not be had again from one: anonymous, shared, swapped. In bytes.
fn of_status(status: &str) -> u64 {
    let fields = status.lines().filter_map(|line| line.split_once(':'));
    let counted = fields.filter(|(name, _)| matches!(*name, "RssAnon" | "RssShmem" | "VmSwap"));
    let kilobytes = counted.filter_map(|(_, value)| value.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.sum::<u64>() * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_files_give_back_does_not_count() {
        let status = "Name:\tx\nVmRSS:\t  900 kB\nRssAnon:\t     400 kB\nRssFile:\t 300 kB\nRssShmem:\t 200 kB\nVmSwap:\t 1 kB\n";
        assert_eq!(of_status(status), 601 * 1024);
        assert_eq!(of_status(""), 0);
    }
}
