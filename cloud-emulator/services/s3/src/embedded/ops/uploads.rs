//! `ListMultipartUploads` and `ListParts`.

use std::ops::Bound;
use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::acl;
use super::answer::answer;
use super::list::{encoder, page_size, parted};
use super::multipart::{shown, upload_id};
use crate::embedded::calendar::timestamp;
use crate::embedded::error::StoreError;
use crate::embedded::fields::set_checksum_value;
use crate::embedded::listing::{Line, Query, page};
use crate::embedded::multipart::Upload;
use crate::embedded::service::Service;

/// Uploads under way, by key and then by id.
pub(crate) fn list(
    service: &Service,
    req: S3Request<ListMultipartUploadsInput>,
) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
    let input = req.input;
    let bucket = service.store.bucket(&input.bucket)?;
    let encode = encoder(input.encoding_type.as_ref())?;
    let (most, max_uploads) = page_size(input.max_uploads, "max-uploads")?;
    let delimiter = input.delimiter.filter(|d| !d.is_empty());
    let after = input.key_marker.as_deref().unwrap_or("");
    // Without a key marker, AWS ignores the marker of the upload.
    let after_id = input
        .upload_id_marker
        .as_deref()
        .filter(|id| !id.is_empty() && !after.is_empty());
    let after_id = after_id.map(upload_id).transpose()?;
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or(""),
        delimiter: delimiter.as_deref().unwrap_or(""),
        after,
        resume_within: after_id.is_some(),
        most,
    };
    let bucket = &bucket;
    let page = bucket.read(|state| {
        page(&query, |from| {
            let from: Bound<(Arc<str>, u128)> = match from {
                Bound::Unbounded => Bound::Unbounded,
                Bound::Included(key) => Bound::Included((Arc::from(key), 0)),
                Bound::Excluded(key) => Bound::Excluded((Arc::from(key), u128::MAX)),
            };
            let given = move |key: &str, id: u128| key == after && after_id.is_some_and(|last| id <= last);
            let uploads = state.uploads.range((from, Bound::Unbounded));
            uploads
                .filter(move |((key, id), _)| !given(key, *id))
                .map(move |((key, id), upload)| {
                    let owner = acl::owner_of(bucket, upload.extra.as_deref());
                    let line = upload_line(encode(key), *id, upload, service.accounts.owner(owner));
                    (&**key, line)
                })
        })
    })?;
    let last_id = page.lines.last().and_then(|line| match line {
        Line::Item(upload) => upload.upload_id.clone(),
        Line::CommonPrefix(_) => None,
    });
    let (uploads, common_prefixes) = parted(page.lines, encode);
    answer(ListMultipartUploadsOutput {
        is_truncated: Some(page.next.is_some()),
        next_upload_id_marker: last_id.filter(|_| page.next.is_some()),
        next_key_marker: page.next.map(|next| encode(&next)),
        common_prefixes: Some(common_prefixes),
        uploads: Some(uploads),
        delimiter: delimiter.map(|d| encode(&d)),
        key_marker: Some(encode(after)),
        upload_id_marker: Some(input.upload_id_marker.unwrap_or_default()),
        max_uploads: Some(max_uploads),
        prefix: Some(encode(input.prefix.as_deref().unwrap_or(""))),
        bucket: Some(input.bucket),
        encoding_type: input.encoding_type,
        ..Default::default()
    })
}

fn upload_line(key: String, id: u128, upload: &Upload, owner: Owner) -> MultipartUpload {
    MultipartUpload {
        checksum_algorithm: upload.algorithm.map(|a| ChecksumAlgorithm::from_static(a.name())),
        initiated: Some(timestamp(upload.initiated_us)),
        initiator: Some(Initiator {
            display_name: owner.display_name.clone(),
            id: owner.id.clone(),
        }),
        key: Some(key),
        owner: Some(owner),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        upload_id: Some(shown(id)),
        ..Default::default()
    }
}

/// The parts of an upload so far.
pub(crate) fn parts(
    service: &Service,
    req: S3Request<ListPartsInput>,
) -> S3Result<S3Response<ListPartsOutput>> {
    let input = req.input;
    let bucket = service.store.bucket(&input.bucket)?;
    let id = (Arc::from(input.key.as_str()), upload_id(&input.upload_id)?);
    let (most, max_parts) = page_size(input.max_parts, "max-parts")?;
    let after = input.part_number_marker.unwrap_or(0);
    let first = u16::try_from(after).ok().and_then(|n| n.checked_add(1));
    let first =
        first.ok_or_else(|| s3_error!(InvalidArgument, "part-number-marker must be between 0 and 10000"))?;
    let output = bucket.read(|state| {
        let upload = state.uploads.get(&id).ok_or(StoreError::NoSuchUpload)?;
        let mut later = upload.parts.range(first..);
        let mut parts = Vec::new();
        for (number, stored) in later.by_ref().take(most) {
            let mut part = Part {
                e_tag: Some(ETag::Strong(hex::encode(stored.md5))),
                last_modified: Some(timestamp(stored.modified_us)),
                part_number: Some(i32::from(*number)),
                size: Some(stored.body.len() as i64),
                ..Default::default()
            };
            if upload.algorithm.is_some() {
                set_checksum_value!(part, Some(stored.checksum), 0);
            }
            parts.push(part);
        }
        let owner = service
            .accounts
            .owner(acl::owner_of(&bucket, upload.extra.as_deref()));
        let last = parts.last().and_then(|part| part.part_number);
        Ok::<_, StoreError>(ListPartsOutput {
            is_truncated: Some(most > 0 && later.next().is_some()),
            next_part_number_marker: last.or(Some(after)),
            checksum_algorithm: upload.algorithm.map(|a| ChecksumAlgorithm::from_static(a.name())),
            initiator: Some(Initiator {
                display_name: owner.display_name.clone(),
                id: owner.id.clone(),
            }),
            owner: Some(owner),
            parts: Some(parts),
            ..Default::default()
        })
    })??;
    answer(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        max_parts: Some(max_parts),
        part_number_marker: Some(after),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        ..output
    })
}
