//! Bodies of requests that end before their end, or are others than was signed, which is the client's doing.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use s3s::{Body, StdError};
use sha2::{Digest, Sha256};

use super::error::AwsError;

/// What a body turned out to be.
#[derive(Default)]
struct Flags {
    ended_early: AtomicBool,
    is_another: AtomicBool,
}

/// Whether something is wrong with a body.
pub(crate) struct CutShort(Arc<Flags>);

impl CutShort {
    /// What its client is told, if it is wrong.
    pub(crate) fn error(&self) -> Option<AwsError> {
        match () {
            () if self.0.ended_early.load(Ordering::Acquire) => Some(AwsError::incomplete_body()),
            () if self.0.is_another.load(Ordering::Acquire) => Some(AwsError::another_body()),
            () => None,
        }
    }
}

/// `body`, and what will tell whether it ended early or is another than its head declares.
pub(crate) fn watched(body: Body, headers: &HeaderMap) -> (Body, Option<CutShort>) {
    let flags = Arc::new(Flags::default());
    let cut_short = CutShort(flags.clone());
    let declared = headers.get("x-amz-content-sha256").map(|value| value.as_bytes());
    // Other values than a digest say that the body is not signed, or in parts.
    let declared = declared
        .and_then(|value| hex::decode(value).ok())
        .filter(|digest| digest.len() == 32);
    let mut body = Watched {
        body,
        flags,
        digest: declared.map(|declared| (Sha256::new(), declared)),
    };
    // Nobody reads a body that is not there.
    if body.body.is_end_stream() {
        body.note(None);
    }
    (Body::http_body_unsync(body), Some(cut_short))
}

struct Watched {
    body: Body,
    flags: Arc<Flags>,
    /// That of what came so far, and the one that is declared.
    digest: Option<(Sha256, Vec<u8>)>,
}

impl Watched {
    fn note(&mut self, frame: Option<&Result<Frame<Bytes>, StdError>>) {
        match (frame, &mut self.digest) {
            (Some(Err(_)), _) => self.flags.ended_early.store(true, Ordering::Release),
            (Some(Ok(frame)), Some((digest, _))) => {
                digest.update(frame.data_ref().map_or(&[][..], |data| data))
            }
            _ => {}
        }
        if let Some((digest, declared)) = &self.digest
            && (frame.is_none() || self.body.is_end_stream())
        {
            let is_another = digest.clone().finalize()[..] != declared[..];
            self.flags.is_another.store(is_another, Ordering::Release);
        }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.note(frame.as_ref());
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
    use http_body_util::BodyExt;

    use super::*;

    async fn told(body: &'static [u8], declared: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-content-sha256", declared.parse().unwrap());
        let (body, cut_short) = watched(Body::from(Bytes::from_static(body)), &headers);
        if !body.is_end_stream() {
            body.collect().await.unwrap();
        }
        cut_short.unwrap().error().map(|error| error.code.into_owned())
    }

    #[tokio::test]
    async fn a_body_that_is_another_than_was_signed_is_told() {
        let digest = |text: &str| hex::encode(Sha256::digest(text));
        assert_eq!(told(b"a", &digest("a")).await, None);
        assert_eq!(told(b"a", "UNSIGNED-PAYLOAD").await, None);
        let mismatch = Some("XAmzContentSHA256Mismatch".to_owned());
        assert_eq!(told(b"a", &digest("b")).await, mismatch);
        assert_eq!(told(b"", &digest("b")).await, mismatch);
    }
}
