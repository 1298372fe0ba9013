//! One region of a foreign S3, as our own requests get there.

use std::sync::Arc;

use aws_sdk_s3::Client;
use http::StatusCode;
use http::uri::Authority;
use tokio::sync::watch;

use cloud_service::Endpoint;

use super::refusals::refused;
use cloud_client::{Connections, KeyPair, RetryPolicy, S3};
use cloud_gateway::AwsError;

/// One region as requests get there.
pub(super) struct Region {
    pub(super) name: Arc<str>,
    pub(super) to: Authority,
    /// Straight to the endpoint: no gateway, no faults.
    client: Client,
    /// Whether a fault has taken the endpoint.
    down: watch::Sender<bool>,
}

impl Region {
    pub(super) fn new(endpoint: &Endpoint, connections: &Connections, keys: &KeyPair) -> Region {
        let url = format!("http://{}", endpoint.to);
        let s3 = S3::new(connections, &url, &endpoint.region, keys, RetryPolicy::STANDARD);
        Region {
            name: Arc::from(endpoint.region.as_str()),
            to: endpoint.to.clone(),
            client: s3.client().clone(),
            down: watch::Sender::new(false),
        }
    }

    /// Straight to the endpoint, unless it is down: an answer that is known not to come is not waited for.
    pub(super) fn direct(&self) -> Result<&Client, AwsError> {
        self.up().map(|()| &self.client)
    }

    /// The error that everybody gets at once as long as the endpoint is down.
    pub(super) fn up(&self) -> Result<(), AwsError> {
        if self.is_down() {
            Err(AwsError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                format!("The container of {} is down", self.name),
            ))
        } else {
            Ok(())
        }
    }

    pub(super) fn is_down(&self) -> bool {
        *self.down.borrow()
    }

    pub(super) fn set_down(&self, down: bool) {
        self.down.send_replace(down);
    }

    /// Resolves when the endpoint is down.
    pub(super) async fn went_down(&self) {
        // The sender lives as long as this.
        let _ = self.down.subscribe().wait_for(|down| *down).await;
    }

    /// Whether there is a bucket of this name, of any owner. Only "not found" says that there is none: one of which
    /// the endpoint does not tell may have an owner.
    pub(super) async fn is_there(&self, bucket: &str) -> Result<bool, AwsError> {
        let Err(error) = self.direct()?.head_bucket().bucket(bucket).send().await else {
            return Ok(true);
        };
        let told = refused("HeadBucket", &error);
        match error.raw_response().map(|response| response.status().as_u16()) {
            Some(404) => Ok(false),
            status => Err(AwsError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                format!(
                    "http://{} does not tell whether there is a bucket {bucket}: {}",
                    self.to,
                    status.map_or_else(|| told.to_string(), |status| format!("status {status}"))
                ),
            )),
        }
    }
}
