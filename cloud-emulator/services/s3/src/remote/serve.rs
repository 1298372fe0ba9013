//! One request to a foreign S3: passed on as it came, or answered here where the endpoint would do something else.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header, request};
use http_body_util::Limited;
use runtime::wall;
use s3s::Body;

use super::about::{About, NULL, version_of};
use super::documents::read_outcome;
use super::index::Written;
use super::refusals::{no_such_bucket, not_here, refused};
use super::remote_s3::Remote;
use super::turns::Turn;
use cloud_client::LARGEST_DOCUMENT;
use cloud_gateway::{AwsError, RequestInfo};

use crate::embedded::{Replication, Versioning};
use crate::protocol::bucket_of;

const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const COPY_SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source");
const REPLICATION_STATUS: HeaderName = HeaderName::from_static("x-amz-replication-status");

impl Remote {
    /// Answers a request whose signature has been verified, and which `seen` describes.
    ///
    /// # Errors
    /// Those that the gateway answers itself: the endpoint does not, or AWS refuses what the endpoint would do.
    pub(crate) async fn serve(
        self: &Arc<Self>,
        request: Request<Body>,
        seen: &RequestInfo,
    ) -> Result<Response<Body>, AwsError> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return self.answer(request, seen).await;
        }
        // A client that hangs up takes nothing back: what the endpoint does all the same is to be known.
        let (remote, seen) = (self.clone(), seen.clone());
        let answered = tokio::spawn(async move { remote.answer(request, &seen).await });
        match answered.await {
            Ok(answer) => answer,
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(AwsError::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "ServiceUnavailable",
                    "The cloud is being taken down",
                )),
            },
        }
    }

    async fn answer(&self, request: Request<Body>, seen: &RequestInfo) -> Result<Response<Body>, AwsError> {
        let about = About {
            operation: seen.operation.as_deref().unwrap_or_default(),
            bucket: seen.resource.as_deref().unwrap_or_default(),
            key: seen.key.as_deref().unwrap_or_default(),
            region: &seen.region,
        };
        // What no drill made is not touched.
        let bare = request.uri().path() == "/" && about.bucket.is_empty();
        if about.operation != "CreateBucket" && !bare && self.region_of(about.bucket).is_none() {
            self.region_or_first(about.region).up()?;
            return Err(no_such_bucket());
        }
        match about.operation {
            "ListBuckets" => self.list_buckets(request.uri().query().unwrap_or_default()),
            "CreateBucket" => self.create_bucket(request, &about).await,
            "DeleteBucket" => self.delete_bucket(request, &about).await,
            "PutBucketVersioning" => self.put_versioning(request, &about).await,
            "PutBucketReplication" => self.put_replication(request, &about).await,
            "PutBucketTagging" => self.put_bucket_tags(request, &about).await,
            "GetBucketTagging" => self.get_bucket_tags(request, &about).await,
            "DeleteBucketTagging" => self.delete_bucket_tags(&about).await,
            "GetBucketReplication" => self.get_replication(&about),
            "DeleteBucketReplication" => self.delete_replication(&about),
            "PutObject" => self.put_object(request, &about).await,
            "CompleteMultipartUpload" => self.complete_upload(request, &about).await,
            "CopyObject" => self.copy_object(request, &about).await,
            "UploadPartCopy" => self.copy_part(request, &about).await,
            "DeleteObject" => self.delete_object(request, &about).await,
            "DeleteObjects" => self.delete_objects(request, &about).await,
            "GetObject" | "HeadObject" => self.get_object(request, &about).await,
            "ListObjectVersions" => self.list_versions(request, &about).await,
            "PostObject" => Err(not_here(
                "Uploads by forms are not replicated in front of another endpoint, so they are not taken",
            )),
            _ => self.pass(about.region, request).await,
        }
    }

    /// Passes a request on to a region's endpoint.
    pub(super) async fn pass(
        &self,
        region: &str,
        request: Request<Body>,
    ) -> Result<Response<Body>, AwsError> {
        let region = self.region_or_first(region);
        region.up()?;
        let to = &region.to;
        let (mut head, body) = request.into_parts();
        self.count(&head, &body);
        by_path(&mut head, to.as_str());
        resign(&mut head, &region.name, &self.credentials);
        let answer = self.passing.send(to, Request::from_parts(head, body)).await?;
        limited(answer, self.sent.largest_object().max(LARGEST_DOCUMENT))
    }

    /// Takes note of what goes to an endpoint.
    fn count(&self, head: &request::Parts, body: &Body) {
        let length = head.headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        self.sent
            .add(length.or_else(|| http_body::Body::size_hint(body).exact()));
        let is_part = head
            .uri
            .query()
            .is_some_and(|query| query.contains("partNumber="));
        if is_part && head.headers.contains_key(COPY_SOURCE) {
            self.sent.double();
        }
    }

    /// A write of one object: what is acknowledged is remembered before the client knows of it.
    async fn put_object(
        &self,
        request: Request<Body>,
        about: &About<'_>,
    ) -> Result<Response<Body>, AwsError> {
        let turn = self.turns.client(about.bucket, about.key).await;
        let answer = self.pass(about.region, request).await?;
        if answer.status().is_success() {
            self.wrote(about.bucket, about.key, self.written(&answer), &turn)
                .await;
        }
        Ok(answer)
    }

    /// The end of an upload in parts, whose failure may stand in an answer that began as a success.
    async fn complete_upload(
        &self,
        request: Request<Body>,
        about: &About<'_>,
    ) -> Result<Response<Body>, AwsError> {
        let turn = self.turns.client(about.bucket, about.key).await;
        let (answer, done) = read_outcome(self.pass(about.region, request).await?).await?;
        if done {
            self.wrote(about.bucket, about.key, self.written(&answer), &turn)
                .await;
        }
        Ok(answer)
    }

    /// Remembers a client's write. If the key was written by others meanwhile, the endpoint is asked whose write is the
    /// latest: answers may have overtaken each other.
    pub(super) async fn wrote(&self, bucket: &str, key: &str, written: Written, turn: &Turn<'_>) {
        let before = if turn.alone() {
            None
        } else {
            self.latest(bucket, key).await
        };
        let before = before.filter(|id| *id != written.id);
        self.note(bucket, key, Written { before, ..written });
    }

    /// The endpoint's id of the latest version of a key; `None` where there are no versions, or no answer.
    async fn latest(&self, bucket: &str, key: &str) -> Option<Arc<str>> {
        let home = {
            let index = self.index.lock();
            let known = index.bucket(bucket)?;
            (known.versioning != Versioning::Off).then(|| known.region.clone())?
        };
        let unknown = |error: AwsError| {
            tracing::warn!(%error, bucket, key, "which of two writes at once is the later one is a guess");
        };
        let request = self.region(&home)?.direct().map_err(unknown).ok()?;
        let listed = request
            .list_object_versions()
            .bucket(bucket)
            .prefix(key)
            .send()
            .await;
        let page = listed
            .map_err(|error| unknown(refused("ListObjectVersions", &error)))
            .ok()?;
        let versions = page
            .versions()
            .iter()
            .map(|one| (one.key(), one.is_latest(), one.version_id()));
        let markers = page
            .delete_markers()
            .iter()
            .map(|one| (one.key(), one.is_latest(), one.version_id()));
        let mut latest = versions
            .chain(markers)
            .filter(|(known, latest, _)| *known == Some(key) && *latest == Some(true));
        latest.next()?.2.map(Arc::from)
    }

    /// What an answer says of the version that was written.
    pub(super) fn written(&self, answer: &Response<Body>) -> Written {
        Written::now(version_of(answer).unwrap_or(NULL), self.clock.now())
    }

    /// A read of an object or of its head: with the status of its replication, and damaged if it is.
    async fn get_object(
        &self,
        request: Request<Body>,
        about: &About<'_>,
    ) -> Result<Response<Body>, AwsError> {
        let answer = self.pass(about.region, request).await?;
        let mut answer = limited(answer, self.sent.largest_object())?;
        if !answer.status().is_success() {
            return Ok(answer);
        }
        let known = || {
            let index = self.index.lock();
            let version = index.version_called(about.bucket, about.key, version_of(&answer))?;
            Some((version.replication, version.damage.clone()))
        };
        let mut found = known();
        if found.is_none() {
            // It may be a copy that the endpoint has just made.
            self.turns.no_copy(about.bucket, about.key).await;
            found = known();
        }
        let Some((replication, damage)) = found else {
            return Ok(answer);
        };
        let status = match replication {
            Replication::None => None,
            Replication::Pending => Some("PENDING"),
            Replication::Completed => Some("COMPLETED"),
            Replication::Failed => Some("FAILED"),
            Replication::Replica => Some("REPLICA"),
        };
        if let Some(status) = status {
            answer
                .headers_mut()
                .insert(REPLICATION_STATUS, HeaderValue::from_static(status));
        }
        Ok(match damage {
            Some(path) if about.operation == "GetObject" => self.damaged(&path, answer).await?,
            _ => answer,
        })
    }

    /// The damage of the version that a copy reads, if it has any.
    pub(super) fn damage_of(&self, bucket: &str, key: &str, id: Option<&str>) -> Option<Arc<str>> {
        let index = self.index.lock();
        index.version_called(bucket, key, id)?.damage.clone()
    }
}

/// An answer that breaks off behind so many bytes: an endpoint may go on without end, and the client keeps what comes.
///
/// # Errors
/// It says that it has more.
fn limited(answer: Response<Body>, most: usize) -> Result<Response<Body>, AwsError> {
    let length = answer.headers().get(header::CONTENT_LENGTH);
    let length: Option<u64> = length.and_then(|length| length.to_str().ok()?.parse().ok());
    match length {
        Some(length) if length > most as u64 => Err(AwsError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            format!("The endpoint answers {length} bytes, and was never sent as many"),
        )),
        _ => Ok(answer.map(|body| Body::http_body_unsync(Limited::new(body, most)))),
    }
}

/// A bucket in the host's name goes into the path: endpoints know only host names of their own.
fn by_path(head: &mut request::Parts, to: &str) {
    let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let Some(bucket) = host.and_then(bucket_of) else {
        return;
    };
    let rest = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let Ok(path) = format!("/{bucket}{rest}").parse::<PathAndQuery>() else {
        return;
    };
    let mut parts = http::uri::Parts::default();
    parts.path_and_query = Some(path);
    if let (Ok(uri), Ok(host)) = (http::Uri::from_parts(parts), HeaderValue::from_str(to)) {
        head.uri = uri;
        head.headers.insert(header::HOST, host);
    }
}

/// Signs a request as our own: an endpoint that verifies signatures knows no key that lives as long as a step does. What
/// is signed chunk by chunk, or not at all, or by its address, stays as it is.
fn resign(head: &mut request::Parts, region: &str, credentials: &Credentials) {
    let hash = head.headers.get(CONTENT_SHA256);
    let hash = hash.and_then(|hash| hash.to_str().ok()).map(str::to_owned);
    let Some(hash) = hash.filter(|hash| !hash.starts_with("STREAMING-AWS4")) else {
        return;
    };
    if !head.headers.contains_key(header::AUTHORIZATION) {
        return;
    }
    match signed(head, region, hash, credentials) {
        Ok(signed) => {
            head.headers.remove(SECURITY_TOKEN);
            for (name, value) in &signed {
                head.headers.insert(name, value.clone());
            }
        }
        Err(error) => tracing::warn!(%error, "a request is passed on as it was signed"),
    }
}

/// The headers that sign a request.
fn signed(
    head: &request::Parts,
    region: &str,
    hash: String,
    credentials: &Credentials,
) -> Result<HeaderMap, Box<dyn std::error::Error>> {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("s3")
        .time(SystemTime::UNIX_EPOCH + Duration::from_micros(wall::now_us().cast_unsigned()))
        .settings(settings)
        .build()?
        .into();
    let kept = |name: &HeaderName| {
        let is_amz = name.as_str().starts_with("x-amz-") && *name != DATE && *name != SECURITY_TOKEN;
        is_amz || *name == header::HOST || *name == header::CONTENT_TYPE
    };
    let headers = head.headers.iter().filter(|(name, _)| kept(name));
    let headers: Vec<(&str, &str)> = headers
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    let uri = head.uri.to_string();
    let request = SignableRequest::new(
        head.method.as_str(),
        &uri,
        headers.into_iter(),
        SignableBody::Precomputed(hash),
    )?;
    let (instructions, _) = sign(request, &params)?.into_parts();
    let mut signed = http::Request::builder().body(())?;
    instructions.apply_to_request_http1x(&mut signed);
    Ok(std::mem::take(signed.headers_mut()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(host: &str, uri: &str) -> (String, String) {
        let request = Request::builder().uri(uri).header("host", host).body(()).unwrap();
        let (mut head, ()) = request.into_parts();
        by_path(&mut head, "127.0.0.1:4566");
        (
            head.uri.to_string(),
            head.headers["host"].to_str().unwrap().to_owned(),
        )
    }

    #[test]
    fn a_bucket_in_the_host_goes_into_the_path() {
        let plain = ("/b/k%2Fa?x".to_owned(), "127.0.0.1:1".to_owned());
        assert_eq!(sent("127.0.0.1:1", "/b/k%2Fa?x"), plain);
        let moved = ("/b/k?x".to_owned(), "127.0.0.1:4566".to_owned());
        assert_eq!(sent("b.localhost:1", "/k?x"), moved);
        assert_eq!(sent("b.s3.localhost:1", "/").0, "/b/");
    }
}
