//! Where a rule brings its batches, which can change while it runs.

use std::sync::Arc;

use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_s3::types::ChecksumAlgorithm;
use parking_lot::Mutex;

use super::invoke::Functions;
use super::parcel::Parcel;
use crate::client::transport::{Http, http};
use crate::client::{Connections, KeyPair, Patience, S3};
use crate::iot::config::Target;

/// Why a target did not take a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// AWS's error code and message, or what stood in the way of asking.
    pub(super) error: String,
    /// It will never take it.
    pub(super) for_good: bool,
}

impl Refusal {
    /// One after which it is tried again.
    pub(super) fn new(error: String) -> Refusal {
        Refusal {
            error,
            for_good: false,
        }
    }
}

/// The doors to the services of regions, as the principal `rule`. Cheap to clone.
#[derive(Clone)]
pub(in crate::iot) struct Services {
    connections: Connections,
    http: Http,
    keys: KeyPair,
}

impl Services {
    pub(in crate::iot) fn new(keys: &KeyPair) -> Services {
        Services {
            connections: Connections::new(),
            http: http(None),
            keys: keys.clone(),
        }
    }
}

/// Where a rule brings its batches at present.
pub(in crate::iot) struct Destination {
    services: Services,
    place: Mutex<Arc<Place>>,
}

/// A target behind the gateway of a region.
struct Place {
    target: Target,
    region: String,
    s3: aws_sdk_s3::Client,
    functions: Functions,
}

impl Destination {
    pub(in crate::iot) fn new(
        services: Services,
        endpoint: &str,
        region: &str,
        target: Target,
    ) -> Destination {
        let place = Mutex::new(Arc::new(services.place(endpoint, region, target)));
        Destination { services, place }
    }

    /// From now on batches go to `target` behind the gateway at `endpoint`; also those that wait.
    ///
    /// # Errors
    /// Those that wait were made for a target of another kind.
    pub(in crate::iot) fn change(&self, endpoint: &str, region: &str, target: Target) -> Result<(), String> {
        let mut place = self.place.lock();
        if std::mem::discriminant(&place.target) != std::mem::discriminant(&target) {
            return Err("a bucket cannot take the place of a function, nor the other way round".to_owned());
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

    /// Brings a parcel.
    ///
    /// # Errors
    /// Why it was not taken.
    pub(super) async fn take(&self, parcel: &Parcel) -> Result<(), Refusal> {
        let place = self.place.lock().clone();
        match &place.target {
            Target::Bucket(bucket) => {
                let put = put(&place.s3, bucket, parcel).await;
                put.map_err(Refusal::new)
            }
            Target::Function { name, qualifier } => {
                let event = parcel.body.clone();
                place.functions.invoke(name, qualifier.as_deref(), event).await
            }
        }
    }
}

impl Services {
    fn place(&self, endpoint: &str, region: &str, target: Target) -> Place {
        let s3 = S3::new(&self.connections, endpoint, region, &self.keys, Patience::ONCE);
        Place {
            target,
            region: region.to_owned(),
            s3: s3.client().clone(),
            functions: Functions::new(&self.http, endpoint, region, &self.keys),
        }
    }
}

async fn put(s3: &aws_sdk_s3::Client, bucket: &str, parcel: &Parcel) -> Result<(), String> {
    let request = s3.put_object().bucket(bucket).key(&parcel.key);
    let request = request
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .body(parcel.body.clone().into());
    let sent = request.send().await;
    sent.map(drop).map_err(|error| match error.code() {
        Some(code) => format!("{code}: {}", error.message().unwrap_or_default()),
        None => DisplayErrorContext(&error).to_string(),
    })
}
