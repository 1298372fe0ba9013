//! Why a batch was not taken.

/// Why a target did not take a batch payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// AWS's error code and message, or what stood in the way of asking.
    pub(super) error: String,
    /// It will never take it.
    pub(super) for_good: bool,
}

impl Refusal {
    /// One after which it is tried again.
    pub(super) fn new(error: String) -> Refusal {
        Refusal {
            error,
            for_good: false,
        }
    }
}
