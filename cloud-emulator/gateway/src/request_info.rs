//! What a fault may match a request on.

use std::borrow::Cow;
use std::sync::Arc;

use super::principal::Principal;

/// A request as the gateway sees it before it is served.
#[derive(Clone, Debug)]
pub struct RequestInfo {
    /// The service in AWS's words (`s3`, `lambda`).
    pub service: Cow<'static, str>,
    /// The operation in AWS's words (`GetObject`), where the request tells it.
    pub operation: Option<Cow<'static, str>>,
    /// What it is about, percent-encoding removed: the bucket, the function's name.
    pub resource: Option<String>,
    /// The object's key (S3), percent-encoding removed.
    pub key: Option<String>,
    /// Who claims to ask; `None` for unsigned requests and unknown keys. Wrong claims are refused later.
    pub principal: Option<Principal>,
    /// Where the request belongs: the bucket's home, or the region that it was signed for.
    pub region: Arc<str>,
    /// The home of the bucket that a copy reads, if it is another region.
    pub source_region: Option<Arc<str>>,
    /// Whose listener it came through.
    pub listener: Arc<str>,
}
