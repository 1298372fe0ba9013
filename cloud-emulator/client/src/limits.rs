//! How large what comes over HTTP may be where it is read whole.

/// The largest XML document of a request: a thousand keys to delete, ten thousand parts to join.
pub const LARGEST_DOCUMENT: usize = 8 << 20;

/// The most bytes of an object that is read: as many as the embedded store takes in one piece.
pub const LARGEST_OBJECT: usize = 1 << 30;
