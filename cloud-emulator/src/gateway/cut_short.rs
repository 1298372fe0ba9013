//! Bodies of requests that end before their end, which is the client's doing.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use s3s::{Body, StdError};

/// Whether a body ended early.
pub(crate) struct CutShort(Arc<AtomicBool>);

impl CutShort {
    pub(crate) fn was(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// `body`, and what will tell whether it ended early.
pub(crate) fn watched(body: Body) -> (Body, Option<CutShort>) {
    let flag = Arc::new(AtomicBool::new(false));
    let cut_short = CutShort(flag.clone());
    (Body::http_body_unsync(Watched { body, flag }), Some(cut_short))
}

struct Watched {
    body: Body,
    flag: Arc<AtomicBool>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Err(_)) = &frame {
            self.flag.store(true, Ordering::Release);
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
