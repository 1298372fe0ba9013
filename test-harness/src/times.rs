//! How long tests took, and which of them never ends.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// With it, the times are printed.
const PRINT: &str = "FIREDRILL_TEST_TIMES";

/// For how many seconds one test may run, where that is not [`LIMIT`].
const LIMIT_OF_THE_ENVIRONMENT: &str = "FIREDRILL_TEST_LIMIT";

/// The longest tests of all take a few minutes, and twice that on a busy machine.
const LIMIT: Duration = Duration::from_mins(20);

thread_local! {
    /// The test that this thread runs.
    static CURRENT: RefCell<Option<(Arc<Times>, String)>> = const { RefCell::new(None) };
}

/// Waits for a turn, which is no time of the test that this thread runs.
pub(crate) fn waiting<T>(wait: impl FnOnce() -> T) -> T {
    let Some((times, name)) = CURRENT.with_borrow(Clone::clone) else {
        return wait();
    };
    let began = times.stop(&name);
    let waits_since = now();
    let result = wait();
    if let Some(began) = began {
        locked(&times.running).push((began + waits_since.elapsed(), name));
    }
    result
}

#[derive(Default)]
pub(crate) struct Times {
    took: Mutex<Vec<(Duration, String)>>,
    running: Mutex<Vec<(Instant, String)>>,
}

impl Times {
    /// Runs a test. One that panics has no time.
    pub(crate) fn measure<T>(self: &Arc<Self>, name: &str, test: impl FnOnce() -> T) -> T {
        locked(&self.running).push((now(), name.to_owned()));
        CURRENT.set(Some((self.clone(), name.to_owned())));
        let _ended = Ended { times: self, name };
        let result = test();
        if let Some(began) = self.stop(name) {
            locked(&self.took).push((began.elapsed(), name.to_owned()));
        }
        result
    }

    /// Takes a test from those that run: when it began.
    fn stop(&self, name: &str) -> Option<Instant> {
        let mut running = locked(&self.running);
        let place = running.iter().position(|(_, other)| other == name)?;
        Some(running.swap_remove(place).0)
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
        CURRENT.take();
        self.times.stop(self.name);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_waits_for_its_turn_does_not_run_meanwhile() {
        let times = Arc::new(Times::default());
        let running = || locked(&times.running).len();
        times.measure("waits", || {
            assert_eq!(running(), 1);
            waiting(|| assert_eq!(running(), 0));
            assert_eq!(running(), 1);
        });
        assert_eq!(running(), 0);
        assert_eq!(locked(&times.took).len(), 1);
        waiting(|| assert_eq!(running(), 0, "of no test"));
    }
}
