//! How long tests took.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// With it, the times are printed.
const PRINT: &str = "FIREDRILL_TEST_TIMES";

#[derive(Default)]
pub(crate) struct Times(Mutex<Vec<(Duration, String)>>);

impl Times {
    /// Runs a test. One that panics has no time.
    #[expect(
        clippy::disallowed_methods,
        reason = "this crate is below the one that has a clock"
    )]
    pub(crate) fn measure<T>(&self, name: &str, test: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let result = test();
        let took = (began.elapsed(), name.to_owned());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(took);
        result
    }

    pub(crate) fn print(&self) {
        if std::env::var_os(PRINT).is_none() {
            return;
        }
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.sort_by(|one, other| other.cmp(one));
        for (took, name) in times.iter() {
            println!("{:8.2} s {name}", took.as_secs_f64());
        }
    }
}
