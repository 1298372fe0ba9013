//! Drills on clouds of other programs: any endpoint that speaks S3 (here the cloud of another `firedrill`), and
//! LocalStack in containers.

use std::process::Command;

use cloud_emulator::containers::DEFAULT_IMAGE;
use drill::audit::AuditRecord;
use drill::journal::{self, Event, FaultEnd};
use drill::report::{Report, Verdict};
use rustix::process::Signal;
use test_harness::{skip_without_containers, trial};

use crate::cloud::Cloud;
use crate::support::run::{Run, read};
use crate::support::{Sandbox, Scenario, http, within};

/// A cloud of another user, with other buckets.
fn foreign_cloud() -> Cloud {
    let theirs = Scenario::fleet()
        .with("  regions:", "  anonymous: true\n  regions:")
        .with("name: small-programs", "name: their-programs")
        .with("name: small-telemetry", "name: their-telemetry");
    Cloud::start(&theirs)
}

/// A drill on it, with keys that it knows.
fn on(cloud: &Cloud) -> [&str; 4] {
    ["--cloud", cloud.endpoint(), "--access-key-file", cloud.keys()]
}

/// The buckets of such a cloud.
fn buckets(cloud: &Cloud) -> Vec<String> {
    let listing = http::get(cloud.endpoint());
    assert_eq!(listing.status, 200, "{}", listing.text());
    http::elements(&listing.text(), "Name")
}

/// Makes or removes a bucket of it.
#[track_caller]
fn bucket(method: &str, cloud: &Cloud, name: &str) {
    let answer = http::ask(method, &format!("{}/{name}", cloud.endpoint())).expect("it answers");
    assert!(answer.status / 100 == 2, "{method} {name}: {}", answer.text());
}

fn has(buckets: &[String], name: &str) -> bool {
    buckets.iter().any(|bucket| bucket == name)
}

/// Whether there is one whose name is that of a drill's.
fn has_ours(buckets: &[String]) -> bool {
    buckets.iter().any(|bucket| bucket.starts_with("small-"))
}

/// The small drill, at a pace that other programs keep up with.
fn slowly() -> Scenario {
    Scenario::fleet().with("speed: 300", "speed: 60")
}

fn reasons(report: &Report) -> String {
    report.reasons.join(" ")
}

trial!(a_drill_on_another_endpoint_is_the_same_drill);
fn a_drill_on_another_endpoint_is_the_same_drill() {
    let cloud = foreign_cloud();
    let run = Run::with(&slowly(), &on(&cloud));
    let report = run.assert_verdict(Verdict::Pass);
    assert_eq!(report.cloud, cloud.endpoint());
    for data in &report.data {
        assert!(data.counted > 50, "{data:#?}");
        assert_eq!((data.lost, data.corrupted, data.stale), (0, 0, 0), "{data:#?}");
    }
    let damage = report
        .findings
        .iter()
        .find(|finding| finding.text.contains("alters them"));
    assert!(damage.is_some(), "{:#?}", report.findings);
    // What was theirs is still there, what was the drill's is gone.
    let left = buckets(&cloud);
    assert!(
        has(&left, "their-programs") && has(&left, "their-telemetry"),
        "{left:?}"
    );
    assert!(!has_ours(&left), "{left:?}");
    cloud.end();
}

trial!(a_bucket_that_no_drill_made_is_not_touched);
fn a_bucket_that_no_drill_made_is_not_touched() {
    let cloud = foreign_cloud();
    bucket("PUT", &cloud, "small-programs");
    let run = Run::with(&slowly(), &on(&cloud));
    run.ended.assert_code(4);
    let said = &run.ended.stderr;
    assert!(
        said.contains("no drill made it: remove it, or choose another name"),
        "{said}"
    );
    assert!(has(&buckets(&cloud), "small-programs"));
    // Where another of its buckets is taken, what the drill had made until then is gone.
    bucket("PUT", &cloud, "small-telemetry");
    bucket("DELETE", &cloud, "small-programs");
    let run = Run::with(&slowly(), &on(&cloud));
    run.ended.assert_code(4);
    let said = &run.ended.stderr;
    assert!(said.contains("bucket small-telemetry is at"), "{said}");
    let left = buckets(&cloud);
    assert!(
        has(&left, "small-telemetry") && !has(&left, "small-programs"),
        "{left:?}"
    );
    cloud.end();
}

/// A drill on `arguments` whose fault is proven.
fn injected(sandbox: &Sandbox, arguments: &[&str]) -> crate::support::Running {
    injected_by(&slowly(), sandbox, arguments)
}

/// Likewise, of a scenario.
fn injected_by(scenario: &Scenario, sandbox: &Sandbox, arguments: &[&str]) -> crate::support::Running {
    let endless = scenario
        .clone()
        .with("observe_for: 2m", "observe_for: 10h")
        .with("give_up: 14m", "give_up: 20h");
    sandbox.scenario(&endless);
    let standard = ["run", "scenario.yaml", "--out", "run"];
    let mut running = sandbox.firedrill(standard.iter().chain(arguments)).start();
    let file = sandbox.path().join("run/journal.jsonl");
    running.until("the proof of the fault", |_| {
        let journal = journal::read(&std::fs::read(&file).ok()?).expect("the chain is whole");
        let proven = |event: &Event| matches!(event, Event::FaultProven { proven: true, .. });
        journal.events().any(|(_, event)| proven(event)).then_some(())
    });
    running
}

trial!(the_next_drill_removes_what_a_killed_one_left);
fn the_next_drill_removes_what_a_killed_one_left() {
    let cloud = foreign_cloud();
    let sandbox = Sandbox::new();
    let running = injected(&sandbox, &on(&cloud));
    // As long as it lives, another drill keeps off its buckets.
    let other = Sandbox::new();
    other.scenario(&slowly());
    let refused = [
        "run",
        "scenario.yaml",
        "--out",
        "run",
        "--cloud",
        cloud.endpoint(),
        "--access-key-file",
        cloud.keys(),
    ];
    let refused = other.firedrill(refused).output();
    refused.assert_code(4);
    let whose = format!("belongs to a drill that runs: process {}.", running.id());
    assert!(refused.stderr.contains(&whose), "{}", refused.stderr);
    let objects = http::get(&format!("{}/small-programs?list-type=2", cloud.endpoint()));
    assert!(
        !http::elements(&objects.text(), "Key").is_empty(),
        "{}",
        objects.text()
    );
    running.signal(Signal::KILL);
    running.wait();
    assert!(has(&buckets(&cloud), "small-programs"));
    let run = Run::with(&slowly(), &on(&cloud));
    run.assert_verdict(Verdict::Pass);
    cloud.end();
}

trial!(an_endpoint_that_dies_makes_the_drill_inconclusive);
fn an_endpoint_that_dies_makes_the_drill_inconclusive() {
    let cloud = foreign_cloud();
    let sandbox = Sandbox::new();
    let running = injected(&sandbox, &on(&cloud));
    cloud.running.signal(Signal::KILL);
    let ended = running.wait();
    ended.assert_code(3);
    let report: Report = serde_json::from_slice(&read(&sandbox.path().join("run"), "report.json")).unwrap();
    assert!(
        reasons(&report).contains("stopped answering though no fault asked for it"),
        "{report:#?}"
    );
    sandbox.assert_no_process_left();
}

trial!(a_cloud_in_front_of_an_endpoint_ends_with_it);
fn a_cloud_in_front_of_an_endpoint_ends_with_it() {
    let theirs = foreign_cloud();
    let sandbox = Sandbox::new();
    sandbox.scenario(&slowly());
    let program = sandbox.firedrill([
        "cloud",
        "scenario.yaml",
        "--cloud",
        theirs.endpoint(),
        "--access-key-file",
        theirs.keys(),
    ]);
    let ours = Cloud::up(sandbox, program);
    theirs.running.signal(Signal::KILL);
    theirs.running.wait();
    let ended = ours.running.wait();
    ended.assert_code(4);
    assert!(
        ended.stderr.contains("the cloud ended by itself: http://"),
        "{}",
        ended.stderr
    );
    ours.sandbox.assert_no_process_left();
}

trial!(an_invalid_cloud_is_refused_with_the_next_action);
fn an_invalid_cloud_is_refused_with_the_next_action() {
    // A reserved port on which no process listens.
    let unused = tokio::net::TcpSocket::new_v4().unwrap();
    unused.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let dead = format!("http://{}", unused.local_addr().unwrap());
    for (cloud, code, says) in [
        (
            "http://s3.amazonaws.com",
            2,
            "a drill talks to an http:// URL on loopback",
        ),
        ("http://10.0.0.7:4566", 2, "safety.allow_hosts"),
        ("https://127.0.0.1:4566", 2, "http://"),
        ("locastack", 2, "allowed are embedded, localstack, a URL"),
        ("north=http://127.0.0.1:1", 2, "there is no region \"north\""),
        (dead.as_str(), 4, "does not list its buckets"),
    ] {
        let run = Run::with(&slowly(), &["--cloud", cloud]);
        run.ended.assert_code(code);
        assert!(run.ended.stderr.contains(says), "{cloud}: {}", run.ended.stderr);
    }
}

trial!(check_says_what_a_cloud_cannot_do);
fn check_says_what_a_cloud_cannot_do() {
    let sandbox = Sandbox::new();
    let routes = |to: &str| {
        let routes = format!("cloud:\n  routes: {to}\n");
        Scenario::fleet().with("cloud:\n", &routes)
    };
    let check = |scenario: &Scenario, cloud: &str| {
        sandbox.scenario(scenario);
        sandbox
            .firedrill(["check", "scenario.yaml", "--cloud", cloud])
            .output()
    };
    let refused = [
        (
            "{sqs: cloud}",
            "embedded",
            "`cloud` goes with --cloud localstack or a URL",
        ),
        (
            "{sqs: embedded}",
            "localstack",
            "the embedded cloud has s3, lambda, ",
        ),
        (
            "{iot: http://127.0.0.1:1}",
            "localstack",
            "brokers are Firedrill's own",
        ),
        ("{rds: http://10.1.2.3:5000}", "localstack", "safety.allow_hosts"),
        (
            "{rds: http://127.0.0.1:5000/x}",
            "localstack",
            "host and port alone",
        ),
        ("{rds: cloud}", "localstack", "LocalStack 4.14.0 has acm, "),
        (
            "{rds: nowhere}",
            "localstack",
            "embedded, cloud, or an http:// URL",
        ),
    ];
    for (to, cloud, says) in refused {
        let checked = check(&routes(to), cloud);
        checked.assert_code(2);
        let said = &checked.stderr;
        assert!(
            said.contains(says) && said.contains("scenario.yaml:26:"),
            "{to}: {said}"
        );
    }
    check(&routes("{sqs: cloud, rds: http://127.0.0.1:5000}"), "localstack").assert_code(0);
    sandbox.scenario(&routes("{rds: cloud}"));
    let other_image = [
        "check",
        "scenario.yaml",
        "--cloud",
        "localstack",
        "--localstack-image",
        "of/mine:1",
    ];
    sandbox.firedrill(other_image).output().assert_code(0);
    let functions = "cloud:\n  routes: {lambda: cloud}\n  functions: {f: {name: f, built_in: telemetry-ingest, bucket: telemetry}}\n";
    let checked = check(&Scenario::fleet().with("cloud:\n", functions), "localstack");
    checked.assert_code(2);
    assert!(
        checked
            .stderr
            .contains("no functions where Lambda is routed away"),
        "{}",
        checked.stderr
    );
}

/// Whether an engine has the image; if not, the test is skipped. One test at a time: several pairs that start at once do
/// not get ready in time on two processors.
fn localstack() -> bool {
    let inspect = Command::new("docker")
        .args(["image", "inspect", DEFAULT_IMAGE])
        .output();
    let here = inspect.is_ok_and(|output| output.status.success());
    if !here {
        skip_without_containers(&format!("no engine has {DEFAULT_IMAGE}"));
    }
    here
}

/// The containers that a process with this id has started, running or not.
fn containers_of(pid: u32) -> Vec<String> {
    let filter = format!("label=firedrill.pid={pid}");
    let listed = Command::new("docker")
        .args(["ps", "-aq", "--filter", &filter])
        .output()
        .unwrap();
    assert!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    String::from_utf8_lossy(&listed.stdout)
        .lines()
        .map(str::to_owned)
        .collect()
}

trial!(
    a_drill_on_localstack_is_the_same_drill_and_leaves_no_container,
    slow,
    heavy
);
fn a_drill_on_localstack_is_the_same_drill_and_leaves_no_container() {
    if !localstack() {
        return;
    }
    let scenario = slowly().with("speed: 60", "speed: 20");
    let run = Run::with(&scenario, &["--cloud", "localstack"]);
    let report = run.assert_verdict(Verdict::Pass);
    assert_eq!(report.cloud, format!("localstack ({DEFAULT_IMAGE})"));
    assert_eq!(containers_of(run.ended.pid), [""; 0]);
}

trial!(
    a_drill_on_localstack_that_is_killed_leaves_no_container,
    slow,
    heavy
);
fn a_drill_on_localstack_that_is_killed_leaves_no_container() {
    if !localstack() {
        return;
    }
    let sandbox = Sandbox::new();
    let running = injected(&sandbox, &["--cloud", "localstack"]);
    let pid = running.id();
    assert_eq!(containers_of(pid).len(), 2);
    running.signal(Signal::KILL);
    running.wait();
    let gone = within(crate::support::GRACE, || {
        containers_of(pid).is_empty().then_some(())
    });
    assert!(gone.is_some(), "{:?}", containers_of(pid));
    sandbox.assert_no_process_left();
}

/// Ctrl-C while a drill on this cloud is still being stood up, once something of it is made, of which nothing is left.
fn interrupted_during_stand_up(cloud: &[&str], made: impl Fn(u32) -> bool) {
    let sandbox = Sandbox::new();
    sandbox.scenario(&slowly());
    let arguments = ["run", "scenario.yaml", "--out", "run"];
    let mut running = sandbox.firedrill(arguments.iter().chain(cloud)).start();
    let pid = running.id();
    running.until("something is made", |_| made(pid).then_some(()));
    running.signal(Signal::INT);
    running.wait().assert_code(130);
    let gone = within(crate::support::GRACE, || (!made(pid)).then_some(()));
    assert!(gone.is_some(), "something is left");
    sandbox.assert_no_process_left();
    let report: Report = serde_json::from_slice(&read(&sandbox.path().join("run"), "report.json")).unwrap();
    assert_eq!((report.complete, report.verdict), (false, Verdict::Inconclusive));
    assert!(reasons(&report).contains("interrupted"), "{report:#?}");
}

trial!(ctrl_c_while_buckets_are_made_elsewhere_leaves_none);
fn ctrl_c_while_buckets_are_made_elsewhere_leaves_none() {
    let cloud = foreign_cloud();
    interrupted_during_stand_up(&on(&cloud), |_| has_ours(&buckets(&cloud)));
    cloud.end();
}

trial!(ctrl_c_while_containers_start_leaves_none, slow, heavy);
fn ctrl_c_while_containers_start_leaves_none() {
    if localstack() {
        interrupted_during_stand_up(&["--cloud", "localstack"], |pid| !containers_of(pid).is_empty());
    }
}

/// A drill in which the container of a region is killed, for so long.
fn without_a_container(lasts: &str) -> Scenario {
    with_an_outage(&format!("kill{lasts}"))
}

/// A drill in which this happens to the container of a region.
fn with_an_outage(how: &str) -> Scenario {
    let outage = format!("  - {{at: 9m, do: region.outage, region: backup, container: {how}}}");
    slowly()
        .without("s3.corrupt_objects")
        .line_for("s3.delete_objects", &outage)
        .with("expect: unaffected, ", "")
}

trial!(
    a_drill_on_localstack_that_is_interrupted_while_a_container_is_down_leaves_none,
    slow,
    heavy
);
/// It does not wait for the restart of the container either.
fn a_drill_on_localstack_that_is_interrupted_while_a_container_is_down_leaves_none() {
    if !localstack() {
        return;
    }
    let sandbox = Sandbox::new();
    let running = injected_by(&without_a_container(""), &sandbox, &["--cloud", "localstack"]);
    let pid = running.id();
    assert_eq!(containers_of(pid).len(), 2);
    running.signal(Signal::INT);
    let ended = running.wait();
    ended.assert_code(130);
    assert!(!ended.stderr.contains("come back"), "{}", ended.stderr);
    assert_eq!(containers_of(pid), [""; 0]);
    sandbox.assert_no_process_left();
}

trial!(
    a_container_that_does_not_come_back_makes_the_drill_inconclusive,
    slow,
    heavy
);
fn a_container_that_does_not_come_back_makes_the_drill_inconclusive() {
    if !localstack() {
        return;
    }
    let sandbox = Sandbox::new();
    // A minute of drill time takes a second here, which is too short to do something about its container.
    let scenario = without_a_container(", for: 20m").with("speed: 60", "speed: 30");
    let running = injected_by(&scenario, &sandbox, &["--cloud", "localstack"]);
    let theirs = containers_of(running.id());
    let is_down = |id: &&String| {
        let state = Command::new("docker")
            .args(["inspect", "--format", "{{.State.Running}}", id])
            .output()
            .unwrap();
        String::from_utf8_lossy(&state.stdout).trim() == "false"
    };
    let down = theirs.iter().find(is_down).expect("one of them is down");
    let removed = Command::new("docker").args(["rm", "--force", down]).output();
    assert!(removed.unwrap().status.success());
    let ended = running.wait();
    ended.assert_code(3);
    let folder = sandbox.path().join("run");
    let report: Report = serde_json::from_slice(&read(&folder, "report.json")).unwrap();
    assert!(
        reasons(&report).contains("stopped answering though no fault asked for it"),
        "{report:#?}"
    );
    let journal = journal::read(&read(&folder, "journal.jsonl")).unwrap();
    let events: Vec<&Event> = journal.events().map(|(_, event)| event).collect();
    let told = |event: &&Event| matches!(event, Event::Warning { text } if text.contains("did not come back after its outage"));
    assert!(events.iter().any(told), "{events:#?}");
    let itself = |event: &&Event| {
        matches!(
            event,
            Event::FaultEnded {
                by: FaultEnd::Itself,
                ..
            }
        )
    };
    assert!(!events.iter().any(itself), "it never ended");
    sandbox.assert_no_process_left();
}

trial!(a_localstack_that_hangs_makes_the_drill_inconclusive, slow, heavy);
/// Its container lives, so that the engine tells nothing: as if the LocalStack in it hung.
fn a_localstack_that_hangs_makes_the_drill_inconclusive() {
    if !localstack() {
        return;
    }
    let sandbox = Sandbox::new();
    let running = injected(&sandbox, &["--cloud", "localstack"]);
    let theirs = containers_of(running.id());
    let frozen = Command::new("docker").args(["pause", &theirs[0]]).output();
    assert!(frozen.unwrap().status.success());
    let ended = running.wait();
    ended.assert_code(3);
    let report: Report = serde_json::from_slice(&read(&sandbox.path().join("run"), "report.json")).unwrap();
    assert!(
        reasons(&report).contains("stopped answering though no fault asked for it"),
        "{report:#?}"
    );
    sandbox.assert_no_process_left();
}

trial!(
    an_outage_that_kills_the_container_of_its_region_loses_what_it_held,
    slow,
    heavy
);
fn an_outage_that_kills_the_container_of_its_region_loses_what_it_held() {
    if !localstack() {
        return;
    }
    let run = Run::with(&without_a_container(", for: 1m"), &["--cloud", "localstack"]);
    let report = run.report();
    // One that starts again takes seconds of drill time at least: the end is that of the container.
    assert!(lasted(&report) > 61.0, "{:#?}", report.faults);
    assert_eq!(same_in_both_regions(&run), 0);
}

trial!(
    an_outage_that_pauses_the_container_of_its_region_keeps_what_it_held,
    slow,
    heavy
);
fn an_outage_that_pauses_the_container_of_its_region_keeps_what_it_held() {
    if !localstack() {
        return;
    }
    let run = Run::with(&with_an_outage("pause, for: 1m"), &["--cloud", "localstack"]);
    assert!(lasted(&run.report()) >= 60.0, "{:#?}", run.report().faults);
    assert!(same_in_both_regions(&run) > 0);
}

/// For how many seconds of the drill the first fault, which was proven, lasted.
#[track_caller]
fn lasted(report: &Report) -> f64 {
    let fault = &report.faults[0];
    assert!(fault.proven && fault.action == "region.outage", "{fault:#?}");
    fault.end_s.expect("it ends by itself") - fault.start_s.expect("it was injected")
}

/// How many objects of the bucket an audit found in both regions.
#[track_caller]
fn same_in_both_regions(run: &Run) -> u64 {
    let same = run.audit().into_iter().find_map(|record| match record {
        AuditRecord::Compared {
            store: bucket, same, ..
        } if bucket == "programs" => Some(same),
        _ => None,
    });
    same.expect("an audit compared both regions")
}
