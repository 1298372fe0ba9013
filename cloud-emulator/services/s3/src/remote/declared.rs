//! The life of buckets at foreign endpoints: they are made and filled, and at the end those that were made are removed.

use std::sync::Arc;

use aws_sdk_s3::types::{BucketVersioningStatus, ChecksumAlgorithm, VersioningConfiguration};
use base64_simd::STANDARD;
use http::StatusCode;

use super::about::NULL;
use super::index::Written;
use super::refusals::refused;
use super::region::Region;
use super::remote_s3::Remote;
use super::tags::{left_behind, own_tag};
use crate::embedded::{Replication, VersionId, Versioning};
use crate::past::Past;
use cloud_client::ask::location;
use cloud_gateway::AwsError;

impl Remote {
    /// Makes a bucket, versioned if asked. One that a drill left that is gone is emptied first; one that is not a
    /// drill's, or of which that drill may still run, is never touched.
    pub(crate) async fn declare_bucket(
        &self,
        name: &str,
        region: &str,
        versioned: bool,
    ) -> Result<(), AwsError> {
        let region = self.region_or_first(region);
        // In us-east-1 S3 says that a bucket was made that was there, with all that is in it: so it is asked before.
        if region.is_there(name).await? {
            left_behind(region, name).await?;
            self.index.lock().add_bucket(name, region.name.clone(), 0);
            self.force_delete_bucket(name).await?;
        }
        self.make_bucket(region, name, false).await?;
        if versioned {
            let status = VersioningConfiguration::builder()
                .status(BucketVersioningStatus::Enabled)
                .build();
            let request = region.direct()?.put_bucket_versioning().bucket(name);
            let put = request.versioning_configuration(status).send().await;
            put.map_err(|error| refused("PutBucketVersioning", &error))?;
            if let Some(bucket) = self.index.lock().bucket_mut(name) {
                bucket.versioning = Versioning::Enabled;
            }
        }
        Ok(())
    }

    /// Makes a bucket that says whose it is: if this drill is killed, the next one may remove it.
    pub(super) async fn make_bucket(&self, region: &Region, name: &str, lock: bool) -> Result<(), AwsError> {
        let tag = own_tag()?;
        let request = region.direct()?.create_bucket().bucket(name);
        let made = request
            .set_create_bucket_configuration(location(&region.name))
            .set_object_lock_enabled_for_bucket(lock.then_some(true))
            .send()
            .await;
        made.map_err(|error| refused("CreateBucket", &error))?;
        {
            let mut index = self.index.lock();
            index.add_bucket(name, region.name.clone(), self.clock.calendar_us());
            if lock && let Some(bucket) = index.bucket_mut(name) {
                bucket.versioning = Versioning::Enabled;
            }
        }
        if let Err(error) = region.put_tags(name, vec![tag]).await {
            // Without the tag it would stay for good. What cannot be removed now is removed at the end.
            if region.direct()?.delete_bucket().bucket(name).send().await.is_ok() {
                self.index.lock().remove_bucket(name);
            }
            return Err(error);
        }
        Ok(())
    }

    /// Writes an object as if at an earlier instant; the endpoint dates it with its own clock. With its replica, if it
    /// has one.
    pub(crate) async fn write_past(
        &self,
        bucket: &str,
        replica: Option<&str>,
        past: &Past,
    ) -> Result<(), AwsError> {
        let first = Written::now(&self.put_past(bucket, past).await?, past.written);
        let calendar = self.clock.calendar_us_at(past.written);
        let number = {
            let mut index = self.index.lock();
            let change = index.write(bucket, &past.key, first, calendar);
            change.map_or(VersionId::NULL, |change| change.version)
        };
        let Some(replica) = replica else {
            return Ok(());
        };
        let copy = Written {
            of: Some((number, past.written)),
            ..Written::now(&self.put_past(replica, past).await?, past.written)
        };
        let mut index = self.index.lock();
        index.write(replica, &past.key, copy, calendar);
        if let Some(version) = index.version_mut(bucket, &past.key, number) {
            version.replication = Replication::Completed;
        }
        Ok(())
    }

    async fn put_past(&self, bucket: &str, past: &Past) -> Result<Arc<str>, AwsError> {
        let request = self
            .home(bucket)?
            .direct()?
            .put_object()
            .bucket(bucket)
            .key(&past.key);
        let put = request
            // Named beside its value: moto keeps only what has been named.
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .checksum_sha256(STANDARD.encode_to_string(past.sha256))
            .body(past.body.clone().into())
            .send()
            .await;
        let put = put.map_err(|error| refused("PutObject", &error))?;
        Ok(Arc::from(put.version_id().unwrap_or(NULL)))
    }

    /// Deletes a bucket with everything in it.
    pub(crate) async fn force_delete_bucket(&self, name: &str) -> Result<(), AwsError> {
        let region = self.home(name)?;
        self.empty(region, name).await?;
        let gone = region.direct()?.delete_bucket().bucket(name).send().await;
        gone.map_err(|error| refused("DeleteBucket", &error))?;
        self.index.lock().remove_bucket(name);
        Ok(())
    }

    /// Removes every bucket that was made through the gateway, with all that is in it: the endpoint is the user's, and
    /// is to be left as it was found. What could not be removed, in words.
    pub(crate) async fn clean_up(&self) -> Vec<String> {
        let names: Vec<String> = {
            let index = self.index.lock();
            index
                .buckets()
                .into_iter()
                .map(|(name, _)| name.to_string())
                .collect()
        };
        let mut left = Vec::new();
        for name in names {
            if let Err(error) = self.force_delete_bucket(&name).await
                && error.status != StatusCode::NOT_FOUND
            {
                left.push(format!("bucket {name} stays at its endpoint: {error}"));
            }
        }
        left
    }

    /// Removes all versions from a bucket: first those that are known, then, always from the first page, what is still
    /// listed. Pages that continue cannot be trusted at every endpoint.
    async fn empty(&self, region: &Region, name: &str) -> Result<(), AwsError> {
        let known: Vec<(String, Option<String>)> = {
            let index = self.index.lock();
            let bucket = index.bucket(name);
            let versions = bucket.into_iter().flat_map(|bucket| {
                let keys = bucket.keys();
                keys.flat_map(|key| bucket.versions(key).iter().map(move |version| (key, version)))
            });
            versions
                .map(|(key, version)| (key.to_string(), Some(version.id.to_string())))
                .collect()
        };
        self.delete(name, known).await?;
        let mut before = Vec::new();
        loop {
            let page = region.direct()?.list_object_versions().bucket(name).send().await;
            let page = page.map_err(|error| refused("ListObjectVersions", &error))?;
            let versions = page.versions().iter().map(|one| (one.key(), one.version_id()));
            let markers = page
                .delete_markers()
                .iter()
                .map(|one| (one.key(), one.version_id()));
            let listed = versions.chain(markers);
            let listed: Vec<_> = listed
                .filter_map(|(key, id)| Some((key?.to_owned(), id.map(str::to_owned))))
                .collect();
            if listed.is_empty() {
                return Ok(());
            }
            if listed == before {
                return Err(AwsError::new(
                    StatusCode::CONFLICT,
                    "BucketNotEmpty",
                    format!(
                        "{} acknowledges deletions in {name}, and lists the same versions again",
                        region.to
                    ),
                ));
            }
            self.delete(name, listed.clone()).await?;
            before = listed;
        }
    }
}
