//! What bad code and bad requests get.

use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use cloud_emulator::lambda::{Invocation, Invoked, LambdaEventKind, NewCode};
use serde_json::{Value, json};
use test_harness::{installed, skip, trial};

use crate::lambda::bench::{Bench, Make, REGION, python_runtime, zip};

fn refused(bench: &Bench, package: Bytes) -> String {
    let refused = bench
        .create("bad", "provided.al2023", NewCode::Zip(package))
        .unwrap_err();
    let left = std::fs::read_dir(bench.home.path().join("functions"))
        .unwrap()
        .count();
    assert_eq!(left, 0, "nothing of it stays on the disk");
    refused
}

/// A zip with a link.
fn linked(name: &str, target: &str) -> Bytes {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file("bootstrap", options).unwrap();
    writer.write_all(b"x").unwrap();
    writer.add_symlink(name, target, options).unwrap();
    Bytes::from(writer.finish().unwrap().into_inner())
}

trial!(malicious_zips_are_refused);
fn malicious_zips_are_refused() {
    let bench = Bench::new();
    let unzip = "Could not unzip uploaded file";
    let mut cases = vec![
        Bytes::new(),
        Bytes::from_static(b"not a zip"),
        linked("out", "/etc/passwd"),
        linked("out", "../../../../etc/passwd"),
        linked("dangling", "nowhere"),
        zip(&[("../../escaped", b"x", 0o644)]),
        zip(&[("a/../../escaped", b"x", 0o644)]),
        zip(&[("a\\..\\..\\b", b"x", 0o644)]),
        zip(&[("a", b"x", 0o644), ("a/b", b"x", 0o644)]),
        zip(&[(&"n".repeat(300), b"x", 0o644)]),
    ];
    let whole = crate::lambda::bench::bash();
    cases.push(whole.slice(..whole.len() / 2));
    // One byte of the compressed data is another one.
    let mut flipped = whole.to_vec();
    flipped[80] ^= 0xff;
    cases.push(Bytes::from(flipped));
    for package in cases {
        let error = refused(&bench, package.clone());
        assert!(
            error.contains(unzip),
            "{error}: {:?}",
            package.slice(..package.len().min(60))
        );
    }
    let absolute = zip(&[("/tmp/firedrill-escaped", b"x", 0o644)]);
    // The writer may have made the name a relative one.
    if absolute.windows(5).any(|w| w == b"/tmp/") {
        assert!(refused(&bench, absolute).contains(unzip));
    }
    bench
        .create(
            "good",
            "provided.al2023",
            NewCode::Zip(linked("in", "./bootstrap")),
        )
        .unwrap();
}

trial!(a_zip_bomb_is_refused);
fn a_zip_bomb_is_refused() {
    let bench = Bench::new();
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let zeros = vec![0u8; 1 << 20];
    writer.start_file("bootstrap", options).unwrap();
    for _ in 0..260 {
        writer.write_all(&zeros).unwrap();
    }
    let packed = Bytes::from(writer.finish().unwrap().into_inner());
    assert!(packed.len() < 1 << 20);
    let error = refused(&bench, packed);
    assert!(
        error.contains("Unzipped size must be smaller than 262144000 bytes"),
        "{error}"
    );
    let many: Vec<String> = (0..20_001).map(|n| n.to_string()).collect();
    let many: Vec<(&str, &[u8], u32)> = many.iter().map(|name| (name.as_str(), &b""[..], 0o644)).collect();
    assert!(refused(&bench, zip(&many)).contains("Unzipped size"));
}

trial!(invalid_requests_are_refused);
fn invalid_requests_are_refused() {
    let bench = Bench::new();
    bench
        .create("f", "provided.al2023", NewCode::BuiltIn("echo".to_owned()))
        .unwrap();
    let functions = "/2015-03-31/functions";
    let role = "arn:aws:iam::000000000000:role/r";
    let new = |field: &str, value: Value| {
        let mut body = json!({
            "FunctionName": "g", "Runtime": "provided.al2", "Handler": "x", "Role": role, "Code": {"ZipFile": "AAAA"},
        });
        body[field] = value;
        body.to_string()
    };
    let cases = [
        (
            "POST",
            functions.to_owned(),
            "{".to_owned(),
            400,
            "InvalidRequestContent",
        ),
        (
            "POST",
            functions.to_owned(),
            "[]".to_owned(),
            400,
            "InvalidRequestContent",
        ),
        (
            "POST",
            functions.to_owned(),
            new("FunctionName", json!("a b")),
            400,
            "Validation",
        ),
        (
            "POST",
            functions.to_owned(),
            new("FunctionName", json!("../x")),
            400,
            "Validation",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Runtime", json!("nodejs22.x")),
            400,
            "InvalidParameterValue",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Timeout", json!(0)),
            400,
            "Validation",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Timeout", json!(901)),
            400,
            "Validation",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Timeout", json!(-1)),
            400,
            "InvalidRequestContent",
        ),
        (
            "POST",
            functions.to_owned(),
            new("MemorySize", json!(1)),
            400,
            "Validation",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Role", json!("me")),
            400,
            "Validation",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Layers", json!(["arn:x"])),
            400,
            "InvalidParameterValue",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Code", json!({})),
            400,
            "InvalidParameterValue",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Code", json!({"ZipFile": "%"})),
            400,
            "InvalidRequestContent",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Environment", json!({"Variables": {"AWS_REGION": "x"}})),
            400,
            "InvalidParameterValue",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Environment", json!({"Variables": {"LONG": "x".repeat(5000)}})),
            400,
            "InvalidParameterValue",
        ),
        (
            "POST",
            format!("{functions}/f/invocations"),
            "not json".to_owned(),
            400,
            "InvalidRequestContent",
        ),
        (
            "POST",
            format!("{functions}/f/invocations"),
            format!("\"{}\"", "x".repeat(6 << 20)),
            413,
            "RequestTooLarge",
        ),
        (
            "POST",
            format!("{functions}/f/invocations?Qualifier=9"),
            "{}".to_owned(),
            404,
            "ResourceNotFound",
        ),
        (
            "POST",
            format!("{functions}/arn:aws:lambda:us-east-1:000000000000:function:f/invocations"),
            "{}".to_owned(),
            404,
            "ResourceNotFound",
        ),
        (
            "PUT",
            "/2017-10-31/functions/f/concurrency".to_owned(),
            "{}".to_owned(),
            400,
            "InvalidRequestContent",
        ),
        (
            "GET",
            format!("{functions}?MaxItems=x"),
            String::new(),
            400,
            "InvalidParameterValue",
        ),
        (
            "GET",
            format!("{functions}?MaxItems=0"),
            String::new(),
            400,
            "Validation",
        ),
        (
            "PATCH",
            functions.to_owned(),
            String::new(),
            404,
            "UnknownOperation",
        ),
    ];
    for (method, path, body, status, _) in cases {
        let shown = body.chars().take(120).collect::<String>();
        let (found, document) = bench.api(method, &path, body);
        assert_eq!(found, status, "{method} {path} {shown}: {document}");
        let told = ["message", "Message"]
            .iter()
            .any(|name| document[*name].is_string());
        assert!(told, "{document}");
    }
}

fn isolated() -> Option<Bench> {
    let bench = Bench::make(&Make {
        isolated: true,
        ..Make::default()
    });
    let exe = std::env::current_exe().unwrap();
    let sandbox = runtime::sandbox::Sandbox::new(exe, ["as-sandbox"]);
    match bench.block(sandbox.available(&bench.supervisor)) {
        Ok(()) => Some(bench),
        Err(reason) => {
            skip(&reason);
            None
        }
    }
}

fn invoke(bench: &Bench, function: &str) -> (Invoked, Value) {
    let invocation = Invocation {
        function: function.to_owned(),
        tail: true,
        ..Invocation::default()
    };
    let invoked = bench.block(bench.lambda.invoke(REGION, invocation)).unwrap();
    let document = serde_json::from_slice(&invoked.payload).unwrap_or(Value::Null);
    (invoked, document)
}

pub(crate) fn isolated_functions(bench: &Bench) {
    let outside = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = outside.local_addr().unwrap().port();
    let module = format!(
        r#"
import os
import socket
import urllib.parse

def reach(host, port, patience=2):
    try:
        socket.create_connection((host, port), patience).close()
        return True
    except OSError:
        return False

def write(path):
    try:
        open(path, "w").write("x")
        return True
    except OSError:
        return False

def handler(event, context):
    endpoint = urllib.parse.urlparse(os.environ["AWS_ENDPOINT_URL"])
    return {{
        "drill": reach(endpoint.hostname, endpoint.port, 20),
        "other": reach("127.0.0.1", {port}),
        "metadata": reach("169.254.169.254", 80),
        "processes": len([p for p in os.listdir("/proc") if p.isdigit()]) < 5,
        "tmp": write("/tmp/x"),
        "code": write(os.environ["LAMBDA_TASK_ROOT"] + "/x"),
        "home": os.listdir("/root") if os.access("/root", os.R_OK) else [],
        "root": os.getuid() == 0,
    }}
"#
    );
    bench.python("curious", &module);
    bench.configure("curious", "{\"Timeout\": 60}");
    let (invoked, found) = invoke(bench, "curious");
    assert!(
        !invoked.failed,
        "{found} {:?}",
        invoked.tail.map(String::from_utf8)
    );
    // Of a home only the way to the Python is there, if that lies in one.
    let python = cloud_emulator::lambda::find_python(&python_runtime()).unwrap();
    let way = python.strip_prefix("/root").ok();
    let way = way.and_then(|way| way.iter().next()?.to_str());
    let home: Vec<&str> = way.into_iter().collect();
    let wanted = json!({
        "drill": true, "other": false, "metadata": false, "processes": true, "tmp": true, "code": false, "home": home,
        "root": false,
    });
    assert_eq!(found, wanted);
}

trial!(a_function_of_our_own_runs_in_a_sandbox_like_every_other);
fn a_function_of_our_own_runs_in_a_sandbox_like_every_other() {
    let Some(bench) = isolated() else { return };
    bench
        .create("ours", "provided.al2023", NewCode::BuiltIn("echo".to_owned()))
        .unwrap();
    let (invoked, _) = invoke(&bench, "ours");
    assert!(!invoked.failed, "{:?}", String::from_utf8_lossy(&invoked.payload));
    // Whoever runs in a sandbox has other namespaces than we have.
    let network = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/net")).ok();
    let own = network("self");
    let exe = std::env::current_exe().unwrap();
    let name = exe.file_name().unwrap().to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let echoes: Vec<String> = processes
        .map(|process| process.file_name().to_string_lossy().into_owned())
        .filter(|pid| {
            let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).into_owned();
            command.contains("as-echo") && !command.contains(&name)
        })
        .collect();
    assert!(!echoes.is_empty(), "it runs as /srv/firedrill");
    for pid in echoes {
        assert_ne!(network(&pid), own, "{pid}");
    }
}

trial!(an_isolated_function_reaches_the_drill_only);
fn an_isolated_function_reaches_the_drill_only() {
    if !installed("python3") {
        return;
    }
    let Some(bench) = isolated() else { return };
    isolated_functions(&bench);
    bench
        .create(
            "bash",
            "provided.al2023",
            NewCode::Zip(crate::lambda::bench::bash()),
        )
        .unwrap();
    assert_eq!(invoke(&bench, "bash").1["n"], 1);
    assert_eq!(invoke(&bench, "bash").1["n"], 2);
    let hungry = "def handler(event, context):\n    kept = []\n    while True:\n        kept.append(bytearray(1 << 20))\n";
    bench.python("hungry", hungry);
    assert_eq!(invoke(&bench, "hungry").1["errorType"], "Runtime.ExitError");
    let file = "def handler(event, context):\n    with open('/tmp/x', 'wb') as f:\n        while True:\n            f.write(bytes(1 << 20))\n";
    bench.python("writer", file);
    let (invoked, error) = invoke(&bench, "writer");
    assert!(invoked.failed, "{error}");
}

/// AWS's runtime of Python has `boto3`; here a function has it where the machine has it.
const WITH_BOTO3: &str = r#"
import boto3

def handler(event, context):
    s3 = boto3.client("s3")
    s3.put_object(Bucket="kept", Key="k", Body=b"by boto3")
    return s3.get_object(Bucket="kept", Key="k")["Body"].read().decode()
"#;

fn uses_boto3(bench: &Bench) {
    bench.store.create_bucket("kept", REGION, false).unwrap();
    bench.python("uses", WITH_BOTO3);
    let python = cloud_emulator::lambda::find_python(&python_runtime()).unwrap();
    let imported = std::process::Command::new(python)
        .args(["-I", "-c", "import boto3"])
        .output();
    let (_, answer) = invoke(bench, "uses");
    match imported.unwrap().status.success() {
        true => assert_eq!(answer, "by boto3"),
        false => assert_eq!(answer["errorType"], "Runtime.ImportModuleError", "{answer}"),
    }
}

trial!(a_python_function_has_boto3_if_the_machine_has);
fn a_python_function_has_boto3_if_the_machine_has() {
    if !installed("python3") {
        return;
    }
    uses_boto3(&Bench::new());
    if let Some(bench) = isolated() {
        uses_boto3(&bench);
    }
}

/// Keeps 400 MB where the event says, of a function that has 256: none of its processes takes more than that.
const HOARDER: &str = r#"
import os, time

def handler(event, context):
    if event["where"] == "processes":
        for n in range(4):
            if os.fork() == 0:
                kept = bytearray(os.urandom(1)) * 100_000_000
                time.sleep(1000)
    else:
        with open(event["where"], "wb") as file:
            for n in range(400):
                file.write(bytes(1_000_000))
    time.sleep(1000)
"#;

trial!(what_all_processes_and_files_in_memory_occupy_is_bounded);
fn what_all_processes_and_files_in_memory_occupy_is_bounded() {
    let Some(bench) = isolated().filter(|_| installed("python3")) else {
        return;
    };
    bench.python("hoarder", HOARDER);
    for (n, place) in ["/tmp/hoard", "/dev/shm/hoard", "processes"]
        .into_iter()
        .enumerate()
    {
        let event = format!("{{\"where\": \"{place}\"}}");
        let invocation = Invocation {
            function: "hoarder".to_owned(),
            payload: event.into(),
            ..Invocation::default()
        };
        let invoked = bench.block(bench.lambda.invoke(REGION, invocation)).unwrap();
        let document: Value = serde_json::from_slice(&invoked.payload).unwrap();
        assert_eq!(document["errorType"], "Runtime.ExitError", "{place}: {document}");
        bench.nth_told(n, "the kill", |event| {
            event.kind == LambdaEventKind::EnvironmentKilled { why: "memory" }
        });
    }
}

trial!(a_fork_bomb_is_bounded, heavy);
fn a_fork_bomb_is_bounded() {
    if !installed("python3") {
        return;
    }
    let Some(bench) = isolated() else { return };
    let module = "import os\ndef handler(event, context):\n    while True:\n        try:\n            os.fork()\n        except OSError:\n            pass\n";
    bench.python("bomb", module);
    bench.configure("bomb", "{\"Timeout\": 2}");
    let (invoked, error) = invoke(&bench, "bomb");
    assert!(invoked.failed, "{error}");
    bench.block(async {
        let gone = runtime::wall::timeout(Duration::from_secs(60), async {
            while !bench.supervisor.running().is_empty() {
                runtime::wall::sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(gone.await.is_some(), "it is still there");
    });
    bench.python("fine", "def handler(event, context):\n    return 'well'\n");
    assert_eq!(invoke(&bench, "fine").1, "well");
}

trial!(endless_output_is_bounded, heavy);
fn endless_output_is_bounded() {
    if !installed("python3") {
        return;
    }
    let bench = Bench::new();
    let module = "def handler(event, context):\n    while True:\n        print('x' * 100000, end='')\n";
    bench.python("loud", module);
    bench.configure("loud", "{\"Timeout\": 1}");
    let (invoked, error) = invoke(&bench, "loud");
    assert_eq!(error["errorType"], "Sandbox.Timedout");
    assert!(invoked.tail.unwrap().len() <= 4096);
}
