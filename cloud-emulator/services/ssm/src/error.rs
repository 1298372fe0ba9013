//! The errors of Parameter Store, in AWS's words.

use std::borrow::Cow;

use cloud_gateway::AwsError;
use http::StatusCode;

/// An error, which AWS gives with status 400.
pub(crate) fn refused(code: &'static str, message: impl Into<Cow<'static, str>>) -> AwsError {
    AwsError::new(StatusCode::BAD_REQUEST, code, message)
}

/// There is no such parameter. AWS sends no message with it.
pub(crate) fn not_found() -> AwsError {
    refused("ParameterNotFound", "")
}

/// A member that is absent, or not as it must be.
pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> AwsError {
    refused("ValidationException", message)
}
