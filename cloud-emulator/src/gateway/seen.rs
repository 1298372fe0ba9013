//! What a fault may match a request on, without having read its body.

use std::sync::Arc;

use super::host::bucket_of;
use super::principal::{Keys, Principal};
use crate::s3::Store;

/// A request as the gateway sees it before it is served.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Who claims to ask; `None` for unsigned requests and unknown keys. Wrong claims are refused later.
    pub principal: Option<Principal>,
    /// The bucket that is meant, percent-encoding removed.
    pub bucket: Option<String>,
    /// Where the request belongs: the bucket's home, or the listener's region when it means no bucket
    /// that exists.
    pub region: Arc<str>,
}

impl Seen {
    pub(crate) fn of<B>(request: &http::Request<B>, keys: &Keys, store: &Store, listener: &Arc<str>) -> Seen {
        let bucket = bucket(request);
        let home = bucket.as_deref().and_then(|name| store.region_of(name));
        Seen {
            principal: keys.claimed(request),
            region: home.unwrap_or_else(|| listener.clone()),
            bucket,
        }
    }
}

fn bucket<B>(request: &http::Request<B>) -> Option<String> {
    let host = request
        .headers()
        .get(http::header::HOST)
        .and_then(|h| h.to_str().ok());
    if let Some(bucket) = host.and_then(bucket_of) {
        return Some(bucket.to_owned());
    }
    let first = request.uri().path().strip_prefix('/')?.split('/').next()?;
    let name = percent_encoding::percent_decode_str(first).decode_utf8().ok()?;
    (!name.is_empty()).then(|| name.into_owned())
}
