//! What faults do to what foreign buckets hold.

use std::sync::Arc;

use aws_sdk_s3::types::ObjectIdentifier;
use http::StatusCode;

use super::about::NULL;
use super::index::Written;
use super::refusals::{refused, unbuildable};
use super::remote_s3::Remote;
use cloud_gateway::AwsError;

/// Deletions of one request, as S3 allows them.
const AT_ONCE: usize = 1000;

impl Remote {
    /// Deletes a key as a client would.
    pub(crate) async fn delete_current(&self, bucket: &str, key: &str) -> Result<(), AwsError> {
        self.delete(bucket, vec![(key.to_owned(), None)]).await
    }

    /// Overwrites a key as a client would.
    pub(crate) async fn overwrite(&self, bucket: &str, key: &str, body: Vec<u8>) -> Result<(), AwsError> {
        let turn = self.turns.client(bucket, key).await;
        let request = self.home(bucket)?.direct()?.put_object().bucket(bucket).key(key);
        let put = request.body(body.into()).send().await;
        let put = put.map_err(|error| refused("PutObject", &error))?;
        let written = Written::now(put.version_id().unwrap_or(NULL), self.clock.now());
        self.wrote(bucket, key, written, &turn).await;
        Ok(())
    }

    /// Removes all versions and markers of a key for good.
    pub(crate) async fn purge(&self, bucket: &str, key: &str) -> Result<(), AwsError> {
        let versions: Vec<(String, Option<String>)> = {
            let index = self.index.lock();
            let versions = index
                .bucket(bucket)
                .map_or(&[][..], |bucket| bucket.versions(key));
            versions
                .iter()
                .map(|version| (key.to_owned(), Some(version.id.to_string())))
                .collect()
        };
        self.delete(bucket, versions).await
    }

    /// Damages the current version: everybody who reads it, or a copy of it, reads altered bytes.
    pub(crate) fn corrupt(&self, bucket: &str, key: &str, draws: &str) -> Result<(), AwsError> {
        let mut index = self.index.lock();
        match index.current_mut(bucket, key).filter(|version| !version.marker) {
            Some(version) => {
                version.damage = Some(Arc::from(draws));
                Ok(())
            }
            None => Err(AwsError::new(
                StatusCode::NOT_FOUND,
                "NoSuchKey",
                "The specified key does not exist.",
            )),
        }
    }

    /// Deletes objects, or versions, and remembers it.
    pub(super) async fn delete(
        &self,
        bucket: &str,
        objects: Vec<(String, Option<String>)>,
    ) -> Result<(), AwsError> {
        let region = self.home(bucket)?;
        for some in objects.chunks(AT_ONCE) {
            let identifiers = some.iter().map(|(key, id)| {
                let identifier = ObjectIdentifier::builder().key(key);
                identifier.set_version_id(id.clone()).build().map_err(unbuildable)
            });
            let identifiers = identifiers.collect::<Result<Vec<_>, _>>()?;
            let done = self.delete_many(bucket, &region.name, identifiers).await?;
            if let Some(error) = done.errors.unwrap_or_default().first() {
                let (key, code) = (error.key.as_deref(), error.code.clone().unwrap_or_default());
                let message = format!(
                    "{}: {}",
                    key.unwrap_or("?"),
                    error.message.as_deref().unwrap_or("")
                );
                return Err(AwsError::new(StatusCode::CONFLICT, code, message));
            }
        }
        Ok(())
    }
}
