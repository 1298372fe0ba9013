//! Functions of a user's own: the real `aws` client makes, runs, changes, throttles and deletes them in a cloud
//! that runs, and a script of a drill downloads their code.

use cloud_emulator::lambda::python_runtimes;
use drill::journal::Event;
use serde_json::{Value, json};
use test_harness::trial;

use crate::cloud::Cloud;
use crate::support::aws::Aws;
use crate::support::{Run, Sandbox, Scenario, functions, http, installed, namespaces};

const ROLE: &str = "arn:aws:iam::000000000000:role/any";

/// Answers with its greeting, how often it was asked, and the event.
const COUNTS: &str = r#"n=$((n + 1)); answer="{\"greeting\":\"$GREETING\",\"n\":$n,\"event\":$event}""#;

/// A user at work on functions.
struct User<'a> {
    aws: Aws<'a>,
    cloud: &'a Cloud,
}

impl User<'_> {
    fn lambda(&self, operation: &str, function: &str, more: &[&str]) -> Value {
        let begin = ["lambda", operation, "--function-name", function];
        self.aws.json(&[&begin[..], more].concat())
    }

    /// Invokes it: the head of the answer, and the answer.
    fn invoke(&self, function: &str, event: &str) -> (Value, Value) {
        let file = self.cloud.sandbox.path().join("answer.json");
        let path = file.to_str().expect("a plain path");
        // Version 2 of the client takes base64 unless it is told otherwise.
        let event = self.cloud.sandbox.write("event.json", event);
        let event = format!("fileb://{}", event.display());
        let head = self.lambda("invoke", function, &["--payload", &event, path]);
        let answer = std::fs::read(&file).expect("the client writes the answer");
        let answer = serde_json::from_slice(&answer).expect("the answer is JSON");
        (head, answer)
    }

    fn refused(&self, operation: &str, function: &str, more: &[&str]) -> String {
        let begin = ["lambda", operation, "--function-name", function];
        self.aws.refused(&[&begin[..], more].concat())
    }

    /// Writes a package, and gives how the client is told of it.
    fn package(&self, zip: &[u8]) -> String {
        let file = self.cloud.sandbox.write("code.zip", zip);
        format!("fileb://{}", file.display())
    }

    fn create(&self, function: &str, runtime: &str, handler: &str, zip: &[u8]) -> Value {
        let code = self.package(zip);
        let made = self.lambda(
            "create-function",
            function,
            &[
                "--runtime",
                runtime,
                "--handler",
                handler,
                "--role",
                ROLE,
                "--zip-file",
                &code,
                "--timeout",
                "30",
                "--environment",
                "Variables={GREETING=hello}",
            ],
        );
        assert_eq!(
            (&made["State"], &made["Version"]),
            (&json!("Pending"), &json!("$LATEST"))
        );
        self.wait("function-active-v2", function);
        made
    }

    fn wait(&self, waiter: &str, function: &str) {
        self.aws
            .ok(&["lambda", "wait", waiter, "--function-name", function]);
    }

    /// Of what was made, everything else: new code, new configuration, no concurrency, and the end.
    fn changes_throttles_and_deletes(&self, function: &str, made: &Value, zip: &[u8]) {
        let code = self.package(zip);
        let updated = self.lambda("update-function-code", function, &["--zip-file", &code]);
        assert_ne!(updated["CodeSha256"], made["CodeSha256"]);
        self.wait("function-updated-v2", function);
        let (_, answer) = self.invoke(function, "{}");
        assert_eq!(
            (&answer["n"], &answer["greeting"]),
            (&json!(101), &json!("hello")),
            "the new code"
        );
        let variables = [
            "--environment",
            "Variables={GREETING=goodbye}",
            "--memory-size",
            "256",
        ];
        let updated = self.lambda("update-function-configuration", function, &variables);
        assert_eq!(updated["MemorySize"], 256);
        self.wait("function-updated-v2", function);
        assert_eq!(self.invoke(function, "{}").1["greeting"], "goodbye");

        let got = self.lambda("get-function", function, &[]);
        let url = got["Code"]["Location"].as_str().expect("the code is somewhere");
        let downloaded = http::get(url);
        assert_eq!((downloaded.status, &downloaded.body[..]), (200, zip));

        let concurrency = ["--reserved-concurrent-executions", "0"];
        self.lambda("put-function-concurrency", function, &concurrency);
        let refused = self.refused("invoke", function, &["--debug", "/dev/null"]);
        assert!(refused.contains("TooManyRequestsException"), "{refused}");
        // What the client was answered on the wire.
        assert!(refused.contains("/invocations HTTP/1.1\" 429"), "{refused}");
        self.aws.ok(&[
            "lambda",
            "delete-function-concurrency",
            "--function-name",
            function,
        ]);
        assert_eq!(self.invoke(function, "{}").0["StatusCode"], 200);

        self.aws
            .ok(&["lambda", "delete-function", "--function-name", function]);
        for operation in ["get-function", "delete-function"] {
            let gone = self.refused(operation, function, &[]);
            assert!(gone.contains("ResourceNotFoundException"), "{operation}: {gone}");
        }
        let gone = self.refused("invoke", function, &["/dev/null"]);
        assert!(gone.contains("ResourceNotFoundException"), "{gone}");
    }
}

trial!(a_shell_bootstrap_of_a_users_own);
fn a_shell_bootstrap_of_a_users_own() {
    if !installed("aws") || !installed("curl") || !namespaces() {
        return;
    }
    let cloud = Cloud::start(&Scenario::fleet());
    let user = User {
        aws: cloud.aws(),
        cloud: &cloud,
    };
    let made = user.create("mine", "provided.al2023", "any", &functions::shell("n=0", COUNTS));
    let (head, answer) = user.invoke("mine", r#"{"a": [1]}"#);
    assert_eq!(
        (&head["StatusCode"], &head["ExecutedVersion"]),
        (&json!(200), &json!("$LATEST"))
    );
    assert_eq!(answer, json!({"greeting": "hello", "n": 1, "event": {"a": [1]}}));
    assert_eq!(user.invoke("mine", "{}").1["n"], 2, "it was kept warm");
    let listed = user.aws.json(&["lambda", "list-functions"]);
    assert_eq!(listed["Functions"].as_array().map(Vec::len), Some(1), "{listed}");
    user.changes_throttles_and_deletes("mine", &made, &functions::shell("n=100", COUNTS));
    cloud.end();
}

/// Answers as the other one does, and fails when it is told to.
const HANDLER: &str = r#"
import os

n = 0

def handler(event, context):
    global n
    n += 1
    if event.get("fail"):
        raise ValueError(f"as asked: {event['fail']}")
    return {"greeting": os.environ["GREETING"], "n": n, "event": event}
"#;

trial!(a_python_handler_of_a_users_own);
fn a_python_handler_of_a_users_own() {
    if !installed("aws") || !installed("python3") || !namespaces() {
        return;
    }
    let cloud = Cloud::start(&Scenario::fleet());
    let user = User {
        aws: cloud.aws(),
        cloud: &cloud,
    };
    let zip = functions::zip(&[("pkg/app.py", HANDLER)]);
    let runtime = python_runtimes().pop().expect("a Python is installed");
    let made = user.create("snake", &runtime, "pkg.app.handler", &zip);
    let (_, answer) = user.invoke("snake", r#"{"a": "ä"}"#);
    assert_eq!(answer, json!({"greeting": "hello", "n": 1, "event": {"a": "ä"}}));
    let (head, answer) = user.invoke("snake", r#"{"fail": "x"}"#);
    assert_eq!(
        (
            &head["FunctionError"],
            &answer["errorType"],
            &answer["errorMessage"]
        ),
        (&json!("Unhandled"), &json!("ValueError"), &json!("as asked: x"))
    );
    assert_eq!(user.invoke("snake", "{}").1["n"], 3, "an error does not end it");
    let other = HANDLER.replace("n = 0", "n = 100");
    user.changes_throttles_and_deletes("snake", &made, &functions::zip(&[("pkg/app.py", &other)]));
    cloud.end();
}

trial!(a_script_downloads_the_code_of_a_function);
/// In a sandbox the URL that `GetFunction` gives leads to the package as well, and the function itself can fetch it.
fn a_script_downloads_the_code_of_a_function() {
    if !installed("aws") || !installed("curl") || !namespaces() {
        return;
    }
    let sandbox = Sandbox::new();
    let work = r##"answer="\"$(curl --silent "$(echo "$event" | tr -d '"')" | sha256sum | cut -c 1-64)\"" "##;
    let package = functions::shell("", work);
    sandbox.write("own.zip", &package);
    let steps = r#"  - id: download
    do: shell
    run: |
      url=$(aws lambda get-function --function-name own --query Code.Location --output text)
      curl --silent --show-error --fail --output code.zip "$url"
      cmp code.zip own.zip && echo same
      printf '"%s"' "$url" > event.json
      aws lambda invoke --function-name own --payload fileb://event.json answer.json > /dev/null
      echo "$(cat answer.json) $(sha256sum own.zip)"
      curl --silent --output /dev/null --write-out '%{http_code}' "${url%/*/*}/no-such-token/code.zip"
"#;
    let protect = "  - {id: protect";
    let scenario = Scenario::loss()
        .with("speed: 300", "speed: 100")
        .with(
            "  regions:",
            "  functions:\n    own: {package: own.zip, timeout: 30s, memory: 256MiB}\n  regions:",
        )
        .with(protect, &format!("{steps}{protect}"));
    let run = Run::inside(sandbox, &scenario, &[], &[]);
    let lines: Vec<String> = run
        .journal()
        .lines
        .into_iter()
        .filter_map(|line| match line.event {
            Event::StepOutput { text, .. } => Some(text),
            _ => None,
        })
        .collect();
    assert_eq!(lines.len(), 3, "{lines:#?}\n{}", run.ended.stderr);
    assert_eq!(lines[0], "same", "{lines:#?}");
    let digests: Vec<&str> = lines[1]
        .split_whitespace()
        .map(|word| word.trim_matches('"'))
        .collect();
    assert_eq!((digests[0].len(), digests[0]), (64, digests[1]), "{lines:#?}");
    assert_eq!(lines[2], "403", "{lines:#?}");
}
