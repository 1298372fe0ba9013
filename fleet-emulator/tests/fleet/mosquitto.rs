//! The fleet against a broker that others wrote: mosquitto, stopped and started again in the middle.
//! What devices hold to be acknowledged must be what a subscriber of mosquitto's own got.
//!
//! Skipped, with a printed reason, where `mosquitto` or its clients are not installed.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::common::{fates, inputs};
use drill::ledger::{CANARY, MessageId};
use drill::telemetry;
use drill::units::Span;
use fleet_emulator::{
    Fleet, FleetConfig, OneEndpoint, PROGRAM_TOPIC, Profile, ProgramError, Programs, RunProgram,
};
use parking_lot::Mutex;
use runtime::{Clock, wall};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

/// A child process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Asks it to end, and waits until it has; mosquitto writes its sessions down then.
    fn terminate(mut self) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        self.0.wait().unwrap();
    }
}

fn installed() -> bool {
    let found = |name: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .chain(["/usr/sbin".into()])
            .any(|folder| folder.join(name).is_file())
    };
    let all = found("mosquitto") && found("mosquitto_sub") && found("mosquitto_pub") && found("kill");
    if !all {
        test_harness::skip("mosquitto, its clients or kill are not installed");
    }
    all
}

fn command(name: &str) -> Command {
    let mut command = Command::new(name);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{path}:/usr/sbin"));
    command
}

/// Lines that a child writes, as they come.
fn lines(stream: impl Read + Send + 'static) -> Lines {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n') {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn wait_for(lines: &mut Lines, text: &str) {
    let found = async {
        while let Some(line) = lines.recv().await {
            if String::from_utf8_lossy(&line).contains(text) {
                return;
            }
        }
        panic!("it ended before it said {text:?}");
    };
    wall::timeout(Duration::from_secs(30), found)
        .await
        .expect("in time");
}

type Lines = mpsc::UnboundedReceiver<Vec<u8>>;

/// A broker, and its log from the moment on at which it runs.
async fn start_broker(folder: &Path, address: SocketAddr) -> (Running, Lines) {
    let config = folder.join("mosquitto.conf");
    let mut text = format!(
        "listener {} {}\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n\
         persistence true\npersistence_location {}/\nlog_dest stderr\nlog_type all\n",
        address.port(),
        address.ip(),
        folder.display(),
    );
    if is_root() {
        text.push_str("user root\n");
    }
    std::fs::write(&config, text).unwrap();
    let mut child = command("mosquitto")
        .arg("-c")
        .arg(config)
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut log = lines(child.stderr.take().unwrap());
    let broker = Running(child);
    wait_for(&mut log, "running").await;
    (broker, log)
}

fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .is_ok_and(|status| status.lines().any(|line| line.starts_with("Uid:\t0")))
}

/// A subscriber with a session that outlives the broker's process, and the messages that it gets.
async fn subscribe(address: SocketAddr, log: &mut Lines) -> (Running, Lines) {
    let mut child = command("mosquitto_sub")
        .args([
            "-h",
            "127.0.0.1",
            "-q",
            "1",
            "-c",
            "-i",
            "audit",
            "-t",
            "dt/+/telemetry",
            "-d",
        ])
        .args(["-p", &address.port().to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = lines(child.stdout.take().unwrap());
    let subscriber = Running(child);
    wait_for(log, "Sending SUBACK to audit").await;
    (subscriber, output)
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

async fn until(what: &str, done: impl Fn() -> bool) {
    let done = async {
        while !done() {
            wall::sleep(Duration::from_millis(5)).await;
        }
    };
    let found = wall::timeout(Duration::from_secs(60), done).await;
    assert!(found.is_some(), "never: {what}");
}

fn start(address: SocketAddr, clock: &Clock, every: Span) -> Fleet {
    let mut config: FleetConfig = crate::common::config(Profile::aws_full_jitter());
    config.telemetry.as_mut().unwrap().every = every;
    Fleet::start(
        config,
        inputs(50),
        vec![address],
        Arc::new(OneEndpoint),
        clock,
        |saturated| {
            println!("saturated: {}", saturated.detail);
        },
    )
}

/// The messages among the subscriber's lines.
async fn received(mut output: Lines, expected: &BTreeSet<MessageId>) -> BTreeSet<MessageId> {
    let mut found = BTreeSet::new();
    let all = async {
        while !expected.is_subset(&found) {
            let Some(line) = output.recv().await else { return };
            found.extend(telemetry::decode(&line).map(|(id, _)| id));
        }
    };
    // What is missing is for the caller to see.
    let _ = wall::timeout(Duration::from_secs(20), all).await;
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mosquitto_stops_and_comes_back_and_nothing_is_lost() {
    if !installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let (broker, mut log) = start_broker(folder.path(), address).await;
    let (subscriber, output) = subscribe(address, &mut log).await;

    let clock = Clock::new(60.0).unwrap();
    let mut fleet = start(address, &clock, Span::from_secs(20));
    clock.start();
    until("all connected, some acknowledged", || {
        let counters = fleet.counters();
        counters.connected == 50 && counters.acknowledged > 200
    })
    .await;
    broker.terminate();
    let before = fleet.counters();
    until("all noticed, outboxes fill", || {
        let counters = fleet.counters();
        counters.connected == 0 && fleet.pending() > 200
    })
    .await;
    let (broker, _log) = start_broker(folder.path(), address).await;
    until("all came back and caught up", || {
        fleet.counters().connected == 50 && fleet.pending() < 50
    })
    .await;
    assert!(fleet.counters().connect_failures > 50);
    assert!(fleet.counters().acknowledged > before.acknowledged + 200);

    let left = fleet.stop(Span::from_mins(10)).await;
    assert_eq!(left, 0);
    let fates = fates(&fleet.finish());
    assert!(
        fates
            .iter()
            .all(|(_, acknowledged, dropped)| *acknowledged && !dropped)
    );
    let acknowledged: BTreeSet<MessageId> = fates.iter().map(|(id, ..)| *id).collect();
    assert_eq!(received(output, &acknowledged).await, acknowledged);
    drop((subscriber, broker));
}

/// Announces a program, as `retain` says, to those that will subscribe, too.
fn announce(address: SocketAddr, id: &str, retain: bool) {
    let source = "(display 1)";
    let sha256 = hex::encode(Sha256::digest(source));
    let json = serde_json::json!({"id": id, "sha256": sha256, "source": source}).to_string();
    let published = command("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-q", "1", "-t", PROGRAM_TOPIC, "-m", &json])
        .args(["-p", &address.port().to_string()])
        .args(retain.then_some("-r"))
        .status()
        .unwrap();
    assert!(published.success());
}

/// Runs nothing; what it was given is what counts here.
struct Notes(Mutex<Vec<String>>);

impl RunProgram for Notes {
    fn run(&self, source: &str) -> Result<(), ProgramError> {
        self.0.lock().push(source.to_owned());
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_reach_devices_through_mosquitto() {
    if !installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let (broker, mut log) = start_broker(folder.path(), address).await;
    let clock = Clock::new(60.0).unwrap();
    let notes = Arc::new(Notes(Mutex::default()));
    let config = FleetConfig {
        programs: Some(Programs {
            sample: 3,
            runner: Some(Arc::clone(&notes) as Arc<dyn RunProgram>),
        }),
        ..FleetConfig::new(1, Profile::esp_idf_default())
    };
    announce(address, "before", true);
    let mut fleet = Fleet::start(
        config,
        inputs(20),
        vec![address],
        Arc::new(OneEndpoint),
        &clock,
        |saturated| println!("saturated: {}", saturated.detail),
    );
    clock.start();
    let received = |fleet: &Fleet, id: &str| fleet.programs().received.get(id).copied().unwrap_or(0);
    until("what was retained", || received(&fleet, "before") == 20).await;
    announce(address, "now", false);
    until("what is announced", || received(&fleet, "now") == 20).await;
    wait_for(&mut log, "Received PUBACK from device-").await;
    until("the sample ran them", || fleet.programs().waiting == 0).await;
    let programs = fleet.programs();
    assert_eq!((programs.ran["before"], programs.ran["now"]), (3, 3));
    assert_eq!(*notes.0.lock(), ["(display 1)"; 6]);
    assert_eq!(fleet.program_received("now").len(), 20);

    // After a restart, devices subscribe again; what is retained comes again and counts no more.
    broker.terminate();
    let (broker, _log) = start_broker(folder.path(), address).await;
    until("all came back", || fleet.counters().connected == 20).await;
    until("a program after that", || {
        announce(address, "later", true);
        received(&fleet, "later") == 20
    })
    .await;
    assert_eq!(received(&fleet, "before"), 20);
    fleet.stop(Span::ZERO).await;
    drop(broker);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_reaches_mosquittos_subscriber_and_the_ledger() {
    if !installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let clock = Clock::new(60.0).unwrap();
    let fleet = Fleet::start(
        crate::common::config(Profile::esp_idf_default()),
        Vec::new(),
        vec![address],
        Arc::new(OneEndpoint),
        &clock,
        |saturated| panic!("{saturated:?}"),
    );
    clock.start();
    let canary = fleet.canary(address);
    assert!(canary.publish(0).await.is_err(), "the broker does not listen yet");
    let (broker, mut log) = start_broker(folder.path(), address).await;
    let (subscriber, output) = subscribe(address, &mut log).await;
    let id = canary.publish(1).await.unwrap();
    assert_eq!(
        id,
        MessageId {
            device: CANARY,
            seq: 1
        }
    );
    let expected = BTreeSet::from([id]);
    assert_eq!(received(output, &expected).await, expected);
    let fates = fates(&fleet.finish());
    let canary = |seq, acknowledged: bool| (MessageId { device: CANARY, seq }, acknowledged, !acknowledged);
    assert_eq!(fates, [canary(0, false), canary(1, true)]);
    drop((subscriber, broker));
}
