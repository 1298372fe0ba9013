//! The Lambda of one region: its functions, its queue's counters, whether it is silent.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

use super::error::{ACCOUNT_LIMIT, LambdaError, RESERVED_LIMIT};
use super::function::Function;
use super::function_names;
use super::queue::AsyncCounts;

/// Concurrent invocations of a region (AWS's default quota of an account).
pub(crate) const ACCOUNT_CONCURRENCY: u32 = 1000;

/// What a region is reached by.
#[derive(Clone)]
pub struct S3Endpoint {
    /// The URL of the region's gateway, which functions get as `AWS_ENDPOINT_URL`.
    pub endpoint: String,
    /// S3 on behalf of functions: code is read and failed events are written through it.
    pub s3: aws_sdk_s3::Client,
}

pub(crate) struct Region {
    pub(crate) name: Arc<str>,
    pub(crate) functions: Mutex<BTreeMap<Arc<str>, Function>>,
    pub(crate) queue: Mutex<AsyncCounts>,
    pub(crate) s3: RwLock<Option<S3Endpoint>>,
    /// How many guards keep it silent.
    outages: watch::Sender<u32>,
}

impl Region {
    pub(crate) fn new(name: &str) -> Arc<Region> {
        Arc::new(Region {
            name: Arc::from(name),
            functions: Mutex::default(),
            queue: Mutex::default(),
            s3: RwLock::default(),
            outages: watch::Sender::new(0),
        })
    }

    /// Works on one function.
    ///
    /// # Errors
    /// There is none of that name, or what the work says.
    pub(crate) fn with<T>(
        &self,
        name: &str,
        work: impl FnOnce(&mut Function) -> Result<T, LambdaError>,
    ) -> Result<T, LambdaError> {
        let mut functions = self.functions.lock();
        match functions.get_mut(name) {
            Some(function) => work(function),
            None => Err(LambdaError::no_function(&function_names::arn(&self.name, name))),
        }
    }

    /// What invocations of functions without a reservation share.
    pub(crate) fn unreserved(functions: &BTreeMap<Arc<str>, Function>) -> u32 {
        let reserved: u32 = functions.values().filter_map(|f| f.reserved).sum();
        ACCOUNT_CONCURRENCY.saturating_sub(reserved)
    }

    /// Counts one more invocation of a function as running.
    ///
    /// # Errors
    /// Throttled: as many as may run do so.
    pub(crate) fn admit(&self, name: &str) -> Result<Running, LambdaError> {
        let functions = self.functions.lock();
        let function = functions
            .get(name)
            .ok_or_else(|| LambdaError::no_function(&function_names::arn(&self.name, name)))?;
        let now = |f: &Function| f.running.load(Ordering::Relaxed);
        if let Some(reserved) = function.reserved {
            if now(function) >= reserved {
                return Err(LambdaError::throttled(RESERVED_LIMIT));
            }
        } else {
            let others = functions.values().filter(|f| f.reserved.is_none());
            if others.map(now).sum::<u32>() >= Region::unreserved(&functions) {
                return Err(LambdaError::throttled(ACCOUNT_LIMIT));
            }
        }
        function.running.fetch_add(1, Ordering::Relaxed);
        Ok(Running(function.running.clone()))
    }

    pub(crate) fn is_silent(&self) -> bool {
        *self.outages.borrow() > 0
    }

    /// Waits until nothing keeps it silent.
    pub(crate) async fn up_again(&self) {
        // The sender is in `self`: this cannot fail.
        let _ = self.outages.subscribe().wait_for(|outages| *outages == 0).await;
    }

    pub(crate) fn start_outage(self: &Arc<Self>) -> LambdaOutageGuard {
        self.outages.send_modify(|outages| *outages += 1);
        LambdaOutageGuard(self.clone())
    }
}

/// An invocation that counts as running.
pub(crate) struct Running(Arc<std::sync::atomic::AtomicU32>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Keeps a region's functions from running until it is dropped.
#[must_use]
pub struct LambdaOutageGuard(Arc<Region>);

impl Drop for LambdaOutageGuard {
    fn drop(&mut self) {
        self.0.outages.send_modify(|outages| *outages -= 1);
    }
}
