//! The result of a step of the child's side, and the sentence for its error.

use std::fmt::Display;

/// Errors here are sentences, which another process shows to the user.
pub(super) type Step<T> = Result<T, String>;

/// Says what was being done when something went wrong.
pub(super) trait Doing<T> {
    fn doing(self, what: impl Display) -> Step<T>;
}

impl<T, E: Display> Doing<T> for Result<T, E> {
    fn doing(self, what: impl Display) -> Step<T> {
        self.map_err(|error| format!("cannot {what}: {error}"))
    }
}
