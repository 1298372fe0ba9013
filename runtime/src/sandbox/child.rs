//! A program in a sandbox, as the rest of the program sees it.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::activity::Activity;
use super::control::{self, Message};
use super::group::Group;
use super::relay::Relay;
use crate::supervisor::Child;
use crate::wall;

/// How often the control group of a program is checked for an exceeded limit, in wall time.
const WATCH: Duration = Duration::from_millis(100);

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl Ended {
    fn from_status(status: ExitStatus) -> Ended {
        match (status.code(), status.signal()) {
            (Some(code), _) => Ended::Code(code),
            (None, signal) => Ended::Signal(signal.unwrap_or_default()),
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Code(code) => write!(f, "exit code {code}"),
            Ended::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// What the first process inside has reported.
#[derive(Clone, Debug, Default)]
struct ControlState {
    started: Option<Result<(), String>>,
    ended: Option<Ended>,
    /// All together took more memory than they may.
    exceeded: bool,
    /// The control socket is closed: no more messages will come.
    over: bool,
}

/// A program that was started in a sandbox. Dropping it kills everything inside.
#[derive(Debug)]
pub struct SandboxChild {
    process: Child,
    said: watch::Receiver<ControlState>,
    listener: JoinHandle<()>,
    /// What all processes may occupy together, in bytes.
    together: Option<u64>,
    group: Option<Group>,
}

impl SandboxChild {
    /// Listens to what comes through `control`, and carries connections to `endpoints`; in `group`, the kernel counts the
    /// memory.
    pub(super) fn begin(
        process: Child,
        control: OwnedFd,
        endpoints: Vec<SocketAddr>,
        together: Option<u64>,
        group: Option<Group>,
    ) -> Result<SandboxChild, String> {
        let control = into_async(control).map_err(|error| {
            process.kill();
            format!("cannot listen to it: {error}")
        })?;
        let (sender, said) = watch::channel(ControlState::default());
        let listener = tokio::spawn(listen(control, endpoints, sender));
        Ok(SandboxChild {
            process,
            said,
            listener,
            together,
            group,
        })
    }

    /// Waits until the program runs. Without isolation it replaces the process that would report this, and the end of
    /// the control connection shows it.
    pub(super) async fn started(&self, isolated: bool) -> Result<(), String> {
        let mut said = self.said.clone();
        let heard = said.wait_for(|said| said.started.is_some() || said.over).await;
        if let Some(started) = heard.ok().and_then(|said| said.started.clone()) {
            return started;
        }
        if !isolated {
            return Ok(());
        }
        let status = self.process.wait().await;
        Err(format!(
            "its sandbox ended with {}: {}",
            Ended::from_status(status),
            self.tail().join("; ")
        ))
    }

    /// The process id, on the machine, of the process that keeps the sandbox.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// What its processes do, while they run.
    pub fn activity(&self) -> Activity {
        Activity::read(self.pid())
    }

    /// Waits until the program has ended, and with it everything that it started. One that takes more memory than it may
    /// is ended here, where a control group counts.
    pub async fn wait(&self) -> Ended {
        let status = match &self.group {
            None => self.process.wait().await,
            Some(group) => loop {
                match wall::timeout(WATCH, self.process.wait()).await {
                    Some(status) => break status,
                    // The kernel ended one process, perhaps not the one that waits for it.
                    None if group.was_exceeded() => self.process.kill(),
                    None => {}
                }
            },
        };
        let mut said = self.said.clone();
        // The processes that hold the other end are dead: this does not take long.
        let heard = said.wait_for(|said| said.over).await;
        let ended = heard.ok().and_then(|said| said.ended);
        ended.unwrap_or_else(|| Ended::from_status(status))
    }

    /// The bound in bytes that all processes together exceeded with their memory, which ended them. Valid when the
    /// program has ended.
    pub fn exceeded_memory(&self) -> Option<u64> {
        let exceeded = self.said.borrow().exceeded || self.group.as_ref().is_some_and(Group::was_exceeded);
        self.together.filter(|_| exceeded)
    }

    /// How it ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        let status = self.process.status()?;
        Some(
            self.said
                .borrow()
                .ended
                .unwrap_or_else(|| Ended::from_status(status)),
        )
    }

    /// Kills everything inside.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// Asks everything inside to end (SIGTERM), kills it if the program has not ended after `grace` of wall
    /// time, and waits for the end.
    pub async fn terminate(&self, grace: Duration) -> Ended {
        self.process.terminate(grace).await;
        self.wait().await
    }

    /// The last lines that it wrote to stderr.
    pub fn tail(&self) -> Vec<String> {
        self.process.tail()
    }
}

impl Drop for SandboxChild {
    fn drop(&mut self) {
        self.process.kill();
        self.listener.abort();
    }
}

/// The type is that of another kind of Unix socket, which is waited for in the same way.
fn into_async(socket: OwnedFd) -> io::Result<UnixStream> {
    let socket = std::os::unix::net::UnixStream::from(socket);
    socket.set_nonblocking(true)?;
    UnixStream::from_std(socket)
}

async fn listen(control: UnixStream, endpoints: Vec<SocketAddr>, said: watch::Sender<ControlState>) {
    let mut relay = None;
    loop {
        let message = control.async_io(Interest::READABLE, || control::receive(control.as_fd()));
        match message.await {
            Ok(Some(Message::Runs(listeners))) => {
                let begun = Relay::begin(listeners, &endpoints);
                let begun =
                    begun.map_err(|error: io::Error| format!("its connections cannot be relayed: {error}"));
                let started = begun.map(|begun| relay = Some(begun));
                said.send_modify(|said| said.started = Some(started));
            }
            Ok(Some(Message::Failed(reason))) => said.send_modify(|said| said.started = Some(Err(reason))),
            Ok(Some(Message::Exceeded)) => said.send_modify(|said| said.exceeded = true),
            Ok(Some(Message::Ended(status))) => {
                let ended = Ended::from_status(ExitStatus::from_raw(status));
                said.send_modify(|said| said.ended = Some(ended));
            }
            Ok(None) => break,
            Ok(Some(Message::Orders(_))) => tracing::warn!("a sandbox gives orders"),
            Err(error) => {
                tracing::warn!(%error, "a sandbox cannot be understood");
                break;
            }
        }
    }
    drop(relay);
    said.send_modify(|said| said.over = true);
}
