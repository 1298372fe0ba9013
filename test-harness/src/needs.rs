//! What tests need beyond Rust, and what becomes of a test where that is not there.

use std::cell::RefCell;
use std::process::{Command, Stdio};

/// With it, tests that would be skipped because of a missing program fail.
const REQUIRE_ALL: &str = "FIREDRILL_REQUIRE_ALL";

/// With it, tests that would be skipped because of a missing engine or image fail.
const REQUIRE_CONTAINERS: &str = "FIREDRILL_REQUIRE_CONTAINERS";

thread_local! {
    /// Why the test that this thread runs is skipped.
    static SKIPPED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Skips the test that this thread runs, which has to return then.
///
/// # Panics
/// If `FIREDRILL_REQUIRE_ALL` is set.
pub fn skip(reason: &str) {
    skip_unless(REQUIRE_ALL, reason);
}

/// Says that a part of the test is left out. The rest of it counts.
///
/// # Panics
/// If `FIREDRILL_REQUIRE_ALL` is set.
pub fn skip_part(reason: &str) {
    leave_out(REQUIRE_ALL, reason);
}

/// Skips a test that needs a Docker engine or an image.
///
/// # Panics
/// If `FIREDRILL_REQUIRE_CONTAINERS` is set.
pub fn skip_without_containers(reason: &str) {
    skip_unless(REQUIRE_CONTAINERS, reason);
}

fn skip_unless(required: &str, reason: &str) {
    leave_out(required, reason);
    SKIPPED.with_borrow_mut(|skipped| *skipped = Some(reason.to_owned()));
}

fn leave_out(required: &str, reason: &str) {
    assert!(
        std::env::var_os(required).is_none(),
        "{reason}, and {required} is set"
    );
    eprintln!("skipped: {reason}");
}

pub(crate) fn take_skipped() -> Option<String> {
    SKIPPED.take()
}

/// Whether a program can be started. If not, the test is skipped.
///
/// # Panics
/// If it cannot be started and `FIREDRILL_REQUIRE_ALL` is set.
#[must_use]
pub fn installed(program: &str) -> bool {
    let started = starts(program);
    if !started {
        skip(&not_installed(program));
    }
    started
}

/// Whether a program can be started that only a part of the test needs. If not, that part is to be left out, which is
/// printed.
///
/// # Panics
/// If it cannot be started and `FIREDRILL_REQUIRE_ALL` is set.
#[must_use]
pub fn installed_for_part(program: &str) -> bool {
    let started = starts(program);
    if !started {
        skip_part(&not_installed(program));
    }
    started
}

fn not_installed(program: &str) -> String {
    format!("{program} is not installed")
}

fn starts(program: &str) -> bool {
    let mut command = Command::new(program);
    let started = command
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    started.is_ok()
}
