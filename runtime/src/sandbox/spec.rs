//! What is to run in a sandbox, and with what.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A program to be run in a sandbox. It reads nothing.
#[derive(Clone)]
pub struct SandboxSpec {
    pub(super) name: String,
    pub(super) program: PathBuf,
    pub(super) args: Vec<String>,
    pub(super) env: Vec<(String, String)>,
    pub(super) folder: PathBuf,
    pub(super) scratch: Scratch,
    pub(super) binds: Vec<Bind>,
    pub(super) endpoints: Vec<SocketAddr>,
    pub(super) limits: Limits,
}

/// What happens to what is written into the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scratch {
    /// It goes into a layer of its own that is thrown away with the sandbox; the folder stays as it was.
    OnTop,
    /// It is refused.
    ReadOnly,
}

/// A file or folder of the machine that is visible inside although its place is covered, or elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// The path on the machine.
    pub outside: PathBuf,
    /// The path inside: it exists on the machine, too, or lies below a covered folder such as `/srv`.
    pub inside: PathBuf,
    /// Whether it may be written to: then the machine's file changes.
    pub writable: bool,
}

/// What a program may use at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Processes and threads at one time, all together.
    pub processes: u64,
    /// Address space in bytes, of each process; none if it should not be limited.
    pub memory_bytes: Option<u64>,
    /// Memory of all processes together, with all that is written to the scratch folders, in bytes; what takes more is
    /// ended ([`super::SandboxChild::exceeded_memory`]). None if it should not be limited.
    pub together_bytes: Option<u64>,
    /// The size of a file that is written, in bytes.
    pub file_bytes: u64,
    /// All that is written to the layer, `/tmp` and the other scratch folders together, in bytes.
    pub scratch_bytes: u64,
    /// Open files of each process.
    pub open_files: u64,
    /// Processor time in seconds, of each process; none if it should not be limited.
    pub cpu_s: Option<u64>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            processes: 256,
            memory_bytes: Some(4 << 30),
            together_bytes: Some(4 << 30),
            file_bytes: 1 << 30,
            scratch_bytes: 1 << 30,
            open_files: 1024,
            cpu_s: None,
        }
    }
}

impl SandboxSpec {
    /// `program`, an absolute path, to be run in `folder` without arguments, with an empty environment and
    /// no endpoints; `name` is what errors and logs call it.
    pub fn new(
        name: impl Into<String>,
        program: impl Into<PathBuf>,
        folder: impl Into<PathBuf>,
    ) -> SandboxSpec {
        SandboxSpec {
            name: name.into(),
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            folder: folder.into(),
            scratch: Scratch::OnTop,
            binds: Vec::new(),
            endpoints: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// More arguments.
    pub fn args<A: Into<String>>(mut self, args: impl IntoIterator<Item = A>) -> SandboxSpec {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// More variables of its environment, which has nothing else; see [`super::environment`].
    pub fn env(mut self, env: impl IntoIterator<Item = (String, String)>) -> SandboxSpec {
        self.env.extend(env);
        self
    }

    /// What happens to what is written into the folder; [`Scratch::OnTop`] by default.
    pub fn scratch(mut self, scratch: Scratch) -> SandboxSpec {
        self.scratch = scratch;
        self
    }

    /// Makes a file or folder visible inside under its own path, read-only.
    pub fn show(self, path: impl Into<PathBuf>) -> SandboxSpec {
        let path = path.into();
        self.bind(Bind {
            outside: path.clone(),
            inside: path,
            writable: false,
        })
    }

    /// One more file or folder.
    pub fn bind(mut self, bind: Bind) -> SandboxSpec {
        self.binds.push(bind);
        self
    }

    /// More loopback addresses of the machine that can be reached inside under the same address and port.
    pub fn endpoints(mut self, endpoints: impl IntoIterator<Item = SocketAddr>) -> SandboxSpec {
        self.endpoints.extend(endpoints);
        self
    }

    /// What it may use at most.
    pub fn limits(mut self, limits: Limits) -> SandboxSpec {
        self.limits = limits;
        self
    }
}

impl std::fmt::Debug for SandboxSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither arguments nor environment: they may hold secrets.
        f.debug_struct("SandboxSpec")
            .field("name", &self.name)
            .field("program", &self.program)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}
