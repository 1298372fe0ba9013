//! The tag of buckets that a drill made. It names the process that made them, so that the next drill knows whether it
//! may empty what it finds: never what a drill that runs works on.
//!
//! Clients do not see it: what they tag goes beside it, and it stays when they remove their tags.

use aws_sdk_s3::types::{Tag, Tagging};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use s3s::Body;
use s3s::dto::{GetBucketTaggingOutput, Tag as GivenTag, Tagging as GivenTags};

use super::about::About;
use super::documents::{document, empty, parsed, whole};
use super::refusals::{refused, unbuildable};
use super::region::Region;
use super::remote_s3::Remote;
use cloud_client::LARGEST_DOCUMENT;
use cloud_gateway::AwsError;
use cloud_service::ProcessIdentity;

/// The key of the tag. Its value is the process, in the text of [`ProcessIdentity`].
const OURS: &str = "firedrill";

/// The tag of the buckets that this process makes.
pub(super) fn own_tag() -> Result<Tag, AwsError> {
    let value = own()?.to_string();
    Tag::builder().key(OURS).value(value).build().map_err(unbuildable)
}

fn own() -> Result<ProcessIdentity, AwsError> {
    ProcessIdentity::own().map_err(|error| {
        let message = format!("It is not known which process this is: {error}");
        AwsError::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message)
    })
}

/// Whether a bucket was left by a drill that is gone.
///
/// # Errors
/// It was not: whose it is, and what to do.
pub(super) async fn left_behind(region: &Region, name: &str) -> Result<(), AwsError> {
    let tags = region.direct()?.get_bucket_tagging().bucket(name).send().await;
    let tags = match tags {
        Ok(tags) => tags.tag_set,
        Err(error) => match refused("GetBucketTagging", &error) {
            told if told.status == StatusCode::NOT_FOUND => Vec::new(),
            told => return Err(told),
        },
    };
    let to = &region.to;
    let tag = tags.iter().find(|tag| tag.key() == OURS);
    let owner = tag.and_then(|tag| tag.value().parse::<ProcessIdentity>().ok());
    let own = own()?;
    let why = match owner {
        None => {
            format!(
                "bucket {name} is at {to} already, and no drill made it: remove it, or choose another name"
            )
        }
        Some(owner) if owner.is_gone(&own) => return Ok(()),
        Some(owner) if owner.is_near(&own) => format!(
            "bucket {name} at {to} belongs to a drill that runs: process {}. Wait until it has ended, or choose another \
             name",
            owner.pid
        ),
        Some(owner) => format!(
            "bucket {name} at {to} belongs to a drill on another machine, in another container, or before a restart \
             (process {} there); from here it cannot be told whether it runs. If it does not, remove the bucket; or \
             choose another name",
            owner.pid
        ),
    };
    Err(AwsError::new(StatusCode::CONFLICT, "BucketAlreadyExists", why))
}

impl Region {
    /// Puts all the tags of a bucket.
    pub(super) async fn put_tags(&self, bucket: &str, tags: Vec<Tag>) -> Result<(), AwsError> {
        let tagging = Tagging::builder().set_tag_set(Some(tags)).build();
        let request = self.direct()?.put_bucket_tagging().bucket(bucket);
        let put = request.tagging(tagging.map_err(unbuildable)?).send().await;
        put.map(drop).map_err(|error| refused("PutBucketTagging", &error))
    }
}

impl Remote {
    /// A client's tags, beside ours.
    pub(super) async fn put_bucket_tags(
        &self,
        request: Request<Body>,
        about: &About<'_>,
    ) -> Result<Response<Body>, AwsError> {
        let asked: GivenTags = parsed(&whole(request.into_body()).await?)?;
        let tag = |tag: GivenTag| Tag::builder().set_key(tag.key).set_value(tag.value).build();
        let mut tags: Vec<Tag> = asked
            .tag_set
            .into_iter()
            .map(tag)
            .collect::<Result<_, _>>()
            .map_err(unbuildable)?;
        if tags.iter().any(|tag| tag.key() == OURS) {
            let message = format!("The tag {OURS} says which drill a bucket belongs to; choose another");
            return Err(AwsError::new(StatusCode::BAD_REQUEST, "InvalidTag", message));
        }
        tags.push(own_tag()?);
        self.region_or_first(about.region)
            .put_tags(about.bucket, tags)
            .await?;
        Ok(empty(StatusCode::NO_CONTENT))
    }

    /// Removes a client's tags, not ours.
    pub(super) async fn delete_bucket_tags(&self, about: &About<'_>) -> Result<Response<Body>, AwsError> {
        let region = self.region_or_first(about.region);
        region.put_tags(about.bucket, vec![own_tag()?]).await?;
        Ok(empty(StatusCode::NO_CONTENT))
    }

    /// A client's tags, without ours.
    pub(super) async fn get_bucket_tags(
        &self,
        request: Request<Body>,
        about: &About<'_>,
    ) -> Result<Response<Body>, AwsError> {
        let answer = self.pass(about.region, request).await?;
        if !answer.status().is_success() {
            return Ok(answer);
        }
        let body = Limited::new(answer.into_body(), LARGEST_DOCUMENT).collect().await;
        let body = body.map_err(|error| {
            let message = format!("The endpoint's answer cannot be read: {error}");
            AwsError::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message)
        })?;
        let mut tag_set = parsed::<GivenTags>(&body.to_bytes())?.tag_set;
        tag_set.retain(|tag| tag.key.as_deref() != Some(OURS));
        if tag_set.is_empty() {
            let message = "The TagSet does not exist";
            return Err(AwsError::new(StatusCode::NOT_FOUND, "NoSuchTagSet", message));
        }
        Ok(document(&GetBucketTaggingOutput { tag_set }))
    }
}
