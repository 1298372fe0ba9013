//! Bodies whose bytes are altered on their way; their length stays as it was.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use s3s::Body;

/// `body`, with each piece of it as `alter` returns it: it is given the piece, and where in the object its first byte
/// stands. `start` is where the body itself begins there. The pieces must keep their length.
pub fn altered(body: Body, start: u64, alter: impl Fn(Bytes, u64) -> Bytes + Send + 'static) -> Body {
    Body::http_body_unsync(Altered {
        body,
        at: start,
        alter,
    })
}

struct Altered<F> {
    body: Body,
    /// Where the next bytes stand.
    at: u64,
    alter: F,
}

// Nothing of it is pinned: the body itself may be moved.
impl<F> Unpin for Altered<F> {}

impl<F: Fn(Bytes, u64) -> Bytes> HttpBody for Altered<F> {
    type Data = Bytes;
    type Error = s3s::StdError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, s3s::StdError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready(frame.map(|frame| {
            frame.map(|frame| {
                frame.map_data(|data| {
                    let at = self.at;
                    self.at += data.len() as u64;
                    (self.alter)(data, at)
                })
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
