//! Archived objects, and how they become readable for a while: pure.
//!
//! ```text
//!   archived ──RestoreObject──► ongoing ──the tier's wait──► readable ──midnight after Days──► archived
//! ```
//!
//! How long a tier takes is the longest of what AWS names for it (S3 User Guide, "Understanding archive retrieval
//! options"), in drill time:
//!
//! | | Expedited | Standard | Bulk |
//! |---|---|---|---|
//! | `GLACIER` | 5 min ("1–5 minutes") | 5 h ("3–5 hours") | 12 h ("5–12 hours") |
//! | `DEEP_ARCHIVE` | none | 12 h ("within 12 hours") | 48 h ("within 48 hours") |

use s3s::dto::{StorageClass, Tier};

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;

/// How fast an object is restored; the faster is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Speed {
    /// The cheapest.
    Bulk,
    /// What is meant when none is named.
    Standard,
    /// Minutes.
    Expedited,
}

impl Speed {
    /// The tier of this name.
    pub(crate) fn named(name: &str) -> Option<Speed> {
        match name {
            Tier::BULK => Some(Speed::Bulk),
            Tier::STANDARD => Some(Speed::Standard),
            Tier::EXPEDITED => Some(Speed::Expedited),
            _ => None,
        }
    }

    /// How long it takes from an archive, in microseconds; `None` if the archive does not have it.
    pub(crate) fn takes_us(self, archive: Archive) -> Option<i64> {
        match (archive, self) {
            (Archive::Glacier, Speed::Expedited) => Some(5 * MINUTE_US),
            (Archive::Glacier, Speed::Standard) => Some(5 * HOUR_US),
            (Archive::Glacier, Speed::Bulk) | (Archive::DeepArchive, Speed::Standard) => Some(12 * HOUR_US),
            (Archive::DeepArchive, Speed::Bulk) => Some(48 * HOUR_US),
            (Archive::DeepArchive, Speed::Expedited) => None,
        }
    }
}

/// A storage class from which nothing is read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Archive {
    /// `GLACIER`.
    Glacier,
    /// `DEEP_ARCHIVE`.
    DeepArchive,
}

impl Archive {
    /// The archive that objects of a storage class are in.
    pub(crate) fn from_storage_class(storage_class: Option<&str>) -> Option<Archive> {
        match storage_class? {
            StorageClass::GLACIER => Some(Archive::Glacier),
            StorageClass::DEEP_ARCHIVE => Some(Archive::DeepArchive),
            _ => None,
        }
    }
}

/// A copy that an archived object has, or will have, for a while. Instants are microseconds since the Unix epoch, on
/// the drill's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restore {
    /// How fast.
    pub speed: Speed,
    /// From when on it can be read.
    pub ready_us: i64,
    /// Until when.
    pub expires_us: i64,
}

impl Restore {
    /// One that is ready then, and stays for so many days, to the midnight after them.
    pub(crate) fn ready_at(speed: Speed, ready_us: i64, days: i64) -> Restore {
        Restore {
            speed,
            ready_us,
            expires_us: midnight_after(ready_us, days),
        }
    }

    /// The same copy, for so many days from now on.
    pub(crate) fn kept(self, now_us: i64, days: i64) -> Restore {
        Restore {
            expires_us: midnight_after(now_us, days),
            ..self
        }
    }

    pub(crate) fn is_ongoing(self, now_us: i64) -> bool {
        now_us < self.ready_us
    }

    pub(crate) fn is_readable(self, now_us: i64) -> bool {
        (self.ready_us..self.expires_us).contains(&now_us)
    }
}

/// S3 User Guide, "Restoring an archived object": the days are added, and the result is rounded to the next midnight UTC.
fn midnight_after(us: i64, days: i64) -> i64 {
    let due = us.saturating_add(days.saturating_mul(DAY_US));
    due.div_euclid(DAY_US).saturating_add(1).saturating_mul(DAY_US)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the user guide: restored on 15 October 2012 at 10:30 for three days.
    #[test]
    fn a_copy_stays_until_the_midnight_after_its_days() {
        let ready = 1_350_297_000_000_000;
        let restore = Restore::ready_at(Speed::Standard, ready, 3);
        assert_eq!(
            restore.expires_us, 1_350_604_800_000_000,
            "19 October 2012, 00:00"
        );
        assert!(restore.is_ongoing(ready - 1) && !restore.is_readable(ready - 1));
        assert!(restore.is_readable(ready) && !restore.is_readable(restore.expires_us));
        assert_eq!(restore.kept(ready, 4).expires_us, restore.expires_us + DAY_US);
        assert_eq!(
            Restore::ready_at(Speed::Bulk, i64::MAX, i64::MAX).ready_us,
            i64::MAX
        );
    }
}
