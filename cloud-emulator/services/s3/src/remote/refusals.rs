//! Errors of endpoints, and those that are given in their stead.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use http::StatusCode;

use cloud_client::ask::api_error;
use cloud_gateway::AwsError;

/// An error of the endpoint as it gave it; one of ours if it gave none.
pub(super) fn refused<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> AwsError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let status = error
        .raw_response()
        .and_then(|response| StatusCode::from_u16(response.status().as_u16()).ok());
    let told = api_error(operation, error);
    match status {
        Some(status) => AwsError::new(status, told.code, told.message),
        None => AwsError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            format!("The endpoint does not answer: {}", told.message),
        ),
    }
}

/// A request that cannot be built from what a client sent.
pub(super) fn unbuildable(error: aws_sdk_s3::error::BuildError) -> AwsError {
    AwsError::new(StatusCode::BAD_REQUEST, "InvalidRequest", error.to_string())
}

/// A bucket that was not created in this drill.
pub(super) fn no_such_bucket() -> AwsError {
    AwsError::new(
        StatusCode::NOT_FOUND,
        "NoSuchBucket",
        "The specified bucket does not exist",
    )
}

/// Something that S3 does, and this gateway in front of another endpoint does not.
pub(super) fn not_here(message: &'static str) -> AwsError {
    AwsError::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
}
