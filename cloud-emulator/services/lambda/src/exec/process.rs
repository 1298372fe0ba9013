//! The process of an environment, bare or in a sandbox.

use std::os::unix::process::ExitStatusExt;

use runtime::sandbox::{Ended, SandboxChild};
use runtime::supervisor::Child;

use super::memory::{self, Memory};

/// A process that was started for a function.
pub(crate) enum Process {
    /// A child as others are.
    Bare(Child),
    /// In a sandbox.
    Sandboxed(SandboxChild),
}

impl Process {
    /// Waits until it has ended, and what it started with it.
    pub(crate) async fn wait(&self) -> Ended {
        match self {
            Process::Sandboxed(child) => child.wait().await,
            Process::Bare(child) => {
                let status = child.wait().await;
                match status.code() {
                    Some(code) => Ended::Code(code),
                    None => Ended::Signal(status.signal().unwrap_or_default()),
                }
            }
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        match self {
            Process::Bare(child) => child.status().is_some(),
            Process::Sandboxed(child) => child.ended().is_some(),
        }
    }

    pub(crate) fn kill(&self) {
        match self {
            Process::Bare(child) => child.kill(),
            Process::Sandboxed(child) => child.kill(),
        }
    }

    /// Whether it was ended since all of its processes together, with what lies in its scratch folders, took more memory
    /// than they may.
    pub(crate) fn exceeded_memory(&self) -> bool {
        match self {
            // Only its processes are watched, by their pool.
            Process::Bare(_) => false,
            Process::Sandboxed(child) => child.exceeded_memory().is_some(),
        }
    }

    /// What it and its descendants occupy. The two processes that make a sandbox do not count.
    pub(crate) fn memory(&self) -> Memory {
        match self {
            Process::Bare(child) => memory::of_tree(child.pid(), 0),
            Process::Sandboxed(child) => memory::of_tree(child.pid(), 2),
        }
    }
}
