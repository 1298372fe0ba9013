//! A handler between the Runtime API and its end.
//!
//! ```text
//!   Runtime API ──next──► handler ──answer──► Runtime API        until the API is gone, or stdin closes
//!                            └── no longer than the deadline of the invocation
//! ```
//!
//! The process that starts a function holds the other end of its stdin, if it likes; Lambda gives it `/dev/null`,
//! which says nothing. The process has one thread for everything, as an environment has one invocation at a
//! time.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::time::Duration;

use http::uri::Authority;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use runtime::wall;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::end::FunctionEnd;
use super::settings::{needed, variable};

/// What an invocation comes to.
pub type HandlerResult<T> = Result<T, Diagnostic>;

/// An error of the function, as its caller sees it.
pub fn fault(kind: impl Into<String>, message: impl Into<String>) -> Diagnostic {
    Diagnostic {
        error_type: kind.into(),
        error_message: message.into(),
    }
}

/// Answers events with `handler` until no more events can come.
///
/// # Errors
/// An environment that is not Lambda's, a Runtime API that is gone.
pub fn host<E, A, F>(handler: impl Fn(E) -> F) -> Result<(), FunctionEnd>
where
    E: DeserializeOwned,
    A: Serialize,
    F: Future<Output = HandlerResult<A>>,
{
    check_environment(&variable)?;
    end_with_stdin().map_err(FunctionEnd::Stdin)?;
    let threads = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(FunctionEnd::NotStarted)?;
    let handler = &handler;
    let service = service_fn(move |event: LambdaEvent<E>| async move {
        let left = left_ms(event.context.deadline, wall::now_us());
        wall::timeout(Duration::from_millis(left), handler(event.payload))
            .await
            .unwrap_or_else(|| Err(fault("DeadlineExceeded", "the time of the invocation is over")))
    });
    // The library panics where its Runtime API goes away in the middle of an answer; that is the same end.
    let run = || threads.block_on(Runtime::new(service).run());
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    match ended {
        Ok(ended) => ended.map_err(|error| FunctionEnd::NoRuntimeApi(error.to_string())),
        Err(_) => Err(FunctionEnd::NoRuntimeApi(
            "it broke off in the middle of an answer".to_owned(),
        )),
    }
}

/// Wall milliseconds from `now_us` (since the epoch) to a deadline in milliseconds since the epoch.
fn left_ms(deadline_ms: u64, now_us: i64) -> u64 {
    deadline_ms.saturating_sub(u64::try_from(now_us / 1_000).unwrap_or(0))
}

/// The library panics about what is missing here; this says it in words instead.
fn check_environment(get: &impl Fn(&str) -> Option<String>) -> Result<(), FunctionEnd> {
    needed(get, "AWS_LAMBDA_FUNCTION_NAME")?;
    needed(get, "AWS_LAMBDA_FUNCTION_VERSION")?;
    let memory = needed(get, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE")?;
    let wrong = |name, needed, found| FunctionEnd::WrongVariable { name, needed, found };
    if memory.parse::<i32>().is_err() {
        return Err(wrong("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "megabytes", memory));
    }
    let api = needed(get, "AWS_LAMBDA_RUNTIME_API")?;
    if api.parse::<Authority>().is_err() {
        return Err(wrong("AWS_LAMBDA_RUNTIME_API", "host:port", api));
    }
    Ok(())
}

/// Ends the process when the other end of its stdin closes, if stdin has another end.
fn end_with_stdin() -> io::Result<()> {
    let Ok(stdin) = fs::metadata("/proc/self/fd/0") else {
        return Ok(());
    };
    if !stdin.file_type().is_fifo() && !stdin.file_type().is_socket() {
        return Ok(());
    }
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(|| {
            let mut ignored = [0; 256];
            while io::stdin().lock().read(&mut ignored).is_ok_and(|n| n > 0) {}
            std::process::exit(0);
        })
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_that_is_not_lambdas_is_named() {
        let lambdas = |name: &str| match name {
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => Some("128".to_owned()),
            "AWS_LAMBDA_RUNTIME_API" => Some("127.0.0.1:9001".to_owned()),
            _ => Some("x".to_owned()),
        };
        check_environment(&lambdas).unwrap();
        let but = |odd: &'static str, value: Option<&'static str>| {
            check_environment(&move |name: &str| {
                if name == odd {
                    value.map(str::to_owned)
                } else {
                    lambdas(name)
                }
            })
            .unwrap_err()
            .to_string()
        };
        for name in ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_RUNTIME_API"] {
            assert_eq!(but(name, None), format!("needs {name} in its environment"));
        }
        assert!(but("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", Some("much")).contains("not much"));
        for odd in ["no host", "http://127.0.0.1:1/x", "/"] {
            assert!(
                but("AWS_LAMBDA_RUNTIME_API", Some(odd)).contains("needs host:port"),
                "{odd}"
            );
        }
    }

    #[test]
    fn a_deadline_in_the_past_leaves_nothing() {
        assert_eq!(left_ms(5_000, 2_000_000), 3_000);
        assert_eq!(left_ms(5_000, 9_000_000), 0);
        assert_eq!(left_ms(0, -1), 0);
    }
}
