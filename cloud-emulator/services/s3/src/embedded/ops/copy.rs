//! `CopyObject`, and finding the source of a copy.
//!
//! A copy shares the bytes of its source. What is stored with them (entity tag, checksum) is copied, not
//! computed anew: a copy of a corrupted object is as corrupted, and as detectable.

use s3s::dto::*;
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result, s3_error};

use super::answer::answer;
use crate::embedded::accounts::Requester;
use crate::embedded::attributes::{
    boxed, check_customer_key, customer_key, header_tags, metadata, or_default,
};
use crate::embedded::bucket::Bucket;
use crate::embedded::calendar::timestamp;
use crate::embedded::checksum::{Algorithm, Checksum};
use crate::embedded::conditions::{Conditions, ReadConditions};
use crate::embedded::error::custom;
use crate::embedded::fields::{
    asked_of, encryption_of, headers_of, protection_of, set_checksum, set_encryption,
};
use crate::embedded::found::{Found, find, version_id};
use crate::embedded::grants;
use crate::embedded::object::{ETag as StoredTag, Extra, Object};
use crate::embedded::service::Service;

/// Finds the version that a copy source names.
pub(crate) fn source(service: &Service, source: &CopySource) -> S3Result<Found> {
    let CopySource::Bucket {
        bucket,
        key,
        version_id: version,
    } = source
    else {
        return Err(s3_error!(
            NotImplemented,
            "Access points are not part of this emulation"
        ));
    };
    let id = version_id(version.as_deref())?;
    let bucket = service.store.bucket(bucket)?;
    let found = bucket.read(|state| find(state, key, id))?;
    let found = found.map_err(|error| match error.code() {
        S3ErrorCode::MethodNotAllowed => s3_error!(
            InvalidRequest,
            "The source of a copy request may not specifically refer to a delete marker by version id."
        ),
        _ => error,
    })?;
    if found.object.is_archived(service.store.now_us()) {
        return Err(custom(
            "ObjectNotInActiveTierError",
            http::StatusCode::FORBIDDEN,
            "The source object of the COPY action is not in the active tier and is only stored in Amazon S3 Glacier.",
        ));
    }
    Ok(found)
}

/// Checks the conditions and the customer's key that a copy names for its source.
macro_rules! check_source {
    ($found:expr, $input:expr) => {
        ReadConditions {
            if_match: $input.copy_source_if_match.as_ref(),
            if_none_match: $input.copy_source_if_none_match.as_ref(),
            if_modified_since: $input.copy_source_if_modified_since.as_ref(),
            if_unmodified_since: $input.copy_source_if_unmodified_since.as_ref(),
        }
        .check_source(&$found.object, $found.modified_us)?;
        let key = customer_key(
            $input.copy_source_sse_customer_algorithm.as_deref(),
            $input.copy_source_sse_customer_key.as_deref(),
            $input.copy_source_sse_customer_key_md5.as_deref(),
        )?;
        check_customer_key(&$found.object, key)?;
    };
}
pub(crate) use check_source;

/// Copying an object onto itself must change something, or name an old version.
fn check_onto_itself(input: &CopyObjectInput, replaces: bool) -> S3Result<()> {
    let CopySource::Bucket {
        bucket,
        key,
        version_id,
    } = &input.copy_source
    else {
        return Ok(());
    };
    let itself = **bucket == *input.bucket && **key == *input.key && version_id.is_none();
    let changes = replaces
        || input.storage_class.is_some()
        || input.website_redirect_location.is_some()
        || input.server_side_encryption.is_some()
        || input.sse_customer_algorithm.is_some();
    if itself && !changes {
        return Err(s3_error!(
            InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes."
        ));
    }
    Ok(())
}

/// The checksum and the tag of the copy: those of the source, unless it was uploaded in parts or another
/// algorithm is asked for.
fn digests(source: &Object, asked: Option<Algorithm>) -> (StoredTag, Option<Checksum>) {
    let etag = match source.etag.parts {
        0 => source.etag,
        _ => StoredTag::from_body(&source.body),
    };
    let stored = source.checksum;
    let kept = stored.filter(|c| !c.composite && asked.is_none_or(|a| a == c.algorithm));
    let checksum = kept.or_else(|| {
        let algorithm = asked
            .or(stored.map(|c| c.algorithm))
            .unwrap_or(Algorithm::Crc64Nvme);
        Some(Checksum::full(algorithm, algorithm.digest(&source.body)))
    });
    (etag, checksum)
}

fn extra(
    service: &Service,
    destination: &Bucket,
    writer: &str,
    input: &mut CopyObjectInput,
    source: &Object,
    replaces: bool,
) -> S3Result<Option<Box<Extra>>> {
    let from = source.extra.as_deref();
    let mut extra = Extra::default();
    if replaces {
        extra.headers = headers_of!(input);
        extra.metadata = metadata(input.metadata.take())?;
    } else if let Some(from) = from {
        extra.headers = from.headers.clone();
        extra.metadata = from.metadata.clone();
    }
    extra.headers.website_redirect = input.website_redirect_location.take().map(Into::into);
    extra.tags = match input.tagging_directive.as_ref().map(TaggingDirective::as_str) {
        Some(TaggingDirective::REPLACE) => header_tags(input.tagging.as_deref())?,
        _ => from.map(|from| from.tags.clone()).unwrap_or_default(),
    };
    extra.storage_class = crate::embedded::attributes::storage_class(input.storage_class.as_ref())?;
    extra.encryption = or_default(destination, encryption_of!(input))?;
    let protection = protection_of!(service, destination, input);
    extra.retention = protection.retention;
    extra.legal_hold = protection.legal_hold;
    grants::apply(destination, writer, &asked_of!(input), &mut extra)?;
    Ok(boxed(extra))
}

/// Copies an object within the store, from any region to any.
pub(crate) fn object(
    service: &Service,
    req: S3Request<CopyObjectInput>,
) -> S3Result<S3Response<CopyObjectOutput>> {
    let mut input = req.input;
    let destination = service.store.bucket(&input.bucket)?;
    let replaces = match input.metadata_directive.as_ref().map(MetadataDirective::as_str) {
        None | Some(MetadataDirective::COPY) => false,
        Some(MetadataDirective::REPLACE) => true,
        Some(_) => return Err(s3_error!(InvalidArgument, "Unknown metadata directive.")),
    };
    check_onto_itself(&input, replaces)?;
    let found = source(service, &input.copy_source)?;
    check_source!(found, input);
    let asked = input
        .checksum_algorithm
        .as_ref()
        .and_then(|a| Algorithm::named(a.as_str()));
    let writer = Requester::from_extensions(&req.extensions);
    let extra = extra(
        service,
        &destination,
        &writer,
        &mut input,
        &found.object,
        replaces,
    )?;
    let (etag, checksum) = digests(&found.object, asked);
    let object = Object {
        body: found.object.body.clone(),
        etag,
        checksum,
        extra,
    };
    let mut result = CopyObjectResult {
        e_tag: Some(ETag::Strong(object.etag.to_string())),
        ..Default::default()
    };
    set_checksum!(result, object.checksum, 0);
    let mut output = CopyObjectOutput {
        copy_source_version_id: found.version.map(|v| v.to_string()),
        ..Default::default()
    };
    set_encryption!(output, object);
    let written = service
        .store
        .put(&destination, &input.key, object, &conditions(&req.headers)?)?;
    result.last_modified = Some(timestamp(written.modified_us));
    output.copy_object_result = Some(result);
    output.version_id = written.shown();
    answer(output)
}

/// Conditions on the destination, which the protocol library does not read for copies.
fn conditions(headers: &http::HeaderMap) -> S3Result<Conditions> {
    let read = |name: http::HeaderName| {
        let value = headers
            .get(&name)
            .map(|v| ETagCondition::parse_http_header(v.as_bytes()));
        value
            .transpose()
            .map_err(|e| s3_error!(e, InvalidArgument, "Invalid value for {name}"))
    };
    Ok(Conditions {
        if_match: read(http::header::IF_MATCH)?,
        if_none_match: read(http::header::IF_NONE_MATCH)?,
        ..Conditions::NONE
    })
}
