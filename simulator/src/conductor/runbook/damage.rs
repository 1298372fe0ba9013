//! What is damaged in a keyed store, as a step found it that assessed the damage, for the steps that restore it.

use std::collections::BTreeMap;

use drill::journal::NO_DAMAGE;

/// In which way an object is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DamageKind {
    /// A delete marker hides it.
    Deleted,
    /// The replica has it, and here there is no version of it.
    Missing,
    /// Its body does not match its stored checksum.
    Corrupted,
    /// It cannot be read for another reason.
    Unreadable,
}

impl DamageKind {
    fn word(self) -> &'static str {
        match self {
            DamageKind::Deleted => "deleted",
            DamageKind::Missing => "missing",
            DamageKind::Corrupted => "corrupted",
            DamageKind::Unreadable => "unreadable",
        }
    }
}

/// The damaged keys of a bucket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Damage {
    pub(crate) keys: BTreeMap<String, DamageKind>,
    /// How many keys were looked at.
    pub(crate) looked_at: usize,
    /// Why there was no replica to compare with.
    pub(crate) uncompared: Option<String>,
}

impl Damage {
    /// `355 of 590 objects damaged: 330 deleted, 25 corrupted`.
    pub(crate) fn summary(&self) -> String {
        match &self.uncompared {
            Some(why) => format!("{} ({why})", self.found()),
            None => self.found(),
        }
    }

    fn found(&self) -> String {
        if self.keys.is_empty() {
            return format!("{} objects, {NO_DAMAGE}", self.looked_at);
        }
        let mut counts: BTreeMap<DamageKind, usize> = BTreeMap::new();
        for kind in self.keys.values() {
            *counts.entry(*kind).or_default() += 1;
        }
        let parts: Vec<String> = counts
            .iter()
            .map(|(kind, n)| format!("{n} {}", kind.word()))
            .collect();
        format!(
            "{} of {} objects damaged: {}",
            self.keys.len(),
            self.looked_at,
            parts.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_each_kind() {
        let keys = [
            ("a", DamageKind::Deleted),
            ("b", DamageKind::Corrupted),
            ("c", DamageKind::Deleted),
        ];
        let keys = keys
            .into_iter()
            .map(|(key, kind)| (key.to_owned(), kind))
            .collect();
        let damage = Damage {
            keys,
            looked_at: 7,
            uncompared: None,
        };
        assert_eq!(damage.summary(), "3 of 7 objects damaged: 2 deleted, 1 corrupted");
        assert_eq!(
            Damage {
                looked_at: 2,
                ..Damage::default()
            }
            .summary(),
            "2 objects, no damage found"
        );
    }
}
