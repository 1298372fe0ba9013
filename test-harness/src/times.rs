//! How long tests took, and which of them never ends.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// With it, the times are printed.
const PRINT: &str = "FIREDRILL_TEST_TIMES";

/// For how many seconds one test may run, where that is not [`LIMIT`].
const LIMIT_OF_THE_ENVIRONMENT: &str = "FIREDRILL_TEST_LIMIT";

/// The longest tests of all take a few minutes, and twice that on a busy machine.
const LIMIT: Duration = Duration::from_mins(20);

#[derive(Default)]
pub(crate) struct Times {
    took: Mutex<Vec<(Duration, String)>>,
    running: Mutex<Vec<(Instant, String)>>,
}

impl Times {
    /// Runs a test. One that panics has no time.
    pub(crate) fn measure<T>(&self, name: &str, test: impl FnOnce() -> T) -> T {
        let began = now();
        locked(&self.running).push((began, name.to_owned()));
        let _ended = Ended { times: self, name };
        let result = test();
        locked(&self.took).push((began.elapsed(), name.to_owned()));
        result
    }

    pub(crate) fn print(&self) {
        if std::env::var_os(PRINT).is_none() {
            return;
        }
        let mut times = locked(&self.took);
        times.sort_by(|one, other| other.cmp(one));
        for (took, name) in times.iter() {
            println!("{:8.2} s {name}", took.as_secs_f64());
        }
    }

    /// Ends the process with an error that names the test if a test runs for too long; otherwise the run would hang without
    /// saying in which test.
    pub(crate) fn watch(self: &Arc<Self>) {
        let of_the_environment = std::env::var(LIMIT_OF_THE_ENVIRONMENT).ok();
        let limit = of_the_environment.map_or(LIMIT, |seconds| match seconds.parse() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => panic!("{LIMIT_OF_THE_ENVIRONMENT} is no number of seconds: {seconds}"),
        });
        let times = self.clone();
        std::thread::spawn(move || {
            loop {
                std::thread::park_timeout(limit.min(Duration::from_secs(5)));
                if let Some((_, name)) = locked(&times.running)
                    .iter()
                    .find(|(began, _)| began.elapsed() > limit)
                {
                    let seconds = limit.as_secs();
                    eprintln!(
                        "\n{name} has run for more than {seconds} s ({LIMIT_OF_THE_ENVIRONMENT}): it is taken to hang"
                    );
                    std::process::exit(1);
                }
            }
        });
    }
}

/// Takes a test from those that run, also when it panics.
struct Ended<'a> {
    times: &'a Times,
    name: &'a str,
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        locked(&self.times.running).retain(|(_, name)| name != self.name);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this crate is below the one that has a clock"
)]
fn now() -> Instant {
    Instant::now()
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
