//! How a service of another cloud shows that it works.

use http::Method;

/// A call that changes nothing and that a service answers once it works.
#[derive(Debug)]
pub struct ReadyCall {
    /// The service, as requests to it are signed.
    pub service: &'static str,
    /// The operation in AWS's words.
    pub operation: &'static str,
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: &'static str,
    /// Headers beside those of the signature.
    pub headers: &'static [(&'static str, &'static str)],
    /// The body.
    pub body: &'static str,
    /// Whether the body of an answer is one of this service.
    pub is_answer: fn(&[u8]) -> bool,
}

impl PartialEq for ReadyCall {
    fn eq(&self, other: &ReadyCall) -> bool {
        (self.service, self.operation) == (other.service, other.operation)
    }
}

impl Eq for ReadyCall {}

/// A service that must work before a cloud is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    /// As requests to it are signed.
    pub service: String,
    /// The call by which it shows that it works, where there is one.
    pub ready: Option<&'static ReadyCall>,
}
