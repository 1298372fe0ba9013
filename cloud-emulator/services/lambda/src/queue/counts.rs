//! Where the asynchronous events of a region are.

/// Where the asynchronous events of a region are:
/// `accepted = queued + delivered + to_destination + dropped`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsyncCounts {
    /// Acknowledged so far.
    pub accepted: u64,
    /// Waiting, or being worked on.
    pub queued: u64,
    /// Taken by a function that answered without an error.
    pub delivered: u64,
    /// Given up and taken by an on-failure destination.
    pub to_destination: u64,
    /// Given up and gone.
    pub dropped: u64,
    /// Attempts that failed and were followed by another.
    pub retries: u64,
}
