//! A web page that a user of this machine opens, against a cloud and a drill that run: the browser is Chromium, which
//! sends what browsers send.
//!
//! ```text
//!   page of another port ───────── simple requests, forms, images, sockets ──────► cloud, broker, Runtime API
//!   page of evil.example:PORT ──┬─ the page itself comes from 127.0.0.2:PORT
//!                               └─ all else is spliced to 127.0.0.1:PORT ────────► cloud (the name was bound anew)
//!   the same page ──────────────── the same ─────────────────────────────────────► a server that allows everything
//! ```
//!
//! The last shows that what the page tries does arrive, and that it would read what it may read.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use drill::journal::EndReason;
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tempfile::TempDir;
use test_harness::trial;

use crate::cloud::Cloud;
use crate::leaks::{AtWork, FOREVER};
use crate::other_user::{Port, kind};
use crate::support::processes::Process;
use crate::support::server::{Server, any_port};
use crate::support::{
    GRACE, Scenario, functions, http, installed, namespaces, processes, server, until, within,
};

const PAGE: &str = include_str!("browser.html");

/// The page's own name in the world.
const EVIL: &str = "evil.example";

/// What the browser loads first.
const PATH: &str = "/page.html";

const BUCKET: &str = "small-programs";

/// What a page said to have seen, by what it tried.
type Observations = BTreeMap<String, String>;

/// A request as a server of the test saw it.
#[derive(Clone, Debug)]
struct ReceivedRequest {
    /// Method and path.
    line: String,
    body: String,
    /// All of it.
    bytes: Vec<u8>,
}

impl ReceivedRequest {
    /// One that has come whole.
    fn parse(bytes: &[u8]) -> Option<ReceivedRequest> {
        let end = server::head_end(bytes)?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse().ok())?
        });
        let body = bytes.get(end..end + length.unwrap_or(0))?;
        let line = head.lines().next()?.trim_end_matches(" HTTP/1.1");
        Some(ReceivedRequest {
            line: line.to_owned(),
            body: String::from_utf8_lossy(body).into_owned(),
            bytes: bytes.to_vec(),
        })
    }
}

/// What becomes of a request.
enum Reply {
    /// Status, headers and body.
    With(String),
    /// The connection is spliced to another server from now on.
    SpliceTo(SocketAddr),
}

/// An answer that a page of any origin may read.
fn to_all(kind: &str, body: &str) -> Reply {
    Reply::With(format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: *\r\nAccess-Control-Allow-Headers: *\r\n\r\n{body}",
        body.len()
    ))
}

/// A server that answers one request of each connection so. A browser may go at any time.
fn serve(address: SocketAddr, reply: impl Fn(&ReceivedRequest) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(address, move |mut stream| {
        let Some(asked) = server::receive(&mut stream, ReceivedRequest::parse) else {
            return;
        };
        match reply(&asked) {
            Reply::With(text) => drop(stream.write_all(text.as_bytes())),
            Reply::SpliceTo(to) => server::splice(stream, to, &asked.bytes),
        }
    })
}

/// A browser without a window.
struct Browser {
    child: Child,
    profile: TempDir,
}

impl Browser {
    /// Opens `url`. A name of the page's own leads to `127.0.0.2`.
    fn open(url: &str) -> Browser {
        let profile = TempDir::with_prefix("firedrill-test-").expect("a temporary folder");
        let mut command = Command::new("chromium");
        command
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
            ])
            .args([
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!(
                "--host-resolver-rules=MAP {EVIL} 127.0.0.2, MAP * ~NOTFOUND, EXCLUDE 127.*"
            ))
            .arg(url)
            .env("HOME", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Browser {
            child: command.spawn().expect("chromium can be started"),
            profile,
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let mark = self.profile.path().display().to_string();
        let family = processes::descendants(self.child.id()).into_iter();
        let family: Vec<Process> = family.chain(processes::with_argument(&mark)).collect();
        // After SIGTERM the browser ends its own processes; those that remain are killed.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        within(GRACE, || self.child.try_wait().ok().flatten());
        let gone = || family.iter().all(|process| !process.is_alive());
        within(GRACE, || gone().then_some(()));
        for process in family.iter().filter(|process| process.is_alive()) {
            if let Some(pid) = Pid::from_raw(process.pid) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        let _ = self.child.wait();
    }
}

/// What the page attacks.
struct Target {
    /// Its origin, as the page calls it.
    cloud: String,
    broker: String,
    /// The Runtime API of a function, which no page knows; it is told for once.
    runtime: String,
    /// What it tries to read.
    reads: Vec<String>,
    key: String,
}

impl Target {
    fn new(cloud: &Cloud, origin: &str) -> Target {
        let listing = cloud
            .aws()
            .json(&["s3api", "list-objects-v2", "--bucket", BUCKET]);
        let key = listing["Contents"][0]["Key"]
            .as_str()
            .expect("there are objects")
            .to_owned();
        Target {
            cloud: origin.to_owned(),
            broker: format!("http://{}", cloud.mqtt),
            runtime: runtime_api(cloud).map_or_else(|| origin.to_owned(), |at| format!("http://{at}")),
            reads: reads(&key),
            key,
        }
    }
}

/// Where the function that was invoked last takes its events.
fn runtime_api(cloud: &Cloud) -> Option<SocketAddr> {
    let listeners = cloud.running.traces(cloud.sandbox.path()).listeners_here();
    listeners
        .into_iter()
        .find(|at| kind(*at) == Some(Port::RuntimeApi))
}

fn reads(key: &str) -> Vec<String> {
    let paths = [
        "/",
        "/2015-03-31/functions/",
        "/2015-03-31/functions/own",
        "/metrics",
        "/small-programs?list-type=2",
    ];
    let object = format!("/{BUCKET}/{key}");
    paths.map(str::to_owned).into_iter().chain([object]).collect()
}

/// Opens the page at `origin`, or at an address of its own, and gives what it saw. What is not the page is answered by
/// `other`.
fn attack(
    target: &Target,
    at: (SocketAddr, Option<&str>),
    other: impl Fn(&ReceivedRequest) -> Reply + Send + Sync + 'static,
) -> Observations {
    let reported = Arc::new(Mutex::new(None));
    let taken = reported.clone();
    let report = serve(any_port(), move |asked| {
        *taken.lock() = serde_json::from_str(&asked.body).ok();
        to_all("text/plain", "")
    });
    let zip = functions::shell("", "answer='\"evil\"'");
    let setup = json!({
        "cloud": target.cloud, "broker": target.broker, "runtime": target.runtime, "bucket": BUCKET, "key": target.key, "reads": target.reads,
        "report": format!("http://{}/", report.address), "zip": base64_simd::STANDARD.encode_to_string(&zip),
    });
    let page = PAGE.replace("= SETUP;", &format!("= {setup};"));
    let (address, name) = at;
    let web = serve(address, move |asked| {
        if asked.line.as_str() == format!("GET {PATH}") {
            to_all("text/html", &page)
        } else {
            other(asked)
        }
    });
    let origin = name.map_or_else(
        || web.address.to_string(),
        |name| format!("{name}:{}", web.address.port()),
    );
    let _browser = Browser::open(&format!("http://{origin}{PATH}"));
    let seen: Observations = until("the report of the page", || reported.lock().take());
    eprintln!("{seen:#?}");
    seen
}

fn nothing(_: &ReceivedRequest) -> Reply {
    to_all("text/plain", "nothing")
}

fn elsewhere() -> (SocketAddr, Option<&'static str>) {
    (any_port(), None)
}

/// How a page is told that it gets nothing.
const REFUSED: [&str; 2] = ["read 403: ", "read 404: "];

/// What a page has read that was no refusal.
fn has_read(seen: &Observations) -> Vec<String> {
    let refused = |said: &str| REFUSED.iter().any(|status| said.starts_with(status));
    let read = seen
        .iter()
        .filter(|(_, said)| said.starts_with("read") && !refused(said));
    let loaded = seen
        .iter()
        .filter(|(_, said)| *said == "loaded" || *said == "open");
    read.chain(loaded)
        .map(|(name, said)| format!("{name}: {said}"))
        .collect()
}

fn possible() -> bool {
    installed("chromium") && installed("aws") && installed("curl") && namespaces()
}

/// A cloud with a function that counts.
fn start(anonymous: bool) -> Cloud {
    let scenario = Scenario::stack();
    let scenario = if anonymous {
        scenario.with("cloud:\n  regions:", "cloud:\n  anonymous: true\n  regions:")
    } else {
        scenario
    };
    Cloud::with_function(&scenario, r#"n=$((n + 1)); answer="$n""#, &[])
}

/// How often the function was invoked, with this time.
fn count(cloud: &Cloud) -> u32 {
    cloud.invoke().trim().parse().expect("a number")
}

/// The messages that rules have brought into the bucket, up to one that is published now.
fn delivered(cloud: &Cloud) -> String {
    let last = "the-last-one";
    let aws = cloud.aws();
    cloud
        .sandbox
        .write("payload.json", format!("{{\"from\":\"{last}\"}}"));
    aws.ok(&[
        "iot-data",
        "publish",
        "--topic",
        "dt/own/telemetry",
        "--payload",
        "fileb://payload.json",
    ]);
    until("the last message", || {
        let folder = cloud.sandbox.path().join("delivered");
        aws.ok(&[
            "s3",
            "sync",
            "s3://small-telemetry",
            folder.to_str().expect("a plain path"),
        ]);
        let all = texts(&folder);
        all.contains(last).then_some(all)
    })
}

fn texts(folder: &std::path::Path) -> String {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let all = entries.map(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            texts(&path)
        } else {
            std::fs::read_to_string(path).expect("text")
        }
    });
    all.collect()
}

trial!(a_page_of_another_origin_changes_nothing_and_reads_nothing, heavy);
fn a_page_of_another_origin_changes_nothing_and_reads_nothing() {
    if !possible() {
        return;
    }
    let cloud = start(false);
    let (before, counted) = (cloud.state(), count(&cloud));
    let seen = attack(&Target::new(&cloud, cloud.endpoint()), elsewhere(), nothing);
    assert_eq!(has_read(&seen), Vec::<String>::new());
    assert_eq!(cloud.state(), before);
    assert_eq!(count(&cloud), counted + 1, "no other client invoked it");
    assert!(!delivered(&cloud).contains("made-by-a-page"));
    cloud.end();
}

trial!(
    not_even_where_no_signature_is_asked_for_a_page_reaches_functions,
    heavy
);
/// S3 is everybody's there, as the scenario says.
fn not_even_where_no_signature_is_asked_for_a_page_reaches_functions() {
    if !possible() {
        return;
    }
    let cloud = start(true);
    let functions = || cloud.aws().json(&["lambda", "list-functions"]);
    let (before, counted) = (functions(), count(&cloud));
    // Requests that come from no page are allowed.
    let listed = http::get(&format!("{}/2015-03-31/functions/", cloud.endpoint()));
    assert_eq!(listed.status, 200, "{}", listed.text());
    let seen = attack(&Target::new(&cloud, cloud.endpoint()), elsewhere(), nothing);
    let read = has_read(&seen);
    assert!(read.iter().all(|read| !read.contains("functions")), "{read:#?}");
    assert_eq!(functions(), before);
    assert_eq!(count(&cloud), counted + 1, "no other client invoked it");
    assert!(!delivered(&cloud).contains("made-by-a-page"));
    cloud.end();
}

/// A page whose name suddenly leads to `to`.
fn bound_anew(target: &Target, to: SocketAddr) -> Observations {
    let own = SocketAddr::from(([127, 0, 0, 2], to.port()));
    attack(target, (own, Some(EVIL)), move |_| Reply::SpliceTo(to))
}

trial!(
    a_page_whose_name_is_bound_to_the_cloud_changes_nothing_and_reads_nothing,
    heavy
);
fn a_page_whose_name_is_bound_to_the_cloud_changes_nothing_and_reads_nothing() {
    if !possible() {
        return;
    }
    for anonymous in [false, true] {
        let cloud = start(anonymous);
        let (before, counted) = (cloud.state(), count(&cloud));
        let address: SocketAddr = cloud.endpoint()["http://".len()..].parse().expect("an address");
        let mut target = Target::new(&cloud, &format!("http://{EVIL}:{}", address.port()));
        if anonymous {
            // S3 is everybody's there, as the scenario says.
            target.reads.retain(|path| path.contains("functions"));
        }
        let seen = bound_anew(&target, address);
        let read = has_read(&seen)
            .into_iter()
            .filter(|read| !anonymous || read.contains("functions"));
        assert_eq!(read.collect::<Vec<_>>(), Vec::<String>::new());
        if !anonymous {
            assert_eq!(cloud.state(), before);
        }
        let functions = cloud.aws().ok(&["lambda", "list-functions"]);
        assert!(
            !functions.contains("made-by") && functions.contains("\"own\""),
            "{functions}"
        );
        assert_eq!(count(&cloud), counted + 1, "no other client invoked it");
        assert!(!delivered(&cloud).contains("made-by-a-page"));
        cloud.end();
    }
}

trial!(a_page_whose_name_is_bound_to_code_or_metrics_reads_neither, heavy);
fn a_page_whose_name_is_bound_to_code_or_metrics_reads_neither() {
    if !possible() || !installed("setsid") {
        return;
    }
    let cloud = start(false);
    let function = cloud
        .aws()
        .json(&["lambda", "get-function", "--function-name", "own"]);
    let code = function["Code"]["Location"]
        .as_str()
        .expect("its code has a URL")
        .to_owned();
    assert_eq!(http::get(&code).status, 200);
    let drill = AtWork::begin(&["--metrics", "127.0.0.1:0"], FOREVER);
    let metrics = drill.metrics();
    assert_eq!(http::get(&metrics).status, 200);
    for url in [code, metrics] {
        let (address, path) = url["http://".len()..].split_once('/').expect("it has a path");
        let address: SocketAddr = address.parse().expect("an address");
        let path = format!("/{path}");
        let target = |origin: String| Target {
            cloud: origin,
            reads: vec![path.clone()],
            ..Target::new(&cloud, cloud.endpoint())
        };
        let seen = bound_anew(&target(format!("http://{EVIL}:{}", address.port())), address);
        let said = &seen[&format!("read {path}")];
        assert!(REFUSED.iter().any(|status| said.starts_with(status)), "{said}");
        let seen = attack(&target(format!("http://{address}")), elsewhere(), nothing);
        assert_eq!(has_read(&seen), Vec::<String>::new());
    }
    let end = drill.end(|running| running.signal(Signal::TERM));
    assert_eq!(end, (Some(130), Some(EndReason::Interrupted)));
    cloud.end();
}

/// What a page tries has to arrive, by the beginnings of requests and a part of their bodies.
const ARRIVES: [(&str, &str); 14] = [
    ("POST /2015-03-31/functions", "made-by-a-page"),
    ("POST /2015-03-31/functions", "made-by-a-form"),
    ("POST /2015-03-31/functions/own/invocations", "{}"),
    ("POST /topics/dt%2Fpage%2Ftelemetry", "made-by-a-page"),
    ("POST /small-programs", "made-by-a-form"),
    ("PUT /small-programs/made-by-a-page", "x"),
    ("PUT /small-programs/made-by-a-page?X-Amz-Algorithm", "x"),
    ("DELETE /small-programs/some-key", ""),
    ("DELETE /2015-03-31/functions/own", ""),
    ("GET /small-programs/some-key?X-Amz-Algorithm", ""),
    ("GET /mqtt", ""),
    ("GET /2018-06-01/runtime/invocation/next", ""),
    ("POST /2018-06-01/runtime/init/error", "made-by-a-page"),
    ("POST /", "\u{10}\u{11}\0\u{4}MQTT"),
];

trial!(what_a_page_tries_does_arrive_where_it_is_allowed, heavy);
fn what_a_page_tries_does_arrive_where_it_is_allowed() {
    if !installed("chromium") {
        return;
    }
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = asked.clone();
    let open = serve(any_port(), move |asked| {
        heard.lock().push(asked.clone());
        to_all("text/plain", "a secret")
    });
    let origin = format!("http://{}", open.address);
    let target = Target {
        cloud: origin.clone(),
        runtime: origin.clone(),
        broker: origin,
        reads: reads("some-key"),
        key: "some-key".to_owned(),
    };
    let seen = attack(&target, elsewhere(), nothing);
    let asked = asked.lock();
    for (line, body) in ARRIVES {
        let arrived = asked
            .iter()
            .any(|asked| asked.line.starts_with(line) && asked.body.contains(body));
        assert!(arrived, "{line} with {body:?} did not arrive: {asked:#?}");
    }
    let read = has_read(&seen);
    for path in target.reads {
        let secret = format!("read {path}: read 200: a secret");
        assert!(read.contains(&secret), "{secret}: {seen:#?}");
    }
}
