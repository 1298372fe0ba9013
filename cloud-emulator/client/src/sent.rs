//! How large an object at an endpoint can be: no larger than all that was ever sent there.
//!
//! An endpoint that is not ours may answer a read without end. What the drill and its scripts have written it knows, and
//! no other client writes to its buckets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::limits::LARGEST_OBJECT;

/// What an endpoint may say instead of an object, in bytes: why there is none.
const REFUSAL: usize = 64 << 10;

/// The bytes that have gone to the endpoints of a cloud. Clones are the same count.
#[derive(Clone, Debug, Default)]
pub struct Sent(Arc<AtomicU64>);

impl Sent {
    /// So many bytes are sent, or copied there into something larger; `None`: the number is unknown.
    pub fn add(&self, bytes: Option<u64>) {
        let bytes = bytes.unwrap_or(LARGEST_OBJECT as u64);
        let added = |sent: u64| Some(sent.saturating_add(bytes));
        // It always changes.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, added);
    }

    /// Another object, or a part of one, whatever its size, becomes a part of something larger.
    pub fn double(&self) {
        self.add(Some(self.0.load(Ordering::Relaxed)));
    }

    /// The most bytes that an object there can have, or the error in its place.
    pub fn largest_object(&self) -> usize {
        let sent = usize::try_from(self.0.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        sent.saturating_add(REFUSAL).min(LARGEST_OBJECT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_no_larger_than_what_was_sent() {
        let sent = Sent::default();
        assert_eq!(sent.largest_object(), REFUSAL);
        sent.add(Some(1000));
        sent.clone().double();
        assert_eq!(sent.largest_object(), REFUSAL + 2000);
        sent.add(None);
        assert_eq!(sent.largest_object(), LARGEST_OBJECT);
        sent.add(Some(u64::MAX));
        sent.double();
        assert_eq!(sent.largest_object(), LARGEST_OBJECT);
    }
}
