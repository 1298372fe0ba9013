//! `ListObjectVersions`.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::acl::owner_of;
use super::answer::answer;
use super::list::{encoder, page_size, parted, storage_class};
use crate::embedded::calendar::timestamp;
use crate::embedded::found::version_id;
use crate::embedded::ids::VersionId;
use crate::embedded::listing::{Line, Query, page};
use crate::embedded::service::Service;
use crate::embedded::versions::Version;

/// A version or a marker, with what the next page's marker needs.
struct VersionLine {
    id: VersionId,
    shown: Result<ObjectVersion, DeleteMarkerEntry>,
}

fn version_line(key: String, version: &Version, latest: bool, owner: Owner) -> VersionLine {
    let shown = match &version.object {
        Some(object) => Ok(ObjectVersion {
            e_tag: Some(ETag::Strong(object.etag.to_string())),
            is_latest: Some(latest),
            key: Some(key),
            last_modified: Some(timestamp(version.modified_us)),
            owner: Some(owner),
            size: Some(object.size() as i64),
            storage_class: Some(ObjectVersionStorageClass::from(storage_class(object))),
            version_id: Some(version.id.to_string()),
            ..Default::default()
        }),
        None => Err(DeleteMarkerEntry {
            is_latest: Some(latest),
            key: Some(key),
            last_modified: Some(timestamp(version.modified_us)),
            owner: Some(owner),
            version_id: Some(version.id.to_string()),
        }),
    };
    VersionLine {
        id: version.id,
        shown,
    }
}

/// All versions and delete markers, newest first under each key.
pub(crate) fn versions(
    service: &Service,
    req: S3Request<ListObjectVersionsInput>,
) -> S3Result<S3Response<ListObjectVersionsOutput>> {
    let input = req.input;
    let bucket = service.store.bucket(&input.bucket)?;
    let encode = encoder(input.encoding_type.as_ref())?;
    let (most, max_keys) = page_size(input.max_keys, "max-keys")?;
    let delimiter = input.delimiter.filter(|d| !d.is_empty());
    let after = input.key_marker.as_deref().unwrap_or("");
    let after_version = version_id(input.version_id_marker.as_deref().filter(|id| !id.is_empty()))?;
    if after_version.is_some() && after.is_empty() {
        return Err(s3_error!(
            InvalidArgument,
            "A version-id marker cannot be specified without a key marker."
        ));
    }
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or(""),
        delimiter: delimiter.as_deref().unwrap_or(""),
        after,
        resume_within: after_version.is_some(),
        most,
    };
    let bucket = &bucket;
    let page = bucket.read(|state| {
        page(&query, |from| {
            state.keys.range_from(from).flat_map(|(key, entry)| {
                let resumed = after_version.filter(|_| &**key == after);
                let given = resumed.and_then(|id| entry.versions().position(|v| v.id == id));
                let skip = given.map_or(0, |at| at + 1);
                let lines = entry.versions().enumerate().skip(skip);
                lines.map(move |(n, v)| {
                    let extra = v.object.as_ref().and_then(|object| object.extra.as_deref());
                    let owner = service.accounts.owner(owner_of(bucket, extra));
                    (&**key, version_line(encode(key), v, n == 0, owner))
                })
            })
        })
    })?;
    let last_id = page.lines.last().and_then(|line| match line {
        Line::Item(line) => Some(line.id.to_string()),
        Line::CommonPrefix(_) => None,
    });
    let (lines, common_prefixes) = parted(page.lines, encode);
    let (mut versions, mut markers) = (Vec::new(), Vec::new());
    for line in lines {
        match line.shown {
            Ok(version) => versions.push(version),
            Err(marker) => markers.push(marker),
        }
    }
    answer(ListObjectVersionsOutput {
        is_truncated: Some(page.next.is_some()),
        next_version_id_marker: last_id.filter(|_| page.next.is_some()),
        next_key_marker: page.next.map(|next| encode(&next)),
        common_prefixes: Some(common_prefixes),
        delete_markers: Some(markers),
        versions: Some(versions),
        delimiter: delimiter.map(|d| encode(&d)),
        key_marker: Some(encode(after)),
        version_id_marker: Some(input.version_id_marker.unwrap_or_default()),
        max_keys: Some(max_keys),
        prefix: Some(encode(input.prefix.as_deref().unwrap_or(""))),
        name: Some(input.bucket),
        encoding_type: input.encoding_type,
        ..Default::default()
    })
}
