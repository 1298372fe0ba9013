//! Ids of requests and revisions: UUIDs drawn from the run's seed.

use std::sync::atomic::{AtomicU64, Ordering};

use drill::draw::Draws;

/// The header in which an answer carries its request's id.
pub(crate) const REQUEST_ID: &str = "x-amzn-requestid";

/// Gives each UUID once.
pub(crate) struct Uuids {
    draws: Draws,
    next: AtomicU64,
}

impl Uuids {
    pub(crate) fn new(seed: u64, purpose: &str) -> Uuids {
        Uuids {
            draws: Draws::new(seed, purpose),
            next: AtomicU64::new(0),
        }
    }

    /// A UUID of version 4.
    pub(crate) fn next_id(&self) -> String {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        uuid(self.draws.u64(2 * n), self.draws.u64(2 * n + 1))
    }
}

/// The UUID of version 4 with those random bits.
pub(crate) fn uuid(high: u64, low: u64) -> String {
    let high = high & !0xf000 | 0x4000;
    let low = low & !(0b11 << 62) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_look_like_uuids_and_differ() {
        let uuids = Uuids::new(1, "lambda/request");
        let (a, b) = (uuids.next_id(), uuids.next_id());
        assert_ne!(a, b);
        assert_eq!(a.len(), 36);
        assert_eq!(&a[14..15], "4");
        assert!("89ab".contains(&a[19..20]));
    }
}
