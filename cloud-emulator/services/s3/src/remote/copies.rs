//! Copies that clients ask for: within one endpoint they are the endpoint's business, between two they are made here.

use std::sync::Arc;

use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use s3s::Body;
use s3s::dto::{CopyObjectResult, CopyPartResult, ETag, Timestamp};

use super::about::{About, NULL, VERSION_ID};
use super::direct::Fetched;
use super::documents::{document, read_outcome};
use super::index::Written;
use super::refusals::refused;
use super::region::Region;
use super::remote_s3::Remote;
use super::turns::Turn;
use crate::embedded::timestamp;
use cloud_gateway::AwsError;

const SOURCE_VERSION_ID: &str = "x-amz-copy-source-version-id";

/// What a copy reads.
struct Source {
    bucket: String,
    key: String,
    id: Option<String>,
}

impl Source {
    /// `x-amz-copy-source: bucket/key?versionId=…`, with or without a slash before it, encoded.
    fn from_headers(headers: &HeaderMap) -> Result<Source, AwsError> {
        let text = headers
            .get("x-amz-copy-source")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let decoded = percent_encoding::percent_decode_str(path.trim_start_matches('/')).decode_utf8();
        let decoded = decoded.unwrap_or_default();
        let parts = decoded
            .split_once('/')
            .filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty());
        let (bucket, key) = parts.ok_or_else(|| {
            AwsError::new(
                StatusCode::BAD_REQUEST,
                "InvalidArgument",
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            )
        })?;
        let id = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "versionId");
        Ok(Source {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            id: id.map(|(_, id)| id.into_owned()),
        })
    }
}

/// From where to where a copy goes.
struct Way<'a> {
    source: Source,
    /// The damage of what is read, which goes with it.
    damage: Option<Arc<str>>,
    from: &'a Region,
    to: &'a Region,
}

impl Way<'_> {
    fn is_within_one(&self) -> bool {
        self.from.to == self.to.to
    }
}

impl Remote {
    pub(super) async fn copy_object(
        &self,
        request: Request<Body>,
        about: &About<'_>,
    ) -> Result<Response<Body>, AwsError> {
        let way = self.way(request.headers(), about)?;
        let source = &way.source;
        let turn = self.turns.client(about.bucket, about.key).await;
        // An old version over its own key is how a version is restored; LocalStack takes it for a copy that changes
        // nothing.
        let restores = source.id.is_some() && source.bucket == about.bucket && source.key == about.key;
        if !way.is_within_one() || restores {
            return self.copy_between(request.headers(), way, about, &turn).await;
        }
        let (answer, done) = read_outcome(self.pass(about.region, request).await?).await?;
        if done {
            let written = Written {
                damage: way.damage,
                ..self.written(&answer)
            };
            self.wrote(about.bucket, about.key, written, &turn).await;
        }
        Ok(answer)
    }

    fn way(&self, headers: &HeaderMap, about: &About<'_>) -> Result<Way<'_>, AwsError> {
        let source = Source::from_headers(headers)?;
        Ok(Way {
            damage: self.damage_of(&source.bucket, &source.key, source.id.as_deref()),
            from: self.home(&source.bucket)?,
            to: self.region_or_first(about.region),
            source,
        })
    }

    /// Reads here, writes there. As in a copy by S3, what is stored with the object (checksums) goes with it, and so
    /// does its damage.
    async fn copy_between(
        &self,
        headers: &HeaderMap,
        way: Way<'_>,
        about: &About<'_>,
        turn: &Turn<'_>,
    ) -> Result<Response<Body>, AwsError> {
        let Way {
            source,
            damage,
            from,
            to,
        } = way;
        let fetched = read(from, &source, headers).await?;
        let write = fetched.written_to(to.direct()?, about.bucket, about.key);
        let text = |name: &str| text(headers, name);
        let written = replaced(write, headers)
            .set_storage_class(text("x-amz-storage-class").map(|class| class.as_str().into()))
            .set_acl(text("x-amz-acl").map(|acl| acl.as_str().into()))
            .set_if_match(text("if-match"))
            .set_if_none_match(text("if-none-match"))
            .send()
            .await
            .map_err(|error| refused("CopyObject", &error))?;
        let id = written.version_id().unwrap_or(NULL);
        let note = Written {
            damage,
            ..Written::now(id, self.clock.now())
        };
        self.wrote(about.bucket, about.key, note, turn).await;
        let answer = document(&CopyObjectResult {
            e_tag: etag(written.e_tag()),
            last_modified: Some(now()),
            ..CopyObjectResult::default()
        });
        Ok(with_versions(
            answer,
            written.version_id(),
            fetched.head.version_id(),
        ))
    }

    pub(super) async fn copy_part(
        &self,
        request: Request<Body>,
        about: &About<'_>,
    ) -> Result<Response<Body>, AwsError> {
        let way = self.way(request.headers(), about)?;
        if way.is_within_one() && way.damage.is_none() {
            return self.pass(about.region, request).await;
        }
        let Way {
            source,
            damage,
            from,
            to,
        } = way;
        let query: std::collections::HashMap<_, _> =
            form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).collect();
        let fetched = from
            .fetch(&source.bucket, &source.key, source.id.as_deref())
            .await?;
        let mut body = match &damage {
            Some(path) => self.damaged_whole(path, &fetched.body),
            None => fetched.body.clone(),
        };
        let range = request.headers().get("x-amz-copy-source-range");
        if let Some(range) = range.and_then(|range| range.to_str().ok()) {
            body = part(&body, range)?;
        }
        let written = to
            .direct()?
            .upload_part()
            .bucket(about.bucket)
            .key(about.key)
            .set_upload_id(query.get("uploadId").map(|id| id.to_string()))
            .set_part_number(query.get("partNumber").and_then(|number| number.parse().ok()))
            .body(body.into())
            .send()
            .await
            .map_err(|error| refused("UploadPartCopy", &error))?;
        let answer = document(&CopyPartResult {
            e_tag: etag(written.e_tag()),
            last_modified: Some(now()),
            ..CopyPartResult::default()
        });
        Ok(with_versions(answer, None, fetched.head.version_id()))
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    value.to_str().ok().map(str::to_owned)
}

/// Reads what is copied, if the conditions of the copy allow it.
async fn read(from: &Region, source: &Source, headers: &HeaderMap) -> Result<Fetched, AwsError> {
    let text = |name: &str| text(headers, name);
    let date = |name: &str| DateTime::from_str(&text(name)?, DateTimeFormat::HttpDate).ok();
    let read = from
        .direct()?
        .get_object()
        .bucket(&source.bucket)
        .key(&source.key)
        .set_version_id(source.id.clone())
        .set_if_match(text("x-amz-copy-source-if-match"))
        .set_if_none_match(text("x-amz-copy-source-if-none-match"))
        .set_if_modified_since(date("x-amz-copy-source-if-modified-since"))
        .set_if_unmodified_since(date("x-amz-copy-source-if-unmodified-since"));
    let fetched = from.fetched(read, &source.bucket, &source.key).await;
    fetched.map_err(|error| match error.status {
        StatusCode::NOT_MODIFIED => AwsError::new(
            StatusCode::PRECONDITION_FAILED,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
        ),
        _ => error,
    })
}

/// The write, with the metadata and tags of the request where it says that they replace those of the source.
fn replaced(mut write: PutObjectFluentBuilder, headers: &HeaderMap) -> PutObjectFluentBuilder {
    let text = |name: &str| text(headers, name);
    if text("x-amz-metadata-directive").as_deref() == Some("REPLACE") {
        let metadata = headers.iter().filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix("x-amz-meta-")?;
            Some((name.to_owned(), value.to_str().ok()?.to_owned()))
        });
        write = write
            .set_metadata(Some(metadata.collect()))
            .set_content_type(text("content-type"))
            .set_cache_control(text("cache-control"))
            .set_content_disposition(text("content-disposition"))
            .set_content_encoding(text("content-encoding"))
            .set_content_language(text("content-language"));
    }
    if text("x-amz-tagging-directive").as_deref() == Some("REPLACE") {
        write = write.set_tagging(text("x-amz-tagging"));
    }
    write
}

fn etag(text: Option<&str>) -> Option<ETag> {
    text.map(|text| ETag::Strong(text.trim_matches('"').to_owned()))
}

/// The endpoints' own dates are those of the wall.
fn now() -> Timestamp {
    timestamp(runtime::wall::now_us())
}

fn with_versions(mut answer: Response<Body>, id: Option<&str>, source: Option<&str>) -> Response<Body> {
    let headers = answer.headers_mut();
    if let Some(id) = id.and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.insert(VERSION_ID, id);
    }
    if let Some(id) = source.and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.insert(SOURCE_VERSION_ID, id);
    }
    answer
}

/// `bytes=first-last` of a body.
fn part(body: &bytes::Bytes, range: &str) -> Result<bytes::Bytes, AwsError> {
    let bounds = range
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'));
    let bounds =
        bounds.and_then(|(first, last)| Some((first.parse::<usize>().ok()?, last.parse::<usize>().ok()?)));
    match bounds {
        Some((first, last)) if first <= last && last < body.len() => Ok(body.slice(first..=last)),
        _ => Err(AwsError::new(
            StatusCode::BAD_REQUEST,
            "InvalidArgument",
            "Range specified is not valid for the source object",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_read_with_and_without_a_slash_and_a_version() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-amz-copy-source", text.parse().unwrap());
            Source::from_headers(&headers).map(|source| (source.bucket, source.key, source.id))
        };
        let plain = ("b".to_owned(), "a b/c".to_owned(), None);
        assert_eq!(of("b/a%20b/c").unwrap(), plain);
        assert_eq!(of("/b/a%20b/c").unwrap(), plain);
        assert_eq!(of("b/k?versionId=1%2B").unwrap().2.as_deref(), Some("1+"));
        assert!(of("b").is_err());
        assert!(of("b/").is_err());
    }

    #[test]
    fn a_part_is_what_its_range_says() {
        let body = bytes::Bytes::from_static(b"0123456789");
        assert_eq!(&part(&body, "bytes=2-4").unwrap()[..], b"234");
        assert!(part(&body, "bytes=5-10").is_err());
        assert!(part(&body, "bytes=5-").is_err());
    }
}
