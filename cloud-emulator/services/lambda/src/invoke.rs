//! An invocation, from the request to its outcome.
//!
//! ```text
//!   outage? ─► which version ─► faults ─► concurrency ─► environment ─► outcome
//! ```

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use drill::draw::Draws;
use drill::units::Span;
use runtime::wall;
use serde_json::json;

use super::Lambda;
use super::error::{ACCOUNT_LIMIT, LambdaError};
use super::exec::{Done, Event, InvocationOutcome, Job, Surroundings};
use super::fault::FaultEffect;
use super::function::LATEST;
use super::function_names::{self, Reference};
use super::region::Region;

/// The largest event of a synchronous invocation (AWS: 6 MB).
pub(crate) const LARGEST_EVENT: usize = 6 << 20;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// A name or an ARN, with or without a qualifier.
    pub function: String,
    /// A version or an alias.
    pub qualifier: Option<String>,
    /// JSON; nothing stands for `{}`.
    pub payload: Bytes,
    /// What the caller says about itself: JSON.
    pub client_context: Option<String>,
    /// Whether the end of the log is wanted.
    pub tail: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Invoked {
    /// The request's id.
    pub request: Arc<str>,
    /// The version that ran.
    pub version: String,
    /// Whether the function or its runtime failed.
    pub failed: bool,
    /// Its result, or the document of its error.
    pub payload: Bytes,
    /// The end of the log.
    pub tail: Option<Vec<u8>>,
    /// How long this machine took for it while the clock was not held for it, in wall time: so without the start of an
    /// environment.
    pub wall: Duration,
}

/// One attempt at an event whose function and request are settled.
pub(crate) struct Attempt {
    pub(crate) reference: Reference,
    pub(crate) request: Arc<str>,
    pub(crate) payload: Bytes,
    pub(crate) client_context: Option<String>,
    pub(crate) tail: bool,
}

impl Lambda {
    /// Invokes a function and waits for its result.
    ///
    /// # Errors
    /// As AWS refuses it. A function that fails is no error here: [`Invoked::failed`] says so.
    pub async fn invoke(&self, region: &str, invocation: Invocation) -> Result<Invoked, LambdaError> {
        let reference = Reference::parse(&invocation.function, region, invocation.qualifier.as_deref())?;
        if invocation.payload.len() > LARGEST_EVENT {
            return Err(LambdaError::too_large(format!(
                "Request must be smaller than {LARGEST_EVENT} bytes for the InvokeFunction operation"
            )));
        }
        let attempt = Attempt {
            reference,
            request: Arc::from(self.requests.next_id()),
            payload: event_of(invocation.payload)?,
            client_context: invocation.client_context,
            tail: invocation.tail,
        };
        let region = self.region(region)?.clone();
        let lambda = self.handle();
        // A caller that goes away does not end what it has begun.
        let work = tokio::spawn(async move { lambda.attempt(&region, attempt).await });
        work.await
            .unwrap_or_else(|error| Err(LambdaError::service(format!("the invocation broke off: {error}"))))
    }

    /// Makes one attempt.
    pub(crate) async fn attempt(
        &self,
        region: &Arc<Region>,
        attempt: Attempt,
    ) -> Result<Invoked, LambdaError> {
        if region.is_silent() {
            return Err(LambdaError::service("Service is unavailable"));
        }
        let job = self.job(region, &attempt.reference)?;
        let effect = self.faults.apply(&region.name, &job.function);
        if effect == Some(FaultEffect::Throttle) {
            return Err(LambdaError::throttled(ACCOUNT_LIMIT));
        }
        let running = region.admit(&job.function)?;
        let (outcome, tail, wall) = match self.apply_fault(effect, &job, &attempt.request).await {
            Some(outcome) => (outcome, attempt.tail.then(Vec::new), Duration::ZERO),
            None => {
                let began = wall::mono();
                let done = self.run_job(region, &job, &attempt).await;
                let wall = wall::mono().since(began).saturating_sub(done.held);
                (done.outcome, done.tail, wall)
            }
        };
        drop(running);
        let (failed, payload) = match outcome {
            InvocationOutcome::Response(payload) => (false, payload),
            InvocationOutcome::FunctionError { document, .. } => (true, document),
            InvocationOutcome::System(why) => return Err(LambdaError::service(why)),
        };
        Ok(Invoked {
            request: attempt.request,
            version: job.version.number.clone(),
            failed,
            payload,
            tail,
            wall,
        })
    }

    async fn run_job(&self, region: &Region, job: &Job, attempt: &Attempt) -> Done {
        let reference = &attempt.reference;
        let arn = match &reference.qualifier {
            Some(qualifier) => function_names::qualified(&region.name, &reference.name, qualifier),
            None => function_names::arn(&region.name, &reference.name),
        };
        let event = Event {
            request: attempt.request.clone(),
            payload: attempt.payload.clone(),
            arn,
            deadline_ms: 0,
            client_context: attempt.client_context.clone(),
        };
        self.pool.run(job, event, attempt.tail).await
    }

    /// The version that a reference stands for now.
    pub(crate) fn job(&self, region: &Region, reference: &Reference) -> Result<Job, LambdaError> {
        region.with(&reference.name, |function| {
            let qualifier = reference.qualifier.as_deref();
            let weighted = function
                .aliases
                .get(qualifier.unwrap_or(LATEST))
                .is_some_and(|alias| !alias.weights.is_empty());
            let share = if weighted {
                let n = function.draws.fetch_add(1, Ordering::Relaxed);
                let path = format!("lambda/{}/{}/alias", region.name, function.name);
                let draws = Draws::new(self.options.seed, &path);
                draws.below(n, 1_000_000) as f64 / 1e6
            } else {
                0.0
            };
            let version = function.resolve(qualifier, share).ok_or_else(|| {
                let arn =
                    function_names::qualified(&region.name, &reference.name, qualifier.unwrap_or(LATEST));
                LambdaError::no_function(&arn)
            })?;
            let now = self.now();
            let version = function.served(version, now);
            if version.is_pending(now) {
                return Err(LambdaError::pending());
            }
            Ok(Job {
                region: region.name.clone(),
                function: function.name.clone(),
                version: version.clone(),
                surroundings: self.surroundings(region),
            })
        })
    }

    /// What functions of a region find around them: the listeners of all regions.
    fn surroundings(&self, region: &Region) -> Surroundings {
        Surroundings {
            endpoint: region.s3.read().as_ref().map(|s3| s3.endpoint.clone()),
            reachable: self.reachable.read().clone(),
        }
    }

    /// What a fault makes of an invocation, if that ends it.
    async fn apply_fault(
        &self,
        effect: Option<FaultEffect>,
        job: &Job,
        request: &str,
    ) -> Option<InvocationOutcome> {
        match effect? {
            FaultEffect::Error(fault) => {
                let kind = "Firedrill.InjectedFault";
                let document = json!({
                    "errorType": kind,
                    "errorMessage": format!("RequestId: {request} Error: injected by fault '{fault}'"),
                });
                Some(InvocationOutcome::FunctionError {
                    document: Bytes::from(document.to_string()),
                    kind: kind.to_owned(),
                })
            }
            FaultEffect::Latency(latency) => {
                let limit = Span::from_secs(job.version.config.timeout.into());
                self.options.clock.sleep(latency.min(limit)).await;
                (latency >= limit).then(|| InvocationOutcome::timed_out(request, limit.to_std()))
            }
            FaultEffect::Throttle => None,
        }
    }
}

/// What the function gets of a payload.
///
/// # Errors
/// It is not JSON.
pub(crate) fn event_of(payload: Bytes) -> Result<Bytes, LambdaError> {
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(&payload) {
        Ok(_) => Ok(payload),
        Err(error) => Err(LambdaError::content(format!(
            "Could not parse request body into json: {error}"
        ))),
    }
}
