//! The reaper: a small process that cleans up when its parent has ended.
//!
//! ```text
//!   parent                      stdin of the reaper
//!     run <token>\n   ────────► the token that all children carry
//!     +<group>\n, -<group>\n ─► groups that live, and that are gone
//!     folder <path>\n ───────► a temporary folder
//!     control group <path>\n ► a control group, with those below it
//!     command <number> <hex>\n, forget <number>\n ─► a program to run, and one that is not needed any more
//!     end of file     ────────► the parent is gone: kill the groups, then processes with the token; remove
//!                               the folders and control groups; run the programs
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::program::{Program, run_all};
use super::start::{RUN_VARIABLE, StartError};
use crate::{remove_tree, wall};

/// The ready line of the reaper.
const READY: &str = "firedrill reaper ready";
/// How long it may take for that.
const START: Duration = Duration::from_secs(10);
/// How often it scans for processes with the token: those that fork during a scan are found by the next one.
const SCANS: usize = 50;
/// How long processes that were killed may take to leave their control group.
const EMPTY: Duration = Duration::from_secs(2);
/// What stands before a folder's path.
const FOLDER: &[u8] = b"folder ";
/// What stands before a control group's path.
const GROUP: &[u8] = b"control group ";
/// What stands before the number and the program that is to run.
const COMMAND: &str = "command ";
/// What stands before the number of a program that is not needed any more.
const FORGET: &str = "forget ";

/// The parent's end.
pub(super) struct Reaper {
    process: Child,
}

impl Reaper {
    /// Starts so many reapers and waits until they answer.
    pub(super) fn start(
        number: usize,
        exe: &Path,
        args: &[OsString],
        token: &str,
    ) -> Result<Vec<Reaper>, StartError> {
        // Each gets ready while the others start.
        let spawned: io::Result<Vec<_>> = (0..number).map(|_| Reaper::spawn(exe, args)).collect();
        let started = spawned.and_then(|spawned| {
            let answered = spawned
                .into_iter()
                .map(|(reaper, stdout)| reaper.answers(stdout, token));
            answered.collect()
        });
        started.map_err(|source| StartError {
            name: "the reaper".to_owned(),
            exe: exe.to_owned(),
            source,
        })
    }

    fn spawn(exe: &Path, args: &[OsString]) -> io::Result<(Reaper, Option<ChildStdout>)> {
        let mut process = Command::new(exe)
            .args(args)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0) // Ctrl-C in a terminal is for the parent.
            .spawn()?;
        let stdout = process.stdout.take();
        Ok((Reaper { process }, stdout))
    }

    fn answers(mut self, stdout: Option<ChildStdout>, token: &str) -> io::Result<Reaper> {
        let answered = match stdout {
            Some(stdout) => wait_until_ready(stdout),
            None => Ok(false),
        };
        match answered {
            Ok(true) => {
                self.write(format!("run {token}\n"))?;
                Ok(self)
            }
            Ok(false) => Err(io::Error::other("it is no reaper of Firedrill")),
            Err(error) => Err(error),
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Tells it of a group that lives now.
    pub(super) fn add(&mut self, group: Pid) -> io::Result<()> {
        self.write(format!("+{}\n", group.as_raw_nonzero()))
    }

    /// Tells it of a group that is gone.
    pub(super) fn remove(&mut self, group: Pid) -> io::Result<()> {
        self.write(format!("-{}\n", group.as_raw_nonzero()))
    }

    /// Tells it of a folder that is not to outlive the parent.
    pub(super) fn remove_afterwards(&mut self, folder: &Path) -> io::Result<()> {
        let path = folder.as_os_str().as_bytes();
        if !folder.is_absolute() || path.contains(&b'\n') {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.write([FOLDER, path, b"\n"].concat())
    }

    /// Tells it of a control group that is not to outlive the parent.
    pub(super) fn remove_group_afterwards(&mut self, folder: &Path) -> io::Result<()> {
        self.write([GROUP, folder.as_os_str().as_bytes(), b"\n"].concat())
    }

    /// Tells it of a program that is to run when the parent is gone.
    pub(super) fn run_afterwards(&mut self, number: u64, program: &Program) -> io::Result<()> {
        let word = program.encode()?;
        self.write(format!("{COMMAND}{number} {word}\n"))
    }

    /// Tells it that a program is not needed any more.
    pub(super) fn forget(&mut self, number: u64) -> io::Result<()> {
        self.write(format!("{FORGET}{number}\n"))
    }

    /// Closes the pipe: it does its work, and ends.
    pub(super) fn close(&mut self) {
        drop(self.process.stdin.take());
    }

    fn write(&mut self, line: impl AsRef<[u8]>) -> io::Result<()> {
        match &mut self.process.stdin {
            Some(pipe) => pipe.write_all(line.as_ref()),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

/// Closing the pipe ends it.
impl Drop for Reaper {
    fn drop(&mut self) {
        self.close();
        if let Err(error) = self.process.wait() {
            tracing::warn!(%error, "cannot tell how the reaper ended");
        }
    }
}

/// True once the ready line was read; false if something else ended it or it took too long.
fn wait_until_ready(stdout: ChildStdout) -> io::Result<bool> {
    let deadline = wall::mono().after(START);
    let mut lines = BufReader::new(stdout);
    let mut line = String::new();
    loop {
        let left = deadline.since(wall::mono());
        let left = Timespec {
            tv_sec: left.as_secs() as i64,
            tv_nsec: i64::from(left.subsec_nanos()),
        };
        let mut fds = [PollFd::from_borrowed_fd(
            std::os::fd::AsFd::as_fd(lines.get_ref()),
            PollFlags::IN,
        )];
        match poll(&mut fds, Some(&left)) {
            Ok(0) => return Ok(false),
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        if line.trim_end() == READY {
            return Ok(true);
        }
    }
}

/// The main of the reaper process: to be called by a hidden subcommand, before anything else is started.
/// Returns when its parent is gone and everything that it left behind has been killed.
pub fn reaper_main() {
    let mut stdout = io::stdout();
    // A parent that cannot be answered is gone, which the loop below notices.
    let _ = writeln!(stdout, "{READY}").and_then(|()| stdout.flush());
    let mut groups = BTreeSet::new();
    let mut folders = Vec::new();
    let mut control_groups = Vec::new();
    let mut programs = BTreeMap::new();
    let mut token = String::new();
    // A path need not be UTF-8.
    for line in io::stdin().lock().split(b'\n') {
        let Ok(line) = line else { break };
        if let Some(folder) = line.strip_prefix(FOLDER) {
            folders.push(PathBuf::from(OsStr::from_bytes(folder)));
            continue;
        }
        if let Some(folder) = line.strip_prefix(GROUP) {
            control_groups.push(PathBuf::from(OsStr::from_bytes(folder)));
            continue;
        }
        let line = String::from_utf8_lossy(&line);
        if let Some(run) = line.strip_prefix("run ") {
            run.clone_into(&mut token);
        } else if let Some((number, program)) = line.strip_prefix(COMMAND).and_then(parse_command) {
            programs.insert(number, program);
        } else if let Some(number) = line.strip_prefix(FORGET).and_then(|text| text.parse().ok()) {
            programs.remove(&number);
        } else if let Some(group) = line.strip_prefix('+').and_then(parse_pid) {
            groups.insert(group.as_raw_nonzero());
        } else if let Some(group) = line.strip_prefix('-').and_then(parse_pid) {
            groups.remove(&group.as_raw_nonzero());
        }
    }
    for group in groups {
        if let Some(group) = Pid::from_raw(group.get()) {
            let _ = kill_process_group(group, Signal::KILL); // It may be gone already.
        }
    }
    if !token.is_empty() {
        kill_all_with(&token);
    }
    for folder in folders {
        let _ = remove_tree(&folder); // The parent may have done so itself.
    }
    for folder in control_groups {
        remove_group(&folder);
    }
    run_all(programs.values());
}

/// Removes a control group and those directly below it, once their processes, which were killed, are gone. One that is not
/// there is none.
pub(crate) fn remove_group(folder: &Path) {
    let deadline = wall::mono().after(EMPTY);
    while !try_to_remove_group(folder) && wall::mono() < deadline {
        wall::block(Duration::from_millis(2));
    }
}

/// True once it is gone. What lies in a group is the kernel's, and goes with it.
fn try_to_remove_group(folder: &Path) -> bool {
    let below = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in below.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        let _ = fs::remove_dir(entry.path()); // Its parent says whether it is gone.
    }
    let removed = fs::remove_dir(folder);
    removed.is_ok() || !folder.exists()
}

fn parse_command(text: &str) -> Option<(u64, Program)> {
    let (number, word) = text.split_once(' ')?;
    Some((number.parse().ok()?, Program::decode(word.as_bytes())?))
}

fn parse_pid(text: &str) -> Option<Pid> {
    text.parse().ok().and_then(Pid::from_raw)
}

/// Kills every process that carries the token in its environment, until none is found twice: one that is becoming
/// another program has no environment for a moment.
pub(super) fn kill_all_with(token: &str) {
    let variable = format!("{RUN_VARIABLE}={token}");
    let mut none_before = false;
    for _ in 0..SCANS {
        let found = processes_with(variable.as_bytes());
        if found.is_empty() && none_before {
            return;
        }
        none_before = found.is_empty();
        for pid in found {
            let _ = kill_process(pid, Signal::KILL); // It may be gone already.
        }
        wall::block(Duration::from_millis(2)); // For those just killed to vanish.
    }
}

/// The living processes that have `variable` in their environment. Those of other users, which cannot be
/// ours, are not readable and not found; neither are zombies, whose environment is empty.
fn processes_with(variable: &[u8]) -> Vec<Pid> {
    let Ok(folders) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = folders.filter_map(|folder| parse_pid(folder.ok()?.file_name().to_str()?));
    pids.filter(|pid| {
        let environment = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero()));
        environment.is_ok_and(|bytes| bytes.split(|byte| *byte == 0).any(|entry| entry == variable))
    })
    .collect()
}
