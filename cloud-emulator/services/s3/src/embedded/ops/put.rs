//! `PutObject`.

use s3s::dto::{ETag as EntityTag, PutObjectInput, PutObjectOutput};
use s3s::{S3Request, S3Response, S3Result};

use super::answer::answer;
use crate::embedded::accounts::Requester;
use crate::embedded::checksum::Algorithm;
use crate::embedded::conditions::Conditions;
use crate::embedded::fields::{checksums_of, extra_of, set_checksum, set_encryption};
use crate::embedded::ingest::{Claims, ingest, required_length};
use crate::embedded::object::{ETag, Object};
use crate::embedded::service::Service;

/// Writes an object in one piece.
pub(crate) async fn object(
    service: &Service,
    mut req: S3Request<PutObjectInput>,
) -> S3Result<S3Response<PutObjectOutput>> {
    let store = &service.store;
    let input = &mut req.input;
    let bucket = store.bucket(&input.bucket)?;
    let writer = Requester::from_extensions(&req.extensions);
    let extra = extra_of!(service, &bucket, &writer, input);
    let claims = Claims::read(
        &req.headers,
        required_length(&req.method, input.content_length)?,
        input.content_md5.as_deref(),
        checksums_of!(input),
        Algorithm::Crc64Nvme,
    )?;
    let ingested = ingest(store, input.body.take(), claims, req.trailing_headers.as_ref()).await?;
    let object = Object {
        body: ingested.body,
        etag: ETag {
            md5: ingested.md5,
            parts: 0,
        },
        checksum: Some(ingested.checksum),
        extra,
    };
    let mut output = PutObjectOutput {
        e_tag: Some(EntityTag::Strong(object.etag.to_string())),
        ..Default::default()
    };
    set_checksum!(output, object.checksum, object.etag.parts);
    set_encryption!(output, object);
    let conditions = Conditions {
        if_match: input.if_match.take(),
        if_none_match: input.if_none_match.take(),
        ..Conditions::NONE
    };
    let written = store.put(&bucket, &input.key, object, &conditions)?;
    output.version_id = written.shown();
    answer(output)
}
