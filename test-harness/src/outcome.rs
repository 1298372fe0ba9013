//! What a test function may return.

use std::fmt::Display;

use libtest_mimic::Failed;

/// `()`, or a result whose error is the reason of a failure.
pub trait TestOutcome {
    /// The result for the test runner.
    ///
    /// # Errors
    /// The test failed.
    fn outcome(self) -> Result<(), Failed>;
}

impl TestOutcome for () {
    fn outcome(self) -> Result<(), Failed> {
        Ok(())
    }
}

impl<E: Display> TestOutcome for Result<(), E> {
    fn outcome(self) -> Result<(), Failed> {
        self.map_err(Failed::from)
    }
}
