//! The thread on which programs run, one after another.
//!
//! One thread, since a sample that runs a program all at once would take the machine from the drill.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::run_program::RunProgram;

/// Programs that may wait for their turn.
const QUEUE: usize = 256;

/// One program to be run by one device.
pub(super) struct Job {
    pub(super) id: Arc<str>,
    pub(super) source: Arc<str>,
}

/// The way to the thread, which ends when this is dropped, after the program that it is at.
#[derive(Debug)]
pub(super) struct ProgramRunner {
    jobs: SyncSender<Job>,
    closed: Arc<AtomicBool>,
}

impl ProgramRunner {
    /// Starts the thread. It reports for each program whether it succeeded.
    pub(super) fn open(
        runner: Arc<dyn RunProgram>,
        report: impl Fn(&str, bool) + Send + 'static,
    ) -> ProgramRunner {
        let (sender, jobs) = sync_channel(QUEUE);
        let closed = Arc::new(AtomicBool::new(false));
        let is_closed = Arc::clone(&closed);
        let started = std::thread::Builder::new()
            .name("programs".to_owned())
            .spawn(move || work(&*runner, &jobs, &is_closed, report));
        if let Err(error) = started {
            // Every program is then skipped, and counted as that.
            tracing::error!(%error, "no thread for programs");
        }
        ProgramRunner { jobs: sender, closed }
    }

    /// Queues a program; whether there was room.
    pub(super) fn submit(&self, job: Job) -> bool {
        self.jobs.try_send(job).is_ok()
    }
}

impl Drop for ProgramRunner {
    fn drop(&mut self) {
        self.closed.store(true, Relaxed);
    }
}

fn work(runner: &dyn RunProgram, jobs: &Receiver<Job>, closed: &AtomicBool, report: impl Fn(&str, bool)) {
    while let Ok(job) = jobs.recv() {
        if closed.load(Relaxed) {
            return;
        }
        // An interpreter that panics has failed, and the next program gets its chance.
        let ran = catch_unwind(AssertUnwindSafe(|| runner.run(&job.source)));
        match &ran {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(program = &*job.id, %error, "it did not run well"),
            Err(_) => tracing::debug!(program = &*job.id, "its interpreter panicked"),
        }
        report(&job.id, matches!(ran, Ok(Ok(()))));
    }
}
