//! The parts of a drill, each a task.

use tokio::task::JoinError;

/// A part of the drill has ended. One that panicked takes the whole drill with it: what it was to measure
/// would be missing, and no error would say so.
pub(super) fn joined(result: Result<(), JoinError>) {
    if let Err(error) = result
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}
