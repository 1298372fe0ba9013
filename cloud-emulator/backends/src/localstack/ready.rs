//! Whether a LocalStack is ready: each service has answered a real call in the right shape.
//!
//! Its health page only where there is no call here for a service: it says what is installed, and says so also of
//! services that then fail.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use cloud_service::{Needed, ReadyCall};
use drill::scenario::localstack_name;
use http::Method;
use runtime::wall::{self, Mono};

use cloud_client::rest::{Call, Rest};
use cloud_client::{KeyPair, RetryPolicy};

/// How long a call may take: the first one to a service loads its code.
const CALL: Duration = Duration::from_secs(15);
/// How long wrong answers are taken for those of a service that is still loading (LocalStack answers 500 meanwhile).
const LOADING: Duration = Duration::from_secs(10);
/// The pause between two calls.
const PAUSE: Duration = Duration::from_millis(100);
/// How much of an answer errors repeat.
const SHOWN: usize = 120;

/// How a service shows that it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// It answers a call.
    Call(&'static ReadyCall),
    /// The health page names it, by this name. There is no call for it here.
    Listed(String),
}

/// The signs of services.
pub(super) fn signs(services: &[Needed]) -> Vec<Sign> {
    let sign = |needed: &Needed| match needed.ready {
        Some(call) => Sign::Call(call),
        None => Sign::Listed(localstack_name(&needed.service).to_owned()),
    };
    services.iter().map(sign).collect()
}

/// What kept a service from getting ready.
pub(super) enum NotReady {
    /// It did not answer until the deadline.
    Silent {
        service: String,
        operation: &'static str,
        cause: String,
    },
    /// Something else answers.
    Wrong {
        call: &'static ReadyCall,
        answer: String,
        /// What the health page says of the service.
        health: Option<String>,
    },
    /// The health page does not name it among those that work.
    Unlisted { service: String, listed: Vec<String> },
}

/// Waits until each of the services has shown its sign.
pub(super) async fn wait(
    address: SocketAddr,
    region: &str,
    signs: &[Sign],
    deadline: Mono,
) -> Result<(), NotReady> {
    let keys = KeyPair {
        access_key: "test".to_owned(),
        secret_key: "test".to_owned(),
    };
    let policy = RetryPolicy {
        attempt: CALL,
        ..RetryPolicy::ONCE
    };
    let rest = Rest::new(&format!("http://{address}"), region, &keys, policy);
    // One after the other: two services that load at the same moment may get into each other's way.
    for sign in signs {
        match sign {
            Sign::Call(call) => answered(&rest, call, deadline).await?,
            Sign::Listed(service) => listed(&rest, service, deadline).await?,
        }
    }
    Ok(())
}

/// Waits for the health page, and for what it says of a service.
async fn listed(rest: &Rest, service: &str, deadline: Mono) -> Result<(), NotReady> {
    loop {
        let left = deadline.since(wall::mono());
        if let Some(Some(page)) = wall::timeout(left, health_page(rest)).await {
            let works =
                |state: &serde_json::Value| !matches!(state.as_str(), None | Some("disabled" | "error"));
            let working = page.iter().filter(|(_, state)| works(state));
            let listed: Vec<String> = working.map(|(name, _)| name.clone()).collect();
            return if listed.iter().any(|name| name == service) {
                Ok(())
            } else {
                Err(NotReady::Unlisted {
                    service: service.to_owned(),
                    listed,
                })
            };
        }
        if left.is_zero() {
            return Err(NotReady::Silent {
                service: service.to_owned(),
                operation: "GET /_localstack/health",
                cause: "there was no page of services".to_owned(),
            });
        }
        wall::sleep(PAUSE).await;
    }
}

async fn answered(rest: &Rest, call: &'static ReadyCall, deadline: Mono) -> Result<(), NotReady> {
    let mut wrong_since = None;
    let mut last = "it was not asked".to_owned();
    loop {
        let left = deadline.since(wall::mono());
        if left.is_zero() {
            return Err(NotReady::Silent {
                service: call.service.to_owned(),
                operation: call.operation,
                cause: last,
            });
        }
        match wall::timeout(left, ask(rest, call)).await {
            Some(ReadyAnswer::Right) => return Ok(()),
            Some(ReadyAnswer::None(cause)) => {
                wrong_since = None;
                last = cause;
            }
            Some(ReadyAnswer::Wrong(answer)) => {
                let now = wall::mono();
                if now.since(*wrong_since.get_or_insert(now)) >= LOADING {
                    let health = health(rest, call.service).await;
                    return Err(NotReady::Wrong { call, answer, health });
                }
                last = format!("its last answer was {answer}");
            }
            None => last = format!("no answer within {left:?}"),
        }
        wall::sleep(PAUSE).await;
    }
}

enum ReadyAnswer {
    Right,
    Wrong(String),
    None(String),
}

async fn ask(rest: &Rest, call: &ReadyCall) -> ReadyAnswer {
    let asked = Call {
        service: call.service,
        operation: call.operation,
        method: call.method.clone(),
        path: call.path.to_owned(),
        headers: call
            .headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
        body: Bytes::from_static(call.body.as_bytes()),
    };
    match rest.call(asked).await {
        Ok(answer) if (call.is_answer)(&answer.body) => ReadyAnswer::Right,
        Ok(answer) => ReadyAnswer::Wrong(shown(&answer.body)),
        Err(error) if matches!(error.code.as_str(), "DispatchFailure" | "TimeoutError") => {
            ReadyAnswer::None(error.message)
        }
        Err(error) => ReadyAnswer::Wrong(format!("{} {}", error.code, error.message).trim_end().to_owned()),
    }
}

fn shown(body: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(body).chars().take(SHOWN).collect();
    format!("{text:?}")
}

/// What LocalStack's health page says of a service.
async fn health(rest: &Rest, service: &str) -> Option<String> {
    let page = health_page(rest).await?;
    page.get(service)?.as_str().map(str::to_owned)
}

/// The services of LocalStack's health page, with their states.
async fn health_page(rest: &Rest) -> Option<serde_json::Map<String, serde_json::Value>> {
    let call = Call {
        service: "s3",
        operation: "health",
        method: Method::GET,
        path: "/_localstack/health".to_owned(),
        headers: Vec::new(),
        body: Bytes::new(),
    };
    let mut page: serde_json::Value = serde_json::from_slice(&rest.call(call).await.ok()?.body).ok()?;
    match page["services"].take() {
        serde_json::Value::Object(services) => Some(services),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_without_a_call_is_looked_up_by_the_name_that_the_page_has() {
        let needed = |service: &str| Needed {
            service: service.to_owned(),
            ready: None,
        };
        let without = signs(&[needed("sqs"), needed("states")]);
        let listed = |name: &str| Sign::Listed(name.to_owned());
        assert_eq!(without, [listed("sqs"), listed("stepfunctions")]);
    }
}
