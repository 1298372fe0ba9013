//! What is damaged in a bucket, as far as S3 tells an operator.
//!
//! ```text
//!   versions of the bucket ──┐
//!   stored checksums ────────┼──► Damage: deleted, missing, corrupted
//!   listing of the replica ──┘
//! ```
//!
//! The ledger is not among the sources: an operator has none. So a write that never reached the replica
//! and was purged is damage that nobody can see here; the audits of the drill count it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_s3::Client;
use drill::journal::{NO_DAMAGE, StepError};
use drill::scenario::AuditDepth;
use futures::StreamExt;

use cloud_emulator::client::ask as s3;

/// In which way an object is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A delete marker hides it.
    Deleted,
    /// The replica has it, and here there is no version of it.
    Missing,
    /// Its body does not match its stored checksum.
    Corrupted,
    /// It cannot be read for another reason.
    Unreadable,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Deleted => "deleted",
            Kind::Missing => "missing",
            Kind::Corrupted => "corrupted",
            Kind::Unreadable => "unreadable",
        }
    }
}

/// The damaged keys of a bucket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Damage {
    pub(crate) keys: BTreeMap<String, Kind>,
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
        let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
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

/// The stores of a bucket as an operator sees them now.
#[derive(Clone, Debug)]
pub(crate) struct Stores {
    /// The name of the one in use.
    pub(crate) used: String,
    /// The name of its replica, which after a failover is the one that was in use before.
    pub(crate) other: Option<String>,
}

/// Looks at the store in use of a bucket. Without a readable replica, what only that could tell is left out, and
/// said so.
///
/// # Errors
/// If the store in use cannot be listed.
pub(crate) async fn inspect(
    client: &Client,
    stores: &Stores,
    depth: AuditDepth,
) -> Result<Damage, StepError> {
    let versions = s3::list_versions(client, &stores.used).await?;
    let mut damage = Damage::default();
    let mut known = BTreeSet::new();
    let mut current: Vec<String> = Vec::new();
    for version in &versions {
        known.insert(version.key.as_str());
        match (version.latest, version.marker) {
            (true, true) => drop(damage.keys.insert(version.key.clone(), Kind::Deleted)),
            (true, false) => current.push(version.key.clone()),
            (false, _) => {}
        }
    }
    if stores.other.is_none() {
        damage.uncompared =
            Some("no replica to compare with, and what is purged leaves no version".to_owned());
    }
    if let Some(other) = &stores.other {
        let replica = match s3::list(client, other).await {
            Ok(replica) => replica,
            Err(error) => {
                damage.uncompared = Some(format!("not compared with {other}: {}", error.code));
                Vec::new()
            }
        };
        for object in replica
            .into_iter()
            .filter(|object| !known.contains(object.key.as_str()))
        {
            damage.keys.insert(object.key, Kind::Missing);
        }
    }
    damage.looked_at = current.len() + damage.keys.len();
    if depth == AuditDepth::Bodies {
        damage.keys.extend(unsound(client, &stores.used, current).await);
    }
    Ok(damage)
}

/// The keys whose bodies are not what their checksums say.
async fn unsound(client: &Client, bucket: &str, keys: Vec<String>) -> Vec<(String, Kind)> {
    let reads = s3::side_by_side(keys, async |key: String| {
        let kind = match s3::read_checked(client, bucket, &key, None).await {
            Ok(_) => return None,
            Err(error) if error.code == s3::CHECKSUM_MISMATCH => Kind::Corrupted,
            Err(_) => Kind::Unreadable,
        };
        Some((key, kind))
    });
    reads.filter_map(std::future::ready).collect().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_each_kind() {
        let keys = [("a", Kind::Deleted), ("b", Kind::Corrupted), ("c", Kind::Deleted)];
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
