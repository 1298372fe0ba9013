//! What code of functions sees, reaches and takes, in a sandbox and at its bounds.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use cloud_emulator::lambda::{Invocation, Invoked, LambdaEventKind, NewCode, Python, find_python};
use serde_json::{Value, json};
use test_harness::{installed, skip, trial};

use crate::lambda::bench::{Bench, Make, REGION, python_runtime, zip};

fn isolated() -> Option<Bench> {
    isolated_with(find_python)
}

/// One whose functions run on the Python that this finds.
fn isolated_with(python: fn(&str) -> Option<Python>) -> Option<Bench> {
    let bench = Bench::make(&Make {
        isolated: true,
        python,
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

fn isolated_functions(bench: &Bench) {
    let outside = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = outside.local_addr().unwrap().port();
    let home = PathBuf::from(std::env::var("HOME").unwrap());
    let python = find_python(&python_runtime()).unwrap();
    let shown = [python.shown().unwrap(), vec![python.exe().to_owned()]].concat();
    let module = format!(
        r#"
import os
import socket
import urllib.parse

def reach(host, port, policy=2):
    try:
        socket.create_connection((host, port), policy).close()
        return True
    except OSError:
        return False

def write(path):
    try:
        open(path, "w").write("x")
        return True
    except OSError:
        return False

def seen(folder, shown):
    found = []
    for root, folders, files in os.walk(folder):
        paths = [os.path.join(root, name) for name in folders + files]
        found += paths
        folders[:] = [name for name in folders if os.path.join(root, name) not in shown]
    return sorted(found)

def handler(event, context):
    endpoint = urllib.parse.urlparse(os.environ["AWS_ENDPOINT_URL"])
    return {{
        "drill": reach(endpoint.hostname, endpoint.port, 20),
        "other": reach("127.0.0.1", {port}),
        "metadata": reach("169.254.169.254", 80),
        "processes": len([p for p in os.listdir("/proc") if p.isdigit()]) < 5,
        "tmp": write("/tmp/x"),
        "code": write(os.environ["LAMBDA_TASK_ROOT"] + "/x"),
        "home": seen({home:?}, {shown:?}),
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
    // Of a home only the way to what a Python needs is there, if that lies in one.
    let ways = shown.iter().filter(|path| path.starts_with(&home));
    let ways: BTreeSet<&Path> = ways
        .flat_map(|path| path.ancestors().take_while(|above| *above != home))
        .collect();
    let wanted = json!({
        "drill": true, "other": false, "metadata": false, "processes": true, "tmp": true, "code": false, "home": ways,
        "root": false,
    });
    assert_eq!(found, wanted);
}

/// A link to a Python, beside the belongings of a user.
static LINK: OnceLock<PathBuf> = OnceLock::new();

trial!(a_python_that_a_link_leads_to_shows_nothing_beside_the_link);
fn a_python_that_a_link_leads_to_shows_nothing_beside_the_link() {
    if !installed("python3") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::create_dir(folder.path().join("bin")).unwrap();
    std::fs::write(folder.path().join("credentials"), "secret").unwrap();
    let link = LINK.get_or_init(|| folder.path().join("bin/python3"));
    std::os::unix::fs::symlink(find_python(&python_runtime()).unwrap().exe(), link).unwrap();
    let Some(bench) = isolated_with(|_| Python::at(LINK.get()?)) else {
        return;
    };
    let module = format!(
        "import os\ndef handler(event, context):\n    return os.path.exists({:?})\n",
        folder.path().join("credentials")
    );
    bench.python("linked", &module);
    let (invoked, found) = invoke(&bench, "linked");
    assert!(!invoked.failed, "{found}");
    assert_eq!(found, false);
}

trial!(a_python_that_is_installed_in_a_home_itself_is_refused);
fn a_python_that_is_installed_in_a_home_itself_is_refused() {
    fn in_a_home(_: &str) -> Option<Python> {
        Python::at(IN_HOME.get()?)
    }
    static IN_HOME: OnceLock<PathBuf> = OnceLock::new();
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("python3");
    // What an interpreter says that was built with the prefix /tmp.
    let lines = [
        &python_runtime(),
        "/bin/sh",
        "False",
        "/tmp",
        "/tmp",
        "/tmp",
        "/tmp",
    ]
    .join("\\n");
    std::fs::write(&script, format!("#!/bin/sh\nprintf '{lines}\\n'\n")).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    IN_HOME.set(script).unwrap();
    let Some(bench) = isolated_with(in_a_home) else {
        return;
    };
    let zip = zip(&[("index.py", b"def handler(event, context): pass\n", 0o644)]);
    let refused = bench
        .create("home", &python_runtime(), NewCode::Zip(zip))
        .unwrap_err();
    assert!(
        refused.contains("cannot be isolated: where it is installed lies /tmp, which must stay hidden"),
        "{refused}"
    );
}

trial!(a_function_of_our_own_runs_in_a_sandbox_like_every_other);
fn a_function_of_our_own_runs_in_a_sandbox_like_every_other() {
    let Some(bench) = isolated() else { return };
    bench
        .create("ours", "provided.al2023", NewCode::BuiltIn("echo".to_owned()))
        .unwrap();
    let (invoked, _) = invoke(&bench, "ours");
    assert!(!invoked.failed, "{:?}", String::from_utf8_lossy(&invoked.payload));
    // A process in a sandbox has other namespaces than we have.
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
    let python = find_python(&python_runtime()).unwrap();
    let imported = std::process::Command::new(python.exe())
        .args(["-I", "-c", "import boto3"])
        .output();
    let (_, answer) = invoke(bench, "uses");
    if imported.unwrap().status.success() {
        assert_eq!(answer, "by boto3")
    } else {
        assert_eq!(answer["errorType"], "Runtime.ImportModuleError", "{answer}")
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
        bench.nth_event(n, "the kill", |event| {
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
