//! How an event gets into the queue.

use std::sync::Arc;

use super::deliver::deliver;
use super::queued::Queued;
use crate::Lambda;
use crate::error::LambdaError;
use crate::function_names::Reference;
use crate::invoke::{Invocation, event_of};
use crate::options::LambdaEventKind;

/// The largest event of an asynchronous invocation (AWS: 1 MB).
const LARGEST_EVENT: usize = 1 << 20;

/// Events that one region queues at most. AWS names no number; this bounds the memory of this process.
const MOST_QUEUED: u64 = 100_000;

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
        let request: Arc<str> = Arc::from(self.requests.next_id());
        let accepted = LambdaEventKind::Accepted {
            request: request.clone(),
        };
        self.report(&region.name, &function, accepted);
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
        tokio::spawn(deliver(self.handle(), queued));
        Ok(request)
    }
}
