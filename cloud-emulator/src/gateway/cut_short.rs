//! Bodies of requests that end before their end, or do not end where a document has to: both is the client's doing.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use s3s::{Body, StdError};

use super::error::AwsError;

/// What is wrong with a body, once it was read.
#[derive(Default)]
pub(crate) struct Wrong {
    ended_early: AtomicBool,
    is_too_long: AtomicBool,
}

impl Wrong {
    /// What the client is told of it.
    pub(crate) fn error(&self) -> Option<AwsError> {
        match () {
            () if self.is_too_long.load(Ordering::Acquire) => Some(AwsError::message_too_long()),
            () if self.ended_early.load(Ordering::Acquire) => Some(AwsError::incomplete_body()),
            () => None,
        }
    }
}

/// `body`, which may have so many bytes at most, and what will tell what is wrong with it.
pub(crate) fn watched(body: Body, most: u64) -> (Body, Option<Arc<Wrong>>) {
    let wrong = Arc::new(Wrong {
        // Whoever reads it may refuse it for what it says of itself, and read nothing.
        is_too_long: AtomicBool::new(body.size_hint().lower() > most),
        ..Wrong::default()
    });
    let watched = Watched {
        body,
        left: most,
        wrong: wrong.clone(),
    };
    (Body::http_body_unsync(watched), Some(wrong))
}

struct Watched {
    body: Body,
    /// Bytes that may come.
    left: u64,
    wrong: Arc<Wrong>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Err(_)) => self.wrong.ended_early.store(true, Ordering::Release),
            Some(Ok(frame)) => {
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                let Some(left) = self.left.checked_sub(length) else {
                    self.wrong.is_too_long.store(true, Ordering::Release);
                    return Poll::Ready(Some(Err("the document is too long".into())));
                };
                self.left = left;
            }
            None => {}
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
