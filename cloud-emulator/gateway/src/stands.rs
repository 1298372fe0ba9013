//! What stands at a key.

use bytes::Bytes;

/// What stands at a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// A body.
    Body(Bytes),
    /// Nothing that a reader could get.
    Nothing,
    /// It was not looked at: who wants to know reads it.
    Unread,
}
