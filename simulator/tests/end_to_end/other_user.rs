//! Another user of the machine, against a cloud and a drill that run: they see no key, read no file, and no port
//! accepts anything from them.
//!
//! ```text
//!   every process and file of the program ──► tried by its owner: works ──► tried by the other: does not
//!   its brokers and Runtime APIs ───────────► answer to its owner ────────► say nothing to the other
//!   its HTTP ports ─────────────────────────► unsigned requests are refused to everybody, its owner too;
//!                                             signed ones work with the owner's keys, and with no guessed ones
//! ```
//!
//! What there is to attack is not listed here, but found: a port or a file that is added is attacked, too.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use bytes::Bytes;
use cloud_emulator::client::rest::{Call, Rest};
use cloud_emulator::client::{KeyPair, RetryPolicy};
use drill::journal::EndReason;
use rustix::process::{Pid, Signal, test_kill_process};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use test_harness::trial;

use crate::cloud::Cloud;
use crate::leaks::{AtWork, FOREVER};
use crate::support::other_user::{OTHERS, as_user, others};
use crate::support::processes::Process;
use crate::support::traces::Traces;
use crate::support::{Scenario, http, installed, namespaces};

/// The longest that an answer may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What the user has written, which every user with access to the folder may read, and the `aws` of every drill.
const INPUTS: [&str; 4] = ["own.zip", "scenario.yaml", "work.sh", "aws"];

/// What a process shows of itself to its owner alone.
const PRIVATE: [&str; 4] = ["environ", "mem", "maps", "auxv"];

/// Where root's sandboxes run as `nobody`, others who do may end what runs in them, and see that it has files open; what
/// these are they do not see.
const UID_OF_SANDBOXES: u32 = 65534;

/// An MQTT 3.1.1 CONNECT with a unique client id: one client may connect once a second.
fn connect() -> Vec<u8> {
    static NEXT: AtomicU16 = AtomicU16::new(10_000);
    let id = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
    [b"\x10\x11\x00\x04MQTT\x04\x02\x00\x00\x00\x05", id.as_bytes()].concat()
}

const CONNACK: &[u8] = &[0x20, 2, 0, 0];

/// What a port is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Port {
    Broker,
    RuntimeApi,
    /// AWS's API, or where code is downloaded from.
    Http,
}

/// What is answered to these bytes, until the other end closes or that many have come; nothing, if it closes at once.
fn say(at: SocketAddr, bytes: &[u8], limit: u64) -> Vec<u8> {
    let mut answer = Vec::new();
    // Of a function that has ended by now.
    let Ok(mut stream) = TcpStream::connect(at) else {
        return answer;
    };
    stream
        .set_read_timeout(Some(TIMEOUT))
        .expect("a timeout can be set");
    // It may be closed already.
    let _ = stream.write_all(bytes);
    match stream.take(limit).read_to_end(&mut answer) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => answer.extend(format!("(nothing: {error})").bytes()),
    }
    answer
}

fn get(at: SocketAddr, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n");
    String::from_utf8_lossy(&say(at, request.as_bytes(), u64::MAX)).into_owned()
}

/// What a port is to this user; none if it does not answer at all.
pub(crate) fn kind(at: SocketAddr) -> Option<Port> {
    if say(at, &connect(), CONNACK.len() as u64) == CONNACK {
        return Some(Port::Broker);
    }
    // No path of it, so that no event is taken.
    let answer = get(at, "/2018-06-01/runtime/nothing");
    match answer {
        _ if answer.contains("no such path") => Some(Port::RuntimeApi),
        _ if answer.starts_with("HTTP/1.1 ") => Some(Port::Http),
        _ => {
            assert_eq!(answer, "", "{at} speaks something else");
            None
        }
    }
}

/// A program under attack.
struct Victim<'a> {
    family: &'a Traces,
    /// Where its user works, and where its temporary files are.
    folders: [&'a Path; 2],
    ports: Vec<(SocketAddr, Port)>,
    /// Every secret key that its processes have.
    secrets: Vec<String>,
}

impl<'a> Victim<'a> {
    /// What its owner sees of it.
    fn new(family: &'a Traces, folders: [&'a Path; 2]) -> Victim<'a> {
        for folder in folders {
            // Where the test put them no other user may come in; a user's own folders are open as a rule.
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("it is ours");
        }
        let ports = family.listeners_here().into_iter();
        let mut secrets: Vec<String> = family.processes.iter().flat_map(secrets_of).collect();
        secrets.sort();
        secrets.dedup();
        Victim {
            family,
            folders,
            ports: ports.filter_map(|at| Some((at, kind(at)?))).collect(),
            secrets,
        }
    }

    fn ports_of(&self, wanted: Port) -> Vec<SocketAddr> {
        let of = self.ports.iter().filter(|(_, kind)| *kind == wanted);
        of.map(|(port, _)| *port).collect()
    }

    /// Nothing of it is to be had for that user.
    #[track_caller]
    fn assert_out_of_reach_of(&self, user: u32) {
        let files: Vec<PathBuf> = self
            .folders
            .iter()
            .flat_map(|folder| files_below(folder))
            .collect();
        let private: Vec<&PathBuf> = files.iter().filter(|file| !is_input(file)).collect();
        assert!(private.len() >= 5, "there is something to be read: {files:#?}");
        let got = as_user(user, || {
            let read = private.iter().filter(|file| fs::read(file).is_ok());
            let mut got: Vec<String> = read.map(|file| format!("reads {}", file.display())).collect();
            got.extend(
                self.family
                    .processes
                    .iter()
                    .flat_map(|process| seen(process, &self.secrets)),
            );
            got.extend(self.ports.iter().filter_map(|(port, is)| self.spoken(*port, *is)));
            got
        });
        assert_eq!(got, Vec::<String>::new(), "user {user}");
    }

    /// What a port answers to a client without keys that it should not.
    fn spoken(&self, at: SocketAddr, is: Port) -> Option<String> {
        let said = kind(at);
        let answer = get(at, "/");
        match is {
            Port::Broker | Port::RuntimeApi => {
                let event = get(at, "/2018-06-01/runtime/invocation/next");
                let all = [answer, event].concat();
                (said.is_some() || !all.is_empty()).then(|| format!("{is:?} says {said:?}, {all:?}"))
            }
            // Of these it is known only that they do nothing without a signature; see the picture above.
            Port::Http => {
                let refused = answer.starts_with("HTTP/1.1 403") || answer.starts_with("HTTP/1.1 404");
                (!refused).then(|| format!("{is:?} says {answer:?}"))
            }
        }
    }
}

/// The secret keys in the environment of a process.
fn secrets_of(process: &Process) -> Vec<String> {
    let environment = fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
    let environment = String::from_utf8_lossy(&environment).into_owned();
    let secrets = environment
        .split('\0')
        .filter_map(|variable| variable.strip_prefix("AWS_SECRET_ACCESS_KEY="));
    secrets.map(str::to_owned).collect()
}

/// What another user learns of a process that they should not, or can do to it.
fn seen(process: &Process, secrets: &[String]) -> Vec<String> {
    let pid = process.pid;
    let mut seen: Vec<String> = PRIVATE
        .iter()
        .filter(|file| fs::File::open(format!("/proc/{pid}/{file}")).is_ok())
        .map(|file| format!("opens {file} of {process:?}"))
        .collect();
    let open = descriptors(pid);
    let folders = ["cwd".to_owned(), "root".to_owned()].into_iter().chain(open);
    for link in folders.map(|link| format!("/proc/{pid}/{link}")) {
        if fs::read_link(&link).is_ok() || fs::metadata(&link).is_ok() {
            seen.push(format!("follows {link}"));
        }
    }
    // This one everybody may read.
    let arguments = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    if secrets.iter().any(|secret| arguments.contains(secret.as_str())) {
        seen.push(format!("a secret among the arguments of {process:?}"));
    }
    let number = Pid::from_raw(pid).expect("process numbers are positive");
    let is_sandboxed =
        fs::metadata(format!("/proc/{pid}")).is_ok_and(|process| process.uid() == UID_OF_SANDBOXES);
    if !is_sandboxed && test_kill_process(number).is_ok() {
        seen.push(format!("may kill {process:?}"));
    }
    seen
}

/// What a process has open, as far as one is told.
fn descriptors(pid: i32) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.map(|name| format!("fd/{name}")).collect()
}

fn is_input(file: &Path) -> bool {
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    INPUTS.contains(&name)
}

/// Every file and folder below, as root sees them.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(files_below(&path))
        } else {
            found.push(path)
        }
    }
    found
}

fn possible() -> bool {
    others() && namespaces() && installed("curl")
}

/// A cloud with a function.
fn cloud(temporary: &Path) -> Cloud {
    let temporary = temporary.to_str().expect("a plain path");
    Cloud::with_function(&Scenario::stack(), "answer='\"alive\"'", &[("TMPDIR", temporary)])
}

trial!(another_user_reads_nothing_of_a_cloud_and_no_port_serves_them);
fn another_user_reads_nothing_of_a_cloud_and_no_port_serves_them() {
    if !possible() || !installed("aws") {
        return;
    }
    let temporary = TempDir::with_prefix("firedrill-test-").expect("a temporary folder");
    let cloud = cloud(temporary.path());
    assert_eq!(cloud.invoke(), "\"alive\"");
    let traces = cloud.running.traces(cloud.sandbox.path());
    let mut victim = Victim::new(&traces, [cloud.sandbox.path(), temporary.path()]);
    victim
        .secrets
        .push(cloud.environment["AWS_SECRET_ACCESS_KEY"].clone());
    assert!(victim.secrets.len() >= 2, "the function and the user have keys");
    assert_eq!(victim.ports_of(Port::Broker).len(), 2, "{:?}", victim.ports);
    assert_eq!(victim.ports_of(Port::RuntimeApi).len(), 1, "{:?}", victim.ports);
    assert!(victim.ports_of(Port::Http).len() >= 3, "{:?}", victim.ports);
    for user in OTHERS {
        victim.assert_out_of_reach_of(user);
    }
    // Its event was not taken.
    assert_eq!(cloud.invoke(), "\"alive\"");
    cloud.end();
}

trial!(another_user_reads_nothing_of_a_drill_and_no_port_serves_them);
/// A drill whose script is at work.
fn another_user_reads_nothing_of_a_drill_and_no_port_serves_them() {
    if !possible() || !installed("setsid") {
        return;
    }
    let drill = AtWork::begin(&[], FOREVER);
    let victim = Victim::new(&drill.traces, [drill.sandbox.path(), drill.temporary.path()]);
    assert!(!victim.secrets.is_empty(), "the script has keys");
    assert_eq!(victim.ports_of(Port::Broker).len(), 2, "{:?}", victim.ports);
    assert!(victim.ports_of(Port::Http).len() >= 3, "{:?}", victim.ports);
    for user in OTHERS {
        victim.assert_out_of_reach_of(user);
    }
    let end = drill.end(|running| running.signal(Signal::TERM));
    assert_eq!(end, (Some(130), Some(EndReason::Interrupted)));
}

/// A request: the service that it is signed for, method, path, body.
type UnsignedRequest = (&'static str, &'static str, &'static str, &'static str);

const IN_OREGON: &str = "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>us-west-2\
     </LocationConstraint></CreateBucketConfiguration>";

const WITHOUT_RIGHT: [UnsignedRequest; 11] = [
    ("s3", "GET", "/", ""),
    ("s3", "GET", "/small-programs?list-type=2", ""),
    ("s3", "PUT", "/small-programs/put-by-another", "x"),
    ("s3", "DELETE", "/small-programs/objects/000001", ""),
    ("s3", "PUT", "/small-another", IN_OREGON),
    ("s3", "DELETE", "/small-telemetry", ""),
    ("lambda", "GET", "/2015-03-31/functions/", ""),
    ("lambda", "GET", "/2015-03-31/functions/own", ""),
    ("lambda", "POST", "/2015-03-31/functions/own/invocations", "{}"),
    ("lambda", "DELETE", "/2015-03-31/functions/own", ""),
    ("iotdata", "POST", "/topics/dt%2Fother%2Ftelemetry", "{}"),
];

/// Asks with a signature by these keys, or without any; says how it went if it was not refused.
fn served(endpoint: &str, asked: UnsignedRequest, keys: Option<&KeyPair>) -> Option<String> {
    let (service, method, path, body) = asked;
    let Some(keys) = keys else {
        let answer = http::ask(method, &format!("{endpoint}{path}")).expect("it answers");
        return (answer.status != 403).then(|| format!("{asked:?} without keys: {}", answer.text()));
    };
    let digest = hex::encode(Sha256::digest(body));
    let call = Call {
        service,
        operation: path,
        method: method.parse().expect("a method"),
        path: path.to_owned(),
        headers: vec![("x-amz-content-sha256", digest)],
        body: Bytes::from_static(body.as_bytes()),
    };
    // Connections are made by the thread that this is called in.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let client = Rest::new(endpoint, "us-west-2", keys, RetryPolicy::ONCE);
    match runtime.expect("a runtime").block_on(client.call(call)) {
        Ok(answer) => Some(format!("{asked:?} with {}: {}", keys.access_key, answer.status)),
        Err(error) => {
            let refused = REFUSED.contains(&error.code.as_str());
            (!refused).then(|| format!("{asked:?} with {}: {error:?}", keys.access_key))
        }
    }
}

/// How services say that keys are wrong.
const REFUSED: [&str; 3] = ["403", "InvalidSignatureException", "UnrecognizedClientException"];

fn keys(access_key: &str, secret_key: &str) -> KeyPair {
    KeyPair {
        access_key: access_key.to_owned(),
        secret_key: secret_key.to_owned(),
    }
}

trial!(another_user_with_guessed_keys_changes_nothing_of_a_cloud);
fn another_user_with_guessed_keys_changes_nothing_of_a_cloud() {
    if !possible() || !installed("aws") {
        return;
    }
    let temporary = TempDir::with_prefix("firedrill-test-").expect("a temporary folder");
    let cloud = cloud(temporary.path());
    let before = cloud.state();
    let endpoint = cloud.endpoint();
    let known = &cloud.environment["AWS_ACCESS_KEY_ID"];
    let own = keys(known, &cloud.environment["AWS_SECRET_ACCESS_KEY"]);
    let guesses = [keys("test", "test"), keys(known, "test"), keys(known, known)];
    let [user, _] = OTHERS;
    let served_to_other = as_user(user, || {
        let all = guesses.iter().map(Some).chain([None]);
        let tries = all.flat_map(|keys| WITHOUT_RIGHT.map(|asked| (asked, keys)));
        let served = tries.filter_map(|(asked, keys)| served(endpoint, asked, keys));
        served.collect::<Vec<_>>()
    });
    assert_eq!(served_to_other, Vec::<String>::new());
    assert_eq!(cloud.state(), before, "nothing has changed");
    // With the right ones the same requests do it all.
    for asked in WITHOUT_RIGHT {
        let said = served(endpoint, asked, Some(&own)).unwrap_or_default();
        assert!(said.contains(": 20"), "{asked:?}: {said}");
    }
    let buckets = cloud.aws().ok(&["s3api", "list-buckets"]);
    assert!(
        buckets.contains("small-another") && !buckets.contains("small-telemetry\""),
        "{buckets}"
    );
    cloud.end();
}
