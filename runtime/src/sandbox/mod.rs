//! The sandbox in which users' scripts and functions run: they reach the drill's endpoints and nothing else.
//!
//! ```text
//!   this process                         │ namespaces of the sandbox
//!                                        │
//!   Sandbox::spawn ──► keeper ── forks ──┼─► init (pid 1) ──► the program
//!        │               orders, ids     │     │ mounts, lo       │ no capabilities, limits
//!        │ control                       │     ▼                  ▼
//!        ├◄── listeners, how it ended ───┼── 127.0.0.1:port ◄── connections
//!        ▼                               │
//!   relay ──► the drill's endpoint       │
//! ```
//!
//! The program runs in a user, mount, process, network, IPC and host name namespace of its own.
//!
//! - **Network**: only `lo`. For each endpoint there is a listener under the same address and port. The
//!   listener is made inside and handed out to this process, which accepts its connections and carries
//!   them to the real endpoint: no copy of the data is made inside.
//! - **Files**: the machine's are read-only; homes, `/tmp`, `/run` and the like are empty. The scenario's
//!   folder is at its own path, with a layer on top that takes what is written to it and is thrown away.
//! - **Processes**: none but its own. When the program ends or is killed, or this process dies, the kernel
//!   kills all that it started. Their number, memory, files and scratch space are limited; what they occupy
//!   together by a control group, or where none can be had, by a count ten times a second.
//! - **Identity**: started by root, the program is `nobody`, to whom the kernel's limits apply; else it is
//!   the user who runs the drill. It has no capabilities and cannot gain any, nor namespaces of its own.
//! - **Calls**: no sockets but those of IP and netlink, no keyrings, no rings of requests; Landlock, where the kernel has
//!   it, lets it write to its scratch folders and to nothing else.
//!
//! Needs Linux 5.12 (`mount_setattr`) and user namespaces; [`Sandbox::available`] says whether they are to
//! be had. The sandbox is no defence against attacks on the kernel.

mod activity;
mod child;
mod control;
mod environment;
mod group;
mod inside;
mod orders;
mod relay;
mod shim;
mod spec;
mod tools;
mod view;

use std::ffi::OsString;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::OnceCell;

pub use self::activity::Activity;
pub use self::child::{Ended, SandboxChild};
use self::control::Message;
pub use self::environment::{HOME, environment};
pub use self::group::memory_groups;
use self::group::{Group, Groups};
pub use self::inside::{landlock, sandbox_main};
pub use self::shim::shim;
pub use self::spec::{Bind, Limits, SandboxSpec, Scratch};
pub use self::view::{hidden_in, shown_in};
use crate::supervisor::{ChildSpec, OutputLine, Supervisor};
use crate::wall;

/// How long it may take until the program runs.
const START: Duration = Duration::from_secs(30);

/// The specification is invalid, or the sandbox could not be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot start {name}: {reason}")]
pub struct SandboxError {
    /// What was to be started.
    pub name: String,
    /// Why not, in a sentence.
    pub reason: String,
}

/// Starts programs in sandboxes.
#[derive(Debug)]
pub struct Sandbox {
    exe: PathBuf,
    args: Vec<OsString>,
    available: OnceCell<Result<(), String>>,
    groups: Groups,
    hidden: Vec<PathBuf>,
}

impl Sandbox {
    /// `exe args...` is an executable whose main is [`sandbox_main`].
    pub fn new<A: Into<OsString>>(exe: impl Into<PathBuf>, args: impl IntoIterator<Item = A>) -> Sandbox {
        Sandbox {
            exe: exe.into(),
            args: args.into_iter().map(Into::into).collect(),
            available: OnceCell::new(),
            groups: Groups::default(),
            hidden: Vec::new(),
        }
    }

    /// Hides a folder from all programs, for example that of the run's records. A folder that does not exist is ignored.
    pub fn hide(mut self, folder: &Path) -> Sandbox {
        self.hidden.extend(folder.canonicalize());
        self
    }

    /// Without control groups, as on a machine that gives none: each sandbox counts its memory itself.
    pub fn without_groups(mut self) -> Sandbox {
        self.groups = Groups::none();
        self
    }

    /// Whether sandboxes can be made here: tried at the first call.
    ///
    /// # Errors
    /// Why not, and what to do, in a sentence.
    pub async fn available(&self, supervisor: &Supervisor) -> Result<(), String> {
        let tried = self.available.get_or_init(|| self.try_it(supervisor));
        tried.await.clone()
    }

    async fn try_it(&self, supervisor: &Supervisor) -> Result<(), String> {
        let spec = SandboxSpec::new("a trial of the sandbox", "/bin/sh", "/usr").args(["-c", "exit 0"]);
        let spec = spec.scratch(Scratch::ReadOnly);
        let ended = match self.spawn(supervisor, spec, |_| {}).await {
            Ok(child) => child.wait().await,
            Err(error) => {
                return Err(format!(
                    "scripts cannot be isolated here: {}; allow user namespaces (see \
                     /proc/sys/user/max_user_namespaces and, in a container, its seccomp profile and masked \
                     paths), or run them with --unisolated",
                    error.reason
                ));
            }
        };
        match ended {
            Ended::Code(0) => Ok(()),
            ended => Err(format!(
                "scripts cannot be isolated here: a trial ended with {ended}"
            )),
        }
    }

    /// Starts a program in a sandbox; `on_line` takes what it writes, on the supervisor's thread.
    ///
    /// # Errors
    /// If the specification is invalid, or the sandbox cannot be made.
    pub async fn spawn(
        &self,
        supervisor: &Supervisor,
        spec: SandboxSpec,
        on_line: impl FnMut(OutputLine) + Send + 'static,
    ) -> Result<SandboxChild, SandboxError> {
        self.start(supervisor, spec, true, on_line).await
    }

    /// Starts a program without namespaces: it sees and reaches what the drill's user does. The limits hold,
    /// except those of scratch space and of processes; what leaves its process group outlives it until the
    /// supervisor ends.
    ///
    /// # Errors
    /// As [`Sandbox::spawn`].
    pub async fn spawn_unisolated(
        &self,
        supervisor: &Supervisor,
        spec: SandboxSpec,
        on_line: impl FnMut(OutputLine) + Send + 'static,
    ) -> Result<SandboxChild, SandboxError> {
        self.start(supervisor, spec, false, on_line).await
    }

    async fn start(
        &self,
        supervisor: &Supervisor,
        spec: SandboxSpec,
        isolated: bool,
        on_line: impl FnMut(OutputLine) + Send + 'static,
    ) -> Result<SandboxChild, SandboxError> {
        let name = spec.name.clone();
        let failed = |reason: String| SandboxError {
            name: name.clone(),
            reason,
        };
        let together = spec.limits.together_bytes;
        let mut orders = spec.orders(isolated, Path::new("/")).map_err(failed)?;
        let group = together.and_then(|bytes| self.groups.make(supervisor, bytes));
        orders.hidden.clone_from(&self.hidden);
        orders.entrance = group.as_ref().map(Group::entrance);
        let paper = orders
            .write()
            .map_err(|error| failed(format!("no orders: {error}")))?;
        let (ours, theirs) =
            control::pair().map_err(|error| failed(format!("no control socket: {error}")))?;
        control::send(ours.as_fd(), &Message::Orders(paper))
            .map_err(|error| failed(format!("no orders: {error}")))?;
        let child = ChildSpec::new(&name, &self.exe)
            .args(self.args.iter().cloned())
            .stdin(theirs)
            .asks_for_death_signal()
            .on_line(on_line);
        let process = supervisor
            .spawn(child)
            .map_err(|error| failed(error.to_string()))?;
        let child = SandboxChild::begin(process, ours, orders.endpoints, together, group).map_err(failed)?;
        match wall::timeout(START, child.started(isolated)).await {
            Some(Ok(())) => Ok(child),
            Some(Err(reason)) => Err(failed(reason)),
            None => Err(failed(format!("it did not run within {} s", START.as_secs()))),
        }
    }
}
