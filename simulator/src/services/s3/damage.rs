//! What is damaged in a bucket, as far as S3 tells an operator.
//!
//! ```text
//!   versions of the bucket ──┐
//!   stored checksums ────────┼──► Damage: deleted, missing, corrupted
//!   listing of the replica ──┘
//! ```
//!
//! The ledger is not among the sources: an operator has none. So a write that never reached the replica
//! and was purged is damage that cannot be seen here; the audits of the drill count it.

use std::collections::BTreeSet;

use aws_sdk_s3::Client;
use cloud_emulator::client::ask as s3;
use drill::journal::StepError;
use drill::scenario::AuditDepth;
use futures::StreamExt;

use crate::conductor::runbook::{Damage, DamageKind};

/// The stores of a bucket as an operator sees them now.
#[derive(Clone, Debug)]
pub(super) struct Stores {
    /// The name of the one in use.
    pub(super) used: String,
    /// The name of its replica, which after a failover is the one that was in use before.
    pub(super) other: Option<String>,
}

/// Looks at the store in use of a bucket. Without a readable replica, what only that could tell is left out, and
/// said so.
///
/// # Errors
/// If the store in use cannot be listed.
pub(super) async fn inspect(
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
            (true, true) => drop(damage.keys.insert(version.key.clone(), DamageKind::Deleted)),
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
            damage.keys.insert(object.key, DamageKind::Missing);
        }
    }
    damage.looked_at = current.len() + damage.keys.len();
    if depth == AuditDepth::Bodies {
        damage.keys.extend(unsound(client, &stores.used, current).await);
    }
    Ok(damage)
}

/// The keys whose bodies are not what their checksums say.
async fn unsound(client: &Client, bucket: &str, keys: Vec<String>) -> Vec<(String, DamageKind)> {
    let reads = s3::side_by_side(keys, async |key: String| {
        let kind = match s3::read_checked(client, bucket, &key, None).await {
            Ok(_) => return None,
            Err(error) if error.code == s3::CHECKSUM_MISMATCH => DamageKind::Corrupted,
            Err(_) => DamageKind::Unreadable,
        };
        Some((key, kind))
    });
    reads.filter_map(std::future::ready).collect().await
}
