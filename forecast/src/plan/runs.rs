//! Many runs of a forecast, on several threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::outcome::{self, RunOutcome, TargetSpec};
use super::question::{Question, Watch};
use super::run::{self, Setting};

/// These runs, spread over the threads; each is the same on every thread. Those that were not made when it was stopped are
/// left out from the first of them on.
pub(super) fn runs(
    question: &Question<'_>,
    setting: &Setting<'_, '_>,
    targets: &[TargetSpec<'_>],
    range: std::ops::Range<u64>,
    watch: &Watch,
) -> Vec<RunOutcome> {
    /// Runs that a thread takes at once.
    const AT_ONCE: u64 = 16;
    let next = AtomicU64::new(range.start);
    let made: Mutex<Vec<(u64, Vec<RunOutcome>)>> = Mutex::default();
    let work = || {
        loop {
            let from = next.fetch_add(AT_ONCE, Ordering::Relaxed);
            if from >= range.end || watch.stop.load(Ordering::Relaxed) {
                return;
            }
            let to = (from + AT_ONCE).min(range.end);
            let one = |run: u64| {
                let seed = question.seed.wrapping_add(run);
                let record = run::run(setting, seed)?;
                Some(outcome::outcome(&record, targets, seed))
            };
            let some: Vec<RunOutcome> = (from..to).filter_map(one).collect();
            watch.done.fetch_add(some.len() as u64, Ordering::Relaxed);
            made.lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .push((from, some));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..question.threads.max(1) {
            scope.spawn(work);
        }
        work();
    });
    let mut made = made
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    made.sort_unstable_by_key(|(from, _)| *from);
    let mut expected = range.start;
    let whole = made.into_iter().take_while(|(from, some)| {
        let follows = *from == expected;
        expected += some.len() as u64;
        follows
    });
    whole.flat_map(|(_, some)| some).collect()
}
