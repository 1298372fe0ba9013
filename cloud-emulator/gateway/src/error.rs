//! The errors that the gateway answers itself, with the codes that AWS gives them in each protocol.

use std::borrow::Cow;
use std::fmt;

use http::StatusCode;
use http_body_util::LengthLimitError;

use super::protocol::Protocol;
use super::sigv4::Refusal;

/// An error of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsError {
    /// The status of the answer.
    pub status: StatusCode,
    /// The code (`InternalError`).
    pub code: Cow<'static, str>,
    /// The message.
    pub message: Cow<'static, str>,
    /// Further members of its document, where it is JSON.
    pub members: Vec<(&'static str, &'static str)>,
}

impl std::error::Error for AwsError {}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl AwsError {
    /// An error with nothing in its document but code and message.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> AwsError {
        AwsError {
            status,
            code: code.into(),
            message: message.into(),
            members: Vec::new(),
        }
    }

    /// Too many requests, as services say it that have no words of their own; clients wait and try again.
    pub fn throttled(protocol: Protocol) -> AwsError {
        let (status, code, message) = match protocol {
            Protocol::S3 => (
                StatusCode::SERVICE_UNAVAILABLE,
                "SlowDown",
                "Please reduce your request rate.",
            ),
            Protocol::Ec2 => (
                StatusCode::SERVICE_UNAVAILABLE,
                "RequestLimitExceeded",
                "Request limit exceeded.",
            ),
            _ => (StatusCode::BAD_REQUEST, "ThrottlingException", "Rate exceeded"),
        };
        AwsError::new(status, code, message)
    }

    /// A body that ended before its end, in S3's words.
    pub fn incomplete_body() -> AwsError {
        AwsError::new(
            StatusCode::BAD_REQUEST,
            "IncompleteBody",
            "The request body terminated unexpectedly",
        )
    }

    /// A document that is longer than any may be, in S3's words.
    pub fn message_too_long() -> AwsError {
        AwsError::new(
            StatusCode::BAD_REQUEST,
            "MaxMessageLengthExceeded",
            "Your request was too big",
        )
    }

    /// What is wrong with a document that could not be read, in S3's words.
    pub fn unreadable(error: &(dyn std::error::Error + Send + Sync + 'static)) -> AwsError {
        if error.is::<LengthLimitError>() {
            AwsError::message_too_long()
        } else {
            AwsError::incomplete_body()
        }
    }

    /// A body that is another than was signed, in S3's words.
    pub fn another_body() -> AwsError {
        AwsError::new(
            StatusCode::BAD_REQUEST,
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )
    }

    /// Not allowed.
    pub(crate) fn denied(protocol: Protocol) -> AwsError {
        let message = "Access Denied";
        match protocol {
            Protocol::S3 | Protocol::RestXml | Protocol::Query => {
                AwsError::new(StatusCode::FORBIDDEN, "AccessDenied", message)
            }
            Protocol::Ec2 => AwsError::new(
                StatusCode::FORBIDDEN,
                "UnauthorizedOperation",
                "You are not authorized to perform this operation.",
            ),
            Protocol::RestJson => AwsError::new(StatusCode::FORBIDDEN, "AccessDeniedException", message),
            Protocol::Json10 | Protocol::Json11 | Protocol::Cbor => {
                AwsError::new(StatusCode::BAD_REQUEST, "AccessDeniedException", message)
            }
        }
    }

    /// A service that this cloud does not have. The status is one that clients do not try again.
    pub(crate) fn no_service(service: &str, has: &[&str]) -> AwsError {
        let message = format!(
            "The emulated cloud has no service {service:?}; it has {}",
            has.join(", ")
        );
        AwsError::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
    }

    /// An operation that a service does not have.
    pub(crate) fn no_operation(protocol: Protocol, service: &str, operation: Option<&str>) -> AwsError {
        let what = operation.unwrap_or("asked for");
        let message = format!("The emulated {service} has no operation {what}");
        match protocol {
            Protocol::Query | Protocol::Ec2 => {
                AwsError::new(StatusCode::BAD_REQUEST, "InvalidAction", message)
            }
            Protocol::Json10 | Protocol::Json11 => {
                AwsError::new(StatusCode::BAD_REQUEST, "UnknownOperationException", message)
            }
            _ => AwsError::new(StatusCode::NOT_FOUND, "UnknownOperationException", message),
        }
    }

    /// A body larger than the service takes.
    pub(crate) fn too_large(limit: usize) -> AwsError {
        let message = format!("Request must be smaller than {limit} bytes");
        AwsError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLargeException",
            message,
        )
    }

    /// A signature that is not accepted.
    pub(crate) fn refused(protocol: Protocol, refusal: Refusal) -> AwsError {
        if protocol == Protocol::S3 {
            return AwsError::refused_by_s3(refusal);
        }
        let xml = protocol.speaks_xml();
        let (xml_code, json_code, message) = match refusal {
            Refusal::Unsigned => (
                "MissingAuthenticationToken",
                "MissingAuthenticationTokenException",
                "Missing Authentication Token".to_owned(),
            ),
            Refusal::Incomplete(why) => ("IncompleteSignature", "IncompleteSignatureException", why),
            Refusal::UnknownKey => (
                if protocol == Protocol::Ec2 {
                    "AuthFailure"
                } else {
                    "InvalidClientTokenId"
                },
                "UnrecognizedClientException",
                "The security token included in the request is invalid.".to_owned(),
            ),
            Refusal::Expired(why) | Refusal::OutOfScope(why) => {
                ("SignatureDoesNotMatch", "InvalidSignatureException", why)
            }
            Refusal::Lapsed => (
                "SignatureDoesNotMatch",
                "InvalidSignatureException",
                "Signature expired".to_owned(),
            ),
            Refusal::Mismatch => (
                "SignatureDoesNotMatch",
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided. Check your \
                 AWS Secret Access Key and signing method. Consult the service documentation for details."
                    .to_owned(),
            ),
        };
        let status = match protocol {
            Protocol::Json10 | Protocol::Json11 | Protocol::Cbor => StatusCode::BAD_REQUEST,
            _ => StatusCode::FORBIDDEN,
        };
        AwsError::new(status, if xml { xml_code } else { json_code }, message)
    }

    /// A signature that S3 does not accept.
    fn refused_by_s3(refusal: Refusal) -> AwsError {
        let (status, code, message) = match refusal {
            Refusal::Unsigned => (StatusCode::FORBIDDEN, "AccessDenied", "Access Denied".to_owned()),
            Refusal::Incomplete(why) | Refusal::OutOfScope(why) => (
                StatusCode::BAD_REQUEST,
                "AuthorizationHeaderMalformed",
                format!("The authorization header is malformed; {why}"),
            ),
            Refusal::UnknownKey => (
                StatusCode::FORBIDDEN,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.".to_owned(),
            ),
            Refusal::Lapsed => (
                StatusCode::FORBIDDEN,
                "AccessDenied",
                "Request has expired".to_owned(),
            ),
            Refusal::Expired(_) => (
                StatusCode::FORBIDDEN,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.".to_owned(),
            ),
            Refusal::Mismatch => (
                StatusCode::FORBIDDEN,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your key and \
                 signing method."
                    .to_owned(),
            ),
        };
        AwsError::new(status, code, message)
    }
}
