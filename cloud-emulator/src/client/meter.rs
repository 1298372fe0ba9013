//! Counts what a client does: calls, attempts, bytes of bodies both ways.

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
use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};

/// What the clients of one piece of work did. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    counters: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    calls: AtomicU64,
    attempts: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
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

impl Reading {
    /// Bytes of bodies both ways.
    pub fn bytes(&self) -> u64 {
        self.sent + self.received
    }
}

impl Meter {
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
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.attempts.fetch_add(1, Ordering::Relaxed);
        let request = context.request();
        let header = |name| request.headers().get(name)?.parse::<u64>().ok();
        // A streamed body is framed on the wire; what counts is what it carries.
        let length = header("x-amz-decoded-content-length")
            .or_else(|| request.body().content_length())
            .or_else(|| header("content-length"));
        self.0.sent.fetch_add(length.unwrap_or(0), Ordering::Relaxed);
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
