//! What a child is to be.

use std::ffi::OsString;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;

use super::lines::{LineSink, OutputLine};

/// A child to be started: which executable, with what. What it writes is taken by lines.
pub struct ChildSpec {
    pub(super) name: String,
    pub(super) exe: PathBuf,
    pub(super) args: Vec<OsString>,
    pub(super) env: Vec<(OsString, OsString)>,
    pub(super) folder: Option<PathBuf>,
    pub(super) inherited: Vec<OwnedFd>,
    pub(super) stdin: Option<OwnedFd>,
    pub(super) asks_for_death_signal: bool,
    pub(super) lines: Option<LineSink>,
    pub(super) ready: Option<String>,
}

impl ChildSpec {
    /// `exe` without arguments and with an empty environment; `name` is what errors and logs call it.
    pub fn new(name: impl Into<String>, exe: impl Into<PathBuf>) -> ChildSpec {
        ChildSpec {
            name: name.into(),
            exe: exe.into(),
            args: Vec::new(),
            env: Vec::new(),
            folder: None,
            inherited: Vec::new(),
            stdin: None,
            asks_for_death_signal: false,
            lines: None,
            ready: None,
        }
    }

    /// One more argument.
    pub fn arg(mut self, arg: impl Into<OsString>) -> ChildSpec {
        self.args.push(arg.into());
        self
    }

    /// More arguments.
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> ChildSpec {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// One more variable of its environment, which has nothing else but the token of the run.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> ChildSpec {
        self.env.push((name.into(), value.into()));
        self
    }

    /// The folder that it runs in; otherwise that of this process.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> ChildSpec {
        self.folder = Some(folder.into());
        self
    }

    /// Hands a descriptor down, under the number that it has here, and names the path under which the
    /// child finds it: `/proc/self/fd/<number>`.
    pub fn inherit(&mut self, descriptor: OwnedFd) -> PathBuf {
        let path = PathBuf::from(format!("/proc/self/fd/{}", descriptor.as_raw_fd()));
        self.inherited.push(descriptor);
        path
    }

    /// Its standard input, instead of nothing.
    pub fn stdin(mut self, descriptor: OwnedFd) -> ChildSpec {
        self.stdin = Some(descriptor);
        self
    }

    /// The first thing that it does is to ask for the signal that ends it with its parent. Otherwise that is done
    /// between fork and exec, for which the kernel has to copy the page tables of the parent: milliseconds, in which
    /// the parent's other threads wait. Unless descriptors are inherited, it starts without that.
    pub fn asks_for_death_signal(mut self) -> ChildSpec {
        self.asks_for_death_signal = true;
        self
    }

    /// Takes each line that it writes to stdout or stderr. Called on the supervisor's thread: it must
    /// not block. Without this the lines go to the log, at level debug.
    pub fn on_line(mut self, sink: impl FnMut(OutputLine) + Send + 'static) -> ChildSpec {
        self.lines = Some(Box::new(sink));
        self
    }

    /// It reports that it is ready by a line on stdout that begins with `prefix`; see
    /// [`Child::ready`](super::Child::ready).
    pub fn ready_line(mut self, prefix: impl Into<String>) -> ChildSpec {
        self.ready = Some(prefix.into());
        self
    }
}

impl std::fmt::Debug for ChildSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither arguments nor environment: they may hold secrets.
        f.debug_struct("ChildSpec")
            .field("name", &self.name)
            .field("exe", &self.exe)
            .finish_non_exhaustive()
    }
}
