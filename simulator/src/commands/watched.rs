//! Simulations that take a while: a line of progress, and Ctrl-C that ends them with what is done.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use runtime::wall;
use tokio::signal::unix::{SignalKind, signal};

use crate::output;

/// What is counted.
#[derive(Clone, Copy)]
pub(super) struct Count {
    /// How many there are in all, at most.
    pub(super) of: u64,
    /// What they are called: one, and several.
    pub(super) names: [&'static str; 2],
}

impl Count {
    /// `1 storm`, `12 storms`.
    fn describe(self) -> String {
        let [one, several] = self.names;
        format!("{} {}", self.of, if self.of == 1 { one } else { several })
    }
}

/// Threads to simulate on: as many as were asked for, else one for each processor.
pub(super) fn threads(asked: Option<u16>) -> usize {
    asked.map_or_else(
        || std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        usize::from,
    )
}

/// Does `work`, shows how many are `done` meanwhile, and says `stop` on Ctrl-C.
pub(super) fn watched<T>(
    count: Count,
    done: &(dyn Fn() -> u64 + Sync),
    stop: &AtomicBool,
    work: impl FnOnce() -> T,
) -> T {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| show_until(&ended, count, done, stop));
        let result = work();
        ended.store(true, Ordering::Relaxed);
        result
    })
}

/// Shows progress, and listens for Ctrl-C, until it has ended.
fn show_until(ended: &AtomicBool, count: Count, done: &(dyn Fn() -> u64 + Sync), stop: &AtomicBool) {
    const LOOK: Duration = Duration::from_millis(100);
    const PLAIN_EVERY: Duration = Duration::from_secs(10);
    let bar = std::io::stderr().is_terminal().then(|| {
        let bar = ProgressBar::with_draw_target(Some(count.of), ProgressDrawTarget::stderr_with_hz(10));
        let template = format!(
            "{{spinner}} {{pos}} of {{len}} {} {{wide_bar}} {{eta}}",
            count.names[1]
        );
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar
    });
    if bar.is_none() {
        output::note(count.describe());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let Ok(mut interrupt) = signal(SignalKind::interrupt()) else {
            return;
        };
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            return;
        };
        let mut told = wall::mono();
        while !ended.load(Ordering::Relaxed) {
            tokio::select! {
                _ = interrupt.recv() => stop.store(true, Ordering::Relaxed),
                _ = terminate.recv() => stop.store(true, Ordering::Relaxed),
                () = wall::sleep(LOOK) => {}
            }
            let so_far = done();
            match &bar {
                Some(bar) => bar.set_position(so_far),
                None if wall::mono().since(told) >= PLAIN_EVERY => {
                    told = wall::mono();
                    output::note(format_args!("{so_far} of {}", count.describe()));
                }
                None => {}
            }
        }
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}
