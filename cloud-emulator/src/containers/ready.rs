//! Whether a LocalStack is ready: each service has answered a real call in the right shape.
//!
//! Its health page only where there is no call here for a service: it says what is installed, and says so also of
//! services that then fail.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use drill::scenario::localstack_name;
use http::Method;
use runtime::wall::{self, Mono};

use crate::client::rest::{Call, Rest};
use crate::client::{KeyPair, Patience};

/// How long a call may take: the first one to a service loads its code.
const CALL: Duration = Duration::from_secs(15);
/// How long wrong answers are taken for those of a service that is still loading (LocalStack answers 500 meanwhile).
const LOADING: Duration = Duration::from_secs(10);
/// The pause between two calls.
const PAUSE: Duration = Duration::from_millis(100);
/// How much of an answer errors repeat.
const SHOWN: usize = 120;

/// A call that changes nothing and that a service answers once it works.
#[derive(Debug)]
pub(super) struct ReadyCall {
    pub(super) service: &'static str,
    pub(super) operation: &'static str,
    method: Method,
    path: &'static str,
    /// The body, of a form if there is one.
    body: &'static str,
    is_answer: fn(&[u8]) -> bool,
}

impl PartialEq for ReadyCall {
    fn eq(&self, other: &ReadyCall) -> bool {
        (self.service, self.operation) == (other.service, other.operation)
    }
}

impl Eq for ReadyCall {}

static CALLS: [ReadyCall; 3] = [
    ReadyCall {
        service: "s3",
        operation: "ListBuckets",
        method: Method::GET,
        path: "/",
        body: "",
        is_answer: |body| holds(body, "<ListAllMyBucketsResult"),
    },
    ReadyCall {
        service: "sts",
        operation: "GetCallerIdentity",
        method: Method::POST,
        path: "/",
        body: "Action=GetCallerIdentity&Version=2011-06-15",
        is_answer: |body| holds(body, "<GetCallerIdentityResult") && holds(body, "<Account>"),
    },
    ReadyCall {
        service: "lambda",
        operation: "ListFunctions",
        method: Method::GET,
        path: "/2015-03-31/functions/",
        body: "",
        is_answer: |body| {
            serde_json::from_slice::<serde_json::Value>(body).is_ok_and(|json| json["Functions"].is_array())
        },
    },
];

fn holds(body: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(body).contains(text)
}

/// How a service shows that it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// It answers a call.
    Call(&'static ReadyCall),
    /// The health page names it, by this name. There is no call for it here.
    Listed(String),
}

/// The signs of services, which are named as requests to them are signed.
pub(super) fn signs(services: &[String]) -> Vec<Sign> {
    let sign = |service: &String| match CALLS.iter().find(|call| call.service == service) {
        Some(call) => Sign::Call(call),
        None => Sign::Listed(localstack_name(service).to_owned()),
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
    let patience = Patience {
        attempt: CALL,
        ..Patience::ONCE
    };
    let rest = Rest::new(&format!("http://{address}"), region, &keys, patience);
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
            return match listed.iter().any(|name| name == service) {
                true => Ok(()),
                false => Err(NotReady::Unlisted {
                    service: service.to_owned(),
                    listed,
                }),
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
            Some(Answer::Right) => return Ok(()),
            Some(Answer::None(cause)) => {
                wrong_since = None;
                last = cause;
            }
            Some(Answer::Wrong(answer)) => {
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

enum Answer {
    Right,
    Wrong(String),
    None(String),
}

async fn ask(rest: &Rest, call: &ReadyCall) -> Answer {
    let asked = Call {
        service: call.service,
        operation: call.operation,
        method: call.method.clone(),
        path: call.path.to_owned(),
        headers: match call.body {
            "" => Vec::new(),
            _ => vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
        },
        body: Bytes::from_static(call.body.as_bytes()),
    };
    match rest.call(asked).await {
        Ok(answer) if (call.is_answer)(&answer.body) => Answer::Right,
        Ok(answer) => Answer::Wrong(shown(&answer.body)),
        Err(error) if matches!(error.code.as_str(), "DispatchFailure" | "TimeoutError") => {
            Answer::None(error.message)
        }
        Err(error) => Answer::Wrong(format!("{} {}", error.code, error.message).trim_end().to_owned()),
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
    fn only_the_right_shape_is_an_answer() {
        let right: [(&str, &str); 3] = [
            (
                "s3",
                "<?xml version='1.0'?><ListAllMyBucketsResult xmlns='x'><Buckets /></ListAllMyBucketsResult>",
            ),
            (
                "sts",
                "<R><GetCallerIdentityResult><Account>0</Account></GetCallerIdentityResult></R>",
            ),
            ("lambda", r#"{"Functions": []}"#),
        ];
        for (service, body) in right {
            let [Sign::Call(call)] = signs(&[service.to_owned()])[..] else {
                panic!("{service} has a call")
            };
            assert!((call.is_answer)(body.as_bytes()), "{service}");
            for (other, body) in right.into_iter().filter(|(other, _)| *other != service) {
                assert!(!(call.is_answer)(body.as_bytes()), "{service} is not {other}");
            }
            for wrong in [
                "",
                "{}",
                "OK",
                r#"{"services": {"s3": "running"}}"#,
                r#"{"Functions": "none"}"#,
            ] {
                assert!(!(call.is_answer)(wrong.as_bytes()), "{service}: {wrong}");
            }
        }
        let without = signs(&["sqs".to_owned(), "states".to_owned()]);
        let listed = |name: &str| Sign::Listed(name.to_owned());
        assert_eq!(without, [listed("sqs"), listed("stepfunctions")]);
    }
}
