//! Our own requests to the endpoints, past the gateway and its faults.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;
use http::StatusCode;
use http::uri::Authority;
use runtime::wall;
use tokio::sync::watch;

use super::{Endpoint, Remote};
use crate::client::ask::{api_error, collected};
use crate::client::{Connections, KeyPair, Patience, S3};
use crate::gateway::AwsError;

/// One region as requests get there.
pub(super) struct Region {
    pub(super) name: Arc<str>,
    pub(super) to: Authority,
    /// Straight to the endpoint: no gateway, no faults.
    client: Client,
    /// Whether a fault has taken the endpoint.
    down: watch::Sender<bool>,
}

impl Region {
    pub(super) fn new(endpoint: &Endpoint, connections: &Connections, keys: &KeyPair) -> Region {
        let url = format!("http://{}", endpoint.to);
        let s3 = S3::new(connections, &url, &endpoint.region, keys, Patience::STANDARD);
        Region {
            name: Arc::from(endpoint.region.as_str()),
            to: endpoint.to.clone(),
            client: s3.client().clone(),
            down: watch::Sender::new(false),
        }
    }

    /// Straight to the endpoint, unless it is down: nobody waits for what is known not to come.
    pub(super) fn direct(&self) -> Result<&Client, AwsError> {
        self.up().map(|()| &self.client)
    }

    /// The error that everybody gets at once as long as the endpoint is down.
    pub(super) fn up(&self) -> Result<(), AwsError> {
        match self.is_down() {
            true => Err(AwsError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                format!("The container of {} is down", self.name),
            )),
            false => Ok(()),
        }
    }

    pub(super) fn is_down(&self) -> bool {
        *self.down.borrow()
    }

    pub(super) fn set_down(&self, down: bool) {
        self.down.send_replace(down);
    }

    /// Resolves when the endpoint is down.
    pub(super) async fn went_down(&self) {
        // The sender lives as long as this.
        let _ = self.down.subscribe().wait_for(|down| *down).await;
    }

    /// Whether there is a bucket of this name, whoever made it. Only "not found" says that there is none: one of which
    /// the endpoint does not tell may be somebody's.
    pub(super) async fn is_there(&self, bucket: &str) -> Result<bool, AwsError> {
        let Err(error) = self.direct()?.head_bucket().bucket(bucket).send().await else {
            return Ok(true);
        };
        let told = refused("HeadBucket", &error);
        match error.raw_response().map(|response| response.status().as_u16()) {
            Some(404) => Ok(false),
            status => Err(AwsError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                format!(
                    "http://{} does not tell whether there is a bucket {bucket}: {}",
                    self.to,
                    status.map_or_else(|| told.to_string(), |status| format!("status {status}"))
                ),
            )),
        }
    }
}

impl Remote {
    /// Has every endpoint that is not down by a fault list its buckets, each within so much wall time: whoever can do
    /// that speaks S3.
    ///
    /// # Errors
    /// The first that does not, and what it said.
    pub(crate) async fn answers(&self, limit: Duration) -> Result<(), String> {
        for region in &self.regions {
            let Ok(client) = region.direct() else { continue };
            let said = match wall::timeout(limit, client.list_buckets().send()).await {
                Some(Ok(_)) => continue,
                Some(Err(error)) => refused("ListBuckets", &error).to_string(),
                None => format!("no answer within {limit:?}"),
            };
            return Err(format!(
                "http://{} does not list its buckets for {}: {said}",
                region.to, region.name
            ));
        }
        Ok(())
    }
}

/// An error of the endpoint as it gave it; one of ours if it gave none.
pub(super) fn refused<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> AwsError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let status = error
        .raw_response()
        .and_then(|response| StatusCode::from_u16(response.status().as_u16()).ok());
    let told = api_error(operation, error);
    match status {
        Some(status) => AwsError::new(status, told.code, told.message),
        None => AwsError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            format!("The endpoint does not answer: {}", told.message),
        ),
    }
}

/// A request that cannot be built from what a client sent.
pub(super) fn unbuildable(error: aws_sdk_s3::error::BuildError) -> AwsError {
    AwsError::new(StatusCode::BAD_REQUEST, "InvalidRequest", error.to_string())
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
