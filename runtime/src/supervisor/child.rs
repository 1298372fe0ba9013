//! A child that was started, as the rest of the program sees it.

use std::collections::VecDeque;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::sync::watch;

use super::lines::{OutputLine, Stream};
use crate::wall;

/// How long it may take a process to stand still, in wall time.
const STOPPED_WITHIN: Duration = Duration::from_secs(1);

/// Interval between two checks for that.
const BETWEEN_LOOKS: Duration = Duration::from_micros(100);

/// How many lines of stderr are kept to explain how a child ended.
const TAIL: usize = 20;

/// A child process; clones are the same one. Dropping it does not end the child, the supervisor does.
#[derive(Clone)]
pub struct Child {
    pub(super) shared: Shared,
}

/// What the supervisor's thread and the handles share.
pub(super) struct ChildState {
    name: String,
    pid: Pid,
    /// Locked while a signal is sent and while the child is reaped, so that no signal goes to another
    /// process that was given the same number.
    reaped: Mutex<bool>,
    status: watch::Sender<Option<ExitStatus>>,
    ready: watch::Sender<Option<String>>,
    tail: Mutex<VecDeque<String>>,
}

/// Shared by the thread and the handles.
pub(super) type Shared = Arc<ChildState>;

impl ChildState {
    pub(super) fn new(name: String, pid: Pid) -> ChildState {
        ChildState {
            name,
            pid,
            reaped: Mutex::new(false),
            status: watch::Sender::new(None),
            ready: watch::Sender::new(None),
            tail: Mutex::new(VecDeque::with_capacity(TAIL)),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn pid(&self) -> Pid {
        self.pid
    }

    /// Records a line of the child; `is_ready` if it is the ready line.
    pub(super) fn record_line(&self, line: &OutputLine, is_ready: bool) {
        if is_ready {
            self.ready.send_if_modified(|ready| {
                let first = ready.is_none();
                ready.get_or_insert_with(|| line.text.clone());
                first
            });
        }
        if line.stream == Stream::Stderr {
            let mut tail = self.tail.lock();
            if tail.len() == TAIL {
                tail.pop_front();
            }
            tail.push_back(line.text.clone());
        }
    }

    /// Signals the child's group, unless the child is gone.
    pub(super) fn signal(&self, signal: Signal) {
        let reaped = self.reaped.lock();
        if *reaped {
            return;
        }
        if let Err(error) = kill_process_group(self.pid, signal) {
            tracing::debug!(child = self.name, ?signal, %error, "the signal was not delivered");
        }
    }

    /// Reaps the child by `reap`; from then on it is not signalled any more.
    pub(super) fn reap(&self, reap: impl FnOnce() -> std::io::Result<ExitStatus>) {
        let mut reaped = self.reaped.lock();
        let status = reap().unwrap_or_else(|error| {
            // Another part of this process has waited for the child: its exit status is lost.
            tracing::warn!(child = self.name, %error, "cannot tell how it ended");
            ExitStatus::from_raw(Signal::KILL.as_raw())
        });
        *reaped = true;
        self.status.send_replace(Some(status));
    }
}

impl Child {
    /// What errors and logs call it.
    pub fn name(&self) -> &str {
        self.shared.name()
    }

    /// Its process id, which is also the id of its group.
    pub fn pid(&self) -> u32 {
        self.shared.pid().as_raw_nonzero().get().cast_unsigned()
    }

    /// How it ended, once it has.
    pub fn status(&self) -> Option<ExitStatus> {
        *self.shared.status.borrow()
    }

    /// Waits until it has ended.
    pub fn wait(&self) -> impl Future<Output = ExitStatus> + Send + use<> {
        let shared = self.shared.clone();
        async move {
            let mut status = shared.status.subscribe();
            let ended = status.wait_for(Option::is_some).await;
            ended
                .ok()
                .and_then(|status| *status)
                .expect("the sender lives as long as this future and sends a status last")
        }
    }

    /// Waits for its ready line. If the child ends before that, returns how it ended.
    ///
    /// # Errors
    /// How it ended.
    pub async fn ready(&self) -> Result<String, ExitStatus> {
        let mut ready = self.shared.ready.subscribe();
        let line = async {
            let line = ready.wait_for(Option::is_some).await;
            line.ok().and_then(|line| line.clone())
        };
        tokio::select! {
            biased;
            line = line => Ok(line.unwrap_or_default()),
            status = self.wait() => Err(status),
        }
    }

    /// The last lines that it wrote to stderr.
    pub fn tail(&self) -> Vec<String> {
        self.shared.tail.lock().iter().cloned().collect()
    }

    /// Sends a signal to its group; nothing if it has ended.
    pub fn signal(&self, signal: Signal) {
        self.shared.signal(signal);
    }

    /// Kills its group.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Freezes its group (SIGSTOP). It stands still when this returns: a thread of it that runs on another processor
    /// goes on until the system has interrupted it, which is waited for, a second at the most.
    pub fn stop(&self) {
        self.signal(Signal::STOP);
        let until = wall::mono().after(STOPPED_WITHIN);
        let look =
            WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        while let Ok(None) = waitid(WaitId::Pid(self.shared.pid), look) {
            if wall::mono() >= until {
                return;
            }
            wall::block(BETWEEN_LOOKS);
        }
    }

    /// Lets its group go on after [`Child::stop`].
    pub fn cont(&self) {
        self.signal(Signal::CONT);
    }

    /// Asks it to end, kills it if it has not after `grace` of wall time, and waits for its end.
    pub async fn terminate(&self, grace: Duration) -> ExitStatus {
        self.signal(Signal::TERM);
        self.cont(); // A stopped process takes no notice of other signals.
        match wall::timeout(grace, self.wait()).await {
            Some(status) => status,
            None => {
                self.kill();
                self.wait().await
            }
        }
    }
}

impl std::fmt::Debug for Child {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Child")
            .field("name", &self.name())
            .field("pid", &self.pid())
            .field("status", &self.status())
            .finish()
    }
}
