//! What a test function may return.

use std::fmt::Display;

use libtest_mimic::Failed;

/// Nothing, or a result whose error says why the test fails.
pub trait Outcome {
    /// As the runner of tests wants it.
    ///
    /// # Errors
    /// The test failed.
    fn outcome(self) -> Result<(), Failed>;
}

impl Outcome for () {
    fn outcome(self) -> Result<(), Failed> {
        Ok(())
    }
}

impl<E: Display> Outcome for Result<(), E> {
    fn outcome(self) -> Result<(), Failed> {
        self.map_err(Failed::from)
    }
}
