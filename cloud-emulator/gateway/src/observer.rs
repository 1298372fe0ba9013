//! Who watches what is done with a key: each call before it is served and after, and what it changed.
//!
//! ```text
//!   call ──► admit (may wait, as the call would at AWS) ──► served ──► changed (what stands there now) ──► answered
//! ```

use futures::future::BoxFuture;

use super::request_info::RequestInfo;
use super::stands::Stands;

/// One call, as far as its head tells.
#[derive(Clone, Copy, Debug)]
pub struct CallSeen<'a> {
    /// The service, the operation, and what it is about.
    pub seen: &'a RequestInfo,
    /// How many objects it is about: 1, or as many as a deletion of many names.
    pub objects: u64,
    /// Bytes of its body, or of the range of an object that it copies.
    pub bytes: u64,
}

/// Something that a successful call changed.
#[derive(Clone, Debug)]
pub struct CallChanged {
    /// The service, the operation, and what it was about.
    pub seen: RequestInfo,
    /// The keys that were changed, and what stands there now; none of what is no object.
    pub keys: Vec<(String, Stands)>,
}

/// Watches what is done with a key.
pub trait CallObserver: Send + Sync {
    /// A call came, and is served once this is over.
    fn admit<'a>(&'a self, call: CallSeen<'a>) -> BoxFuture<'a, ()> {
        let _ = call;
        Box::pin(std::future::ready(()))
    }

    /// What a call that may change a bucket's settings or a function is about, as clients would find it: the call has
    /// changed something where this differs afterwards. `None` if it is unknown.
    fn state<'a>(&'a self, seen: &'a RequestInfo) -> BoxFuture<'a, Option<String>> {
        let _ = seen;
        Box::pin(std::future::ready(None))
    }

    /// A call was served, and is answered with a body of so many bytes once this is over.
    fn answered<'a>(&'a self, call: CallSeen<'a>, bytes: u64) -> BoxFuture<'a, ()> {
        let _ = (call, bytes);
        Box::pin(std::future::ready(()))
    }

    /// A successful call changed something.
    fn changed(&self, change: CallChanged);
}

/// What a call is called in records: `s3:PutObject`.
pub fn operation_of(seen: &RequestInfo) -> String {
    let operation = seen.operation.as_deref().unwrap_or("unknown");
    format!("{}:{}", seen.service, undated(operation))
}

/// An operation without the version of its API, which names of APIs that are found by their paths end with
/// (`UpdateFunctionCode20150331v2`).
pub fn undated(operation: &str) -> &str {
    let digits = |text: &str| text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let whole = operation.len();
    let date_end = match operation.rfind('v') {
        Some(at) if at + 1 < whole && digits(operation) == whole - at - 1 => at,
        _ => whole,
    };
    match digits(&operation[..date_end]) {
        8 => &operation[..date_end - 8],
        _ => operation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_api_is_no_part_of_an_operation() {
        for (named, plain) in [
            ("UpdateFunctionCode20150331v2", "UpdateFunctionCode"),
            ("DeleteFunction20150331", "DeleteFunction"),
            ("ListObjectsV2", "ListObjectsV2"),
            ("PutObject", "PutObject"),
            ("Move", "Move"),
            ("unknown", "unknown"),
        ] {
            assert_eq!(undated(named), plain);
        }
    }
}
