//! `ListObjects` and `ListObjectsV2`.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::acl::owner_of;
use super::answer::answer;
use crate::embedded::bucket::Bucket;
use crate::embedded::calendar::timestamp;
use crate::embedded::listing::{Line, Page, Query, page, url_encoded};
use crate::embedded::object::Object as StoredObject;
use crate::embedded::service::Service;
use crate::embedded::versions::Version;

/// AWS gives at most so many lines a page.
const MOST_LINES: i32 = 1000;

/// How many lines the page may have, and the number that the answer repeats.
pub(crate) fn page_size(asked: Option<i32>, name: &str) -> S3Result<(usize, i32)> {
    match asked {
        None => Ok((MOST_LINES as usize, MOST_LINES)),
        Some(n) if n < 0 => Err(s3_error!(
            InvalidArgument,
            "Argument {name} must be an integer between 0 and 2147483647"
        )),
        Some(n) => Ok((n.min(MOST_LINES) as usize, n.min(MOST_LINES))),
    }
}

/// Shows keys plainly, or percent-encoded when asked.
pub(crate) fn encoder(encoding: Option<&EncodingType>) -> S3Result<fn(&str) -> String> {
    match encoding.map(EncodingType::as_str) {
        None => Ok(str::to_owned),
        Some("url") => Ok(url_encoded),
        Some(_) => Err(s3_error!(
            InvalidArgument,
            "Invalid Encoding Method specified in Request"
        )),
    }
}

/// Current objects, without deleted keys.
fn current_page(
    service: &Service,
    bucket: &Bucket,
    query: &Query<'_>,
    encode: fn(&str) -> String,
    with_owner: bool,
) -> S3Result<Page<Object>> {
    Ok(bucket.read(|state| {
        let found = page(query, |from| {
            let live = state.keys.range_from(from);
            live.filter_map(|(key, entry)| Some((&**key, (key, &entry.newest, entry.current()?))))
        });
        Page {
            next: found.next,
            lines: found
                .lines
                .into_iter()
                .map(|line| match line {
                    Line::CommonPrefix(prefix) => Line::CommonPrefix(prefix),
                    Line::Item((key, version, object)) => {
                        let extra = object.extra.as_deref();
                        let owner = with_owner.then(|| service.accounts.owner(owner_of(bucket, extra)));
                        Line::Item(object_line(encode(key), version, object, owner))
                    }
                })
                .collect(),
        }
    })?)
}

fn object_line(key: String, version: &Version, object: &StoredObject, owner: Option<Owner>) -> Object {
    Object {
        e_tag: Some(ETag::Strong(object.etag.to_string())),
        key: Some(key),
        last_modified: Some(timestamp(version.modified_us)),
        owner,
        size: Some(object.size() as i64),
        storage_class: Some(ObjectStorageClass::from(storage_class(object))),
        ..Default::default()
    }
}

pub(crate) fn storage_class(object: &StoredObject) -> String {
    let class = object
        .extra
        .as_ref()
        .and_then(|extra| extra.storage_class.as_deref());
    class.unwrap_or(StorageClass::STANDARD).to_owned()
}

/// Items and common prefixes of a page apart.
pub(crate) fn parted<T>(lines: Vec<Line<T>>, encode: fn(&str) -> String) -> (Vec<T>, Vec<CommonPrefix>) {
    let (mut items, mut prefixes) = (Vec::new(), Vec::new());
    for line in lines {
        match line {
            Line::Item(item) => items.push(item),
            Line::CommonPrefix(prefix) => prefixes.push(CommonPrefix {
                prefix: Some(encode(&prefix)),
            }),
        }
    }
    (items, prefixes)
}

/// The first version of the listing, which always names the owner.
pub(crate) fn objects(
    service: &Service,
    req: S3Request<ListObjectsInput>,
) -> S3Result<S3Response<ListObjectsOutput>> {
    let input = req.input;
    let bucket = service.store.bucket(&input.bucket)?;
    let encode = encoder(input.encoding_type.as_ref())?;
    let (most, max_keys) = page_size(input.max_keys, "max-keys")?;
    let delimiter = input.delimiter.filter(|d| !d.is_empty());
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or(""),
        delimiter: delimiter.as_deref().unwrap_or(""),
        after: input.marker.as_deref().unwrap_or(""),
        most,
        ..Query::default()
    };
    let page = current_page(service, &bucket, &query, encode, true)?;
    let (contents, common_prefixes) = parted(page.lines, encode);
    answer(ListObjectsOutput {
        is_truncated: Some(page.next.is_some()),
        // Without a delimiter the last key is the next marker, and AWS leaves it out.
        next_marker: page
            .next
            .filter(|_| delimiter.is_some())
            .map(|next| encode(&next)),
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        delimiter: delimiter.map(|d| encode(&d)),
        marker: Some(encode(input.marker.as_deref().unwrap_or(""))),
        // As AWS has it, in this version the prefix is not encoded.
        prefix: Some(input.prefix.as_deref().unwrap_or("").to_owned()),
        max_keys: Some(max_keys),
        name: Some(input.bucket),
        encoding_type: input.encoding_type,
        ..Default::default()
    })
}

/// A continuation token: what comes next, in a form that is not mistaken for a key.
fn token(key: &str) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(key)
}

fn key_of_token(token: &str) -> S3Result<String> {
    let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token).ok();
    let key = bytes
        .and_then(|b| String::from_utf8(b).ok())
        .filter(|key| !key.is_empty());
    key.ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}

/// The second version of the listing, with continuation tokens.
pub(crate) fn objects_v2(
    service: &Service,
    req: S3Request<ListObjectsV2Input>,
) -> S3Result<S3Response<ListObjectsV2Output>> {
    let input = req.input;
    let bucket = service.store.bucket(&input.bucket)?;
    let encode = encoder(input.encoding_type.as_ref())?;
    let (most, max_keys) = page_size(input.max_keys, "max-keys")?;
    let delimiter = input.delimiter.filter(|d| !d.is_empty());
    let given = input
        .continuation_token
        .as_deref()
        .filter(|token| !token.is_empty());
    let continued = given.map(key_of_token).transpose()?;
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or(""),
        delimiter: delimiter.as_deref().unwrap_or(""),
        after: continued
            .as_deref()
            .or(input.start_after.as_deref())
            .unwrap_or(""),
        most,
        ..Query::default()
    };
    let page = current_page(service, &bucket, &query, encode, input.fetch_owner == Some(true))?;
    let key_count = i32::try_from(page.lines.len()).ok();
    let (contents, common_prefixes) = parted(page.lines, encode);
    answer(ListObjectsV2Output {
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.as_deref().map(token),
        continuation_token: input.continuation_token,
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        delimiter: delimiter.map(|d| encode(&d)),
        prefix: Some(encode(input.prefix.as_deref().unwrap_or(""))),
        start_after: input.start_after.map(|key| encode(&key)),
        key_count,
        max_keys: Some(max_keys),
        name: Some(input.bucket),
        encoding_type: input.encoding_type,
        ..Default::default()
    })
}
