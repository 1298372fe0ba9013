//! Reads of damaged versions: the bytes are altered on their way, the same for everybody who reads them.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use drill::draw::Draws;
use http::{HeaderMap, Response, StatusCode, header};
use http_body_util::BodyExt;
use s3s::Body;

use super::remote_s3::Remote;
use crate::embedded::damaged_places;
use cloud_gateway::{AwsError, altered};

impl Remote {
    /// The answer to a read of a damaged version, damaged.
    pub(super) async fn damaged(
        &self,
        path: &Arc<str>,
        response: Response<Body>,
    ) -> Result<Response<Body>, AwsError> {
        let Some((start, size)) = extent(response.headers()) else {
            return self.damaged_as_it_is(path, response).await;
        };
        let places = damaged_places(size, &Draws::new(self.seed, path));
        Ok(response.map(|body| altered(body, start, move |data, at| changed(data, at, &places))))
    }

    /// An endpoint that does not say how long its answer is: it is read whole first.
    async fn damaged_as_it_is(
        &self,
        path: &str,
        response: Response<Body>,
    ) -> Result<Response<Body>, AwsError> {
        let unreadable = |why: String| {
            let message = format!("The endpoint's answer cannot be read: {why}");
            AwsError::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message)
        };
        if response.status() != StatusCode::OK {
            return Err(unreadable("a part without its place".to_owned()));
        }
        let (head, body) = response.into_parts();
        let body = body
            .collect()
            .await
            .map_err(|error| unreadable(error.to_string()))?;
        let body = self.damaged_whole(path, &body.to_bytes());
        Ok(Response::from_parts(head, Body::from(body)))
    }

    /// A whole body, damaged.
    pub(super) fn damaged_whole(&self, path: &str, body: &Bytes) -> Bytes {
        let places = damaged_places(body.len() as u64, &Draws::new(self.seed, path));
        changed(body.clone(), 0, &places)
    }
}

/// Where the body of an answer begins in its object, and how large that is.
fn extent(headers: &HeaderMap) -> Option<(u64, u64)> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &http::HeaderValue| value.to_str().ok())
    };
    if let Some(range) = text(header::CONTENT_RANGE) {
        let (place, size) = range.strip_prefix("bytes ")?.split_once('/')?;
        return Some((place.split('-').next()?.parse().ok()?, size.parse().ok()?));
    }
    Some((0, text(header::CONTENT_LENGTH)?.parse().ok()?))
}

/// The bytes that stand at `at` in an object, with `places` of it changed.
fn changed(data: Bytes, at: u64, places: &BTreeMap<u64, u8>) -> Bytes {
    let end = at + data.len() as u64;
    let mut here = places.range(at..end).peekable();
    if here.peek().is_none() {
        return data;
    }
    let mut bytes = BytesMut::from(data);
    for (place, change) in here {
        bytes[(place - at) as usize] ^= change;
    }
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| (name.parse().unwrap(), value.parse().unwrap());
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn a_range_is_damaged_where_the_whole_is() {
        let places = BTreeMap::from([(2, 1), (7, 255)]);
        let whole = changed(Bytes::from_static(&[0; 10]), 0, &places);
        assert_eq!(&whole[..], [0, 0, 1, 0, 0, 0, 0, 255, 0, 0]);
        assert_eq!(
            &changed(Bytes::from_static(&[0; 4]), 5, &places)[..],
            [0, 0, 255, 0]
        );
        assert_eq!(&changed(Bytes::from_static(&[0; 2]), 8, &places)[..], [0, 0]);
    }

    #[test]
    fn an_answer_tells_where_its_body_stands() {
        let range = headers(&[("content-range", "bytes 5-8/20"), ("content-length", "4")]);
        assert_eq!(extent(&range), Some((5, 20)));
        assert_eq!(extent(&headers(&[("content-length", "9")])), Some((0, 9)));
        assert_eq!(extent(&headers(&[("content-range", "items 1")])), None);
    }
}
