//! What happens to the processes that run functions.

use std::time::Duration;

use bytes::Bytes;
use cloud_emulator::lambda::{
    FaultSpec, Invocation, Invoked, LambdaError, LambdaEventKind, LambdaFault, NewCode, python_runtimes,
};
use drill::units::{Fraction, Span};
use serde_json::Value;
use test_harness::{installed, installed_for_part, trial};

use crate::lambda::bench::{Bench, Make, OTHER, REGION, bash, zip};

/// How long anything may take that is waited for.
const TIMEOUT: Duration = Duration::from_secs(60);

fn invocation(function: &str, payload: &'static str) -> Invocation {
    Invocation {
        function: function.to_owned(),
        payload: Bytes::from_static(payload.as_bytes()),
        ..Invocation::default()
    }
}

fn invoke(bench: &Bench, function: &str, payload: &'static str) -> Result<Invoked, LambdaError> {
    bench.block(bench.lambda.invoke(REGION, invocation(function, payload)))
}

fn document(invoked: &Invoked) -> Value {
    serde_json::from_slice(&invoked.payload).unwrap()
}

trial!(a_built_in_function_can_be_deployed_from_its_package);
fn a_built_in_function_can_be_deployed_from_its_package() {
    let bench = Bench::new();
    bench
        .create("ours", "provided.al2023", NewCode::BuiltIn("echo".to_owned()))
        .unwrap();
    let invoked = invoke(&bench, "ours", "{\"x\":1}").unwrap();
    assert!(!invoked.failed);
    assert_eq!(&invoked.payload[..], b"{\"x\":1}");
    let (_, got) = bench.api("GET", "/2015-03-31/functions/ours", "");
    let sha = got["Configuration"]["CodeSha256"].clone();
    assert!(got["Configuration"]["CodeSize"].as_u64().unwrap() > 0);
    bench
        .create("twin", "provided.al2023", NewCode::BuiltIn("echo".to_owned()))
        .unwrap();
    let (_, twin) = bench.api("GET", "/2015-03-31/functions/twin/configuration", "");
    assert_eq!(twin["CodeSha256"], sha);
    // What a user sets is not for the loader of a program of ours.
    bench.configure(
        "ours",
        "{\"Environment\": {\"Variables\": {\"LD_PRELOAD\": \"./evil.so\"}}}",
    );
    let asked = Invocation {
        tail: true,
        ..invocation("ours", "{}")
    };
    let invoked = bench.block(bench.lambda.invoke(REGION, asked)).unwrap();
    let tail = String::from_utf8_lossy(invoked.tail.as_deref().unwrap_or_default()).into_owned();
    assert!(
        !invoked.failed && !tail.contains("LD_PRELOAD") && !tail.contains("evil"),
        "{tail}"
    );
    let unknown = bench.create(
        "x",
        "provided.al2023",
        NewCode::BuiltIn("no-such-program".to_owned()),
    );
    assert!(unknown.unwrap_err().contains("no-such-program"));
}

trial!(a_package_that_says_that_it_is_ours_is_its_authors);
/// The sizes in a package are what its author wrote; only its bytes are reliable.
fn a_package_that_says_that_it_is_ours_is_its_authors() {
    if !installed("bash") {
        return;
    }
    let bench = Bench::new();
    let theirs = zip(&[
        ("bootstrap", crate::lambda::bench::BASH.as_bytes(), 0o755),
        ("firedrill-built-in", b"echo".as_slice(), 0o644),
    ]);
    bench
        .create("theirs", "provided.al2023", NewCode::Zip(theirs))
        .unwrap();
    let invoked = invoke(&bench, "theirs", "{\"x\":1}").unwrap();
    assert_ne!(
        &invoked.payload[..],
        b"{\"x\":1}",
        "our function answered in its place"
    );
}

trial!(an_invocation_is_killed_at_its_timeout);
fn an_invocation_is_killed_at_its_timeout() {
    if !installed("bash") {
        return;
    }
    let bench = Bench::new();
    let slow = crate::lambda::bench::BASH.replace("n=$((n + 1))", "sleep 30");
    bench
        .create(
            "slow",
            "provided.al2023",
            NewCode::Zip(zip(&[("bootstrap", slow.as_bytes(), 0o755)])),
        )
        .unwrap();
    bench.configure("slow", "{\"Timeout\": 1}");
    let invoked = invoke(&bench, "slow", "{}").unwrap();
    assert!(invoked.failed);
    let error = document(&invoked);
    assert_eq!(error["errorType"], "Sandbox.Timedout");
    assert!(
        error["errorMessage"]
            .as_str()
            .unwrap()
            .ends_with("Error: Task timed out after 1.00 seconds"),
        "{error}"
    );
    let killed = |event: &cloud_emulator::lambda::LambdaEvent| {
        event.kind == LambdaEventKind::EnvironmentKilled { why: "timeout" }
    };
    bench.event("the kill", killed);
    none_runs(&bench);
}

/// Waits until no environment is there and no child runs.
fn none_runs(bench: &Bench) {
    bench.block(async {
        let gone = runtime::wall::timeout(TIMEOUT, async {
            while bench.lambda.environments() > 0 || !bench.supervisor.running().is_empty() {
                runtime::wall::sleep(Duration::from_millis(2)).await;
            }
        });
        assert!(gone.await.is_some(), "{:?}", bench.supervisor.running());
    });
}

trial!(a_crash_is_reported_and_the_next_invocation_is_served);
fn a_crash_is_reported_and_the_next_invocation_is_served() {
    let bench = Bench::new();
    bench
        .create("ours", "provided.al2023", NewCode::BuiltIn("echo".to_owned()))
        .unwrap();
    assert!(!invoke(&bench, "ours", "{}").unwrap().failed);
    let invoked = invoke(&bench, "ours", "{\"exit\":1}").unwrap();
    assert!(invoked.failed);
    let error = document(&invoked);
    assert_eq!(error["errorType"], "Runtime.ExitError");
    let message = error["errorMessage"].as_str().unwrap();
    assert_eq!(
        message,
        format!(
            "RequestId: {} Error: Runtime exited with error: exit status 3",
            invoked.request
        )
    );
    assert!(!invoke(&bench, "ours", "{}").unwrap().failed);
    // One that was killed unnoticed is not given events. A signal takes effect when the kernel gets
    // to it; until then the runtime may still take an event, and fails it as in AWS.
    for child in bench.supervisor.running() {
        child.kill();
        bench.block(child.wait());
    }
    for _ in 0..20 {
        assert!(!invoke(&bench, "ours", "{}").unwrap().failed);
    }
}

trial!(a_failed_start_is_reported);
fn a_failed_start_is_reported() {
    let bench = Bench::new();
    let create = |name: &str, files: &[(&str, &[u8], u32)]| {
        bench
            .create(name, "provided.al2023", NewCode::Zip(zip(files)))
            .unwrap();
        let invoked = invoke(&bench, name, "{}").unwrap();
        assert!(invoked.failed);
        document(&invoked)
    };
    let none = create("none", &[("readme", b"x", 0o644)]);
    assert_eq!(none["errorType"], "Runtime.InvalidEntrypoint");
    let message = none["errorMessage"].as_str().unwrap();
    assert!(message.contains("Couldn't find valid bootstrap(s)"), "{message}");
    let plain = create("plain", &[("bootstrap", b"#!/bin/sh\n", 0o644)]);
    assert!(
        plain["errorMessage"]
            .as_str()
            .unwrap()
            .to_lowercase()
            .contains("permission denied"),
        "{plain}"
    );
    let exits = create("exits", &[("bootstrap", b"#!/bin/sh\nexit 7\n", 0o755)]);
    assert!(
        exits["errorMessage"].as_str().unwrap().ends_with("exit status 7"),
        "{exits}"
    );
    none_runs(&bench);
}

trial!(a_function_is_killed_at_its_memory_limit);
fn a_function_is_killed_at_its_memory_limit() {
    if !installed("python3") {
        return;
    }
    let bench = Bench::new();
    let module = "def handler(event, context):\n    kept = []\n    while True:\n        kept.append(bytearray(1 << 20))\n";
    bench.python("hungry", module);
    // A busy machine may need a while to hand out what the function is to be killed for.
    bench.configure("hungry", "{\"Timeout\": 60}");
    let invoked = invoke(&bench, "hungry", "{}").unwrap();
    assert!(invoked.failed);
    assert_eq!(document(&invoked)["errorType"], "Runtime.ExitError");
    bench.event("the kill", |event| {
        event.kind == LambdaEventKind::EnvironmentKilled { why: "memory" }
    });
}

trial!(invocations_beyond_the_process_limit_wait_and_are_reported);
fn invocations_beyond_the_process_limit_wait_and_are_reported() {
    if !installed("python3") {
        return;
    }
    let bench = Bench::make(&Make {
        processes: 2,
        ..Make::default()
    });
    bench.python(
        "f",
        "import time\ndef handler(event, context):\n    time.sleep(0.05)\n    return 1\n",
    );
    bench
        .create("other", "provided.al2023", NewCode::BuiltIn("echo".to_owned()))
        .unwrap();
    let all = (0..12).map(|n| {
        let function = if n % 3 == 0 { "other" } else { "f" };
        bench.lambda.invoke(REGION, invocation(function, "{}"))
    });
    let all = bench.block(futures::future::join_all(all));
    assert!(all.iter().all(|invoked| !invoked.as_ref().unwrap().failed));
    assert!(bench.lambda.environments() <= 2);
    bench.event("the wait", |event| {
        matches!(event.kind, LambdaEventKind::Saturated { .. })
    });
}

trial!(idle_environments_end_in_drill_time);
fn idle_environments_end_in_drill_time() {
    // An environment idles for minutes of the drill: for long enough here to be seen.
    let bench = Bench::make(&Make {
        speed: 60.0,
        ..Make::default()
    });
    bench
        .create("ours", "provided.al2023", NewCode::BuiltIn("echo".to_owned()))
        .unwrap();
    let slow = bench.lambda_clock().limit_rate(1.0, "it is seen");
    invoke(&bench, "ours", "{}").unwrap();
    assert_eq!(bench.lambda.environments(), 1);
    drop(slow);
    none_runs(&bench);
    assert!(bench.events.lock().is_empty(), "that is daily business");
    assert!(!invoke(&bench, "ours", "{}").unwrap().failed);
}

trial!(faults_are_active_until_their_guard_is_dropped);
fn faults_are_active_until_their_guard_is_dropped() {
    let bench = Bench::make(&Make {
        speed: 100.0,
        ..Make::default()
    });
    bench
        .create("ours", "provided.al2023", NewCode::BuiltIn("echo".to_owned()))
        .unwrap();
    let spec = |fault| FaultSpec {
        id: "bad".to_owned(),
        region: REGION.to_owned(),
        functions: "ou*".to_owned(),
        fault,
    };
    let half = Fraction::from_f64(0.5).unwrap();
    let guard = bench.lambda.fault(spec(LambdaFault::Error { share: half }));
    let failed = (0..100)
        .filter(|_| invoke(&bench, "ours", "{}").unwrap().failed)
        .count();
    assert!((30..70).contains(&failed), "{failed}");
    assert_eq!(guard.hits(), failed as u64);
    drop(guard);
    assert!((0..20).all(|_| !invoke(&bench, "ours", "{}").unwrap().failed));

    let guard = bench.lambda.fault(spec(LambdaFault::Throttle));
    assert_eq!(
        invoke(&bench, "ours", "{}").unwrap_err().code,
        "TooManyRequestsException"
    );
    drop(guard);

    let clock = bench.lambda_clock();
    let slow = |s| LambdaFault::Latency {
        p50: Span::from_secs(s),
        p99: Span::from_secs(s),
    };
    let guard = bench.lambda.fault(spec(slow(4)));
    let before = clock.now();
    assert!(!invoke(&bench, "ours", "{}").unwrap().failed);
    assert!(clock.now() - before >= Span::from_secs(4));
    drop(guard);
    let guard = bench.lambda.fault(spec(slow(60)));
    let invoked = invoke(&bench, "ours", "{}").unwrap();
    assert_eq!(document(&invoked)["errorType"], "Sandbox.Timedout", "it has 5 s");
    drop(guard);
    assert!(!invoke(&bench, "ours", "{}").unwrap().failed);
}

trial!(a_region_under_outage_runs_nothing);
fn a_region_under_outage_runs_nothing() {
    let bench = Bench::new();
    bench
        .create("ours", "provided.al2023", NewCode::BuiltIn("echo".to_owned()))
        .unwrap();
    invoke(&bench, "ours", "{}").unwrap();
    let (first, second) = (
        bench.lambda.start_outage(REGION).unwrap(),
        bench.lambda.start_outage(REGION).unwrap(),
    );
    none_runs(&bench);
    assert_eq!(invoke(&bench, "ours", "{}").unwrap_err().code, "ServiceException");
    assert_eq!(bench.api("GET", "/2015-03-31/functions", "").0, 500);
    drop(first);
    assert!(invoke(&bench, "ours", "{}").is_err());
    drop(second);
    assert!(!invoke(&bench, "ours", "{}").unwrap().failed);
    assert!(bench.lambda.start_outage("mars-1").is_err());
}

trial!(killed_environments_fail_their_invocations);
fn killed_environments_fail_their_invocations() {
    if !installed("python3") {
        return;
    }
    let bench = Bench::new();
    bench.python(
        "slow",
        "import time\ndef handler(event, context):\n    time.sleep(4)\n",
    );
    let running = bench.lambda.clone();
    let running = bench
        .runtime
        .spawn(async move { running.invoke(REGION, invocation("slow", "{}")).await });
    bench.block(async {
        while bench.lambda.environments() == 0 {
            runtime::wall::sleep(Duration::from_millis(2)).await;
        }
    });
    assert_eq!(bench.lambda.kill_environments(OTHER), 0);
    assert_eq!(bench.lambda.kill_environments(REGION), 1);
    let failed = bench.block(running).unwrap().unwrap_err();
    assert_eq!(failed.code, "ServiceException");
    bench.event("the kill", |event| {
        event.kind == LambdaEventKind::EnvironmentKilled { why: "fault" }
    });
    none_runs(&bench);
}

trial!(a_deployment_waits_for_an_update_that_is_in_progress);
fn a_deployment_waits_for_an_update_that_is_in_progress() {
    let bench = Bench::make(&Make {
        speed: 10.0,
        ..Make::default()
    });
    let ours = || NewCode::BuiltIn("echo".to_owned());
    bench.create("ours", "provided.al2023", ours()).unwrap();
    let standing = bench.lambda_clock().limit_rate(0.001, "this test");
    let path = "/2015-03-31/functions/ours/configuration";
    assert_eq!(bench.api("PUT", path, "{\"Timeout\": 9}").0, 200);
    assert_eq!(bench.api("PUT", path, "{\"Timeout\": 8}").0, 409);
    let lambda = bench.lambda.clone();
    let deploying = async move { lambda.redeploy(REGION, "ours", "live", ours()).await };
    let deploying = bench.runtime.spawn(deploying);
    drop(standing);
    assert_eq!(bench.block(deploying).unwrap(), Ok("1".to_owned()));
    assert_eq!(bench.api("GET", path, "").1["LastUpdateStatus"], "Successful");
    assert!(
        !invoke(&bench, "ours:1", "{}").unwrap().failed,
        "it can be invoked"
    );
}

trial!(a_handler_runs_on_the_python_of_its_runtime_or_not_at_all);
fn a_handler_runs_on_the_python_of_its_runtime_or_not_at_all() {
    let bench = Bench::new();
    let code = || NewCode::Zip(zip(&[("index.py", VERSION.as_bytes(), 0o644)]));
    for runtime in python_runtimes() {
        let name = runtime.replace('.', "-");
        bench.create(&name, &runtime, code()).unwrap();
        let version = document(&invoke(&bench, &name, "{}").unwrap());
        assert_eq!(version, runtime.as_str());
    }
    let refused = bench.create("future", "python3.99", code()).unwrap_err();
    assert!(
        refused.contains("python3.99 is not installed on this machine"),
        "{refused}"
    );
    for runtime in python_runtimes() {
        assert!(refused.contains(&runtime), "{refused}");
    }
    assert!(!bench.lambda.exists(REGION, "future"));
}

/// Says on what it runs.
const VERSION: &str =
    "import sys\ndef handler(event, context):\n    return 'python%d.%d' % sys.version_info[:2]\n";

trial!(a_broken_deployment_can_be_rolled_back);
fn a_broken_deployment_can_be_rolled_back() {
    let bench = Bench::new();
    bench
        .create("ours", "provided.al2023", NewCode::BuiltIn("echo".to_owned()))
        .unwrap();
    bench.api("POST", "/2015-03-31/functions/ours/versions", "{}");
    bench.provisioned();
    let path = "/2015-03-31/functions/ours/aliases";
    let (status, _) = bench.api("POST", path, "{\"Name\":\"live\",\"FunctionVersion\":\"1\"}");
    assert_eq!(status, 201);
    assert!(!invoke(&bench, "ours:live", "{}").unwrap().failed);
    let deploy = bench.block(bench.lambda.deploy_broken(REGION, "ours")).unwrap();
    assert_eq!(
        (
            deploy.previous.as_str(),
            deploy.broken.as_str(),
            deploy.alias_moved
        ),
        ("1", "2", true)
    );
    for name in ["ours", "ours:live", "ours:2"] {
        let invoked = invoke(&bench, name, "{}").unwrap();
        assert!(invoked.failed);
        assert_eq!(document(&invoked)["errorType"], "Runtime.ExitError");
    }
    assert!(!invoke(&bench, "ours:1", "{}").unwrap().failed);
    let live = format!("{path}/live");
    bench.api("PUT", &live, "{\"FunctionVersion\":\"1\"}");
    assert!(!invoke(&bench, "ours:live", "{}").unwrap().failed);

    if installed_for_part("python3") {
        bench.python("snake", "def handler(event, context):\n    return 'well'\n");
        let deploy = bench.block(bench.lambda.deploy_broken(REGION, "snake")).unwrap();
        assert!(!deploy.alias_moved);
        let invoked = invoke(&bench, "snake", "{}").unwrap();
        assert_eq!(document(&invoked)["errorType"], "RuntimeError");
        assert_eq!(&invoke(&bench, "snake:1", "{}").unwrap().payload[..], b"\"well\"");
    }
    bench.lambda.delete(REGION, "ours").unwrap();
    assert!(!bench.lambda.exists(REGION, "ours") && bench.lambda.delete(REGION, "ours").is_err());
}

trial!(shutdown_leaves_no_process_and_no_file);
fn shutdown_leaves_no_process_and_no_file() {
    if !installed("bash") {
        return;
    }
    let bench = Bench::new();
    let forks = crate::lambda::bench::BASH.replace("n=$((n + 1))", "sleep 1000 & n=$((n + 1))");
    bench
        .create(
            "forks",
            "provided.al2023",
            NewCode::Zip(zip(&[("bootstrap", forks.as_bytes(), 0o755)])),
        )
        .unwrap();
    bench
        .create("plain", "provided.al2023", NewCode::Zip(bash()))
        .unwrap();
    invoke(&bench, "forks", "{}").unwrap();
    invoke(&bench, "plain", "{}").unwrap();
    let pids: Vec<u32> = bench
        .supervisor
        .running()
        .iter()
        .map(|child| child.pid())
        .collect();
    assert_eq!(pids.len(), 2);
    let grandchildren: Vec<String> = pids
        .iter()
        .map(|pid| std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap())
        .collect();
    let grandchildren: Vec<&str> = grandchildren
        .iter()
        .flat_map(|text| text.split_whitespace())
        .collect();
    assert!(!grandchildren.is_empty());
    let folder = bench.home.path().join("functions");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
    bench.block(bench.lambda.shutdown());
    assert!(bench.supervisor.running().is_empty());
    let own = pids.iter().map(u32::to_string);
    let all: Vec<String> = own
        .chain(grandchildren.iter().map(|pid| (*pid).to_owned()))
        .collect();
    let alive = |pid: &String| {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !state.is_empty() && !state.contains(") Z ")
    };
    bench.block(async {
        // They were killed; on a busy machine it takes a moment until they are gone.
        let gone = runtime::wall::timeout(TIMEOUT, async {
            while all.iter().any(alive) {
                runtime::wall::sleep(Duration::from_millis(2)).await;
            }
        });
        assert!(gone.await.is_some(), "a process is left");
    });
    assert!(invoke(&bench, "plain", "{}").is_err());
    for name in ["forks", "plain"] {
        bench.lambda.delete(REGION, name).unwrap();
    }
    bench.block(async {
        let gone = runtime::wall::timeout(TIMEOUT, async {
            while std::fs::read_dir(&folder).unwrap().count() > 0 {
                runtime::wall::sleep(Duration::from_millis(2)).await;
            }
        });
        assert!(gone.await.is_some(), "the code stays on the disk");
    });
}
