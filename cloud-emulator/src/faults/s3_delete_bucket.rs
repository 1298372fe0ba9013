//! `s3.delete_bucket`: the whole bucket goes, with its versions and its configuration.

use drill::scenario::S3DeleteBucket;

use super::{Broken, Scene, Testimony};
use crate::client::ask::api_error;

pub(super) async fn strike(fault: &S3DeleteBucket, scene: &Scene<'_>) -> Result<Broken, String> {
    let bucket = &scene.bucket(&fault.bucket).name;
    scene.cloud.backend().force_delete_bucket(bucket).await?;
    Ok(Broken::damage(vec![bucket.clone()]))
}

pub(super) async fn witness(fault: &S3DeleteBucket, scene: &Scene<'_>) -> Testimony {
    let bucket = &scene.bucket(&fault.bucket).name;
    let listed = scene
        .auditor
        .list_objects_v2()
        .bucket(bucket)
        .max_keys(1)
        .send()
        .await;
    let (proven, found) = match listed.map_err(|error| api_error("ListObjectsV2", &error)) {
        Err(error) => (error.code == "NoSuchBucket", error.code),
        Ok(_) => (false, "a listing".to_owned()),
    };
    Testimony {
        proven,
        witness: format!("ListObjectsV2 of {bucket} answered {found}"),
    }
}
