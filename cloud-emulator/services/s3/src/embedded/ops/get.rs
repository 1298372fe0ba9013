//! `GetObject` and `HeadObject`.

use s3s::dto::*;
use s3s::{Body, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};

use super::answer::answer;
use crate::embedded::attributes::check_customer_key;
use crate::embedded::calendar::{http_date, timestamp};
use crate::embedded::conditions::ReadConditions;
use crate::embedded::fields::{customer_key_of, set_attributes, set_checksum, set_encryption};
use crate::embedded::found::{Found, find, version_id};
use crate::embedded::object::Object;
use crate::embedded::service::Service;

/// The part of a body that a request wants.
struct Slice {
    from: usize,
    to: usize,
    /// `None` is the whole.
    content_range: Option<String>,
    /// The parts that there are, when one was asked for.
    parts: Option<i32>,
}

fn slice(object: &Object, range: Option<Range>, part: Option<i32>) -> S3Result<Slice> {
    let size = object.size();
    match (range, part) {
        (Some(_), Some(_)) => Err(s3_error!(
            InvalidRequest,
            "Cannot specify both Range header and partNumber query parameter"
        )),
        (None, None) => Ok(Slice {
            from: 0,
            to: size as usize,
            content_range: None,
            parts: None,
        }),
        (Some(range), None) => {
            // The last bytes of nothing are none, and S3 has no range without bytes.
            let wanted = range.check(size).ok().filter(|wanted| !wanted.is_empty());
            let wanted = wanted.ok_or_else(|| not_satisfiable(size))?;
            Ok(Slice {
                from: wanted.start as usize,
                to: wanted.end as usize,
                content_range: Some(format!("bytes {}-{}/{size}", wanted.start, wanted.end - 1)),
                parts: None,
            })
        }
        (None, Some(number)) => part_slice(object, number),
    }
}

fn not_satisfiable(size: u64) -> S3Error {
    let mut error = s3_error!(InvalidRange, "The requested range is not satisfiable");
    let mut headers = http::HeaderMap::new();
    if let Ok(value) = http::HeaderValue::try_from(format!("bytes */{size}")) {
        headers.insert(http::header::CONTENT_RANGE, value);
    }
    headers.insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/xml"),
    );
    error.set_headers(headers);
    error
}

fn part_slice(object: &Object, number: i32) -> S3Result<Slice> {
    let parts = object.parts();
    let invalid = || {
        let mut error = S3Error::with_message(
            S3ErrorCode::InvalidPart,
            "The requested partnumber is not satisfiable",
        );
        error.set_status_code(if parts.is_empty() {
            http::StatusCode::RANGE_NOT_SATISFIABLE
        } else {
            http::StatusCode::BAD_REQUEST
        });
        error
    };
    let size = object.size();
    if parts.is_empty() {
        // An object that was uploaded in one piece is its own part 1.
        let whole = Slice {
            from: 0,
            to: size as usize,
            content_range: (size > 0).then(|| format!("bytes 0-{}/{size}", size - 1)),
            parts: None,
        };
        return if number == 1 { Ok(whole) } else { Err(invalid()) };
    }
    let index = usize::try_from(number)
        .ok()
        .and_then(|n| n.checked_sub(1))
        .ok_or_else(invalid)?;
    let part = parts.get(index).ok_or_else(invalid)?;
    let from: u64 = parts[..index].iter().map(|p| p.size).sum();
    let to = from + part.size;
    Ok(Slice {
        from: from as usize,
        to: to as usize,
        content_range: (to > from).then(|| format!("bytes {from}-{}/{size}", to - 1)),
        parts: i32::try_from(parts.len()).ok(),
    })
}

/// Fills what the outputs of a read and of a head have in common.
macro_rules! fill {
    ($output:ident, $found:ident, $slice:ident, $input:ident, $now:expr) => {
        let object = &*$found.object;
        $output.accept_ranges = Some("bytes".to_owned());
        $output.content_length = i64::try_from($slice.to - $slice.from).ok();
        $output.content_range = $slice.content_range;
        $output.e_tag = Some(ETag::Strong(object.etag.to_string()));
        $output.last_modified = Some(timestamp($found.modified_us));
        $output.version_id = $found.version.map(|v| v.to_string());
        $output.replication_status = replication_status(&$found);
        $output.restore = restore_status(object, $now);
        if $input.checksum_mode.is_some() {
            match $input.part_number.filter(|_| !object.parts().is_empty()) {
                Some(part) => {
                    let checksum = object.parts()[part as usize - 1].checksum;
                    set_checksum!($output, checksum, 0);
                }
                None if $output.content_range.is_none() || $input.part_number.is_some() => {
                    set_checksum!($output, object.checksum, object.etag.parts);
                }
                None => {}
            }
        }
        set_encryption!($output, object);
        set_attributes!($output, object);
    };
}

/// The header `x-amz-restore`.
fn restore_status(object: &Object, now_us: i64) -> Option<String> {
    let restore = object.restore_at(now_us)?;
    if restore.is_ongoing(now_us) {
        return Some("ongoing-request=\"true\"".to_owned());
    }
    let until = http_date(restore.expires_us)?;
    let until = until.to_str().ok()?;
    Some(format!("ongoing-request=\"false\", expiry-date=\"{until}\""))
}

fn replication_status(found: &Found) -> Option<ReplicationStatus> {
    use crate::embedded::versions::Replication;
    let status = match found.replication {
        Replication::None => return None,
        Replication::Pending => ReplicationStatus::PENDING,
        Replication::Completed => ReplicationStatus::COMPLETED,
        Replication::Failed => ReplicationStatus::FAILED,
        Replication::Replica => ReplicationStatus::REPLICA,
    };
    Some(ReplicationStatus::from_static(status))
}

/// What a client has is still current: 304 says what a whole answer would have said of it (RFC 9110, 15.4.5).
fn with_validators(mut error: S3Error, found: &Found) -> S3Error {
    if *error.code() != S3ErrorCode::NotModified {
        return error;
    }
    let mut headers = http::HeaderMap::new();
    let stored = found.object.extra.as_deref().map(|extra| &extra.headers);
    let told = [
        (http::header::ETAG, Some(format!("\"{}\"", found.object.etag))),
        (
            http::header::CACHE_CONTROL,
            stored.and_then(|headers| headers.cache_control.as_deref().map(str::to_owned)),
        ),
        (
            http::HeaderName::from_static("x-amz-version-id"),
            found.version.map(|version| version.to_string()),
        ),
    ];
    for (name, text) in told {
        if let Some(Ok(value)) = text.map(http::HeaderValue::try_from) {
            headers.insert(name, value);
        }
    }
    let dates = [
        (http::header::LAST_MODIFIED, Some(found.modified_us)),
        (
            http::header::EXPIRES,
            stored.and_then(|headers| headers.expires_us),
        ),
    ];
    for (name, us) in dates {
        if let Some(date) = us.and_then(http_date) {
            headers.insert(name, date);
        }
    }
    error.set_headers(headers);
    error
}

/// A read that names the store's own encryption asks for what only a write may.
fn refuse_encryption(headers: &http::HeaderMap) -> S3Result<()> {
    if headers.contains_key("x-amz-server-side-encryption") {
        Err(s3_error!(
            InvalidArgument,
            "x-amz-server-side-encryption header is not supported for this operation."
        ))
    } else {
        Ok(())
    }
}

/// What a read finds, if its conditions allow it: the types of its input differ, their fields do not.
macro_rules! found {
    ($service:expr, $req:expr) => {{
        let input = &$req.input;
        refuse_encryption(&$req.headers)?;
        let id = version_id(input.version_id.as_deref())?;
        let bucket = $service.store.bucket(&input.bucket)?;
        let found = bucket.read(|state| find(state, &input.key, id))??;
        check_customer_key(&found.object, customer_key_of!(input))?;
        ReadConditions {
            if_match: input.if_match.as_ref(),
            if_none_match: input.if_none_match.as_ref(),
            if_modified_since: input.if_modified_since.as_ref(),
            if_unmodified_since: input.if_unmodified_since.as_ref(),
        }
        .check_read(&found.object, found.modified_us)
        .map_err(|error| with_validators(error, &found))?;
        found
    }};
}

/// Reads an object, or a range or part of it.
pub(crate) fn object(
    service: &Service,
    req: S3Request<GetObjectInput>,
) -> S3Result<S3Response<GetObjectOutput>> {
    let input = &req.input;
    let found = found!(service, req);
    if found.object.is_archived(service.store.now_us()) {
        return Err(s3_error!(
            InvalidObjectState,
            "The operation is not valid for the object's storage class"
        ));
    }
    let slice = slice(&found.object, input.range, input.part_number)?;
    let body = found.object.body.slice(slice.from..slice.to);
    let mut output = GetObjectOutput {
        body: Some(StreamingBlob::from(Body::from(body))),
        parts_count: slice.parts,
        tag_count: i32::try_from(found.object.tags().len()).ok().filter(|n| *n > 0),
        ..Default::default()
    };
    fill!(output, found, slice, input, service.store.now_us());
    answer(output)
}

/// Answers like a read, without the body.
pub(crate) fn head(
    service: &Service,
    req: S3Request<HeadObjectInput>,
) -> S3Result<S3Response<HeadObjectOutput>> {
    let input = &req.input;
    let found = found!(service, req);
    let slice = slice(&found.object, input.range, input.part_number)?;
    let mut output = HeadObjectOutput {
        parts_count: slice.parts,
        ..Default::default()
    };
    fill!(output, found, slice, input, service.store.now_us());
    let mut response = S3Response::new(output);
    // The protocol library has no field for it here.
    let tags = found.object.tags().len();
    if tags > 0 {
        response
            .headers
            .insert("x-amz-tagging-count", http::HeaderValue::from(tags));
    }
    Ok(response)
}
