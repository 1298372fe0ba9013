//! Other endpoints as what S3 keeps its objects in.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_client::ask;
use cloud_gateway::{Arrival, ErrorFormat, Keys, Protocol, RequestInfo, Stands};
use drill::units::DrillTime;
use futures::TryStreamExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use runtime::wall;
use s3s::{Body, HttpError};

use super::remote_s3::Remote;
use crate::embedded::{MissingReplica, Replication};
use crate::error::S3Failure;
use crate::front::Front;
use crate::past::{Past, Pasts};
use crate::replication::{Copy, ReplicationError};
use crate::storage::Storage;

/// The pause before an endpoint is asked again whether it still lives, in wall time.
const HEALTH_CHECK: Duration = Duration::from_secs(2);

/// How long an answer may take: an endpoint that is busy with a drill on a busy machine is slow, and not dead.
const ANSWER: Duration = Duration::from_secs(30);

/// An endpoint that did not answer so many times in a row is dead: one that hangs after about a minute, one that refuses
/// connections after a few seconds (each time is three attempts). More than once, since a fault may take an endpoint
/// that has just been asked.
const DEAD_AFTER: u32 = 2;

#[async_trait]
impl Storage for Remote {
    fn front(self: Arc<Self>, _keys: &Keys, _anonymous: bool) -> Box<dyn Front> {
        Box::new(RemoteFront(self))
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn seed(&self) -> u64 {
        self.seed
    }

    fn regions(&self) -> Vec<String> {
        Remote::regions(self).map(|region| region.to_string()).collect()
    }

    fn region_of(&self, bucket: &str) -> Option<Arc<str>> {
        Remote::region_of(self, bucket)
    }

    fn has_region(&self, region: &str) -> bool {
        Remote::regions(self).any(|known| **known == *region)
    }

    fn set_down(&self, region: &str, down: bool) {
        Remote::set_down(self, region, down);
    }

    fn forget(&self, region: &str) {
        Remote::forget(self, region);
    }

    fn written_at(&self, bucket: &str, key: &str) -> Option<DrillTime> {
        Remote::written_at(self, bucket, key)
    }

    fn known_keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        Remote::known_keys(self, bucket, prefix)
    }

    fn current(&self, _bucket: &str, _key: &str) -> Stands {
        Stands::Unread
    }

    async fn delete_current(&self, bucket: &str, key: &str) -> Result<(), S3Failure> {
        Ok(Remote::delete_current(self, bucket, key).await?)
    }

    async fn purge(&self, bucket: &str, key: &str) -> Result<(), S3Failure> {
        Ok(Remote::purge(self, bucket, key).await?)
    }

    async fn overwrite(&self, bucket: &str, key: &str, body: Vec<u8>) -> Result<(), S3Failure> {
        Ok(Remote::overwrite(self, bucket, key, body).await?)
    }

    fn corrupt(&self, bucket: &str, key: &str, path: &str) -> Result<(), S3Failure> {
        Ok(Remote::corrupt(self, bucket, key, path)?)
    }

    async fn force_delete_bucket(&self, bucket: &str) -> Result<(), S3Failure> {
        Ok(Remote::force_delete_bucket(self, bucket).await?)
    }

    async fn declare_bucket(&self, bucket: &str, region: &str, versioned: bool) -> Result<(), S3Failure> {
        Ok(Remote::declare_bucket(self, bucket, region, versioned).await?)
    }

    /// The endpoint dates what it is sent with its own clock; that it is old is known to us alone.
    async fn fill(&self, bucket: &str, replica: Option<&str>, pasts: Pasts<'_>) -> Result<(), S3Failure> {
        let writes = ask::side_by_side(pasts, async |past: Past| {
            let written = self.write_past(bucket, replica, &past).await;
            written.map_err(|error| S3Failure::Past { key: past.key, error })
        });
        writes.try_collect::<()>().await
    }

    fn absent(&self, from: &str, to: &str) -> Option<Vec<MissingReplica>> {
        Remote::absent(self, from, to)
    }

    fn copies_at_once(&self) -> usize {
        // As many requests as an endpoint in Python makes something of.
        8
    }

    fn copies_by_requests(&self) -> bool {
        true
    }

    async fn replicate(&self, copy: &Copy) -> Result<(), ReplicationError> {
        Remote::replicate(self, copy).await
    }

    fn set_replication_status(&self, copy: &Copy, status: Replication) {
        Remote::set_replication_status(self, &copy.bucket, &copy.key, copy.version, status);
    }

    /// Asks the endpoints again and again, but for those that a fault has taken, until one of them is dead.
    async fn died(&self) -> String {
        let mut missed = 0;
        loop {
            wall::sleep(HEALTH_CHECK).await;
            match self.answers(ANSWER).await {
                Ok(()) => missed = 0,
                Err(why) => {
                    missed += 1;
                    if missed == DEAD_AFTER {
                        return why.to_string();
                    }
                }
            }
        }
    }

    async fn clean_up(&self) -> Vec<String> {
        Remote::clean_up(self).await
    }
}

/// Passes requests on whose signature the gateway has verified.
struct RemoteFront(Arc<Remote>);

impl Front for RemoteFront {
    fn trusts_gateway(&self) -> bool {
        true
    }

    fn serve<'a>(
        &'a self,
        request: Request<Body>,
        arrival: Arrival,
        seen: Option<&'a RequestInfo>,
    ) -> BoxFuture<'a, Result<Response<Body>, HttpError>> {
        Box::pin(async move {
            let seen = seen.expect("every request is looked at if another endpoint is served");
            let asked = ErrorFormat::from_request(request.method(), request.headers());
            let answer = self.0.serve(request, seen).await;
            Ok(answer.unwrap_or_else(|error| Protocol::S3.error(&error, &asked, &arrival.id.to_string())))
        })
    }
}
