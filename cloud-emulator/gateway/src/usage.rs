//! What is done with one key: calls by operation, and bytes, for a step whose work is to be charged.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use parking_lot::Mutex;
use s3s::{Body, StdError};

use super::observer::CallObserver;

/// What was done with a key so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Calls by `service:Operation` (`s3:PutObject`), whatever came of them.
    pub calls_by_operation: BTreeMap<String, u64>,
    /// Bytes of the requests' bodies.
    pub bytes_in: u64,
    /// Bytes of the answers' bodies.
    pub bytes_out: u64,
    /// The longest chain of calls in which each began after the one before it was served.
    pub sequential_waits: u64,
}

/// Counts what is done with a key.
#[derive(Default)]
pub(crate) struct UsageCounters {
    observer: Option<Arc<dyn CallObserver>>,
    calls: Mutex<BTreeMap<String, u64>>,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    /// The length of the chain so far.
    chain: AtomicU64,
}

/// A call that is being served, until it is dropped.
///
/// Of all chains of calls that do not overlap the longest takes, each time, the call that ends first among those that began
/// after the last one taken had ended. So a call counts when it ends, if none has been counted since it began.
pub(crate) struct InFlight<'m> {
    chain: &'m AtomicU64,
    begun_at: u64,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let (old, new) = (self.begun_at, self.begun_at + 1);
        // Where another was counted meanwhile this one overlaps it.
        let _ = self
            .chain
            .compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed);
    }
}

impl UsageCounters {
    /// No counts yet, and an observer.
    pub(crate) fn watched_by(observer: Arc<dyn CallObserver>) -> UsageCounters {
        UsageCounters {
            observer: Some(observer),
            ..UsageCounters::default()
        }
    }

    /// Who watches what is done with the key.
    pub(crate) fn observer(&self) -> Option<&Arc<dyn CallObserver>> {
        self.observer.as_ref()
    }

    /// A call begins, and ends when what this gives is dropped.
    pub(crate) fn begin(&self) -> InFlight<'_> {
        InFlight {
            chain: &self.chain,
            begun_at: self.chain.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn call(&self, service: &str, operation: Option<&str>) {
        let name = format!("{service}:{}", operation.unwrap_or("unknown"));
        *self.calls.lock().entry(name).or_default() += 1;
    }

    pub(crate) fn bytes_in(&self, n: u64) {
        self.bytes_in.fetch_add(n, Ordering::Relaxed);
    }

    /// `body`, whose bytes count as the request's while they are read.
    pub(crate) fn of_request(self: &Arc<UsageCounters>, body: Body) -> Body {
        metered(body, self, |meter, n| meter.bytes_in(n))
    }

    /// `body`, whose bytes count as the answer's while they are written.
    pub(crate) fn of_answer(self: &Arc<UsageCounters>, body: Body) -> Body {
        metered(body, self, |meter, n| {
            meter.bytes_out.fetch_add(n, Ordering::Relaxed);
        })
    }

    pub(crate) fn read(&self) -> Usage {
        Usage {
            calls_by_operation: self.calls.lock().clone(),
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
            sequential_waits: self.chain.load(Ordering::Relaxed),
        }
    }
}

fn metered(body: Body, meter: &Arc<UsageCounters>, count: fn(&UsageCounters, u64)) -> Body {
    Body::http_body_unsync(Metered {
        body,
        meter: meter.clone(),
        count,
    })
}

struct Metered {
    body: Body,
    meter: Arc<UsageCounters>,
    count: fn(&UsageCounters, u64),
}

impl HttpBody for Metered {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            (self.count)(&self.meter, data.len() as u64);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long the chain is after calls that begin (`+name`) and end (`-name`) in this order.
    fn chain(order: &[&'static str]) -> u64 {
        let meter = UsageCounters::default();
        let mut flying: BTreeMap<&str, InFlight<'_>> = BTreeMap::new();
        for event in order {
            let (what, name) = event.split_at(1);
            match what {
                "+" => drop(flying.insert(name, meter.begin())),
                _ => drop(flying.remove(name)),
            }
        }
        meter.read().sequential_waits
    }

    #[test]
    fn calls_that_do_not_overlap_form_a_chain() {
        assert_eq!(chain(&[]), 0);
        assert_eq!(chain(&["+a", "-a", "+b", "-b", "+c", "-c"]), 3);
        assert_eq!(chain(&["+a", "+b", "+c", "-b", "-a", "-c"]), 1);
        // Two at a time, one of each pair the slower one.
        assert_eq!(chain(&["+a", "+b", "-a", "+c", "-b", "+d", "-c", "-d"]), 2);
        // A long one beside three short ones.
        assert_eq!(chain(&["+long", "+a", "-a", "+b", "-b", "+c", "-c", "-long"]), 3);
    }

    #[test]
    fn a_call_under_way_is_in_no_chain() {
        assert_eq!(chain(&["+a", "-a", "+b"]), 1);
    }
}
