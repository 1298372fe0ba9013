//! Buckets as the scenario declares them: made, filled with their history, replicated.

use bytes::Bytes;
use drill::journal::StepError;
use drill::scenario::{Bucket, Scenario};
use futures::TryStreamExt;
use sha2::{Digest, Sha256};

use super::{CloudError, CloudOptions};
use crate::backend::Backend;
use crate::client::{S3, ask};
use crate::remote::{Past, Remote};
use crate::s3::{Replication, Seed, Store};

/// Why a declared bucket cannot be had.
pub(super) fn declared(bucket: &Bucket, why: impl std::fmt::Display) -> CloudError {
    CloudError::new(format!("make bucket {}", bucket.name), why)
}

/// The bucket at home, and its replica.
pub(super) async fn create(s3: &Backend, scenario: &Scenario, bucket: &Bucket) -> Result<(), String> {
    let region = |label: &str| scenario.cloud.aws_region(label).unwrap_or_default().to_owned();
    let store = match s3 {
        Backend::Embedded(store) => store,
        Backend::Remote(remote) => {
            let text = |error: crate::gateway::AwsError| error.to_string();
            let home = region(&bucket.region);
            let made = remote.declare_bucket(&bucket.name, &home, bucket.versioned);
            made.await.map_err(text)?;
            if let Some(replicate) = &bucket.replicate {
                let to = region(&replicate.to);
                remote
                    .declare_bucket(&replicate.name, &to, true)
                    .await
                    .map_err(text)?;
            }
            return Ok(());
        }
    };
    let text = |error: crate::s3::StoreError| error.to_string();
    store
        .create_bucket(&bucket.name, &region(&bucket.region), bucket.versioned)
        .map_err(text)?;
    if let Some(replicate) = &bucket.replicate {
        store
            .create_bucket(&replicate.name, &region(&replicate.to), true)
            .map_err(text)?;
    }
    Ok(())
}

/// The inventory, written before drill 0, with its replicas in place.
pub(super) async fn fill(s3: &Backend, options: &CloudOptions<'_>, bucket: &Bucket) -> Result<(), String> {
    match s3 {
        Backend::Embedded(store) => fill_store(store, options, bucket),
        Backend::Remote(remote) => fill_remote(remote, options, bucket).await,
    }
}

/// The endpoint dates what it is sent with its own clock; that it is old is known to us alone.
async fn fill_remote(remote: &Remote, options: &CloudOptions<'_>, bucket: &Bucket) -> Result<(), String> {
    let replica = bucket.replicate.as_ref().map(|replicate| replicate.name.as_str());
    let pasts = options.plan.inventory(&bucket.label).iter().map(|object| {
        let body = options.plan.object_body(&bucket.label, object);
        Past {
            key: object.key.clone(),
            sha256: Sha256::digest(&body).into(),
            body: Bytes::from(body),
            written: object.written_at,
        }
    });
    let writes = ask::side_by_side(pasts, async |past: Past| {
        let written = remote.write_past(&bucket.name, replica, &past).await;
        written.map_err(|error| format!("{}: {error}", past.key))
    });
    writes.try_collect::<()>().await
}

fn fill_store(store: &Store, options: &CloudOptions<'_>, bucket: &Bucket) -> Result<(), String> {
    let text = |error: crate::s3::StoreError| error.to_string();
    for object in options.plan.inventory(&bucket.label) {
        let body = options.plan.object_body(&bucket.label, object);
        let seed = Seed {
            key: object.key.clone(),
            sha256: Some(Sha256::digest(&body).into()),
            body: Bytes::from(body),
            modified_us: options.clock.calendar_us_at(object.written_at),
        };
        let version = store.seed(&bucket.name, seed).map_err(text)?;
        if let Some(replicate) = &bucket.replicate {
            let stored = store
                .read(&bucket.name, &object.key, Some(version))
                .map_err(text)?;
            store
                .put_replica(&replicate.name, &object.key, &stored)
                .map_err(text)?;
            let done = Replication::Completed;
            store
                .set_replication_status(&bucket.name, &object.key, version, done)
                .map_err(text)?;
        }
    }
    Ok(())
}

/// The declared replication, put as an operator would.
pub(super) async fn replicate(operator: &S3, bucket: &Bucket) -> Result<(), StepError> {
    let Some(replicate) = &bucket.replicate else {
        return Ok(());
    };
    let (from, to) = (&bucket.name, &replicate.name);
    ask::put_replication(operator.client(), from, to, true, replicate.delete_markers).await
}
