//! `s3.delete_objects`: objects are deleted, purged or overwritten.

use drill::draw::Draws;
use drill::scenario::{DeleteMode, S3DeleteObjects};

use super::{Broken, PartialInjection, Scene, Testimony, ask_sample};
use crate::client::ask::read_raw;

pub(super) async fn strike(
    fault: &S3DeleteObjects,
    scene: &Scene<'_>,
    targets: &[String],
) -> Result<Broken, PartialInjection> {
    let bucket = &scene.bucket(&fault.bucket).name;
    for (nth, key) in targets.iter().enumerate() {
        let s3 = scene.cloud.backend();
        let done = match fault.mode {
            DeleteMode::Marker => s3.delete_current(bucket, key).await,
            DeleteMode::Purge => s3.purge(bucket, key).await,
            DeleteMode::Overwrite => {
                let body = other_body(scene.seed, bucket, key);
                s3.overwrite(bucket, key, body).await
            }
        };
        done.map_err(|error| PartialInjection::at(targets, nth, error))?;
    }
    Ok(Broken::damage(targets.to_vec()))
}

/// What ransomware leaves: as many bytes as a small object has, drawn.
fn other_body(seed: u64, bucket: &str, key: &str) -> Vec<u8> {
    const SIZE: usize = 1024;
    let mut body = vec![0; SIZE];
    Draws::new(seed, &format!("overwrite/{bucket}/{key}")).fill(&mut body);
    body
}

pub(super) async fn witness(fault: &S3DeleteObjects, scene: &Scene<'_>, broken: &Broken) -> Testimony {
    let bucket = &scene.bucket(&fault.bucket).name;
    match fault.mode {
        DeleteMode::Marker | DeleteMode::Purge => {
            ask_sample(&broken.touched, "answer NoSuchKey", async |key| {
                match read_raw(scene.auditor, bucket, key).await {
                    Err(error) if error.code == "NoSuchKey" => Ok(()),
                    Err(error) => Err(error.code),
                    Ok(_) => Err("it can be read".to_owned()),
                }
            })
            .await
        }
        DeleteMode::Overwrite => {
            ask_sample(&broken.touched, "have other bytes", async |key| {
                match read_raw(scene.auditor, bucket, key).await {
                    Ok(body) if body.bytes == other_body(scene.seed, bucket, key) => Ok(()),
                    Ok(_) => Err("it has the bytes that were written".to_owned()),
                    Err(error) => Err(error.code),
                }
            })
            .await
        }
    }
}
