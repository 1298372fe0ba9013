//! `firedrill cloud`: a scenario's cloud without a drill.

use std::collections::BTreeMap;
use std::fs;

use runtime::wall;
use rustix::process::Signal;
use test_harness::trial;

use crate::support::aws::Aws;
use crate::support::{Program, Running, Sandbox, Scenario, functions, http, installed, namespaces};

/// How long it may take to be up, in a test. What is promised are two seconds, of a release build on a
/// machine that does nothing else; the figure is printed.
const UP_WITHIN_S: f64 = 60.0;

/// A cloud that is up.
pub(crate) struct Cloud {
    pub(crate) sandbox: Sandbox,
    pub(crate) running: Running,
    /// What it says to export.
    pub(crate) environment: BTreeMap<String, String>,
    /// `host:port` of its broker.
    pub(crate) mqtt: String,
    keys: String,
}

impl Cloud {
    /// Stands up the cloud of `scenario`.
    pub(crate) fn start(scenario: &Scenario) -> Cloud {
        let sandbox = Sandbox::new();
        sandbox.scenario(scenario);
        let program = sandbox.firedrill(["cloud", "scenario.yaml", "--access-key-file", "keys"]);
        Cloud::up(sandbox, program)
    }

    /// Stands up the cloud of `small-stack.yaml`, whose function `own` does so.
    pub(crate) fn with_function(scenario: &Scenario, body: &str, environment: &[(&str, &str)]) -> Cloud {
        let sandbox = Sandbox::new();
        sandbox.scenario(scenario);
        sandbox.write("own.zip", functions::shell("", body));
        sandbox.write("work.sh", "#!/bin/sh\n");
        let program = sandbox.firedrill(["cloud", "scenario.yaml", "--access-key-file", "keys"]);
        let program = environment
            .iter()
            .fold(program, |program, (name, value)| program.env(name, value));
        Cloud::up(sandbox, program)
    }

    /// Starts it in `sandbox`, and waits until it is up.
    pub(crate) fn up(sandbox: Sandbox, program: Program) -> Cloud {
        let began = wall::mono();
        let mut running = program.start();
        // Two streams, of which either may be read first.
        let (environment, mqtt) = running.until("the cloud's variables and addresses", |running| {
            let exports = exports(&running.stdout());
            let mqtt = broker_address(&running.stderr());
            mqtt.filter(|_| exports.len() == 4).map(|mqtt| (exports, mqtt))
        });
        let took = wall::mono().since(began).as_secs_f64();
        eprintln!("the cloud was up after {took:.2} s");
        assert!(took < UP_WITHIN_S, "the cloud was up after {took} s only");
        Cloud {
            keys: sandbox.path().join("keys").display().to_string(),
            sandbox,
            running,
            environment,
            mqtt,
        }
    }

    /// The address to which every request can go.
    pub(crate) fn endpoint(&self) -> &str {
        &self.environment["AWS_ENDPOINT_URL"]
    }

    /// The file with its users' keys, for who drills on it.
    pub(crate) fn keys(&self) -> &str {
        &self.keys
    }

    /// The client that talks to it.
    pub(crate) fn aws(&self) -> Aws<'_> {
        Aws {
            folder: self.sandbox.path(),
            environment: &self.environment,
        }
    }

    /// Invokes the function `own`, and gives what it answers.
    pub(crate) fn invoke(&self) -> String {
        let said = self
            .aws()
            .ok(&["lambda", "invoke", "--function-name", "own", "answer"]);
        assert!(!said.contains("FunctionError"), "{said}");
        let file = self.sandbox.path().join("answer");
        let answer = fs::read_to_string(&file).expect("the client writes it");
        fs::remove_file(file).expect("it was read");
        answer
    }

    /// Everything that a client without permission could have changed, as its owner sees it.
    pub(crate) fn state(&self) -> String {
        let aws = self.aws();
        let all = [
            &["s3api", "list-buckets", "--query", "Buckets[].Name"][..],
            &["s3api", "list-object-versions", "--bucket", "small-programs"],
            &["lambda", "list-functions"],
        ];
        all.map(|arguments| aws.json(arguments).to_string()).concat()
    }

    /// Ctrl-C, after which nothing is left.
    pub(crate) fn end(self) {
        let children = self.running.children();
        assert!(children.len() >= 2, "{children:#?}");
        self.running.signal(Signal::INT);
        let ended = self.running.wait();
        ended.assert_code(130);
        self.sandbox.assert_no_process_left();
        assert!(children.iter().all(|child| !child.is_alive()), "{children:#?}");
    }
}

/// What stands in the line of the broker.
fn broker_address(said: &str) -> Option<String> {
    let line = said.lines().find_map(|line| line.split_once("mqtt://"))?;
    Some(line.1.to_owned())
}

/// The variables of every `export NAME=value`.
fn exports(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(|line| {
        let rest = line
            .strip_prefix("export ")
            .unwrap_or_else(|| panic!("{line:?} is nothing that a shell takes"));
        rest.split_once('=')
            .unwrap_or_else(|| panic!("{line:?} has no value"))
    });
    lines
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

trial!(a_cloud_is_up_as_declared_until_it_is_interrupted);
fn a_cloud_is_up_as_declared_until_it_is_interrupted() {
    let cloud = Cloud::start(&Scenario::fleet().with("  regions:", "  anonymous: true\n  regions:"));
    let names: Vec<&str> = cloud.environment.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "AWS_ACCESS_KEY_ID",
            "AWS_DEFAULT_REGION",
            "AWS_ENDPOINT_URL",
            "AWS_SECRET_ACCESS_KEY"
        ]
    );
    assert_eq!(cloud.environment["AWS_DEFAULT_REGION"], "us-west-2");
    assert!(
        cloud.endpoint().starts_with("http://127.0.0.1:"),
        "it listens on loopback only: {}",
        cloud.endpoint()
    );
    assert!(cloud.mqtt.starts_with("127.0.0.1:"), "{}", cloud.mqtt);
    for bucket in ["small-programs", "small-programs-backup"] {
        let listing = http::get(&format!("{}/{bucket}?list-type=2", cloud.endpoint()));
        assert_eq!(listing.status, 200, "{}", listing.text());
        assert_eq!(
            http::elements(&listing.text(), "Key").len(),
            60,
            "the inventory and its history"
        );
    }
    let none = http::get(&format!("{}/small-program?list-type=2", cloud.endpoint()));
    assert_eq!(
        (none.status, http::elements(&none.text(), "Code")),
        (404, vec!["NoSuchBucket".to_owned()])
    );
    assert_eq!(
        cloud.sandbox.names(),
        ["keys", "scenario.yaml"],
        "it leaves nothing"
    );
    cloud.end();
}

trial!(every_listener_of_all_its_processes_is_on_loopback);
/// Two regions with brokers, and a function at work.
fn every_listener_of_all_its_processes_is_on_loopback() {
    if !installed("curl") || !installed("aws") || !namespaces() {
        return;
    }
    let cloud = Cloud::with_function(&Scenario::stack(), "answer='\"alive\"'", &[]);
    assert_eq!(cloud.invoke(), "\"alive\"");
    let listeners = cloud.running.traces(cloud.sandbox.path()).listeners_here();
    // Two regions, the audit's own, downloads of code, two brokers, and the function's Runtime API.
    assert!(listeners.len() >= 7, "{listeners:?}");
    let named = [&cloud.endpoint()["http://".len()..], cloud.mqtt.as_str()];
    for named in named.map(|named| named.parse().expect("an address")) {
        assert!(listeners.contains(&named), "{named} is none of {listeners:?}");
    }
    let open: Vec<_> = listeners.iter().filter(|at| !at.ip().is_loopback()).collect();
    assert!(open.is_empty(), "other machines reach {open:?}");
    cloud.end();
}

trial!(unsigned_requests_are_refused_and_kill_9_leaves_no_child_process);
fn unsigned_requests_are_refused_and_kill_9_leaves_no_child_process() {
    let cloud = Cloud::start(&Scenario::fleet());
    let listing = http::get(&format!("{}/small-programs?list-type=2", cloud.endpoint()));
    assert_eq!(
        (listing.status, http::elements(&listing.text(), "Code")),
        (403, vec!["AccessDenied".to_owned()])
    );
    cloud.running.signal(Signal::KILL);
    cloud.running.wait();
    cloud.sandbox.assert_no_process_left();
}

trial!(a_broker_that_dies_ends_the_cloud_with_a_message);
fn a_broker_that_dies_ends_the_cloud_with_a_message() {
    let cloud = Cloud::start(&Scenario::fleet());
    cloud.running.broker().signal(Signal::KILL);
    let ended = cloud.running.wait();
    ended.assert_code(4);
    let last = ended.stderr.lines().last().unwrap_or_default();
    assert!(last.contains("broker ended by itself"), "{last}");
    cloud.sandbox.assert_no_process_left();
}
