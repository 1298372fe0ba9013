//! What a broker is over the lives of its processes: killed, frozen, held down, restarted.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use cloud_emulator::iot::BrokerHandle;
use drill::ledger::Stage;
use drill::units::Span;
use runtime::wall;
use test_harness::trial;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::iot_broker::bench::{Bench, TIMEOUT, until};
use crate::iot_broker::devices::{connect, publish};
use crate::iot_broker::rules::{all_once, marked};

/// What a broker that is there needs at most for an answer.
const SOON: Duration = Duration::from_secs(10);

/// What one is given that is not.
const BRIEFLY: Duration = Duration::from_millis(200);

async fn refused(address: SocketAddr) -> bool {
    let connected = TcpStream::connect(address).await;
    connected.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
}

/// Waits until every thread of the process has stopped: one that is told to may have to wait for a processor first.
async fn until_stopped(site: &BrokerHandle) {
    let tasks = format!("/proc/{}/task", site.pid().expect("a process runs"));
    let stopped = |task: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        stat.rsplit_once(") ")
            .is_some_and(|(_, state)| state.starts_with('T'))
    };
    until("every thread has stopped", || {
        std::fs::read_dir(&tasks).unwrap().flatten().all(stopped)
    })
    .await;
}

async fn until_answers(site: &BrokerHandle) {
    let answering = async {
        while !site.answers(SOON).await {
            wall::sleep(Duration::from_millis(5)).await;
        }
    };
    wall::timeout(TIMEOUT, answering).await.expect("it answers again");
}

/// Tries to bind the port with each kind of socket, as far as python3 is installed.
async fn assert_not_bindable(address: SocketAddr) {
    // This one sets SO_REUSEADDR, as most servers do.
    assert!(TcpListener::bind(address).await.is_err());
    let script = "import socket,sys\nfor reuse in (0, 1):\n s = socket.socket()\n \
                  s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)\n \
                  s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, reuse)\n \
                  try:\n  s.bind(('127.0.0.1', int(sys.argv[1])))\n \
                  except OSError: continue\n sys.exit(1)";
    let port = address.port().to_string();
    match Command::new("python3").args(["-c", script, &port]).status() {
        Ok(status) => assert!(status.success(), "python3 took the port"),
        Err(_) => eprintln!("python3 is not installed: only one tried to take the port"),
    }
}

trial!(async a_killed_broker_refuses_connections_until_its_restart);
async fn a_killed_broker_refuses_connections_until_its_restart() {
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let config = bench.config(5, Span::from_mins(60));
    let site = bench.start(&config).await;
    let address = site.address();
    let crashed = tokio::spawn(site.crashed());
    // Two batches are delivered, and three messages are in the open one.
    publish(address, 0..1, 13, 13, Duration::ZERO).await;
    until("the rule has delivered", || {
        site.counts().rules[0].delivered == 10
    })
    .await;
    until("the marks are written", || {
        marked(&site, Stage::RuleReceived).len() == 13
    })
    .await;
    let mut device = connect(address, 1).await.unwrap();
    let first = site.pid();

    let guard = site.kill();
    site.gone().await;
    let mut byte = [0];
    assert!(
        !matches!(device.read(&mut byte).await, Ok(1..)),
        "its connection is gone"
    );
    assert!(refused(address).await);
    assert_not_bindable(address).await;
    drop(guard);
    assert!(!site.is_running() && !site.answers(BRIEFLY).await && site.pid() == first);
    assert_eq!(
        site.publish("a", b"x").await.unwrap_err().to_string(),
        "the MQTT broker does not run"
    );

    site.restart().await.unwrap();
    assert_eq!(site.address(), address);
    assert_ne!(site.pid(), first);
    assert!(site.answers(SOON).await);
    publish(address, 1..2, 5, 5, Duration::ZERO).await;
    until("the rule has delivered again", || {
        site.counts().rules[0].delivered == 5
    })
    .await;
    assert!(!crashed.is_finished(), "that was no crash");
    let received = marked(&site, Stage::RuleReceived);
    let delivered = marked(&site, Stage::RuleDelivered);
    assert_eq!((received.len(), delivered.len()), (18, 15));
    let died: BTreeSet<_> = received.keys().filter(|id| !delivered.contains_key(id)).collect();
    assert_eq!(
        died.iter().map(|id| (id.device, id.seq)).collect::<Vec<_>>(),
        [(0, 10), (0, 11), (0, 12)]
    );
    assert_eq!(bench.bodies().len(), 3, "no object was written twice");
    site.stop().await.unwrap();
    assert!(site.restart().await.is_err(), "that was for good");
    assert!(bench.supervisor.running().is_empty());
}

trial!(async receipts_survive_repeated_restarts);
async fn receipts_survive_repeated_restarts() {
    let bench = Bench::new(120.0).await;
    bench.clock.start();
    let site = bench.start(&bench.config(4, Span::from_mins(60))).await;
    for device in 0..6 {
        publish(site.address(), device..device + 1, 4, 4, Duration::ZERO).await;
        until("it is delivered", || site.counts().rules[0].delivered == 4).await;
        drop(site.kill().restarting());
        until_answers(&site).await;
    }
    assert_eq!(marked(&site, Stage::RuleDelivered), all_once(6, 4));
    assert_eq!(bench.bodies().len(), 6, "{:?}", bench.bodies().keys());
    site.stop().await.unwrap();
}

trial!(async a_frozen_broker_resumes_with_its_connections);
async fn a_frozen_broker_resumes_with_its_connections() {
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let site = bench.start(&bench.config(1, Span::from_secs(1))).await;
    let crashed = tokio::spawn(site.crashed());
    let mut device = connect(site.address(), 1).await.unwrap();
    let (outer, inner) = (site.freeze(), site.freeze());
    until_stopped(&site).await;
    assert!(!site.answers(BRIEFLY).await);
    assert!(site.is_running(), "it is there, and does nothing");
    device.write_all(&[0xc0, 0]).await.unwrap();
    let mut pong = [0; 2];
    assert!(
        wall::timeout(BRIEFLY, device.read_exact(&mut pong))
            .await
            .is_none()
    );
    drop(outer);
    assert!(!site.answers(BRIEFLY).await, "one still holds it");
    drop(inner);
    device.read_exact(&mut pong).await.unwrap();
    assert_eq!(pong, [0xd0, 0], "connections outlive a freeze");
    assert!(site.answers(SOON).await);

    // An operator replaces a broker that hangs; what froze it has no hold on the new one.
    let before = site.pid();
    let guard = site.freeze();
    site.restart().await.unwrap();
    assert!(site.pid() != before && site.answers(SOON).await);
    let newer = site.freeze();
    drop(guard);
    until_stopped(&site).await;
    assert!(!site.answers(BRIEFLY).await);
    drop(newer);
    assert!(site.answers(SOON).await);
    let guard = site.hold_frozen("the region is out");
    assert!(site.restart().await.is_err());
    until_stopped(&site).await;
    assert!(site.is_running() && !site.answers(BRIEFLY).await);
    drop(guard);
    assert!(site.answers(SOON).await);
    assert!(!crashed.is_finished());

    // A drill that ends while the broker is frozen ends it in order.
    let _guard = site.freeze();
    site.stop().await.unwrap();
    assert!(bench.supervisor.running().is_empty());
}

trial!(async a_broker_that_is_held_down_cannot_be_restarted);
async fn a_broker_that_is_held_down_cannot_be_restarted() {
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let site = bench.start(&bench.config(1, Span::from_secs(1))).await;
    let crashed = tokio::spawn(site.crashed());
    let region = site.hold_down("the region is out");
    let zone = site.hold_down("the zone is out");
    site.gone().await;
    assert!(refused(site.address()).await);
    let why = site.restart().await.unwrap_err().to_string();
    assert_eq!(why, "the MQTT broker cannot be started: the region is out");
    drop(region);
    let why = site.restart().await.unwrap_err().to_string();
    assert!(why.ends_with("the zone is out"), "{why}");
    assert!(refused(site.address()).await);
    drop(zone);
    until_answers(&site).await;

    // What was killed before the region went does not come back with it.
    let killed = site.kill();
    drop(site.hold_down("the region is out"));
    wall::sleep(BRIEFLY).await;
    assert!(refused(site.address()).await);
    drop(killed);
    // A provider's own repair waits for the region.
    let repair = site.kill().restarting();
    let region = site.hold_down("the region is out");
    drop(repair);
    wall::sleep(BRIEFLY).await;
    assert!(refused(site.address()).await);
    drop(region);
    until_answers(&site).await;

    // A region that goes while an operator restarts the broker.
    let restarting = tokio::spawn({
        let site = site.clone();
        async move { site.restart().await }
    });
    tokio::task::yield_now().await;
    let region = site.hold_down("the region is out");
    let restarted = restarting.await.unwrap();
    site.gone().await;
    assert!(refused(site.address()).await, "{restarted:?}");
    drop(region);
    until_answers(&site).await;
    assert!(!crashed.is_finished());
    let guard = site.hold_down("the drill ends");
    site.stop().await.unwrap();
    drop(guard);
    site.gone().await;
    assert!(bench.supervisor.running().is_empty());
}

trial!(async secrets_are_not_on_the_command_line);
async fn secrets_are_not_on_the_command_line() {
    let bench = Bench::new(1.0).await;
    let site = bench.start(&bench.config(1, Span::from_secs(1))).await;
    let of = |what: &str| {
        let path = format!("/proc/{}/{what}", site.pid().unwrap());
        String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()
    };
    assert!(of("cmdline").contains("--control"));
    for what in ["cmdline", "environ"] {
        assert!(!of(what).contains("rule-secret"), "{what}");
    }
    site.stop().await.unwrap();
}
