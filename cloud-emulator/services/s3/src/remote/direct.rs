//! Our own requests to the endpoints, past the gateway and its faults.

use std::fmt;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};
use bytes::Bytes;
use http::StatusCode;
use runtime::wall;

use super::refusals::refused;
use super::region::Region;
use super::remote_s3::Remote;
use cloud_client::ask::collected;
use cloud_gateway::AwsError;

/// An endpoint does not answer as S3 does.
#[derive(Debug)]
pub(crate) struct Unlisted {
    to: String,
    region: String,
    /// What it said, or how long it said nothing.
    said: Result<AwsError, Duration>,
}

impl std::error::Error for Unlisted {}

impl fmt::Display for Unlisted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unlisted { to, region, said } = self;
        write!(f, "http://{to} does not list its buckets for {region}: ")?;
        match said {
            Ok(error) => error.fmt(f),
            Err(limit) => write!(f, "no answer within {limit:?}"),
        }
    }
}

impl Remote {
    /// Has every endpoint that is not down by a fault list its buckets, each within so much wall time: an
    /// endpoint that can do that speaks S3.
    ///
    /// # Errors
    /// The first that does not, and what it said.
    pub(crate) async fn answers(&self, limit: Duration) -> Result<(), Unlisted> {
        for region in &self.regions {
            let Ok(client) = region.direct() else { continue };
            let said = match wall::timeout(limit, client.list_buckets().send()).await {
                Some(Ok(_)) => continue,
                Some(Err(error)) => Some(refused("ListBuckets", &error)),
                None => None,
            };
            return Err(Unlisted {
                to: region.to.to_string(),
                region: region.name.to_string(),
                said: said.ok_or(limit),
            });
        }
        Ok(())
    }
}

/// An object as it was read whole.
pub(super) struct Fetched {
    /// Everything but the body.
    pub(super) head: GetObjectOutput,
    pub(super) body: Bytes,
    /// Tags in the form of a query, if there are any.
    pub(super) tags: Option<String>,
}

impl Fetched {
    /// Whether a checksum of the whole body is stored with it.
    pub(super) fn has_checksum(&self) -> bool {
        let head = &self.head;
        [
            head.checksum_sha256(),
            head.checksum_sha1(),
            head.checksum_crc32(),
            head.checksum_crc32_c(),
            head.checksum_crc64_nvme(),
        ]
        .iter()
        .any(|checksum| checksum.is_some_and(|text| !text.contains('-')))
    }

    /// A request that writes the same object elsewhere, with all that belongs to it.
    pub(super) fn written_to(&self, client: &Client, bucket: &str, key: &str) -> PutObjectFluentBuilder {
        let head = &self.head;
        let own = |text: Option<&str>| text.map(str::to_owned);
        // Checksums of multipart uploads are not those of the whole body.
        let whole = |text: Option<&str>| text.filter(|text| !text.contains('-')).map(str::to_owned);
        let algorithms = [
            (head.checksum_sha256(), ChecksumAlgorithm::Sha256),
            (head.checksum_sha1(), ChecksumAlgorithm::Sha1),
            (head.checksum_crc32(), ChecksumAlgorithm::Crc32),
            (head.checksum_crc32_c(), ChecksumAlgorithm::Crc32C),
            (head.checksum_crc64_nvme(), ChecksumAlgorithm::Crc64Nvme),
        ];
        let named = algorithms.into_iter().find(|(text, _)| whole(*text).is_some());
        client
            .put_object()
            .bucket(bucket)
            .key(key)
            .body(self.body.clone().into())
            .set_content_type(own(head.content_type()))
            .set_cache_control(own(head.cache_control()))
            .set_content_disposition(own(head.content_disposition()))
            .set_content_encoding(own(head.content_encoding()))
            .set_content_language(own(head.content_language()))
            .set_website_redirect_location(own(head.website_redirect_location()))
            .set_metadata(head.metadata().cloned())
            .set_storage_class(head.storage_class().map(|class| class.as_str().into()))
            .set_tagging(self.tags.clone())
            .set_checksum_algorithm(named.map(|(_, algorithm)| algorithm))
            .set_checksum_sha256(whole(head.checksum_sha256()))
            .set_checksum_sha1(whole(head.checksum_sha1()))
            .set_checksum_crc32(whole(head.checksum_crc32()))
            .set_checksum_crc32_c(whole(head.checksum_crc32_c()))
            .set_checksum_crc64_nvme(whole(head.checksum_crc64_nvme()))
    }
}

impl Region {
    /// Reads a version whole.
    pub(super) async fn fetch(&self, bucket: &str, key: &str, id: Option<&str>) -> Result<Fetched, AwsError> {
        let request = self.direct()?.get_object().bucket(bucket).key(key);
        self.fetched(request.set_version_id(id.map(str::to_owned)), bucket, key)
            .await
    }

    /// Sends a read that has been prepared.
    pub(super) async fn fetched(
        &self,
        request: aws_sdk_s3::operation::get_object::builders::GetObjectFluentBuilder,
        bucket: &str,
        key: &str,
    ) -> Result<Fetched, AwsError> {
        let answer = request.checksum_mode(ChecksumMode::Enabled).send().await;
        let mut head = answer.map_err(|error| refused("GetObject", &error))?;
        let body = std::mem::replace(
            &mut head.body,
            aws_sdk_s3::primitives::ByteStream::from_static(b""),
        );
        let body = collected(body).await.map_err(|error| {
            let message = format!("The endpoint's answer cannot be read: {}", error.message);
            AwsError::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message)
        })?;
        let tags = match head.tag_count() {
            Some(count) if count > 0 => Some(self.tags(bucket, key, head.version_id()).await?),
            _ => None,
        };
        Ok(Fetched { head, body, tags })
    }

    async fn tags(&self, bucket: &str, key: &str, id: Option<&str>) -> Result<String, AwsError> {
        let request = self.direct()?.get_object_tagging().bucket(bucket).key(key);
        let answer = request.set_version_id(id.map(str::to_owned)).send().await;
        let answer = answer.map_err(|error| refused("GetObjectTagging", &error))?;
        let mut text = form_urlencoded::Serializer::new(String::new());
        for tag in answer.tag_set() {
            text.append_pair(tag.key(), tag.value());
        }
        Ok(text.finish())
    }
}
