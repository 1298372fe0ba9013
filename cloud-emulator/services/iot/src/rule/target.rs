//! Where a rule brings its batches, which can change while it runs.

use std::sync::Arc;

use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_s3::types::ChecksumAlgorithm;
use parking_lot::Mutex;

use super::batch_payload::BatchPayload;
use super::invoke::Functions;
use super::refusal::Refusal;
use crate::config::Target;
use cloud_client::transport::{Http, http};
use cloud_client::{Connections, KeyPair, RetryPolicy, S3};

/// The listeners to the services of regions, as the principal `rule`. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Services {
    connections: Connections,
    http: Http,
    keys: KeyPair,
}

impl Services {
    pub(crate) fn new(keys: &KeyPair) -> Services {
        Services {
            connections: Connections::new(),
            http: http(None),
            keys: keys.clone(),
        }
    }
}

/// Where a rule brings its batches at present.
pub(crate) struct Destination {
    services: Services,
    place: Mutex<Arc<ResolvedTarget>>,
}

/// A target behind the gateway of a region.
struct ResolvedTarget {
    target: Target,
    region: String,
    s3: aws_sdk_s3::Client,
    functions: Functions,
}

/// A destination cannot become one of another kind: batches that wait were made for the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a bucket cannot take the place of a function, nor the other way round")]
pub(crate) struct AnotherKind;

impl Destination {
    pub(crate) fn new(services: Services, endpoint: &str, region: &str, target: Target) -> Destination {
        let place = Mutex::new(Arc::new(services.place(endpoint, region, target)));
        Destination { services, place }
    }

    /// From now on batches go to `target` behind the gateway at `endpoint`; also those that wait.
    ///
    /// # Errors
    /// Those that wait were made for a target of another kind.
    pub(crate) fn change(&self, endpoint: &str, region: &str, target: Target) -> Result<(), AnotherKind> {
        let mut place = self.place.lock();
        if std::mem::discriminant(&place.target) != std::mem::discriminant(&target) {
            return Err(AnotherKind);
        }
        *place = Arc::new(self.services.place(endpoint, region, target));
        Ok(())
    }

    pub(super) fn target(&self) -> Target {
        self.place.lock().target.clone()
    }

    /// The AWS name of the region that it is in.
    pub(super) fn region(&self) -> String {
        self.place.lock().region.clone()
    }

    /// Brings a batch payload.
    ///
    /// # Errors
    /// Why it was not taken.
    pub(super) async fn deliver(&self, batch_payload: &BatchPayload) -> Result<(), Refusal> {
        let place = self.place.lock().clone();
        match &place.target {
            Target::Bucket(bucket) => {
                let put = put(&place.s3, bucket, batch_payload).await;
                put.map_err(Refusal::new)
            }
            Target::Function { name, qualifier } => {
                let event = batch_payload.body.clone();
                place.functions.invoke(name, qualifier.as_deref(), event).await
            }
        }
    }
}

impl Services {
    fn place(&self, endpoint: &str, region: &str, target: Target) -> ResolvedTarget {
        let s3 = S3::new(&self.connections, endpoint, region, &self.keys, RetryPolicy::ONCE);
        ResolvedTarget {
            target,
            region: region.to_owned(),
            s3: s3.client().clone(),
            functions: Functions::new(&self.http, endpoint, region, &self.keys),
        }
    }
}

async fn put(s3: &aws_sdk_s3::Client, bucket: &str, batch_payload: &BatchPayload) -> Result<(), String> {
    let request = s3.put_object().bucket(bucket).key(&batch_payload.key);
    let request = request
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .body(batch_payload.body.clone().into());
    let sent = request.send().await;
    sent.map(drop).map_err(|error| match error.code() {
        Some(code) => format!("{code}: {}", error.message().unwrap_or_default()),
        None => DisplayErrorContext(&error).to_string(),
    })
}
