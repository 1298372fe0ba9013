//! Asynchronous invocations: queued, attempted, repeated in drill time, handed on, and all of it counted.
//!
//! ```text
//!   accepted ─► queued ─► attempt ─┬─ success ──────────────► delivered (on-success destination)
//!                 ▲                ├─ function's error ─ 1 min, 2 min ─► attempt
//!                 └── backoff ◄────┤─ throttled, system's error: 1 s to 5 min, up to the event's age
//!                                  └─ given up ─► on-failure destination, or dropped
//! ```
//!
//! As AWS documents it: two retries and six hours unless configured otherwise; reserved concurrency of 0
//! sends events to the destination at once. What AWS does not say, and how it is here: the events of a
//! function that was deleted are dropped; a destination that refuses gets what the client's own retries
//! give it, and then the event is dropped.

mod deliver;
mod destination;

use std::sync::Arc;

use bytes::Bytes;
use drill::units::DrillTime;

use super::Lambda;
use super::error::LambdaError;
use super::invoke::{Invocation, event_of};
use super::names::Reference;
use super::options::LambdaEventKind;

pub(crate) use destination::check;

/// The largest event of an asynchronous invocation (AWS: 1 MB).
const LARGEST_EVENT: usize = 1 << 20;

/// Events that one region queues at most. AWS names no number; this bounds the memory of this process.
const MOST_QUEUED: u64 = 100_000;

/// Where the asynchronous events of a region are:
/// `accepted = queued + delivered + to_destination + dropped`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsyncCounts {
    /// Acknowledged so far.
    pub accepted: u64,
    /// Waiting, or being worked on.
    pub queued: u64,
    /// Taken by a function that answered without an error.
    pub delivered: u64,
    /// Given up and taken by an on-failure destination.
    pub to_destination: u64,
    /// Given up and gone.
    pub dropped: u64,
    /// Attempts that failed and were followed by another.
    pub retries: u64,
}

/// An event on its way.
pub(crate) struct Queued {
    pub(crate) region: Arc<super::region::Region>,
    pub(crate) function: Arc<str>,
    pub(crate) reference: Reference,
    pub(crate) request: Arc<str>,
    pub(crate) payload: Bytes,
    pub(crate) client_context: Option<String>,
    pub(crate) accepted: DrillTime,
    /// How often the function has run.
    pub(crate) invocations: u32,
    /// How often it was throttled, or Lambda failed.
    pub(crate) refusals: u32,
}

impl Lambda {
    /// Queues an event for a function, and gives the request's id.
    ///
    /// # Errors
    /// As AWS refuses it; then it is not queued.
    pub fn invoke_async(&self, region: &str, invocation: Invocation) -> Result<Arc<str>, LambdaError> {
        let reference = Reference::parse(&invocation.function, region, invocation.qualifier.as_deref())?;
        if invocation.payload.len() > LARGEST_EVENT {
            return Err(LambdaError::too_large(format!(
                "Request must be smaller than {LARGEST_EVENT} bytes for the InvokeFunction operation"
            )));
        }
        let payload = event_of(invocation.payload)?;
        let region = self.region(region)?.clone();
        if region.is_silent() {
            return Err(LambdaError::service("Service is unavailable"));
        }
        let function = self.job(&region, &reference)?.function;
        {
            let mut counts = region.queue.lock();
            if counts.queued >= MOST_QUEUED {
                return Err(LambdaError::throttled("CallerRateLimitExceeded"));
            }
            counts.accepted += 1;
            counts.queued += 1;
        }
        let request: Arc<str> = Arc::from(self.requests.take());
        let accepted = LambdaEventKind::Accepted {
            request: request.clone(),
        };
        self.tell(&region.name, &function, accepted);
        let queued = Queued {
            region,
            function,
            reference,
            request: request.clone(),
            payload,
            client_context: invocation.client_context,
            accepted: self.options.clock.now(),
            invocations: 0,
            refusals: 0,
        };
        tokio::spawn(deliver::deliver(self.handle(), queued));
        Ok(request)
    }
}
