//! Version ids and upload ids: drawn from the run's seed and a counter.
//!
//! They are unique and carry no order, as with AWS, where a recovery script that sorts versions by id is
//! wrong. An id is 128 bits, shown as 32 hexadecimal digits; the version of an object written without
//! versioning is `null`.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use drill::draw::Draws;

/// The id of one version of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VersionId(u128);

impl VersionId {
    /// The version written while versioning was off or suspended.
    pub const NULL: VersionId = VersionId(0);

    /// A number for a version that another endpoint keeps under an id of its own.
    pub(crate) fn numbered(number: u64) -> VersionId {
        VersionId(u128::from(number))
    }

    /// Whether this is the version written while versioning was off or suspended.
    pub fn is_null(self) -> bool {
        self == Self::NULL
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("null"),
            id => write!(f, "{id:032x}"),
        }
    }
}

/// A text that no version id of this store looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid version id specified")]
pub struct InvalidVersionId;

impl FromStr for VersionId {
    type Err = InvalidVersionId;

    fn from_str(text: &str) -> Result<VersionId, InvalidVersionId> {
        if text == "null" {
            return Ok(VersionId::NULL);
        }
        let hexadecimal = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 32 || !text.bytes().all(hexadecimal) {
            return Err(InvalidVersionId);
        }
        u128::from_str_radix(text, 16)
            .map(VersionId)
            .map_err(|_| InvalidVersionId)
    }
}

/// Where ids come from: the draws of one purpose, each taken once.
#[derive(Debug)]
pub(crate) struct Ids {
    draws: Draws,
    next: AtomicU64,
}

impl Ids {
    pub(crate) fn new(seed: u64, purpose: &str) -> Ids {
        Ids {
            draws: Draws::new(seed, purpose),
            next: AtomicU64::new(0),
        }
    }

    /// An id that this source never gave before (but for a collision of 128 random bits).
    pub(crate) fn next_id(&self) -> u128 {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let (high, low) = (self.draws.u64(2 * n), self.draws.u64(2 * n + 1));
        ((u128::from(high) << 64) | u128::from(low)).max(1)
    }

    pub(crate) fn version(&self) -> VersionId {
        VersionId(self.next_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_read_back() {
        let ids = Ids::new(7, "s3/version");
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1000 {
            let id = ids.version();
            assert!(seen.insert(id));
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        assert_eq!("null".parse(), Ok(VersionId::NULL));
        for text in ["", "NULL", "xyz", &"F".repeat(32), &"0".repeat(31)] {
            assert_eq!(text.parse::<VersionId>(), Err(InvalidVersionId), "{text}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        let (a, b, c) = (Ids::new(1, "x"), Ids::new(1, "x"), Ids::new(2, "x"));
        assert_eq!(a.version(), b.version());
        assert_ne!(a.version(), c.version());
    }
}
