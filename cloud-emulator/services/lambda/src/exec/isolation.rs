//! How code is kept apart from this machine.

use std::sync::Arc;

use runtime::sandbox::Sandbox;

/// How the code of functions is kept apart from this machine, our own functions included.
#[derive(Clone, Debug)]
pub enum Isolation {
    /// In a sandbox each, from which nothing is reached but the drill's endpoints.
    Sandbox(Arc<Sandbox>),
    /// Not at all: it runs as a child process with the rights of this one, and what it starts beside itself
    /// is bounded by its memory alone.
    None,
}
