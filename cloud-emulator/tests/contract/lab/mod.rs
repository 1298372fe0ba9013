//! What a check works with: one cloud, names that no other check uses, and requests as they are on the wire.

mod answer;
mod ask;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use cloud_emulator::client::{Connections, KeyPair, RetryPolicy, S3};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

pub(crate) use answer::{HttpAnswer, within};
pub(crate) use ask::Ask;

use crate::expectation::Stop;

/// The region in which a bucket has no location constraint.
pub(crate) const CLASSIC: &str = "us-east-1";
/// Every check's own region.
pub(crate) const HOME: &str = "us-west-2";

/// How a cloud is reached.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    /// The endpoint of [`HOME`].
    pub(crate) home: String,
    /// The endpoint of [`CLASSIC`].
    pub(crate) classic: String,
    pub(crate) keys: KeyPair,
    /// How long a check waits for what this cloud does in its own time (a copy, a function that becomes active).
    pub(crate) policy: Duration,
}

impl Reach {
    pub(crate) fn endpoint(&self, region: &str) -> &str {
        match region {
            CLASSIC => &self.classic,
            _ => &self.home,
        }
    }
}

/// One check's view of a cloud. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Lab {
    pub(crate) reach: Arc<Reach>,
    /// Unique to this check: names of buckets and functions begin with it.
    pub(crate) name: Arc<str>,
    http: Client<HttpConnector, Full<Bytes>>,
    made: Arc<AtomicU32>,
}

impl Lab {
    pub(crate) fn new(reach: Arc<Reach>, name: String) -> Lab {
        Lab {
            reach,
            name: name.into(),
            http: Client::builder(TokioExecutor::new()).build_http(),
            made: Arc::default(),
        }
    }

    /// A name that no other check has.
    pub(crate) fn fresh(&self) -> String {
        let n = self.made.fetch_add(1, Ordering::Relaxed);
        format!("{}-{n}", self.name)
    }

    /// The first bucket of a check, which the embedded cloud copies without delay.
    pub(crate) fn source_of(name: &str) -> String {
        format!("{name}-0")
    }

    /// A request to S3 in [`HOME`].
    pub(crate) fn ask(&self, method: &str, path: impl Into<String>) -> Ask {
        Ask::new(self.clone(), method, path.into())
    }

    pub(crate) fn get(&self, path: impl Into<String>) -> Ask {
        self.ask("GET", path)
    }

    pub(crate) fn head(&self, path: impl Into<String>) -> Ask {
        self.ask("HEAD", path)
    }

    pub(crate) fn put(&self, path: impl Into<String>, body: impl Into<Bytes>) -> Ask {
        self.ask("PUT", path).body(body)
    }

    pub(crate) fn post(&self, path: impl Into<String>, body: impl Into<Bytes>) -> Ask {
        self.ask("POST", path).body(body)
    }

    pub(crate) fn delete(&self, path: impl Into<String>) -> Ask {
        self.ask("DELETE", path)
    }

    /// Makes a bucket in a region: its path, `/name`.
    pub(crate) async fn bucket_in(&self, region: &'static str) -> Result<String, Stop> {
        let path = format!("/{}", self.fresh());
        let document = match region {
            CLASSIC => String::new(),
            _ => located(region),
        };
        self.put(path.as_str(), document).region(region).done().await?;
        Ok(path)
    }

    /// Makes a bucket in [`HOME`]: its path, `/name`.
    pub(crate) async fn bucket(&self) -> Result<String, Stop> {
        self.bucket_in(HOME).await
    }

    /// Makes a bucket that keeps versions.
    pub(crate) async fn versioned(&self) -> Result<String, Stop> {
        let path = self.bucket().await?;
        self.versioning(&path, "Enabled").await?;
        Ok(path)
    }

    /// Turns versioning on or suspends it.
    pub(crate) async fn versioning(&self, bucket: &str, status: &str) -> Result<(), Stop> {
        let answer = self.put(format!("{bucket}?versioning"), versioning(status));
        answer.done().await.map(drop)
    }

    /// Puts an object, which must succeed: the answer.
    pub(crate) async fn stored(&self, path: impl Into<String>, body: &str) -> Result<HttpAnswer, Stop> {
        self.put(path, body.to_owned()).done().await
    }

    /// The SDK's client in [`HOME`], which tries once.
    pub(crate) fn sdk(&self) -> aws_sdk_s3::Client {
        let endpoint = self.reach.endpoint(HOME);
        let s3 = S3::new(
            &Connections::new(),
            endpoint,
            HOME,
            &self.reach.keys,
            RetryPolicy::ONCE,
        );
        s3.client().clone()
    }

    /// Asks until the answer is as wanted, for as long as the cloud is worth waiting for: the last answer.
    pub(crate) async fn until<F>(
        &self,
        ask: impl Fn() -> F,
        wanted: impl Fn(&HttpAnswer) -> bool,
    ) -> Result<HttpAnswer, Stop>
    where
        F: Future<Output = Result<HttpAnswer, Stop>>,
    {
        let began = runtime::wall::mono();
        loop {
            let answer = ask().await?;
            if wanted(&answer) || runtime::wall::mono().since(began) > self.reach.policy {
                return Ok(answer);
            }
            runtime::wall::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// The document that places a bucket.
pub(crate) fn located(region: &str) -> String {
    format!(
        "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
    )
}

/// The document that sets versioning.
pub(crate) fn versioning(status: &str) -> String {
    format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>")
}

/// What must be known for a check to go on.
pub(crate) fn need<T>(what: &str, found: Option<T>) -> Result<T, Stop> {
    found.ok_or_else(|| Stop(format!("no {what}")))
}

/// What another's library says went wrong, without what differs from run to run.
pub(crate) fn sdk_error<E, R>(error: &aws_sdk_s3::error::SdkError<E, R>) -> Stop
where
    E: aws_sdk_s3::error::ProvideErrorMetadata,
{
    let code = error.as_service_error().and_then(|error| error.code());
    Stop(code.map_or_else(|| format!("SDK: {error}"), str::to_owned))
}
