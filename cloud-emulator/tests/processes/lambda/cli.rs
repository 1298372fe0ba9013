//! The real `aws` command line client makes functions, runs them and removes them.

use serde_json::json;
use test_harness::{installed, trial};

use crate::lambda::bench::{BASH, Bench, Make, OTHER, bash, python_runtime, zip};

pub(super) const ROLE: &str = "arn:aws:iam::000000000000:role/any";

/// Drill time goes so fast that functions take little wall time, and slowly enough to keep them warm.
pub(super) fn bench() -> Bench {
    Bench::make(&Make {
        speed: 10.0,
        ..Make::default()
    })
}

pub(super) fn create(
    bench: &Bench,
    name: &str,
    runtime: &str,
    handler: &str,
    zip: &str,
) -> serde_json::Value {
    let created = bench.aws(&[
        "create-function",
        "--function-name",
        name,
        "--runtime",
        runtime,
        "--handler",
        handler,
        "--role",
        ROLE,
        "--zip-file",
        &format!("fileb://{zip}"),
        "--environment",
        "Variables={GREETING=hello}",
    ]);
    bench.provisioned();
    created
}

trial!(aws_cli_creates_runs_and_deletes_a_shell_bootstrap);
fn aws_cli_creates_runs_and_deletes_a_shell_bootstrap() {
    if !installed("aws") || !installed("bash") {
        return;
    }
    let bench = bench();
    let package = bench.file("code.zip", &bash());
    let created = create(&bench, "mine", "provided.al2023", "any", &package);
    assert_eq!(created["State"], "Pending");
    assert_eq!(created["Version"], "$LATEST");
    bench.aws(&["wait", "function-active-v2", "--function-name", "mine"]);
    let invoke = |arguments: &[&str]| bench.aws_invoke(&[&["--function-name", "mine"], arguments].concat());
    let (head, payload) = invoke(&["--payload", "{\"a\":1}", "--log-type", "Tail"]);
    assert_eq!(
        (head["StatusCode"].as_u64(), head["ExecutedVersion"].as_str()),
        (Some(200), Some("$LATEST"))
    );
    assert_eq!(payload, json!({"n": 1, "greeting": "hello", "event": {"a": 1}}));
    let log = base64_simd::STANDARD
        .decode_to_vec(head["LogResult"].as_str().unwrap())
        .unwrap();
    let log = String::from_utf8(log).unwrap();
    for part in [
        "START RequestId: ",
        "run 1 of mine",
        "END RequestId: ",
        "REPORT ",
        "Init Duration: ",
    ] {
        assert!(log.contains(part), "{part} in {log}");
    }
    let used = log.split("Max Memory Used: ").nth(1).unwrap();
    let used: u32 = used.split(' ').next().unwrap().parse().unwrap();
    assert!(used > 0, "{log}");
    let (_, payload) = invoke(&[]);
    assert_eq!(
        (&payload["n"], &payload["event"]),
        (&json!(2), &json!({})),
        "it was kept warm"
    );

    let other = BASH.replace("run $n", "again $n").replace("n=0", "n=100");
    let package = bench.file("code.zip", &zip(&[("bootstrap", other.as_bytes(), 0o755)]));
    let code = format!("fileb://{package}");
    let updated = bench.aws(&[
        "update-function-code",
        "--function-name",
        "mine",
        "--zip-file",
        &code,
    ]);
    assert_ne!(updated["CodeSha256"], created["CodeSha256"]);
    assert_ne!(updated["RevisionId"], created["RevisionId"]);
    bench.aws(&["wait", "function-updated-v2", "--function-name", "mine"]);
    assert_eq!(invoke(&[]).1["n"], 101, "the new code runs");
    let stale = created["RevisionId"].as_str().unwrap();
    let refused = bench.refused(&[
        "update-function-code",
        "--function-name",
        "mine",
        "--zip-file",
        &code,
        "--revision-id",
        stale,
    ]);
    assert!(refused.contains("PreconditionFailedException"), "{refused}");

    let configuration = [
        "update-function-configuration",
        "--function-name",
        "mine",
        "--environment",
        "Variables={}",
    ];
    bench.aws(&configuration);
    bench.provisioned();
    assert_eq!(invoke(&[]).1["greeting"], "", "and the new configuration");
    let got = bench.aws(&["get-function", "--function-name", "mine"]);
    let url = got["Code"]["Location"].as_str().unwrap();
    assert_eq!(download(url), std::fs::read(&package).unwrap());
    assert_eq!(
        bench.aws(&["list-functions"])["Functions"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let elsewhere = bench.aws(&["list-functions", "--region", OTHER]);
    assert!(elsewhere["Functions"].as_array().unwrap().is_empty());

    let again = bench.refused(&[
        "create-function",
        "--function-name",
        "mine",
        "--runtime",
        "provided.al2",
        "--handler",
        "x",
        "--role",
        ROLE,
        "--zip-file",
        &code,
    ]);
    assert!(again.contains("ResourceConflictException"), "{again}");
    let dry = bench.run(&[
        "lambda",
        "invoke",
        "--function-name",
        "mine",
        "--invocation-type",
        "DryRun",
        "/dev/null",
    ]);
    assert!(String::from_utf8_lossy(&dry.stdout).contains("204"));
    bench.aws(&["delete-function", "--function-name", "mine"]);
    let gone = bench.refused(&["invoke", "--function-name", "mine", "/dev/null"]);
    assert!(
        gone.contains("ResourceNotFoundException") && gone.contains("function:mine"),
        "{gone}"
    );
}

/// Fetches a URL without knowing anything of Lambda.
fn download(url: &str) -> Vec<u8> {
    use std::io::{Read, Write};
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    answer.split_off(end + 4)
}

// The clock is held back by a ceiling while something is to be under way.
trial!(aws_cli_waits_for_what_is_made_and_changed);
fn aws_cli_waits_for_what_is_made_and_changed() {
    if !installed("aws") || !installed("bash") {
        return;
    }
    let bench = bench();
    let code = format!("fileb://{}", bench.file("code.zip", &bash()));
    let stand = || bench.lambda_clock().limit_rate(0.001, "this test");
    let at_once = |operation: &str, more: &[&str]| {
        let name = ["--function-name", "mine"];
        bench.refused(&[&[operation], &name[..], more].concat())
    };
    let configure = |greeting: &str| {
        let variables = format!("Variables={{GREETING={greeting}}}");
        let begin = ["update-function-configuration", "--function-name", "mine"];
        bench.aws(&[&begin[..], &["--environment", &variables]].concat())
    };
    let wait = |waiter: &str, more: &[&str]| {
        bench.aws(&[&["wait", waiter, "--function-name", "mine"], more].concat());
    };
    let state = || {
        let configuration = bench.aws(&["get-function-configuration", "--function-name", "mine"]);
        [&configuration["State"], &configuration["LastUpdateStatus"]]
            .map(|text| text.as_str().map(str::to_owned))
    };
    let states = |state: &str, update: Option<&str>| [Some(state.to_owned()), update.map(str::to_owned)];
    let pending = "ResourceConflictException) when calling the";
    let in_state = "The operation cannot be performed at this time. The function is currently in the following state: \
                    Pending";

    let standing = stand();
    let begin = [
        "create-function",
        "--function-name",
        "mine",
        "--runtime",
        "provided.al2023",
    ];
    let rest = ["--handler", "x", "--role", ROLE, "--zip-file", &code];
    let created = bench.aws(&[&begin[..], &rest[..]].concat());
    assert_eq!(
        (
            &created["State"],
            &created["StateReason"],
            &created["StateReasonCode"]
        ),
        (
            &json!("Pending"),
            &json!("The function is being created."),
            &json!("Creating")
        )
    );
    assert_eq!(state(), states("Pending", None));
    for (operation, more) in [
        ("invoke", &["/dev/null"][..]),
        ("invoke", &["--invocation-type", "Event", "/dev/null"][..]),
        ("update-function-code", &["--zip-file", &code][..]),
        ("update-function-configuration", &["--timeout", "9"][..]),
        ("publish-version", &[][..]),
    ] {
        let refused = at_once(operation, more);
        assert!(
            refused.contains(pending) && refused.contains(in_state),
            "{refused}"
        );
    }
    let listed = bench.aws(&["list-functions"]);
    assert_eq!(listed["Functions"][0]["FunctionName"], "mine");
    assert!(
        listed["Functions"][0].get("State").is_none(),
        "as AWS documents it"
    );
    drop(standing);
    wait("function-active-v2", &[]);
    assert_eq!(state(), states("Active", Some("Successful")));
    let greeting = || bench.aws_invoke(&["--function-name", "mine"]).1["greeting"].clone();
    assert_eq!(greeting(), "");

    let standing = stand();
    assert_eq!(configure("hello")["LastUpdateStatus"], "InProgress");
    assert_eq!(state(), states("Active", Some("InProgress")));
    let in_progress = "The operation cannot be performed at this time. An update is in progress for resource: \
                       arn:aws:lambda:us-west-2:000000000000:function:mine";
    for (operation, more) in [
        ("update-function-code", &["--zip-file", &code][..]),
        ("update-function-configuration", &["--timeout", "9"][..]),
        ("publish-version", &[][..]),
    ] {
        let refused = at_once(operation, more);
        assert!(
            refused.contains(pending) && refused.contains(in_progress),
            "{refused}"
        );
    }
    assert_eq!(greeting(), "", "what was there before runs");
    drop(standing);
    wait("function-updated-v2", &[]);
    assert_eq!(greeting(), "hello");

    let standing = stand();
    let published = bench.aws(&["publish-version", "--function-name", "mine"]);
    assert_eq!(
        (&published["Version"], &published["State"]),
        (&json!("1"), &json!("Pending"))
    );
    let refused = at_once("invoke", &["--qualifier", "1", "/dev/null"]);
    assert!(refused.contains(in_state), "{refused}");
    drop(standing);
    wait("published-version-active", &["--qualifier", "1"]);
    let (head, _) = bench.aws_invoke(&["--function-name", "mine", "--qualifier", "1"]);
    assert_eq!(head["ExecutedVersion"], "1");
}

trial!(aws_cli_runs_a_python_handler);
fn aws_cli_runs_a_python_handler() {
    if !installed("aws") || !installed("python3") {
        return;
    }
    let bench = bench();
    let module = br#"
import logging
import os

calls = 0

def handler(event, context):
    global calls
    calls += 1
    logging.getLogger().warning("call %d", calls)
    if event.get("fail"):
        raise ValueError("as asked: %s" % event["fail"])
    if event.get("odd"):
        return object()
    return {
        "calls": calls,
        "name": context.function_name,
        "arn": context.invoked_function_arn,
        "id": len(context.aws_request_id),
        "left": context.get_remaining_time_in_millis() > 0,
        "memory": context.memory_limit_in_mb,
        "region": os.environ["AWS_REGION"],
        "endpoint": os.environ["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:"),
    }
"#;
    let package = bench.file("code.zip", &zip(&[("pkg/app.py", module, 0o600)]));
    create(&bench, "snake", &python_runtime(), "pkg.app.handler", &package);
    let invoke = |payload: &str| {
        bench.aws_invoke(&[
            "--function-name",
            "snake",
            "--payload",
            payload,
            "--log-type",
            "Tail",
        ])
    };
    let (head, payload) = invoke("{}");
    assert!(head.get("FunctionError").is_none(), "{payload}");
    assert_eq!(
        payload,
        json!({
            "calls": 1, "name": "snake", "arn": "arn:aws:lambda:us-west-2:000000000000:function:snake", "id": 36,
            "left": true, "memory": "128", "region": "us-west-2", "endpoint": true,
        })
    );
    let (head, payload) = invoke("{\"fail\": \"x\"}");
    assert_eq!(head["FunctionError"], "Unhandled");
    assert_eq!(payload["errorType"], "ValueError");
    assert_eq!(payload["errorMessage"], "as asked: x");
    assert!(
        payload["stackTrace"][0].as_str().unwrap().contains("app.py"),
        "{payload}"
    );
    let log = base64_simd::STANDARD
        .decode_to_vec(head["LogResult"].as_str().unwrap())
        .unwrap();
    let log = String::from_utf8(log).unwrap();
    assert!(
        log.contains("[WARNING]") && log.contains("call 2") && log.contains("[ERROR] ValueError"),
        "{log}"
    );
    assert_eq!(invoke("{\"odd\": 1}").1["errorType"], "Runtime.MarshalError");
    assert_eq!(invoke("{}").1["calls"], 4, "errors do not end it");
    for (handler, kind) in [
        ("nowhere.handler", "Runtime.ImportModuleError"),
        ("pkg.app.missing", "Runtime.HandlerNotFound"),
        ("nodot", "Runtime.MalformedHandlerName"),
    ] {
        bench.aws(&[
            "update-function-configuration",
            "--function-name",
            "snake",
            "--handler",
            handler,
        ]);
        bench.provisioned();
        assert_eq!(invoke("{}").1["errorType"], kind);
    }
}
