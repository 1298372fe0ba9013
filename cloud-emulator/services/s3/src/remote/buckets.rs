//! Buckets of foreign endpoints: one namespace over all regions, and what replication needs of them.

use std::collections::HashMap;

use http::{Request, Response, StatusCode};
use s3s::Body;
use s3s::dto::{
    Bucket as Listed, BucketVersioningStatus, CreateBucketConfiguration, ListBucketsOutput, Owner,
    ReplicationConfiguration, ReplicationRule, VersioningConfiguration,
};

use super::about::About;
use super::documents::{document, empty, parsed, whole};
use super::refusals::{no_such_bucket, not_here};
use super::remote_s3::Remote;
use crate::embedded::{
    Change, ChangeKind, Homeless, OWNER_ID, VersionId, Versioning, home_of_new, timestamp,
};
use crate::replication::{rules, schema};
use cloud_client::ask::CLASSIC_REGION;
use cloud_gateway::AwsError;

const LOCK_ENABLED: &str = "x-amz-bucket-object-lock-enabled";

impl Remote {
    /// The buckets of all regions, in the order of their names, paged when asked.
    pub(super) fn list_buckets(&self, query: &str) -> Result<Response<Body>, AwsError> {
        let query: HashMap<_, _> = form_urlencoded::parse(query.as_bytes()).collect();
        let asked = |name: &str| query.get(name).map(|value| &**value);
        let most = match asked("max-buckets").map(str::parse) {
            None => usize::MAX,
            Some(Ok(most @ 1..=10_000)) => most,
            Some(_) => {
                return Err(AwsError::new(
                    StatusCode::BAD_REQUEST,
                    "InvalidArgument",
                    "max-buckets must be between 1 and 10000",
                ));
            }
        };
        let prefix = asked("prefix").unwrap_or_default();
        let after = asked("continuation-token").unwrap_or_default();
        let region = asked("bucket-region");
        let index = self.index.lock();
        let mut found = index.buckets();
        found.retain(|(name, bucket)| {
            name.starts_with(prefix)
                && &***name > after
                && region.is_none_or(|region| *bucket.region == *region)
        });
        let more = found.len() > most;
        found.truncate(most);
        let token = found.last().filter(|_| more).map(|(name, _)| name.to_string());
        let listed = found.into_iter().map(|(name, bucket)| Listed {
            name: Some(name.to_string()),
            bucket_region: Some(bucket.region.to_string()),
            creation_date: Some(timestamp(bucket.created_us)),
        });
        Ok(document(&ListBucketsOutput {
            buckets: Some(listed.collect()),
            owner: Some(Owner {
                id: Some(OWNER_ID.to_owned()),
                ..Owner::default()
            }),
            continuation_token: token,
            prefix: asked("prefix").map(str::to_owned),
        }))
    }

    /// Makes a bucket where AWS would.
    pub(super) async fn create_bucket(
        &self,
        request: Request<Body>,
        about: &About<'_>,
    ) -> Result<Response<Body>, AwsError> {
        let (head, body) = request.into_parts();
        let body = whole(body).await?;
        let made = || {
            let mut answer = empty(StatusCode::OK);
            if let Ok(location) = format!("/{}", about.bucket).parse() {
                answer.headers_mut().insert(http::header::LOCATION, location);
            }
            answer
        };
        if let Some(home) = self.region_of(about.bucket) {
            if &*home == CLASSIC_REGION {
                return Ok(made());
            }
            return Err(AwsError::new(
                StatusCode::CONFLICT,
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
            ));
        }
        let constraint = if body.is_empty() {
            None
        } else {
            parsed::<CreateBucketConfiguration>(&body)?.location_constraint
        };
        let constraint = constraint.map(|constraint| constraint.as_str().to_owned());
        let home = home_of_new(Some(about.region), constraint.as_deref());
        let home = home.and_then(|home| {
            let name = home.unwrap_or(about.region);
            self.region(name)
                .ok_or_else(|| Homeless::Unknown(name.to_owned()))
        });
        let region =
            home.map_err(|why| AwsError::new(StatusCode::BAD_REQUEST, why.code(), why.to_string()))?;
        // In us-east-1 an endpoint says that it made what was there. What the drill did not make it must not take for
        // its own: that is removed at the end.
        if region.is_there(about.bucket).await? {
            return Err(AwsError::new(
                StatusCode::CONFLICT,
                "BucketAlreadyExists",
                format!(
                    "The bucket is at {} already, and was not made in this drill. Choose another name.",
                    region.to
                ),
            ));
        }
        let lock = head
            .headers
            .get(LOCK_ENABLED)
            .is_some_and(|value| value == "true");
        self.make_bucket(region, about.bucket, lock).await?;
        Ok(made())
    }

    pub(super) async fn delete_bucket(
        &self,
        request: Request<Body>,
        about: &About<'_>,
    ) -> Result<Response<Body>, AwsError> {
        let answer = self.pass(about.region, request).await?;
        // A request that deletes something of a bucket may look like this one.
        if answer.status().is_success() {
            match self.region_or_first(about.region).is_there(about.bucket).await {
                Ok(false) => self.index.lock().remove_bucket(about.bucket),
                Ok(true) => {}
                // It may still be there, and a forgotten bucket is not removed at the end.
                Err(error) => tracing::warn!(%error, bucket = about.bucket, "a bucket may be left"),
            }
        }
        Ok(answer)
    }

    /// Refuses what AWS refuses: versioning cannot be suspended under a replication configuration. LocalStack would.
    pub(super) async fn put_versioning(
        &self,
        request: Request<Body>,
        about: &About<'_>,
    ) -> Result<Response<Body>, AwsError> {
        let (head, body) = request.into_parts();
        let body = whole(body).await?;
        let asked = parsed::<VersioningConfiguration>(&body)?.status;
        let versioning = match asked.as_ref().map(BucketVersioningStatus::as_str) {
            Some(BucketVersioningStatus::ENABLED) => Some(Versioning::Enabled),
            Some(BucketVersioningStatus::SUSPENDED) => Some(Versioning::Suspended),
            _ => None,
        };
        let replicated = {
            let index = self.index.lock();
            index
                .bucket(about.bucket)
                .is_some_and(|bucket| bucket.replication.is_some())
        };
        if versioning == Some(Versioning::Suspended) && replicated {
            return Err(AwsError::new(
                StatusCode::CONFLICT,
                "InvalidBucketState",
                "A replication configuration is present on this bucket, so the versioning state cannot be changed.",
            ));
        }
        let answer = self
            .pass(about.region, Request::from_parts(head, Body::from(body)))
            .await?;
        if answer.status().is_success()
            && let Some(versioning) = versioning
            && let Some(bucket) = self.index.lock().bucket_mut(about.bucket)
        {
            bucket.versioning = versioning;
        }
        Ok(answer)
    }

    /// Takes a configuration that AWS would take. The endpoint is not told: its copies would be none, and it does not
    /// know the buckets of other regions.
    pub(super) async fn put_replication(
        &self,
        request: Request<Body>,
        about: &About<'_>,
    ) -> Result<Response<Body>, AwsError> {
        let body = whole(request.into_body()).await?;
        let configuration: ReplicationConfiguration = parsed(&body)?;
        self.configure(about.bucket, configuration)?;
        Ok(empty(StatusCode::OK))
    }

    pub(super) fn configure(
        &self,
        name: &str,
        configuration: ReplicationConfiguration,
    ) -> Result<(), AwsError> {
        let invalid = |message: String| AwsError::new(StatusCode::BAD_REQUEST, "InvalidRequest", message);
        schema::check(name, &configuration)
            .map_err(|why| AwsError::new(why.status, why.code, why.message))?;
        let mut index = self.index.lock();
        let Some(bucket) = index.bucket(name) else {
            return Err(no_such_bucket());
        };
        if bucket.versioning != Versioning::Enabled {
            let message = "Versioning must be 'Enabled' on the bucket to apply a replication configuration";
            return Err(invalid(message.to_owned()));
        }
        for rule in &configuration.rules {
            check(rule)?;
            // A rule without one was refused before.
            let to = rules::destination(rule).unwrap_or_default();
            let to = index.bucket(to);
            let to = to.ok_or_else(|| invalid("Destination bucket must exist.".to_owned()))?;
            if to.versioning != Versioning::Enabled {
                let message = "Destination bucket must have versioning enabled.";
                return Err(invalid(message.to_owned()));
            }
        }
        let copy_to = rules::destinations(Some(&configuration));
        if let Some(bucket) = index.bucket_mut(name) {
            bucket.replication = Some(configuration);
        }
        self.replication_set(name, copy_to);
        Ok(())
    }

    /// To be called with the index locked: the replicator hears of configurations and writes in the order in which they
    /// take effect.
    fn replication_set(&self, bucket: &str, copy_to: Vec<std::sync::Arc<str>>) {
        self.report(Change {
            bucket: bucket.into(),
            key: "".into(),
            version: VersionId::NULL,
            kind: ChangeKind::ReplicationSet,
            modified_us: self.clock.calendar_us(),
            replica: false,
            copy_to,
        });
    }

    pub(super) fn get_replication(&self, about: &About<'_>) -> Result<Response<Body>, AwsError> {
        let index = self.index.lock();
        let bucket = index.bucket(about.bucket).ok_or_else(no_such_bucket)?;
        let configuration = bucket.replication.as_ref().ok_or_else(|| {
            AwsError::new(
                StatusCode::NOT_FOUND,
                "ReplicationConfigurationNotFoundError",
                "The replication configuration was not found",
            )
        })?;
        Ok(document(configuration))
    }

    pub(super) fn delete_replication(&self, about: &About<'_>) -> Result<Response<Body>, AwsError> {
        let mut index = self.index.lock();
        let bucket = index.bucket_mut(about.bucket).ok_or_else(no_such_bucket)?;
        bucket.replication = None;
        self.replication_set(about.bucket, Vec::new());
        Ok(empty(StatusCode::NO_CONTENT))
    }
}

/// Filters by tags are not taken here: tags are at the endpoint alone.
fn check(rule: &ReplicationRule) -> Result<(), AwsError> {
    let by_tags = rule.filter.as_ref().is_some_and(|filter| {
        let all = filter.and.as_ref().and_then(|and| and.tags.as_ref());
        filter.tag.is_some() || all.is_some_and(|tags| !tags.is_empty())
    });
    if by_tags {
        Err(not_here(
            "Replication rules that choose objects by tags are not carried out in front of another endpoint",
        ))
    } else {
        Ok(())
    }
}
