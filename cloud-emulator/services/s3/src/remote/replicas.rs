//! Copies that replication makes.

use futures::future::select_all;
use http::StatusCode;

use super::about::NULL;
use super::direct::Fetched;
use super::index::Written;
use super::refusals::refused;
use super::region::Region;
use super::remote_s3::Remote;
use crate::embedded::{Replication, VersionId, Versioning};
use crate::replication::{Copy, ReplicationError, rules};
use cloud_gateway::AwsError;

impl Remote {
    /// Makes one copy of replication.
    ///
    /// A copy that is due after that of a newer version is not made: S3 would put it behind the newer one, under its
    /// own date, which no request to an endpoint can do. Who reads the replica reads the same.
    ///
    /// An attempt is given up as soon as one of its endpoints is down. If the endpoint has got it all the same, the next
    /// attempt makes a second version with the same content.
    pub(crate) async fn replicate(&self, copy: &Copy) -> Result<(), ReplicationError> {
        let ends: Vec<&Region> = [&copy.bucket, &copy.to]
            .into_iter()
            .filter_map(|bucket| self.home(bucket).ok())
            .collect();
        let down = ends.iter().map(|region| Box::pin(region.went_down()));
        let down = async {
            if ends.is_empty() {
                std::future::pending().await
            } else {
                drop(select_all(down).await)
            }
        };
        tokio::select! {
            biased;
            () = down => Err(ReplicationError::Away),
            made = self.copied(copy) => match made {
                Err(ReplicationError::Failed(_)) if ends.iter().any(|region| region.is_down()) => Err(ReplicationError::Away),
                made => made,
            },
        }
    }

    async fn copied(&self, copy: &Copy) -> Result<(), ReplicationError> {
        let _turn = self.turns.copy(&copy.to, &copy.key).await;
        let failed = |code: &str| ReplicationError::Failed(code.to_owned());
        let (id, of, damage, home, class) = {
            let index = self.index.lock();
            let source = index
                .version(&copy.bucket, &copy.key, copy.version)
                .ok_or(ReplicationError::Gone)?;
            let to = index.bucket(&copy.to).ok_or_else(|| failed("NoSuchBucket"))?;
            if to.versioning != Versioning::Enabled {
                return Err(failed("InvalidBucketState"));
            }
            if to.has_copy(&copy.key, source) {
                return Ok(());
            }
            if to.has_newer(&copy.key, source) {
                return Err(ReplicationError::Superseded);
            }
            let of = (source.origin, source.written);
            let from = index.bucket(&copy.bucket);
            let configuration = from.and_then(|from| from.replication.as_ref());
            let class = configuration
                .and_then(|configuration| rules::storage_class(configuration, &copy.key, &[], &copy.to));
            (
                source.id.clone(),
                of,
                source.damage.clone(),
                to.region.clone(),
                class.map(str::to_owned),
            )
        };
        let to = self.region_or_first(&home);
        let failed = |error: AwsError| ReplicationError::Failed(error.code.into_owned());
        let written = if copy.marker {
            let client = to.direct().map_err(failed)?;
            let request = client.delete_object().bucket(&*copy.to).key(&*copy.key);
            let answer = request.send().await;
            let answer = answer.map_err(|error| failed(refused("DeleteObject", &error)))?;
            let marker = Written::now(answer.version_id().unwrap_or(NULL), self.clock.now());
            Written {
                marker: true,
                ..marker
            }
        } else {
            let from = self.home(&copy.bucket).map_err(|_| ReplicationError::Gone)?;
            let fetched = from.fetch(&copy.bucket, &copy.key, Some(&id)).await;
            let fetched = fetched.map_err(|error| match error.status {
                // Removed while its copy was on its way.
                StatusCode::NOT_FOUND => ReplicationError::Gone,
                _ => failed(error),
            })?;
            if damage.is_some() && fetched.has_checksum() {
                return Err(ReplicationError::Failed("ChecksumMismatch".to_owned()));
            }
            let written = self
                .put(&fetched, to, copy, class.as_deref())
                .await
                .map_err(failed)?;
            Written { damage, ..written }
        };
        let written = Written {
            of: Some(of),
            ..written
        };
        self.note(&copy.to, &copy.key, written);
        Ok(())
    }

    /// Sets how far the replication of a version has come; a failure of one of several destinations stays.
    pub(crate) fn set_replication_status(
        &self,
        bucket: &str,
        key: &str,
        version: VersionId,
        status: Replication,
    ) {
        let mut index = self.index.lock();
        if let Some(version) = index.version_mut(bucket, key, version)
            && version.replication != Replication::Failed
        {
            version.replication = status;
        }
    }

    async fn put(
        &self,
        object: &Fetched,
        to: &Region,
        copy: &Copy,
        class: Option<&str>,
    ) -> Result<Written, AwsError> {
        let mut request = object.written_to(to.direct()?, &copy.to, &copy.key);
        if let Some(class) = class {
            request = request.storage_class(class.into());
        }
        let answer = request.send().await;
        let answer = answer.map_err(|error| refused("PutObject", &error))?;
        Ok(Written::now(
            answer.version_id().unwrap_or(NULL),
            self.clock.now(),
        ))
    }
}
