//! No function is left behind.

use std::process::Stdio;
use std::time::Duration;

use cloud_emulator::functions::FUNCTIONS;
use serde_json::json;
use test_harness::trial;
use tokio::net::TcpListener;

use crate::functions::bench::Bench;
use crate::functions::ingest::batch;
use crate::functions::process::{Function, command, environment};
use crate::functions::runtime_api::RuntimeApi;

trial!(async a_function_ends_with_its_runtime_api);
async fn a_function_ends_with_its_runtime_api() {
    for name in FUNCTIONS.iter().map(|function| function.name) {
        let (api, bench) = (RuntimeApi::start().await, Bench::start());
        let mut command = command(name, &environment(&api, &bench.url));
        let child = command.stderr(Stdio::piped()).spawn().expect("it starts");
        let mut function = Function(child);
        // It works, so it waits for the next event.
        let _ = api.invoke("{}").await.error();
        drop(api);
        let status = function.ended().await;
        assert_eq!(status.code(), Some(1), "{name}");
        let mut said = String::new();
        let mut stderr = function.0.stderr.take().expect("it is piped");
        std::io::Read::read_to_string(&mut stderr, &mut said).expect("it is text");
        assert!(
            said.contains(&format!("the function {name} has no Runtime API any more: ")),
            "{said}"
        );
    }
}

trial!(async a_function_ends_with_its_stdin);
async fn a_function_ends_with_its_stdin() {
    let (api, bench) = (RuntimeApi::start().await, Bench::start());
    let mut command = command("telemetry-ingest", &environment(&api, &bench.url));
    let child = command.stdin(Stdio::piped()).spawn().expect("it starts");
    let mut function = Function(child);
    let (event, _) = batch("k", 1);
    api.invoke(event.to_string()).await.answer();
    assert!(function.is_running());
    drop(function.0.stdin.take());
    assert!(function.ended().await.success());
}

trial!(async an_invocation_ends_at_its_deadline);
/// An endpoint that takes connections and never answers holds no function longer than its time.
async fn an_invocation_ends_at_its_deadline() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}", silent.local_addr().expect("it is bound"));
    let api = RuntimeApi::start().await;
    let _function = Function::start("telemetry-ingest", &api, &url);
    let (event, _) = batch("k", 1);
    let outcome = api
        .invoke_within(event.to_string(), Duration::from_millis(300))
        .await;
    let (kind, message) = outcome.error();
    assert_eq!(
        (kind.as_str(), message.as_str()),
        ("DeadlineExceeded", "the time of the invocation is over")
    );
}

trial!(async a_function_reports_missing_settings);
async fn a_function_reports_missing_settings() {
    let (api, bench) = (RuntimeApi::start().await, Bench::start());
    let whole = environment(&api, &bench.url);
    for missing in [
        "BUCKET",
        "AWS_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_LAMBDA_RUNTIME_API",
    ] {
        let rest: Vec<_> = whole
            .iter()
            .filter(|(name, _)| *name != missing)
            .cloned()
            .collect();
        let output = command("telemetry-ingest", &rest).output().expect("it starts");
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr);
        let expected = format!("the function telemetry-ingest needs {missing} in its environment\n");
        assert_eq!(said, expected, "{}", json!(missing));
    }
    let output = command("no-such-function", &whole).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("does not exist; there are telemetry-ingest"),
        "{said}"
    );
}
