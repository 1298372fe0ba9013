//! `GetObjectAttributes`.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::list::page_size;
use crate::embedded::attributes::check_customer_key;
use crate::embedded::calendar::timestamp;
use crate::embedded::fields::{customer_key_of, set_checksum, set_checksum_value};
use crate::embedded::found::{find, version_id};
use crate::embedded::object::Object as StoredObject;
use crate::embedded::service::{Service, UnquotedTag};

/// What is asked for of a version, without its body.
pub(crate) fn get(
    service: &Service,
    req: S3Request<GetObjectAttributesInput>,
) -> S3Result<S3Response<GetObjectAttributesOutput>> {
    let input = req.input;
    let id = version_id(input.version_id.as_deref())?;
    let bucket = service.store.bucket(&input.bucket)?;
    let found = bucket.read(|state| find(state, &input.key, id))??;
    check_customer_key(&found.object, customer_key_of!(input))?;
    let object = &*found.object;
    let mut output = GetObjectAttributesOutput {
        last_modified: Some(timestamp(found.modified_us)),
        version_id: found.version.map(|v| v.to_string()),
        ..Default::default()
    };
    // Clients send one header with all of them, which the protocol library takes for one.
    let asked = input.object_attributes.iter();
    for attribute in asked.flat_map(|list| list.as_str().split(',')) {
        match attribute.trim() {
            ObjectAttributes::ETAG => output.e_tag = Some(ETag::Strong(object.etag.to_string())),
            ObjectAttributes::CHECKSUM => output.checksum = checksum(object),
            ObjectAttributes::OBJECT_PARTS => output.object_parts = parts(object, &input)?,
            ObjectAttributes::STORAGE_CLASS => {
                let class = object
                    .extra
                    .as_ref()
                    .and_then(|extra| extra.storage_class.as_deref());
                output.storage_class = Some(StorageClass::from(
                    class.unwrap_or(StorageClass::STANDARD).to_owned(),
                ));
            }
            ObjectAttributes::OBJECT_SIZE => output.object_size = Some(object.size() as i64),
            _ => return Err(s3_error!(InvalidArgument, "Invalid attribute name specified.")),
        }
    }
    let mut response = S3Response::new(output);
    response.extensions.insert(UnquotedTag);
    Ok(response)
}

fn checksum(object: &StoredObject) -> Option<Checksum> {
    object.checksum?;
    let mut shown = Checksum::default();
    set_checksum!(shown, object.checksum, object.etag.parts);
    Some(shown)
}

fn parts(
    object: &StoredObject,
    input: &GetObjectAttributesInput,
) -> S3Result<Option<GetObjectAttributesParts>> {
    if object.parts().is_empty() {
        return Ok(None);
    }
    let (most, max_parts) = page_size(input.max_parts, "x-amz-max-parts")?;
    let after = input.part_number_marker.unwrap_or(0);
    let mut later = object
        .parts()
        .iter()
        .filter(|part| i32::from(part.number) > after)
        .peekable();
    let mut page = Vec::new();
    for part in later.by_ref().take(most) {
        let mut shown = ObjectPart {
            part_number: Some(i32::from(part.number)),
            size: Some(part.size as i64),
            ..Default::default()
        };
        set_checksum_value!(shown, part.checksum, 0);
        page.push(shown);
    }
    Ok(Some(GetObjectAttributesParts {
        is_truncated: Some(later.peek().is_some()),
        max_parts: Some(max_parts),
        next_part_number_marker: page.last().and_then(|part| part.part_number).or(Some(0)),
        part_number_marker: Some(after),
        // AWS lists the parts only when they have checksums of their own.
        parts: object
            .parts()
            .iter()
            .any(|part| part.checksum.is_some())
            .then_some(page),
        total_parts_count: i32::try_from(object.parts().len()).ok(),
    }))
}
