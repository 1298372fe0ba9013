//! `CompleteMultipartUpload`: checks the list of parts, joins them, writes the object.

use std::sync::Arc;

use md5::{Digest, Md5};
use s3s::dto::*;
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::answer::answer;
use super::multipart::upload_id;
use crate::embedded::attributes::shown_encryption;
use crate::embedded::checksum::{Algorithm, Checksum as StoredChecksum, Hasher};
use crate::embedded::conditions::Conditions;
use crate::embedded::error::{StoreError, malformed};
use crate::embedded::fields::{checksums_of, set_checksum};
use crate::embedded::ingest::single_checksum;
use crate::embedded::multipart::UploadedPart;
use crate::embedded::object::{ETag as StoredTag, Extra, Object, Part as StoredPart};
use crate::embedded::service::Service;
use crate::embedded::store::Store;

/// Every part but the last has at least so many bytes.
const SMALLEST_PART: usize = 5 << 20;

/// What is known of an upload when it is to be joined.
struct Joining {
    algorithm: Option<Algorithm>,
    composite: bool,
    extra: Option<Box<Extra>>,
    /// By their numbers, in order.
    parts: Vec<(u16, UploadedPart)>,
}

fn invalid_part() -> S3Error {
    s3_error!(
        InvalidPart,
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."
    )
}

/// The parts that the client lists, as they were uploaded.
fn listed(
    wanted: &[CompletedPart],
    upload: &crate::embedded::multipart::Upload,
) -> S3Result<Vec<(u16, UploadedPart)>> {
    let mut parts = Vec::with_capacity(wanted.len());
    let mut previous = 0;
    for want in wanted {
        let number = want
            .part_number
            .and_then(|n| u16::try_from(n).ok())
            .ok_or_else(invalid_part)?;
        if number <= previous {
            return Err(s3_error!(
                InvalidPartOrder,
                "The list of parts was not in ascending order. Parts must be ordered by part number."
            ));
        }
        previous = number;
        let part = upload.parts.get(&number).ok_or_else(invalid_part)?;
        let tag = want.e_tag.as_ref().map(ETag::value).ok_or_else(malformed)?;
        if !tag.trim_matches('"').eq_ignore_ascii_case(&hex::encode(part.md5)) {
            return Err(invalid_part());
        }
        if let Some((algorithm, value)) = single_checksum(checksums_of!(want))?
            && (algorithm, value) != (part.checksum.algorithm, part.checksum.value)
        {
            return Err(invalid_part());
        }
        parts.push((number, part.clone()));
    }
    let all_but_last = parts.len().saturating_sub(1);
    if parts[..all_but_last]
        .iter()
        .any(|(_, part)| part.body.len() < SMALLEST_PART)
    {
        return Err(s3_error!(
            EntityTooSmall,
            "Your proposed upload is smaller than the minimum allowed size"
        ));
    }
    Ok(parts)
}

/// Joins the parts. Their bytes are held twice until the upload is gone, and are charged so.
fn join(store: &Store, joining: Joining) -> Result<Object, StoreError> {
    let total: u64 = joining.parts.iter().map(|(_, part)| part.body.len() as u64).sum();
    let limit = store.largest_body().saturating_mul(10_000);
    if total > limit {
        return Err(StoreError::TooLarge { limit });
    }
    let charge = store.meter.charge(total)?;
    let mut body = Vec::with_capacity(total as usize);
    let mut tag = Md5::new();
    for (_, part) in &joining.parts {
        tag.update(part.md5);
        body.extend_from_slice(&part.body);
    }
    let mut extra = joining.extra.unwrap_or_default();
    extra.parts = joining
        .parts
        .iter()
        .map(|(number, part)| StoredPart {
            number: *number,
            size: part.body.len() as u64,
            checksum: joining.algorithm.map(|_| part.checksum),
        })
        .collect();
    Ok(Object {
        etag: StoredTag {
            md5: tag.finalize().into(),
            parts: joining.parts.len() as u16,
        },
        checksum: Some(checksum(
            &joining.parts,
            joining.algorithm,
            joining.composite,
            &body,
        )),
        body: charge.hold(body),
        extra: Some(extra),
    })
}

fn checksum(
    parts: &[(u16, UploadedPart)],
    algorithm: Option<Algorithm>,
    composite: bool,
    body: &[u8],
) -> StoredChecksum {
    let algorithm = algorithm.unwrap_or(Algorithm::Crc64Nvme);
    if !composite {
        return StoredChecksum::full(algorithm, algorithm.digest(body));
    }
    let mut whole = Hasher::new(algorithm);
    for (_, part) in parts {
        whole.update(part.checksum.value.as_bytes());
    }
    StoredChecksum {
        algorithm,
        composite: true,
        value: whole.finish(),
    }
}

/// What the client claims of the whole.
fn check_claims(input: &CompleteMultipartUploadInput, object: &Object) -> S3Result<()> {
    if input
        .mpu_object_size
        .is_some_and(|size| size != object.size() as i64)
    {
        return Err(s3_error!(
            InvalidRequest,
            "The provided 'x-amz-mp-object-size' header does not match what was computed"
        ));
    }
    let stored = object.checksum;
    for (algorithm, text) in checksums_of!(input) {
        let Some(text) = text else { continue };
        // A composite value may be followed by the number of parts.
        let matches = stored.is_some_and(|checksum| {
            checksum.algorithm == algorithm
                && (checksum.shown(object.etag.parts) == text || checksum.value.base64() == text)
        });
        if !matches {
            return Err(s3_error!(
                BadDigest,
                "The {} you specified did not match the calculated checksum.",
                algorithm.name()
            ));
        }
    }
    Ok(())
}

/// Makes an object of the uploaded parts.
pub(crate) fn complete(
    service: &Service,
    req: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
    let mut input = req.input;
    let store = &service.store;
    let bucket = store.bucket(&input.bucket)?;
    let id = (Arc::from(input.key.as_str()), upload_id(&input.upload_id)?);
    let wanted = input
        .multipart_upload
        .take()
        .and_then(|list| list.parts)
        .unwrap_or_default();
    if wanted.is_empty() {
        return Err(malformed());
    }
    let joining = bucket.read(|state| {
        let upload = state.uploads.get(&id).ok_or(StoreError::NoSuchUpload)?;
        Ok::<_, S3Error>(Joining {
            algorithm: upload.algorithm,
            composite: upload.composite,
            extra: upload.extra.clone(),
            parts: listed(&wanted, upload)?,
        })
    })??;
    let object = join(store, joining)?;
    check_claims(&input, &object)?;
    let mut output = CompleteMultipartUploadOutput {
        e_tag: Some(ETag::Strong(object.etag.to_string())),
        location: Some(location(&req.headers, &input)),
        ..Default::default()
    };
    set_checksum!(output, object.checksum, object.etag.parts);
    set_server_encryption(&mut output, &object);
    let conditions = Conditions {
        if_match: input.if_match.take(),
        if_none_match: input.if_none_match.take(),
        ..Conditions::NONE
    };
    let written = store.put_after(&bucket, &input.key, object, &conditions, |state| {
        // The request that removes the upload writes the object: a second completion finds nothing.
        state
            .uploads
            .remove(&id)
            .map(drop)
            .ok_or(StoreError::NoSuchUpload)
    })?;
    output.version_id = written.shown();
    output.bucket = Some(input.bucket);
    output.key = Some(input.key);
    answer(output)
}

fn set_server_encryption(output: &mut CompleteMultipartUploadOutput, object: &Object) {
    let encryption = object
        .extra
        .as_ref()
        .and_then(|extra| extra.encryption.as_deref());
    output.server_side_encryption = shown_encryption(encryption);
    output.ssekms_key_id = encryption.and_then(|e| e.kms_key.as_deref()).map(str::to_owned);
}

fn location(headers: &http::HeaderMap, input: &CompleteMultipartUploadInput) -> String {
    let host = headers
        .get(http::header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("localhost");
    let key = crate::embedded::listing::url_encoded(&input.key);
    format!("http://{host}/{}/{key}", input.bucket)
}
