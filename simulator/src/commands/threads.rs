//! The threads that a command works with.

use crate::exit::Failure;

/// Threads for the drill's own work: the machine's cores, and no more than are of use.
const MOST_THREADS: usize = 8;

/// The threads on which everything asynchronous runs.
pub(super) fn threads() -> Result<tokio::runtime::Runtime, Failure> {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.min(MOST_THREADS))
        .enable_all()
        .build()
        .map_err(|error| Failure::environment("cannot start threads", error))
}
