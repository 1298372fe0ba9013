//! Multipart uploads: begin, upload parts, abort. [`complete`](super::complete) joins them.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::answer::answer;
use super::copy::{check_source, source};
use crate::embedded::accounts::Requester;
use crate::embedded::attributes::{
    check_customer_key, check_customer_key_of, customer_key, shown_encryption,
};
use crate::embedded::bucket::Bucket as StoredBucket;
use crate::embedded::calendar::timestamp;
use crate::embedded::checksum::{Algorithm, Checksum as StoredChecksum, md5};
use crate::embedded::conditions::ReadConditions;
use crate::embedded::error::StoreError;
use crate::embedded::fields::{checksums_of, customer_key_of, extra_of, set_checksum_value};
use crate::embedded::ingest::{Claims, ingest, required_length};
use crate::embedded::meter::VERSION_OVERHEAD;
use crate::embedded::multipart::{Upload, UploadedPart};
use crate::embedded::object::Encryption;
use crate::embedded::service::Service;

/// What a part costs besides its bytes.
const PART_OVERHEAD: u64 = 128;

/// The upload id of a request; anything else was never begun.
pub(crate) fn upload_id(text: &str) -> Result<u128, StoreError> {
    let valid = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let id = valid.then(|| u128::from_str_radix(text, 16).ok()).flatten();
    id.ok_or(StoreError::NoSuchUpload)
}

pub(crate) fn shown(id: u128) -> String {
    format!("{id:032x}")
}

/// Whether the whole will have a checksum over its parts' checksums.
fn is_composite(algorithm: Option<Algorithm>, kind: Option<&str>) -> S3Result<bool> {
    let Some(algorithm) = algorithm else {
        return match kind {
            None => Ok(false),
            Some(_) => Err(s3_error!(
                InvalidRequest,
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            )),
        };
    };
    let full_allowed = !matches!(algorithm, Algorithm::Sha1 | Algorithm::Sha256);
    match kind {
        None => Ok(algorithm != Algorithm::Crc64Nvme),
        Some(ChecksumType::COMPOSITE) if algorithm != Algorithm::Crc64Nvme => Ok(true),
        Some(ChecksumType::FULL_OBJECT) if full_allowed => Ok(false),
        Some(kind) => Err(s3_error!(
            InvalidRequest,
            "The {kind} checksum type cannot be used with the {} checksum algorithm.",
            algorithm.name()
        )),
    }
}

/// Begins an upload.
pub(crate) fn create(
    service: &Service,
    req: S3Request<CreateMultipartUploadInput>,
) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
    let store = &service.store;
    let writer = Requester::from_extensions(&req.extensions);
    let mut input = req.input;
    let input = &mut input;
    let bucket = store.bucket(&input.bucket)?;
    let extra = extra_of!(service, &bucket, &writer, input);
    let algorithm = match input.checksum_algorithm.as_ref().map(ChecksumAlgorithm::as_str) {
        None => None,
        Some(name) => Some(Algorithm::named(name).ok_or_else(|| {
            s3_error!(InvalidRequest, "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
        })?),
    };
    let composite = is_composite(algorithm, input.checksum_type.as_ref().map(ChecksumType::as_str))?;
    let id = store.upload_ids.next_id();
    let charge = store.meter.charge(VERSION_OVERHEAD + input.key.len() as u64)?;
    let encryption = extra.as_ref().and_then(|extra| extra.encryption.clone());
    let upload = Upload {
        initiated_us: store.now_us(),
        algorithm,
        composite,
        extra,
        parts: Default::default(),
        _charge: charge,
    };
    bucket.write(|state| state.uploads.insert((Arc::from(input.key.as_str()), id), upload))?;
    let kind = if composite {
        ChecksumType::COMPOSITE
    } else {
        ChecksumType::FULL_OBJECT
    };
    let customer = encryption.as_ref().and_then(|e| e.customer_key_md5.as_deref());
    answer(CreateMultipartUploadOutput {
        bucket: Some(input.bucket.clone()),
        key: Some(input.key.clone()),
        upload_id: Some(shown(id)),
        checksum_algorithm: algorithm.map(|a| ChecksumAlgorithm::from_static(a.name())),
        checksum_type: algorithm.map(|_| ChecksumType::from_static(kind)),
        server_side_encryption: shown_encryption(encryption.as_deref()),
        ssekms_key_id: encryption
            .as_ref()
            .and_then(|e| e.kms_key.as_deref())
            .map(str::to_owned),
        sse_customer_algorithm: customer.map(|_| "AES256".to_owned()),
        sse_customer_key_md5: customer.map(str::to_owned),
        ..Default::default()
    })
}

/// What a part must fit to.
struct Terms {
    algorithm: Option<Algorithm>,
    encryption: Option<Box<Encryption>>,
}

fn terms(bucket: &StoredBucket, key: &str, id: u128) -> S3Result<Terms> {
    let found = bucket.read(|state| {
        let upload = state.uploads.get(&(Arc::from(key), id))?;
        Some(Terms {
            algorithm: upload.algorithm,
            encryption: upload.extra.as_ref().and_then(|extra| extra.encryption.clone()),
        })
    })?;
    Ok(found.ok_or(StoreError::NoSuchUpload)?)
}

fn part_number(number: i32) -> S3Result<u16> {
    let valid = u16::try_from(number).ok().filter(|n| (1..=10_000).contains(n));
    valid.ok_or_else(|| {
        s3_error!(
            InvalidArgument,
            "Part number must be an integer between 1 and 10000, inclusive"
        )
    })
}

/// Keeps a part; an earlier one of the same number goes.
fn keep(bucket: &StoredBucket, key: &str, id: u128, number: u16, part: UploadedPart) -> S3Result<()> {
    let kept = bucket.write(|state| {
        let upload = state.uploads.get_mut(&(Arc::from(key), id))?;
        upload.parts.insert(number, part);
        Some(())
    })?;
    Ok(kept.ok_or(StoreError::NoSuchUpload)?)
}

/// Takes one part in.
pub(crate) async fn upload_part(
    service: &Service,
    mut req: S3Request<UploadPartInput>,
) -> S3Result<S3Response<UploadPartOutput>> {
    let store = &service.store;
    let input = &mut req.input;
    let number = part_number(input.part_number)?;
    let bucket = store.bucket(&input.bucket)?;
    let id = upload_id(&input.upload_id)?;
    let terms = terms(&bucket, &input.key, id)?;
    check_customer_key_of(terms.encryption.as_deref(), customer_key_of!(input))?;
    let claims = Claims::read(
        &req.headers,
        required_length(&req.method, input.content_length)?,
        input.content_md5.as_deref(),
        checksums_of!(input),
        terms.algorithm.unwrap_or(Algorithm::Crc64Nvme),
    )?;
    if terms.algorithm.is_some_and(|a| a != claims.algorithm()) {
        return Err(s3_error!(
            InvalidRequest,
            "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
            terms.algorithm.map_or("null", Algorithm::name),
            claims.algorithm().name()
        ));
    }
    let charge = store.meter.charge(PART_OVERHEAD)?;
    let ingested = ingest(store, input.body.take(), claims, req.trailing_headers.as_ref()).await?;
    let mut output = UploadPartOutput {
        e_tag: Some(ETag::Strong(hex::encode(ingested.md5))),
        sse_customer_algorithm: input.sse_customer_algorithm.take(),
        sse_customer_key_md5: input.sse_customer_key_md5.take(),
        server_side_encryption: shown_encryption(terms.encryption.as_deref()),
        ..Default::default()
    };
    set_checksum_value!(output, Some(ingested.checksum), 0);
    let part = UploadedPart {
        body: ingested.body,
        md5: ingested.md5,
        checksum: ingested.checksum,
        modified_us: store.now_us(),
        _charge: Arc::new(charge),
    };
    keep(&bucket, &input.key, id, number, part)?;
    answer(output)
}

/// The bytes that a part copies: `bytes=from-to`, both given, both there.
fn copied_range(text: Option<&str>, size: u64) -> S3Result<(usize, usize)> {
    let Some(text) = text else {
        return Ok((0, size as usize));
    };
    let invalid = || {
        s3_error!(
            InvalidArgument,
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy"
        )
    };
    let (first, last) = text
        .strip_prefix("bytes=")
        .and_then(|r| r.split_once('-'))
        .ok_or_else(invalid)?;
    let digits = |t: &str| {
        t.bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| t.parse::<u64>().ok())
            .flatten()
    };
    let (first, last) = (
        digits(first).ok_or_else(invalid)?,
        digits(last).ok_or_else(invalid)?,
    );
    if first > last {
        return Err(invalid());
    }
    if last >= size {
        return Err(s3_error!(
            InvalidRange,
            "Range specified is not valid for source object of size: {size}"
        ));
    }
    Ok((first as usize, last as usize + 1))
}

/// Takes one part from another object.
pub(crate) fn upload_part_copy(
    service: &Service,
    req: S3Request<UploadPartCopyInput>,
) -> S3Result<S3Response<UploadPartCopyOutput>> {
    let input = req.input;
    let number = part_number(input.part_number)?;
    let bucket = service.store.bucket(&input.bucket)?;
    let id = upload_id(&input.upload_id)?;
    let terms = terms(&bucket, &input.key, id)?;
    let found = source(service, &input.copy_source)?;
    check_source!(found, input);
    let (from, to) = copied_range(input.copy_source_range.as_deref(), found.object.size())?;
    let body = found.object.body.slice(from..to);
    let algorithm = terms.algorithm.unwrap_or(Algorithm::Crc64Nvme);
    let part = UploadedPart {
        md5: md5(&body),
        checksum: StoredChecksum::full(algorithm, algorithm.digest(&body)),
        body,
        modified_us: service.store.now_us(),
        _charge: Arc::new(service.store.meter.charge(PART_OVERHEAD)?),
    };
    let mut result = CopyPartResult {
        e_tag: Some(ETag::Strong(hex::encode(part.md5))),
        last_modified: Some(timestamp(part.modified_us)),
        ..Default::default()
    };
    set_checksum_value!(result, Some(part.checksum), 0);
    keep(&bucket, &input.key, id, number, part)?;
    answer(UploadPartCopyOutput {
        copy_part_result: Some(result),
        copy_source_version_id: found.version.map(|v| v.to_string()),
        server_side_encryption: shown_encryption(terms.encryption.as_deref()),
        ..Default::default()
    })
}

/// Gives an upload up, with its parts.
pub(crate) fn abort(
    service: &Service,
    req: S3Request<AbortMultipartUploadInput>,
) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let id = upload_id(&req.input.upload_id)?;
    let key = Arc::from(req.input.key.as_str());
    let removed = bucket.write(|state| state.uploads.remove(&(key, id)))?;
    removed.ok_or(StoreError::NoSuchUpload)?;
    Ok(S3Response::with_status(
        AbortMultipartUploadOutput::default(),
        http::StatusCode::NO_CONTENT,
    ))
}
