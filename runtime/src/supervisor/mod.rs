//! Starts the child processes of a drill, and sees to it that none outlives it.
//!
//! ```text
//!   this process ── supervisor thread ──► child (a group of its own) ──► grandchildren
//!        │                │ pipe                ▲
//!        │                └──► reapers ─────────┘ kill the groups when their pipes break
//!        └ spawn, signal, wait
//! ```
//!
//! Three nets, each for what falls through the one before: the kernel kills a child whose parent *thread*
//! is gone (PDEATHSIG), which is why one thread that lives as long as the process starts them all; a
//! reaper, a process of its own, kills the groups registered with it when the pipe to its parent breaks, also
//! by kill -9; and every child carries a token of the run in its environment, by which the reaper finds
//! those that left their group. What has left its group and cleared its environment is found by none of them: only a
//! sandbox ends that. Needs Linux 5.4 (pidfd). The reaper also removes the temporary folders and control
//! registered groups, and runs the programs that remove what lives elsewhere, such as containers. There are two
//! of them; a process is registered with each right after its start, and all else before it is made, so that one is left when
//! this process and the other are killed together.
//!
//! When a child ends, what is left of its group is killed: nothing runs on unseen.

mod afterwards;
mod child;
mod command;
mod lines;
mod program;
mod reaper;
mod spec;
mod start;
mod thread;

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::fd::OwnedFd;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::Signal;

pub use self::afterwards::Afterwards;
pub use self::child::Child;
use self::command::Command;
pub use self::lines::{OutputLine, Stream};
use self::program::Program;
use self::reaper::Reaper;
pub use self::reaper::reaper_main;
pub(crate) use self::reaper::remove_group;
pub use self::spec::ChildSpec;
pub use self::start::{RUN_VARIABLE, StartError};
use self::thread::SupervisorThread;
use crate::wall;

/// Reapers of a supervisor.
const REAPERS: usize = 2;

/// Starts children and ends them all. Dropping it kills what still runs.
pub struct Supervisor {
    commands: Sender<Command>,
    wake: OwnedFd,
    children: Mutex<Vec<Child>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    reapers: Vec<u32>,
    token: String,
    /// The number of the next order for the reaper.
    next_order: AtomicU64,
}

impl Supervisor {
    /// Starts the reapers, each `exe reaper_args...`, whose main is [`reaper_main`], and waits until they answer.
    ///
    /// # Errors
    /// If they cannot be started or are no reapers.
    pub fn new(exe: &Path, reaper_args: &[OsString]) -> Result<Supervisor, StartError> {
        let token = new_token();
        let reapers = Reaper::start(REAPERS, exe, reaper_args, &token)?;
        Supervisor::with(reapers, token).map_err(|source| StartError {
            name: "the supervisor".to_owned(),
            exe: exe.to_owned(),
            source,
        })
    }

    /// Without a reaper, for tests of parts, where no executable of ours is at manual: a grandchild may
    /// outlive a parent that is killed with -9.
    ///
    /// # Errors
    /// If the system gives neither a pipe nor a thread.
    pub fn without_reaper() -> io::Result<Supervisor> {
        Supervisor::with(Vec::new(), new_token())
    }

    fn with(reapers: Vec<Reaper>, token: String) -> io::Result<Supervisor> {
        let (commands, receiver) = channel();
        let (woken, wake) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let pids = reapers.iter().map(Reaper::pid).collect();
        let thread = SupervisorThread::new(receiver, woken, reapers, token.clone());
        let thread = std::thread::Builder::new()
            .name("drill-supervisor".to_owned())
            .spawn(move || thread.run())?;
        Ok(Supervisor {
            commands,
            wake,
            children: Mutex::new(Vec::new()),
            thread: Mutex::new(Some(thread)),
            reapers: pids,
            token,
            next_order: AtomicU64::new(0),
        })
    }

    /// A text that no other run of this machine has, and that all children carry in [`RUN_VARIABLE`].
    pub fn run(&self) -> &str {
        &self.token
    }

    /// The process ids of the reapers.
    pub fn reaper_pids(&self) -> &[u32] {
        &self.reapers
    }

    /// Starts a child. Blocks for the milliseconds that this takes.
    ///
    /// # Errors
    /// If the executable cannot be started, or the supervisor was shut down.
    pub fn spawn(&self, spec: ChildSpec) -> Result<Child, StartError> {
        let (name, exe) = (spec.name.clone(), spec.exe.clone());
        let failed = |source| StartError { name, exe, source };
        let (reply, answer) = sync_channel(1);
        let sent = self.send(Command::Spawn(Box::new(spec), reply));
        let started = if sent {
            answer.recv().unwrap_or_else(|_| Err(shut_down()))
        } else {
            Err(shut_down())
        };
        let child = started.map_err(failed)?;
        let mut children = self.children.lock();
        children.retain(|child| child.status().is_none());
        children.push(child.clone());
        Ok(child)
    }

    /// Has the reaper remove a temporary folder once all children have ended, also if this process is killed. The reaper
    /// has the order when this returns, so a folder made afterwards is never left behind. Without a reaper it is not
    /// removed.
    pub fn remove_afterwards(&self, folder: &Path) {
        self.request(|reply| Command::RemoveAfterwards(folder.to_owned(), reply));
    }

    /// As [`Supervisor::remove_afterwards`], for a control group with those directly below it.
    pub(crate) fn remove_group_afterwards(&self, folder: &Path) {
        self.request(|reply| Command::RemoveGroupAfterwards(folder.to_owned(), reply));
    }

    /// Waits for an answer, which does not come once the supervisor was shut down.
    fn request(&self, command: impl FnOnce(SyncSender<()>) -> Command) {
        let (reply, answer) = sync_channel(1);
        if self.send(command(reply)) {
            let _ = answer.recv();
        }
    }

    /// Has the reaper run a program once this process is gone and its children have ended, also if it is killed,
    /// unless the order is withdrawn before. The reaper has the order when this returns. Executable, arguments and
    /// environment count; the program is ended after a minute. Without a reaper it is not run.
    ///
    /// # Errors
    /// If the reaper is gone or the supervisor was shut down, or if an argument holds a NUL.
    pub fn run_afterwards(&self, program: &ChildSpec) -> io::Result<Afterwards> {
        let number = self.next_order.fetch_add(1, Ordering::Relaxed);
        let (reply, answer) = sync_channel(1);
        let order = Command::RunAfterwards(number, Program::new(program), reply);
        let told = if self.send(order) {
            answer.recv().unwrap_or_else(|_| Err(shut_down()))
        } else {
            Err(shut_down())
        };
        told.map(|()| Afterwards::new(number, self.commands.clone()))
    }

    /// Blocks until the lines that children have written by now were passed on (of one that never stops
    /// writing, the first megabyte).
    pub fn settle(&self) {
        // Without an answer the thread has ended, and passed on everything before.
        self.request(Command::Settle);
    }

    /// The children that have not ended.
    pub fn running(&self) -> Vec<Child> {
        let children = self.children.lock();
        children
            .iter()
            .filter(|child| child.status().is_none())
            .cloned()
            .collect()
    }

    /// Asks all children to end, kills those that have not after `grace` of wall time, and reaps them and
    /// the reapers. Nothing can be started thereafter.
    pub async fn shutdown(&self, grace: Duration) {
        let children = self.running();
        for child in &children {
            child.signal(Signal::TERM);
            child.cont(); // A stopped process takes no notice of other signals.
        }
        let all_ended = async {
            for child in &children {
                child.wait().await;
            }
        };
        if wall::timeout(grace, all_ended).await.is_none() {
            for child in self.running() {
                tracing::warn!(child = child.name(), "did not end when asked to and is killed");
                child.kill();
            }
        }
        self.end();
    }

    /// Kills what still runs, and waits for the thread that does so.
    fn end(&self) {
        if let Some(thread) = self.thread.lock().take() {
            self.send(Command::End);
            if thread.join().is_err() {
                tracing::error!("the supervisor's thread panicked");
            }
        }
    }

    /// False if the thread is gone.
    fn send(&self, command: Command) -> bool {
        let sent = self.commands.send(command).is_ok();
        // A full pipe wakes the thread as well as another byte would.
        let _ = rustix::io::write(&self.wake, &[1]);
        sent
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.end();
    }
}

impl std::fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Supervisor")
            .field("running", &self.running())
            .finish_non_exhaustive()
    }
}

fn shut_down() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the supervisor was shut down")
}

/// A text that no other run of this machine has.
fn new_token() -> String {
    format!("{}-{}", std::process::id(), wall::mono().as_ns())
}
