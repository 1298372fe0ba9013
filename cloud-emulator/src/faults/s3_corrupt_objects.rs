//! `s3.corrupt_objects`: bytes rot in storage, under the same size, date and ETag.

use drill::scenario::{CorruptVia, S3CorruptObjects};
use md5::{Digest, Md5};

use super::{Broken, PartialInjection, Scene, Testimony, ask_sample};
use crate::client::ask::read_raw;

pub(super) fn strike(
    fault: &S3CorruptObjects,
    scene: &Scene<'_>,
    targets: &[String],
) -> Result<Broken, PartialInjection> {
    let bucket = &scene.bucket(&fault.bucket).name;
    match fault.via {
        CorruptVia::Storage => {
            for (nth, key) in targets.iter().enumerate() {
                scene
                    .cloud
                    .backend()
                    .corrupt(bucket, key, &format!("corrupt/{bucket}/{key}"))
                    .map_err(|error| PartialInjection::at(targets, nth, error))?;
            }
        }
    }
    Ok(Broken::damage(targets.to_vec()))
}

/// The ETag of an object that was sent whole is the MD5 of its bytes (Amazon S3 API Reference, Object):
/// bytes that no longer match it are not those that were sent.
pub(super) async fn witness(fault: &S3CorruptObjects, scene: &Scene<'_>, broken: &Broken) -> Testimony {
    let bucket = &scene.bucket(&fault.bucket).name;
    ask_sample(
        &broken.touched,
        "have bytes that their ETag does not match",
        async |key| {
            let body = read_raw(scene.auditor, bucket, key)
                .await
                .map_err(|error| error.code)?;
            let etag = format!("\"{}\"", hex::encode(Md5::digest(&body.bytes)));
            match body.etag {
                Some(stored) if stored != etag => Ok(()),
                Some(_) => Err("its bytes match its ETag".to_owned()),
                None => Err("it has no ETag".to_owned()),
            }
        },
    )
    .await
}
