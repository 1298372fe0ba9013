//! Errors of S3 as steps tell them.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use drill::journal::StepError;

/// An error of the SDK as a step's error: AWS's code and message where there is one.
pub fn api_error<E, R>(operation: &str, error: &SdkError<E, R>) -> StepError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    let (code, message) = match error.as_service_error() {
        Some(service) => (
            service.code().unwrap_or("Unknown"),
            service.message().unwrap_or("").to_owned(),
        ),
        None => (transport_code(error), root_cause(error)),
    };
    StepError {
        operation: operation.to_owned(),
        code: code.to_owned(),
        message,
    }
}

fn transport_code<E, R>(error: &SdkError<E, R>) -> &'static str {
    match error {
        SdkError::TimeoutError(_) => "RequestTimeout",
        SdkError::DispatchFailure(_) => "ConnectionFailed",
        SdkError::ResponseError(_) => "UnreadableResponse",
        _ => "RequestFailed",
    }
}

pub(super) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
