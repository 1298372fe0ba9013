//! What a bucket is set to and what a function is like, as clients find them: whoever calls an operation that leaves all of
//! it as it was has changed nothing.

use std::error::Error;
use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use cloud_emulator::client::ask;
use cloud_emulator::client::lambda;
use cloud_emulator::client::rest::RestClients;
use cloud_emulator::gateway::Seen;
use drill::journal::StepError;
use drill::scenario::{LIVE, Scenario};

/// Reads them, once it knows by whom. Clones read by the same.
#[derive(Clone, Default)]
pub(crate) struct Settings(Arc<OnceLock<Reader>>);

struct Reader {
    /// The audit's: no outage stands in its way.
    client: Client,
    rest: RestClients,
    /// The labels of the regions, by AWS's names.
    regions: Vec<(String, String)>,
}

impl Settings {
    /// From now on they are read by these clients of the audit.
    pub(crate) fn read_by(&self, client: &Client, rest: &RestClients, scenario: &Scenario) {
        let regions = scenario.cloud.regions.iter();
        let reader = Reader {
            client: client.clone(),
            rest: rest.clone(),
            regions: regions
                .map(|region| (region.aws.clone(), region.label.clone()))
                .collect(),
        };
        // Nobody says so twice.
        let _ = self.0.set(reader);
    }

    /// What a call is about, in words that are the same where it is the same.
    pub(crate) async fn of(&self, seen: &Seen) -> Option<String> {
        let reader = self.0.get()?;
        let named = seen.resource.as_deref()?;
        match &*seen.service {
            "s3" => Some(reader.bucket(named).await),
            "lambda" => {
                let name = named.rsplit("function:").next().unwrap_or(named);
                let name = name.split(':').next().unwrap_or(name);
                let region = reader.regions.iter().find(|(aws, _)| **aws == *seen.region)?;
                Some(function(&reader.rest, &region.1, name).await)
            }
            _ => None,
        }
    }
}

impl Reader {
    async fn bucket(&self, name: &str) -> String {
        let client = &self.client;
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
}

/// What clients of a function get: its code and settings under the alias that they use, and how much of it there may be.
async fn function(rest: &RestClients, region: &str, name: &str) -> String {
    let rest = rest.at(region);
    [
        shown(lambda::settings(rest, name, LIVE).await),
        shown(lambda::concurrency(rest, name).await),
        shown(lambda::weights(rest, name, LIVE).await),
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

fn shown<T: Debug>(found: Result<T, StepError>) -> String {
    match found {
        Ok(found) => format!("{found:?}"),
        Err(error) => error.code,
    }
}
