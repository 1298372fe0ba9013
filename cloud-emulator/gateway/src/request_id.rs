//! What a request brings with it from the gateway to the service that reads its body as it comes.

use std::sync::Arc;

use http::HeaderValue;
use s3s::S3Error;

/// How a request arrived, as its extension: one for all, since each costs an allocation.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Its number.
    pub id: RequestId,
    /// The region of the listener that it came through.
    pub listener: Arc<str>,
}

/// The number of a request, which its answer carries as a header and its error in the document.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestId(pub u64);

impl RequestId {
    /// That of a request with an [`Arrival`] among its extensions; zero without.
    pub fn from_extensions(extensions: &http::Extensions) -> RequestId {
        let arrival = extensions.get::<Arrival>();
        arrival.map(|arrival| arrival.id).unwrap_or_default()
    }

    /// As a header's value. By hand, since every answer has one and formatting takes longer than all that counts it.
    pub(crate) fn header(self) -> Option<HeaderValue> {
        let mut digits = [0; 16];
        for (n, digit) in digits.iter_mut().enumerate() {
            let nibble = (self.0 >> (60 - 4 * n) & 0xF) as u8;
            *digit = nibble + if nibble < 10 { b'0' } else { b'A' - 10 };
        }
        HeaderValue::from_bytes(&digits).ok()
    }

    /// The error, with this number in its document.
    pub fn named_in(self, mut error: S3Error) -> S3Error {
        error.set_request_id(self.to_string());
        error
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016X}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_says_what_the_document_says() {
        for number in [0, 1, 9, 10, 0xFEDC_BA98_7654_3210, u64::MAX] {
            let id = RequestId(number);
            assert_eq!(id.header().unwrap(), id.to_string().as_str());
        }
    }
}
