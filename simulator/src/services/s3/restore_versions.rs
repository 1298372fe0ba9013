//! `s3.restore_versions`: older versions in the bucket itself become current again.
//!
//! A delete marker is removed, which bares the version beneath it. In the place of a corrupted version
//! comes the newest older one whose body matches its stored checksum.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cloud_emulator::client::ask::{self as s3, Version, api_error};
use drill::journal::StepError;
use drill::scenario::S3RestoreVersions;
use futures::StreamExt;

use super::buckets;
use crate::conductor::runbook::{DamageKind, KeyOutcomes, RunbookAction, StepContext};

#[async_trait]
impl RunbookAction for S3RestoreVersions {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let damage = step.damage(&self.damaged)?;
        let bucket = &buckets::bucket(step, &self.bucket).name;
        let mut versions: BTreeMap<String, Vec<Version>> = BTreeMap::new();
        for version in s3::list_versions(&step.client, bucket).await? {
            versions.entry(version.key.clone()).or_default().push(version);
        }
        let none = Vec::new();
        let damaged: Vec<(String, DamageKind)> = damage
            .keys
            .iter()
            .map(|(key, kind)| (key.clone(), *kind))
            .collect();
        let restored = s3::side_by_side(damaged, async |(key, kind): (String, DamageKind)| {
            let versions = versions.get(&key).unwrap_or(&none);
            let restored = match kind {
                DamageKind::Deleted => undelete(step, bucket, versions).await,
                DamageKind::Missing | DamageKind::Corrupted | DamageKind::Unreadable => {
                    promote(step, bucket, &key, versions).await
                }
            };
            restored.map_err(|error| (key, error))
        });
        let outcomes = restored.collect::<KeyOutcomes>().await;
        outcomes.into_result("restored", "have no sound older version")
    }
}

/// Removes the delete markers that lie on the newest version.
async fn undelete(step: &StepContext<'_>, bucket: &str, versions: &[Version]) -> Result<(), StepError> {
    if versions.iter().all(|version| version.marker) {
        return Err(no_version());
    }
    for marker in versions.iter().take_while(|version| version.marker) {
        let request = step
            .client
            .delete_object()
            .bucket(bucket)
            .key(&marker.key)
            .version_id(&marker.id);
        request
            .send()
            .await
            .map_err(|error| api_error("DeleteObject", &error))?;
    }
    Ok(())
}

/// Copies the newest sound version behind the current one over it.
async fn promote(
    step: &StepContext<'_>,
    bucket: &str,
    key: &str,
    versions: &[Version],
) -> Result<(), StepError> {
    for version in versions
        .iter()
        .filter(|version| !version.latest && !version.marker)
    {
        match s3::read_checked(&step.client, bucket, key, Some(&version.id)).await {
            Ok(_) => return s3::copy(&step.client, (bucket, key, Some(&version.id)), (bucket, key)).await,
            Err(error) if error.code == s3::CHECKSUM_MISMATCH => {}
            Err(error) => return Err(error),
        }
    }
    Err(no_version())
}

fn no_version() -> StepError {
    StepError {
        operation: "ListObjectVersions".to_owned(),
        code: "NoSuchVersion".to_owned(),
        message: "no older version has a body that matches its checksum".to_owned(),
    }
}
