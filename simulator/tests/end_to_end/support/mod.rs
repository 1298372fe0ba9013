//! What every test needs: a folder of its own, the program in it, and what it left.

pub(crate) mod aws;
pub(crate) mod functions;
pub(crate) mod home;
pub(crate) mod http;
pub(crate) mod other_user;
pub(crate) mod outside;
pub(crate) mod processes;
pub(crate) mod program;
pub(crate) mod run;
pub(crate) mod sandbox;
pub(crate) mod scenario;
pub(crate) mod server;
pub(crate) mod sink;
pub(crate) mod traces;

pub(crate) use program::{Program, Running};
pub(crate) use run::Run;
pub(crate) use sandbox::Sandbox;
pub(crate) use scenario::Scenario;
pub(crate) use test_harness::{installed, skip};

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use runtime::wall;

/// How long anything may take before a test says that it does not happen. A drill of these scenarios
/// takes some ten seconds; a busy machine may take many times that.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(1200);

/// How long what was started may outlive the program.
pub(crate) const GRACE: Duration = Duration::from_secs(20);

/// How long the machine has for other things between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(20);

/// Waits until `look` finds something.
///
/// # Panics
/// After [`TIMEOUT`], with what was waited for.
pub(crate) fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(TIMEOUT, look).unwrap_or_else(|| panic!("{what} did not come within {TIMEOUT:?}"))
}

/// What `look` finds before `limit` is over.
pub(crate) fn within<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let began = wall::mono();
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if wall::mono().since(began) > limit {
            return None;
        }
        wall::block(PAUSE);
    }
}

/// The root of the workspace.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the workspace")
}

/// The folder of the scenarios that are made for tests.
pub(crate) fn test_scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// Whether this machine lets the program make namespaces, in which it isolates scripts.
pub(crate) fn namespaces() -> bool {
    if !installed("unshare") {
        return false;
    }
    let mut command = Command::new("unshare");
    let tried = command
        .args(["--user", "--map-root-user", "--net", "--mount", "true"])
        .stderr(Stdio::null());
    if tried.status().is_ok_and(|status| status.success()) {
        return true;
    }
    skip("there are no user namespaces");
    false
}
