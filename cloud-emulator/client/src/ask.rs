//! What is asked of S3 through the public API: listings, reads, copies.
//!
//! Reads come in two kinds. A *raw* read gives the bytes as they are, for probes and audits, which
//! compare them with the ledger. A *checked* read has the SDK compare the body with the checksum that is
//! stored with the object, which is all that an operator can do.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Config, Region, ResponseChecksumValidation};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, ChecksumAlgorithm, ChecksumMode,
    CreateBucketConfiguration, DeleteMarkerReplication, DeleteMarkerReplicationStatus, Destination,
    ReplicationConfiguration, ReplicationRule, ReplicationRuleFilter, ReplicationRuleStatus,
    VersioningConfiguration,
};
use bytes::{Bytes, BytesMut};
use drill::journal::StepError;
use drill::ledger::Sha256Digest;
use futures::{Stream, StreamExt};
use runtime::wall;
use sha2::{Digest, Sha256};

use super::RetryPolicy;

mod error;
mod listing;

pub use self::error::api_error;
use self::error::root_cause;
pub use self::listing::{Listed, Version, list, list_after, list_versions};

/// Where buckets are that say no location, in AWS's first region.
pub const CLASSIC_REGION: &str = "us-east-1";

/// How many requests one piece of work has under way at once, as `aws s3` has by default
/// (`max_concurrent_requests = 10`).
pub const CONCURRENCY: usize = 10;

/// The role that replication configurations name; the emulated cloud lets every role do its work.
const REPLICATION_ROLE: &str = "arn:aws:iam::000000000000:role/replication";

/// The least bytes per second of wall time in which a body comes, beside the time of an attempt: an endpoint that is not
/// ours may send one by one for ever, and the SDK waits for the head of an answer only.
const SLOWEST: u64 = 64 << 10;

/// The code of a body that does not match the checksum stored with it; it is our own, S3 has none.
pub const CHECKSUM_MISMATCH: &str = "ChecksumMismatch";

/// A body as it was read.
#[derive(Clone, Debug)]
pub struct Body {
    /// SHA-256 of the bytes.
    pub digest: Sha256Digest,
    /// The bytes.
    pub bytes: bytes::Bytes,
    /// The entity tag as S3 gives it, in quotation marks.
    pub etag: Option<String>,
    /// When it was written, in whole seconds.
    pub last_modified: Option<DateTime>,
}

/// Whether an error says that there is no such object or bucket.
pub fn is_missing(error: &StepError) -> bool {
    matches!(
        error.code.as_str(),
        "NoSuchKey" | "NoSuchBucket" | "NotFound" | "NoSuchVersion"
    )
}

/// Reads an object as it is.
///
/// # Errors
/// S3's error; `IncompleteBody` if the body did not arrive whole.
pub async fn read_raw(client: &Client, bucket: &str, key: &str) -> Result<Body, StepError> {
    let unchecked = aws_sdk_s3::config::Builder::new()
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    let request = client
        .get_object()
        .bucket(bucket)
        .key(key)
        .customize()
        .config_override(unchecked);
    let answer = request
        .send()
        .await
        .map_err(|error| api_error("GetObject", &error))?;
    body(answer).await
}

/// Reads an object, or one version of it, and compares it with its stored checksum.
///
/// # Errors
/// With code [`CHECKSUM_MISMATCH`] if it does not match; with S3's error otherwise.
pub async fn read_checked(
    client: &Client,
    bucket: &str,
    key: &str,
    version: Option<&str>,
) -> Result<Body, StepError> {
    let request = client
        .get_object()
        .bucket(bucket)
        .key(key)
        .checksum_mode(ChecksumMode::Enabled);
    let answer = request
        .set_version_id(version.map(str::to_owned))
        .send()
        .await
        .map_err(|error| api_error("GetObject", &error))?;
    body(answer).await
}

async fn body(answer: GetObjectOutput) -> Result<Body, StepError> {
    let (etag, last_modified) = (answer.e_tag, answer.last_modified);
    let bytes = collected(answer.body).await?;
    Ok(Body {
        digest: Sha256::digest(&bytes).into(),
        bytes,
        etag,
        last_modified,
    })
}

/// Reads a body, for as long as it comes in no less than 64 KiB a second.
///
/// # Errors
/// `IncompleteBody` if it breaks off or is too slow, [`CHECKSUM_MISMATCH`].
pub async fn collected(mut body: ByteStream) -> Result<Bytes, StepError> {
    let began = wall::mono();
    let mut bytes = BytesMut::new();
    loop {
        let due = RetryPolicy::STANDARD.attempt + Duration::from_secs(bytes.len() as u64 / SLOWEST);
        let left = due.saturating_sub(wall::mono().since(began));
        match wall::timeout(left, body.next()).await {
            Some(Some(Ok(piece))) => bytes.extend_from_slice(&piece),
            Some(Some(Err(error))) => return Err(broken_body(&error)),
            Some(None) => return Ok(bytes.freeze()),
            None => {
                return Err(StepError {
                    operation: "GetObject".to_owned(),
                    code: "IncompleteBody".to_owned(),
                    message: format!("{} bytes came within {due:?}", bytes.len()),
                });
            }
        }
    }
}

fn broken_body(error: &aws_sdk_s3::primitives::ByteStreamError) -> StepError {
    let message = root_cause(error);
    let mismatch = message.to_lowercase().contains("checksum");
    let code = if mismatch {
        CHECKSUM_MISMATCH
    } else {
        "IncompleteBody"
    };
    StepError {
        operation: "GetObject".to_owned(),
        code: code.to_owned(),
        message,
    }
}

/// Stores an object together with the SHA-256 of its bytes.
///
/// # Errors
/// S3's error.
pub async fn put(client: &Client, bucket: &str, key: &str, body: Vec<u8>) -> Result<(), StepError> {
    let request = client
        .put_object()
        .bucket(bucket)
        .key(key)
        .checksum_algorithm(ChecksumAlgorithm::Sha256);
    request
        .body(body.into())
        .send()
        .await
        .map_err(|error| api_error("PutObject", &error))?;
    Ok(())
}

/// Deletes an object: where versions are kept, a delete marker becomes the current one.
///
/// # Errors
/// S3's error.
pub async fn delete(client: &Client, bucket: &str, key: &str) -> Result<(), StepError> {
    let deleted = client.delete_object().bucket(bucket).key(key).send().await;
    deleted
        .map(drop)
        .map_err(|error| api_error("DeleteObject", &error))
}

/// What a request says that makes a bucket in this region; nothing in us-east-1.
pub fn location(region: &str) -> Option<CreateBucketConfiguration> {
    (region != CLASSIC_REGION).then(|| {
        CreateBucketConfiguration::builder()
            .location_constraint(BucketLocationConstraint::from(region))
            .build()
    })
}

/// Makes a bucket in an AWS region, with versions if asked. False if it was there already and is ours. The request is
/// signed for that region, since others refuse it.
///
/// # Errors
/// S3's error.
pub async fn create_bucket(
    client: &Client,
    name: &str,
    region: &str,
    versioned: bool,
) -> Result<bool, StepError> {
    let request = client.create_bucket().bucket(name);
    let request = request
        .set_create_bucket_configuration(location(region))
        .customize();
    let there = Config::builder().region(Region::new(region.to_owned()));
    let made = request.config_override(there).send().await;
    match made.map_err(|error| api_error("CreateBucket", &error)) {
        // In us-east-1 S3 answers success if the caller owns it already.
        Err(error) if error.code == "BucketAlreadyOwnedByYou" => return Ok(false),
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    if versioned {
        let enabled = VersioningConfiguration::builder()
            .status(BucketVersioningStatus::Enabled)
            .build();
        let request = client.put_bucket_versioning().bucket(name);
        let put = request.versioning_configuration(enabled).send().await;
        put.map_err(|error| api_error("PutBucketVersioning", &error))?;
    }
    Ok(true)
}

/// Copies one object, or one version of it, within S3, with all that belongs to it.
///
/// # Errors
/// S3's error.
pub async fn copy(
    client: &Client,
    from: (&str, &str, Option<&str>),
    to: (&str, &str),
) -> Result<(), StepError> {
    let (bucket, key, version) = from;
    let mut source = format!("{bucket}/{}", encoded(key));
    if let Some(version) = version {
        source.push_str(&format!("?versionId={version}"));
    }
    let request = client.copy_object().copy_source(source).bucket(to.0).key(to.1);
    request
        .send()
        .await
        .map_err(|error| api_error("CopyObject", &error))?;
    Ok(())
}

/// Puts a replication configuration with one rule: everything in `from` is copied to the bucket `to`.
///
/// # Errors
/// S3's error.
pub async fn put_replication(
    client: &Client,
    from: &str,
    to: &str,
    enabled: bool,
    delete_markers: bool,
) -> Result<(), StepError> {
    let incomplete = |error: aws_sdk_s3::error::BuildError| StepError {
        operation: "PutBucketReplication".to_owned(),
        code: "InvalidRequest".to_owned(),
        message: error.to_string(),
    };
    let markers = if delete_markers {
        DeleteMarkerReplicationStatus::Enabled
    } else {
        DeleteMarkerReplicationStatus::Disabled
    };
    let status = if enabled {
        ReplicationRuleStatus::Enabled
    } else {
        ReplicationRuleStatus::Disabled
    };
    let destination = Destination::builder()
        .bucket(format!("arn:aws:s3:::{to}"))
        .build()
        .map_err(incomplete)?;
    let rule = ReplicationRule::builder()
        .id("firedrill")
        .priority(1)
        .filter(ReplicationRuleFilter::builder().prefix("").build())
        .status(status)
        .destination(destination)
        .delete_marker_replication(DeleteMarkerReplication::builder().status(markers).build())
        .build()
        .map_err(incomplete)?;
    let configuration = ReplicationConfiguration::builder()
        .role(REPLICATION_ROLE)
        .rules(rule)
        .build()
        .map_err(incomplete)?;
    let request = client
        .put_bucket_replication()
        .bucket(from)
        .replication_configuration(configuration);
    request
        .send()
        .await
        .map_err(|error| api_error("PutBucketReplication", &error))?;
    Ok(())
}

/// A key as it stands in the header `x-amz-copy-source`: every byte but letters, digits and `/-_.~` in
/// per cent signs.
fn encoded(key: &str) -> String {
    let mut text = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                text.push(byte as char)
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// Does `work` for each item, [`CONCURRENCY`] at once; results come as they are ready.
pub fn side_by_side<T, F: Future>(
    items: impl IntoIterator<Item = T>,
    work: impl FnMut(T) -> F,
) -> impl Stream<Item = F::Output> {
    futures::stream::iter(items)
        .map(work)
        .buffer_unordered(CONCURRENCY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copy_sources_keep_slashes_and_encode_the_rest() {
        assert_eq!(encoded("a b+c/ü.bin"), "a%20b%2Bc/%C3%BC.bin");
    }
}
