//! What all processes inside occupy together, counted where no control group does it: the memory of each, and what lies in
//! files that are memory.
//!
//! Memory that processes share counts for each that has it mapped. Anonymous memory files (`memfd_create`), segments and
//! message queues of System V belong to no process that could be asked; where this counts, programs do not get them (see
//! `layers`). What is not seen: shared memory that a program keeps and has told the kernel not to map for the moment, and
//! memory of the kernel's own, as pipes and sockets have it.

use std::fs;
use std::io;
use std::ops::Not;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::fs::{Mode, OFlags, fstatvfs, open};

use super::mounts::SCRATCH;
use super::step::{Doing, Step};

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

    /// Whether it is more than it may be, or cannot be counted.
    pub(super) fn is_exceeded(&self) -> bool {
        let together = self.in_files().and_then(|files| Ok(files + in_processes()?));
        together.is_ok_and(|bytes| bytes <= self.most).not()
    }

    fn in_files(&self) -> io::Result<u64> {
        let status = fstatvfs(&self.scratch)?;
        Ok((status.f_blocks - status.f_bfree) * status.f_frsize)
    }
}

/// Memory of every process but this one, in bytes.
fn in_processes() -> io::Result<u64> {
    let mut bytes = 0;
    for pid in numbers_in("/proc")?.filter(|pid| pid != "1") {
        bytes += match of_status(&status(&format!("/proc/{pid}"))) {
            Some(bytes) => bytes,
            // Its first thread has ended. The others have the same memory.
            None => {
                let threads = numbers_in(&format!("/proc/{pid}/task"));
                let mut threads = threads.into_iter().flatten();
                let found =
                    threads.find_map(|thread| of_status(&status(&format!("/proc/{pid}/task/{thread}"))));
                // One that has ended meanwhile occupies nothing.
                found.unwrap_or(0)
            }
        };
    }
    Ok(bytes)
}

fn numbers_in(folder: &str) -> io::Result<impl Iterator<Item = String> + use<>> {
    let entries = fs::read_dir(folder)?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())))
}

fn status(folder: &str) -> String {
    fs::read_to_string(format!("{folder}/status")).unwrap_or_default()
}

/// Memory that is no file's and could not be had again from one: anonymous, shared, swapped. In bytes; `None` of a thread
/// that has ended, which has none of its own.
fn of_status(status: &str) -> Option<u64> {
    if !status.contains("\nRssAnon:") {
        return None;
    }
    let fields = status.lines().filter_map(|line| line.split_once(':'));
    let counted = fields.filter(|(name, _)| matches!(*name, "RssAnon" | "RssShmem" | "VmSwap"));
    let kilobytes = counted.filter_map(|(_, value)| value.split_whitespace().next()?.parse::<u64>().ok());
    Some(kilobytes.sum::<u64>() * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freed_file_memory_does_not_count() {
        let status = "Name:\tx\nVmRSS:\t  900 kB\nRssAnon:\t     400 kB\nRssFile:\t 300 kB\nRssShmem:\t 200 kB\nVmSwap:\t 1 kB\n";
        assert_eq!(of_status(status), Some(601 * 1024));
        assert_eq!(of_status("Name:\tx\nState:\tZ (zombie)\n"), None);
    }
}
