//! How an invocation ended, and the documents that AWS makes of it.

use std::time::Duration;

use bytes::Bytes;
use runtime::sandbox::Ended;
use serde_json::json;

use super::runtime_api::LARGEST_RESPONSE;
use super::slot::FunctionAnswer;

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum InvocationOutcome {
    /// With a result.
    Response(Bytes),
    /// With an error of the function or of its runtime.
    FunctionError {
        /// What the caller gets.
        document: Bytes,
        /// Its type.
        kind: String,
    },
    /// Lambda itself ended it, and it may be tried again.
    System(&'static str),
}

impl InvocationOutcome {
    /// An error that Lambda words.
    pub(crate) fn error(request: &str, kind: &str, message: &str) -> InvocationOutcome {
        let document = json!({
            "errorType": kind,
            "errorMessage": format!("RequestId: {request} Error: {message}"),
        });
        InvocationOutcome::FunctionError {
            document: Bytes::from(document.to_string()),
            kind: kind.to_owned(),
        }
    }

    pub(crate) fn timed_out(request: &str, limit: Duration) -> InvocationOutcome {
        let message = format!("Task timed out after {:.2} seconds", limit.as_secs_f64());
        InvocationOutcome::error(request, "Sandbox.Timedout", &message)
    }

    pub(crate) fn exited(request: &str, ended: Ended) -> InvocationOutcome {
        let how = match ended {
            Ended::Code(0) => "Runtime exited without providing a reason".to_owned(),
            Ended::Code(code) => format!("Runtime exited with error: exit status {code}"),
            Ended::Signal(9) => "Runtime exited with error: signal: killed".to_owned(),
            Ended::Signal(signal) => format!("Runtime exited with error: signal: {signal}"),
        };
        InvocationOutcome::error(request, "Runtime.ExitError", &how)
    }

    pub(crate) fn answered(answer: FunctionAnswer) -> InvocationOutcome {
        match answer {
            FunctionAnswer::Response(document) => InvocationOutcome::Response(document),
            FunctionAnswer::Error { document, kind } => InvocationOutcome::FunctionError { document, kind },
            FunctionAnswer::TooLarge => {
                let kind = "Function.ResponseSizeTooLarge";
                let message = format!(
                    "Response payload size exceeded maximum allowed payload size ({LARGEST_RESPONSE} bytes)."
                );
                InvocationOutcome::FunctionError {
                    document: Bytes::from(json!({"errorType": kind, "errorMessage": message}).to_string()),
                    kind: kind.to_owned(),
                }
            }
        }
    }
}
