//! Invocations: what callers get from functions that work, that fail, that are throttled.

use serde_json::json;

use super::lambda::{FUNCTIONS, ask, function, function_with, publish, reserve};
use super::why::NOT_RUN;
use crate::expectation::{Expectation, Stop, expect, lambda_api, lambda_guide};
use crate::lab::{Ask, HttpAnswer, Lab};

pub(super) fn expectations() -> Vec<Expectation> {
    let api = || lambda_api("Invoke");
    vec![
        expect(
            "a synchronous invocation answers with what the function returns",
            api(),
            "200, x-amz-executed-version $LATEST, body {\"a\":1}",
            |lab| async move {
                let name = function(&lab).await?;
                let answer = invoke(&lab, &name, "{\"a\":1}").send().await?;
                Ok(format!(
                    "{}, {}, {}",
                    answer.summary(),
                    answer.shown("x-amz-executed-version"),
                    answer.body_shown()
                ))
            },
        )
        .differs(NOT_RUN),
        expect(
            "an asynchronous invocation is accepted",
            api(),
            "202, no body",
            |lab| async move {
                let name = function(&lab).await?;
                let answer = invoke(&lab, &name, "{}")
                    .header("x-amz-invocation-type", "Event")
                    .send()
                    .await?;
                Ok(format!("{}, {}", answer.summary(), answer.body_shown()))
            },
        )
        .differs(NOT_RUN),
        expect("a dry run only checks", api(), "204, no body", |lab| async move {
            let name = function(&lab).await?;
            let answer = invoke(&lab, &name, "{}")
                .header("x-amz-invocation-type", "DryRun")
                .send()
                .await?;
            Ok(format!("{}, {}", answer.summary(), answer.body_shown()))
        })
        .differs(NOT_RUN),
        expect(
            "an invocation type that does not exist",
            api(),
            "400 ValidationException",
            |lab| async move {
                let name = function(&lab).await?;
                invoke(&lab, &name, "{}")
                    .header("x-amz-invocation-type", "Maybe")
                    .summary()
                    .await
            },
        )
        .differs(NOT_RUN),
        expect(
            "a function that fails is a success with X-Amz-Function-Error",
            lambda_guide(
                "Understanding retry behavior and error handling",
                "invocation-retries",
            ),
            "200, x-amz-function-error Unhandled, an errorType",
            |lab| async move {
                let name = function(&lab).await?;
                failed(&invoke(&lab, &name, "\"exit\"").send().await?)
            },
        )
        .differs(NOT_RUN),
        expect(
            "a function that takes longer than its timeout",
            lambda_guide("Configure Lambda function timeout", "configuration-timeout"),
            "200, x-amz-function-error Unhandled, Task timed out after 1.00 seconds",
            |lab| async move {
                let name = function_with(&lab, json!({"Timeout": 1})).await?;
                let answer = invoke(&lab, &name, "\"hang\"").send().await?;
                let text = answer.text();
                let told = text
                    .find("Task timed out")
                    .and_then(|at| text[at..].split('"').next());
                let error = answer.shown("x-amz-function-error");
                Ok(format!(
                    "{}, {error}, {}",
                    answer.summary(),
                    told.unwrap_or("no word of a timeout")
                ))
            },
        )
        .differs(NOT_RUN),
        expect(
            "the end of the log comes with the answer when asked for",
            api(),
            "a log with START, END, REPORT",
            |lab| async move {
                let name = function(&lab).await?;
                let answer = invoke(&lab, &name, "{}")
                    .header("x-amz-log-type", "Tail")
                    .done()
                    .await?;
                let log = answer
                    .header("x-amz-log-result")
                    .and_then(|text| base64_simd::STANDARD.decode_to_vec(text).ok());
                let log = log.map(|log| String::from_utf8_lossy(&log).into_owned());
                let Some(log) = log else {
                    return Ok("no log".to_owned());
                };
                let lines = ["START", "END", "REPORT"]
                    .into_iter()
                    .filter(|word| log.contains(&format!("{word} RequestId")));
                Ok(format!("a log with {}", lines.collect::<Vec<_>>().join(", ")))
            },
        )
        .differs(NOT_RUN),
        expect(
            "a version is invoked by its number",
            api(),
            "200, x-amz-executed-version 1",
            |lab| async move {
                let name = function(&lab).await?;
                publish(&lab, &name).await?;
                let answer = invoke(&lab, &format!("{name}?Qualifier=1"), "{}").send().await?;
                Ok(format!(
                    "{}, {}",
                    answer.summary(),
                    answer.shown("x-amz-executed-version")
                ))
            },
        )
        .differs(NOT_RUN),
        expect(
            "an alias is invoked as the version that it stands for",
            api(),
            "200, x-amz-executed-version 1",
            |lab| async move {
                let name = function(&lab).await?;
                publish(&lab, &name).await?;
                let alias = json!({"Name": "live", "FunctionVersion": "1"});
                ask(&lab, "POST", format!("{FUNCTIONS}/{name}/aliases"), Some(alias))
                    .done()
                    .await?;
                let answer = invoke(&lab, &format!("{name}?Qualifier=live"), "{}")
                    .send()
                    .await?;
                Ok(format!(
                    "{}, {}",
                    answer.summary(),
                    answer.shown("x-amz-executed-version")
                ))
            },
        )
        .differs(NOT_RUN),
        expect(
            "invoking a version that is not there",
            api(),
            "404 ResourceNotFoundException",
            |lab| async move {
                let name = function(&lab).await?;
                invoke(&lab, &format!("{name}?Qualifier=7"), "{}").summary().await
            },
        ),
        expect(
            "invoking a function that is not there",
            api(),
            "404 ResourceNotFoundException, Type User, a Message",
            |lab| async move {
                let answer = invoke(&lab, &lab.fresh(), "{}").send().await?;
                let document = answer.json();
                let kind = document["Type"].as_str().unwrap_or("none");
                let message = document["Message"].as_str().map_or("no", |_| "a");
                Ok(format!("{}, Type {kind}, {message} Message", answer.summary()))
            },
        ),
        expect(
            "an event that is no JSON",
            api(),
            "400 InvalidRequestContentException",
            |lab| async move {
                let name = function(&lab).await?;
                invoke(&lab, &name, "{").summary().await
            },
        )
        .differs(NOT_RUN),
        expect(
            "an event of more than 6 MB",
            api(),
            "413 RequestTooLargeException",
            |lab| async move {
                let name = function(&lab).await?;
                invoke(&lab, &name, &format!("\"{}\"", "x".repeat(6 << 20)))
                    .summary()
                    .await
            },
        )
        .differs(NOT_RUN),
        expect(
            "a function whose reserved concurrency is 0",
            lambda_guide(
                "Configuring reserved concurrency for a function",
                "configuration-concurrency",
            ),
            "429 TooManyRequestsException, Reason ReservedFunctionConcurrentInvocationLimitExceeded",
            |lab| async move {
                let name = function(&lab).await?;
                reserve(&lab, &name, 0).await?;
                let answer = invoke(&lab, &name, "{}").send().await?;
                let reason = answer.json()["Reason"].as_str().unwrap_or("none").to_owned();
                Ok(format!("{}, Reason {reason}", answer.summary()))
            },
        )
        .differs(NOT_RUN),
        expect(
            "an asynchronous event for a function whose reserved concurrency is 0",
            lambda_guide(
                "How Lambda handles errors and retries with asynchronous invocation",
                "invocation-async-error-handling",
            ),
            "202",
            |lab| async move {
                let name = function(&lab).await?;
                reserve(&lab, &name, 0).await?;
                invoke(&lab, &name, "{}")
                    .header("x-amz-invocation-type", "Event")
                    .summary()
                    .await
            },
        )
        .differs(NOT_RUN),
    ]
}

/// An invocation of `name`, or of `name?Qualifier=…`.
fn invoke(lab: &Lab, name: &str, event: &str) -> Ask {
    let (name, qualifier) = name
        .split_once('?')
        .map_or((name, String::new()), |(name, rest)| (name, format!("?{rest}")));
    ask(
        lab,
        "POST",
        format!("{FUNCTIONS}/{name}/invocations{qualifier}"),
        None,
    )
    .body(event.to_owned())
}

/// How a function's failure is told.
fn failed(answer: &HttpAnswer) -> Result<String, Stop> {
    let kind = answer.json()["errorType"]
        .as_str()
        .map_or("no errorType", |_| "an errorType");
    Ok(format!(
        "{}, {}, {kind}",
        answer.summary(),
        answer.shown("x-amz-function-error")
    ))
}
