//! What a bucket is set to, as clients find it.

use std::error::Error;
use std::fmt::Debug;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use cloud_emulator::client::ask;

use crate::conductor::settings::shown;

/// Everything beside its objects that clients of a bucket notice.
pub(super) async fn bucket(client: &Client, name: &str) -> String {
    let policy = client.get_bucket_policy().bucket(name).send().await;
    let versioning = client.get_bucket_versioning().bucket(name).send().await;
    let replication = client.get_bucket_replication().bucket(name).send().await;
    let access = client.get_public_access_block().bucket(name).send().await;
    let acl = client.get_bucket_acl().bucket(name).send().await;
    let exists = client.head_bucket().bucket(name).send().await;
    [
        answered(policy, |found| found.policy),
        answered(versioning, |found| (found.status, found.mfa_delete)),
        answered(replication, |found| found.replication_configuration),
        answered(access, |found| found.public_access_block_configuration),
        answered(acl, |found| found.grants),
        answered(exists, |found| found.bucket_region),
    ]
    .join("\n")
}

/// What matters of an answer of S3.
fn answered<T, U: Debug, E, R>(answer: Result<T, SdkError<E, R>>, of: impl FnOnce(T) -> U) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
    R: Debug,
{
    shown(answer.map(of).map_err(|error| ask::api_error("", &error)))
}
