//! Bodies of requests that end before their end, do not end where a document has to, or are others than was signed: all that is
//! the client's doing.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use s3s::{Body, StdError};
use sha2::{Digest, Sha256};

use cloud_gateway::AwsError;

/// What is wrong with a body, once it was read.
#[derive(Default)]
pub(crate) struct Wrong {
    ended_early: AtomicBool,
    is_too_long: AtomicBool,
    is_another: AtomicBool,
}

impl Wrong {
    /// What its client is told, if something is wrong with it.
    pub(crate) fn error(&self) -> Option<AwsError> {
        match () {
            () if self.is_too_long.load(Ordering::Acquire) => Some(AwsError::message_too_long()),
            () if self.ended_early.load(Ordering::Acquire) => Some(AwsError::incomplete_body()),
            () if self.is_another.load(Ordering::Acquire) => Some(AwsError::another_body()),
            () => None,
        }
    }
}

/// `body`, which may have so many bytes at most if it is a document, and what will tell what is wrong with it. Whether it is
/// one, and is refused, is for the reader of the body.
pub(crate) fn watched(body: Body, headers: &HeaderMap, most: u64) -> (Body, Option<Arc<Wrong>>) {
    let wrong = Arc::new(Wrong {
        // The reader may refuse it for what it says of itself, and read nothing.
        is_too_long: AtomicBool::new(body.size_hint().lower() > most),
        ..Wrong::default()
    });
    let declared = headers.get("x-amz-content-sha256").map(|value| value.as_bytes());
    // Other values than a digest say that the body is not signed, or in parts.
    let declared = declared
        .and_then(|value| hex::decode(value).ok())
        .filter(|digest| digest.len() == 32);
    let mut body = Watched {
        body,
        left: most,
        wrong: wrong.clone(),
        digest: declared.map(|declared| (Sha256::new(), declared)),
    };
    // An empty body is not read.
    if body.body.is_end_stream() {
        body.note(None);
    }
    (Body::http_body_unsync(body), Some(wrong))
}

struct Watched {
    body: Body,
    /// Bytes that may come of a document.
    left: u64,
    wrong: Arc<Wrong>,
    /// That of what came so far, and the one that is declared.
    digest: Option<(Sha256, Vec<u8>)>,
}

impl Watched {
    fn note(&mut self, frame: Option<&Result<Frame<Bytes>, StdError>>) {
        match (frame, &mut self.digest) {
            (Some(Err(_)), _) => self.wrong.ended_early.store(true, Ordering::Release),
            (Some(Ok(frame)), digest) => {
                let data = frame.data_ref().map_or(&[][..], |data| data);
                if let Some((digest, _)) = digest {
                    digest.update(data);
                }
                match self.left.checked_sub(data.len() as u64) {
                    Some(left) => self.left = left,
                    None => self.wrong.is_too_long.store(true, Ordering::Release),
                }
            }
            _ => {}
        }
        if let Some((digest, declared)) = &self.digest
            && (frame.is_none() || self.body.is_end_stream())
        {
            let is_another = digest.clone().finalize()[..] != declared[..];
            self.wrong.is_another.store(is_another, Ordering::Release);
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

    async fn error_of(body: &'static [u8], declared: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-content-sha256", declared.parse().unwrap());
        let (body, wrong) = watched(Body::from(Bytes::from_static(body)), &headers, u64::MAX);
        if !body.is_end_stream() {
            body.collect().await.unwrap();
        }
        wrong.unwrap().error().map(|error| error.code.into_owned())
    }

    #[tokio::test]
    async fn a_body_that_is_another_than_was_signed_is_told() {
        let digest = |text: &str| hex::encode(Sha256::digest(text));
        assert_eq!(error_of(b"a", &digest("a")).await, None);
        assert_eq!(error_of(b"a", "UNSIGNED-PAYLOAD").await, None);
        let mismatch = Some("XAmzContentSHA256Mismatch".to_owned());
        assert_eq!(error_of(b"a", &digest("b")).await, mismatch);
        assert_eq!(error_of(b"", &digest("b")).await, mismatch);
    }
}
