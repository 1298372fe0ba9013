//! What events may say, and how errors of S3 are told.

use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use lambda_runtime::Diagnostic;

use super::host::{HandlerResult, fault};

/// The longest key that S3 takes, in bytes of UTF-8.
const LONGEST_KEY: usize = 1024;

/// An event that is refused on every attempt.
pub fn malformed(why: impl std::fmt::Display) -> Diagnostic {
    fault("MalformedEvent", format!("the event is refused: {why}"))
}

/// Refuses a key that S3 would not take.
///
/// # Errors
/// An event that is refused on every attempt.
pub fn key(key: &str) -> HandlerResult<()> {
    match key.len() {
        0 => Err(malformed("`key` is empty")),
        length if length > LONGEST_KEY => Err(malformed(format!(
            "`key` is {length} bytes long; S3 takes {LONGEST_KEY}"
        ))),
        _ => Ok(()),
    }
}

/// An error of S3 as an error of the function, so that Lambda tries an asynchronous event again.
pub fn refused<E, R>(doing: &str, error: &SdkError<E, R>) -> Diagnostic
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    match error.code() {
        Some(code) => fault(
            code,
            format!("{doing}: {code}: {}", error.message().unwrap_or_default()),
        ),
        None => fault(
            "S3Unavailable",
            format!("{doing}: {}", DisplayErrorContext(error)),
        ),
    }
}
