//! Lambda's errors, as its REST-JSON protocol carries them: a status, a type in a header, a message.

use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use s3s::Body;
use serde_json::json;

/// An error that Lambda answers with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct LambdaError {
    /// The HTTP status.
    pub status: StatusCode,
    /// AWS's name of it (`ResourceNotFoundException`).
    pub code: &'static str,
    /// What a person reads.
    pub message: String,
    /// Why requests are throttled, in AWS's words.
    pub reason: Option<&'static str>,
}

/// The reason of a throttle by the function's own reserved concurrency.
pub(crate) const RESERVED_LIMIT: &str = "ReservedFunctionConcurrentInvocationLimitExceeded";

/// The reason of a throttle by what the account has left.
pub(crate) const ACCOUNT_LIMIT: &str = "ConcurrentInvocationLimitExceeded";

impl LambdaError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> LambdaError {
        LambdaError {
            status,
            code,
            message: message.into(),
            reason: None,
        }
    }

    pub(crate) fn not_found(message: impl Into<String>) -> LambdaError {
        LambdaError::new(StatusCode::NOT_FOUND, "ResourceNotFoundException", message)
    }

    pub(crate) fn no_function(arn: &str) -> LambdaError {
        LambdaError::not_found(format!("Function not found: {arn}"))
    }

    pub(crate) fn conflict(message: impl Into<String>) -> LambdaError {
        LambdaError::new(StatusCode::CONFLICT, "ResourceConflictException", message)
    }

    /// It is being made.
    pub(crate) fn pending() -> LambdaError {
        LambdaError::conflict(
            "The operation cannot be performed at this time. The function is currently in the following state: Pending",
        )
    }

    /// It is being changed.
    pub(crate) fn updating(arn: &str) -> LambdaError {
        LambdaError::conflict(format!(
            "The operation cannot be performed at this time. An update is in progress for resource: {arn}"
        ))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> LambdaError {
        LambdaError::new(StatusCode::BAD_REQUEST, "InvalidParameterValueException", message)
    }

    pub(crate) fn validation(message: impl Into<String>) -> LambdaError {
        LambdaError::new(StatusCode::BAD_REQUEST, "ValidationException", message)
    }

    pub(crate) fn content(message: impl Into<String>) -> LambdaError {
        LambdaError::new(StatusCode::BAD_REQUEST, "InvalidRequestContentException", message)
    }

    pub(crate) fn too_large(message: impl Into<String>) -> LambdaError {
        LambdaError::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", message)
    }

    pub(crate) fn code_storage() -> LambdaError {
        LambdaError::new(
            StatusCode::BAD_REQUEST,
            "CodeStorageExceededException",
            "Code storage limit exceeded.",
        )
    }

    pub(crate) fn precondition() -> LambdaError {
        LambdaError::new(
            StatusCode::PRECONDITION_FAILED,
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API \
             to retrieve the latest Revision Id",
        )
    }

    pub(crate) fn throttled(reason: &'static str) -> LambdaError {
        LambdaError {
            reason: Some(reason),
            ..LambdaError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequestsException",
                "Rate Exceeded.",
            )
        }
    }

    pub(crate) fn service(message: impl Into<String>) -> LambdaError {
        LambdaError::new(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", message)
    }

    pub(crate) fn unknown_operation(message: impl Into<String>) -> LambdaError {
        LambdaError::new(StatusCode::NOT_FOUND, "UnknownOperationException", message)
    }

    /// Whether Lambda itself, not the function or the caller, is why this failed.
    pub(crate) fn is_system(&self) -> bool {
        self.status.is_server_error()
    }

    /// The answer that carries it.
    pub(crate) fn response(&self) -> http::Response<Body> {
        let side = if self.is_system() { "Service" } else { "User" };
        // AWS's models write it so for these two, and small for all others.
        let message = match self.code {
            "ResourceNotFoundException" | "ServiceException" => "Message",
            _ => "message",
        };
        let mut document = json!({ "Type": side, message: self.message });
        if let Some(reason) = self.reason {
            document["Reason"] = json!(reason);
        }
        let mut response = http::Response::new(Body::from(Bytes::from(document.to_string())));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert("x-amzn-errortype", HeaderValue::from_static(self.code));
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        response
    }
}
