//! Counts what a client does: calls, attempts, bytes of bodies both ways.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use aws_sdk_s3::config::interceptors::{
    BeforeDeserializationInterceptorContextMut, BeforeSerializationInterceptorContextRef,
    BeforeTransmitInterceptorContextRef,
};
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use parking_lot::Mutex;

/// What the clients of one piece of work did. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct TransferMeter {
    counters: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    operations: Mutex<BTreeMap<String, u64>>,
    calls: AtomicU64,
    attempts: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

impl Counters {
    fn count_attempt(&self, operation: &str, sent: u64) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        *self.operations.lock().entry(operation.to_owned()).or_default() += 1;
        self.sent.fetch_add(sent, Ordering::Relaxed);
    }
}

/// What a meter showed at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// API calls, however many attempts each took.
    pub calls: u64,
    /// Attempts after the first of a call.
    pub retries: u64,
    /// Bytes of request bodies, those sent again included.
    pub sent: u64,
    /// Bytes of the bodies of answers, as far as they were read.
    pub received: u64,
}

/// What was done by operation, up to one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operations {
    /// Attempts by operation, in AWS's words (`GetObject`).
    pub calls: BTreeMap<String, u64>,
    /// Bytes of bodies both ways.
    pub bytes: u64,
}

impl std::ops::Add for Operations {
    type Output = Operations;

    fn add(mut self, other: Operations) -> Operations {
        for (operation, calls) in other.calls {
            *self.calls.entry(operation).or_default() += calls;
        }
        self.bytes += other.bytes;
        self
    }
}

impl Operations {
    /// What was done after `earlier`.
    pub fn since(mut self, earlier: &Operations) -> Operations {
        for (operation, calls) in &mut self.calls {
            *calls -= earlier.calls.get(operation).copied().unwrap_or(0);
        }
        self.calls.retain(|_, calls| *calls > 0);
        self.bytes -= earlier.bytes;
        self
    }
}

impl Reading {
    /// Bytes of bodies both ways.
    pub fn bytes(&self) -> u64 {
        self.sent + self.received
    }
}

impl TransferMeter {
    /// What was counted so far.
    pub fn read(&self) -> Reading {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (calls, attempts) = (get(&self.counters.calls), get(&self.counters.attempts));
        Reading {
            calls,
            retries: attempts.saturating_sub(calls),
            sent: get(&self.counters.sent),
            received: get(&self.counters.received),
        }
    }

    /// What was counted so far, by operation.
    pub fn operations(&self) -> Operations {
        Operations {
            calls: self.counters.operations.lock().clone(),
            bytes: self.read().bytes(),
        }
    }

    /// A call that is tried once, with a body of `length` bytes.
    pub(super) fn count_call(&self, operation: &str, length: usize) {
        self.counters.calls.fetch_add(1, Ordering::Relaxed);
        self.counters.count_attempt(operation, length as u64);
    }

    /// An answer whose body of `length` bytes was read.
    pub(super) fn count_answer(&self, length: usize) {
        self.counters.received.fetch_add(length as u64, Ordering::Relaxed);
    }

    pub(super) fn interceptor(&self) -> impl Intercept + 'static {
        Counting(Arc::clone(&self.counters))
    }
}

/// The hook in the SDK that feeds a meter.
#[derive(Debug)]
struct Counting(Arc<Counters>);

impl Intercept for Counting {
    fn name(&self) -> &'static str {
        "FiredrillMeter"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.calls.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = config.load::<Metadata>().map_or("unknown", Metadata::name);
        let request = context.request();
        let header = |name| request.headers().get(name)?.parse::<u64>().ok();
        // A streamed body is framed on the wire; what counts is what it carries.
        let length = header("x-amz-decoded-content-length")
            .or_else(|| request.body().content_length())
            .or_else(|| header("content-length"));
        self.0.count_attempt(operation, length.unwrap_or(0));
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response_mut().body_mut();
        let inner = std::mem::replace(body, SdkBody::taken());
        *body = SdkBody::from_body_1_x(CountedBody {
            inner,
            counters: Arc::clone(&self.0),
        });
        Ok(())
    }
}

/// A body that counts the bytes that are read from it.
struct CountedBody {
    inner: SdkBody,
    counters: Arc<Counters>,
}

impl Body for CountedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            let length = data.remaining() as u64;
            self.counters.received.fetch_add(length, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl fmt::Debug for CountedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountedBody").finish_non_exhaustive()
    }
}
