//! Who is let in, how they leave, and what they cost.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use cloud_emulator::iot::BrokerConfig;
use drill::units::Span;
use test_harness::{installed, trial};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::iot_broker::bench::{Bench, resident_kib, until};
use crate::iot_broker::devices::{connect, connecting};

trial!(async mosquitto_clients_publish_and_subscribe);
async fn mosquitto_clients_publish_and_subscribe() {
    if !installed("mosquitto_pub") || !installed("mosquitto_sub") {
        return;
    }
    let bench = Bench::new(1.0).await;
    let broker = bench.start(&bench.config(1, Span::from_secs(1))).await;
    let port = broker.address().port().to_string();
    let client = |program: &str| {
        let mut command = Command::new(program);
        command.args([
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-q",
            "1",
            "-t",
            "dt/7/telemetry",
            "-V",
            "mqttv311",
        ]);
        command
    };
    let subscriber = client("mosquitto_sub")
        .args(["-C", "3", "-W", "30"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // A client is subscribed when what is published comes back: publish until it does.
    let mut lines = Vec::new();
    let output = tokio::task::spawn_blocking(move || subscriber.wait_with_output().unwrap());
    for n in 0.. {
        let message = format!("message {n}");
        let published = client("mosquitto_pub").args(["-m", &message]).status().unwrap();
        assert!(published.success(), "{published}");
        lines.push(message);
        if output.is_finished() {
            break;
        }
    }
    let output = output.await.unwrap();
    let seen = String::from_utf8(output.stdout).unwrap();
    assert_eq!(seen.lines().count(), 3, "{seen}");
    assert!(seen.lines().all(|line| lines.iter().any(|sent| sent == line)));
    broker.stop().await.unwrap();
    let stored: String = bench.bodies().into_values().collect();
    assert_eq!(
        stored.lines().collect::<Vec<_>>(),
        lines,
        "the rule has them, too"
    );
}

trial!(async a_disconnect_ends_no_other_session);
async fn a_disconnect_ends_no_other_session() {
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let config = BrokerConfig {
        // The user of a client that is gone before it is accepted is unknown.
        open_to_others: true,
        ..bench.config(500, Span::from_secs(1))
    };
    let broker = bench.start(&config).await;
    let mut staying = Vec::new();
    for n in 0..300 {
        let mut leaving = match n % 2 {
            0 => connect(broker.address(), 2 * n).await.unwrap(),
            // Some do not even wait for an answer.
            _ => connecting(broker.address(), 2 * n, b"\x30\x13\x00\x0edt/1/telemetryabc").await,
        };
        leaving.write_all(&[0xe0, 0]).await.unwrap();
        drop(leaving);
        staying.push(connect(broker.address(), 2 * n + 1).await.expect("it is let in"));
    }
    until("the others have left", || broker.counts().connected == 300).await;
    for mut stream in staying {
        stream.write_all(&[0xc0, 0]).await.unwrap();
        let mut pong = [0; 2];
        stream.read_exact(&mut pong).await.expect("it is still connected");
        assert_eq!(pong, [0xd0, 0]);
    }
    until("what they said has come", || {
        broker.counts().rules[0].received == 150
    })
    .await;
    broker.stop().await.unwrap();
}

trial!(async connect_quota_is_counted_in_drill_time);
async fn connect_quota_is_counted_in_drill_time() {
    let bench = Bench::new(1000.0).await;
    let config = BrokerConfig {
        connects_per_second: 3,
        ..bench.config(1, Span::from_secs(1))
    };
    let broker = bench.start(&config).await;
    // Drill time stands until the clock is started: there is one second's worth of connects, and no more.
    let mut kept = Vec::new();
    for device in 0..6 {
        kept.push(connect(broker.address(), device).await);
    }
    let let_in: Vec<bool> = kept.iter().map(Option::is_some).collect();
    assert_eq!(let_in, [true, true, true, false, false, false]);
    until("the throttled are counted", || broker.counts().throttled == 3).await;
    bench.clock.start();
    let due = bench.clock.now() + Span::from_secs(2);
    bench.clock.sleep_until(due).await;
    assert!(
        connect(broker.address(), 7).await.is_some(),
        "tokens come back with drill time"
    );
    broker.stop().await.unwrap();
}

trial!(async memory_of_a_thousand_connections_is_bounded);
async fn memory_of_a_thousand_connections_is_bounded() {
    const CONNECTIONS: u32 = 1000;
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let broker = bench.start(&bench.config(500, Span::from_secs(1))).await;
    let empty = resident_kib(broker.pid().unwrap());
    let mut connected = Vec::new();
    for device in 0..CONNECTIONS {
        connected.push(connect(broker.address(), device).await.expect("each is let in"));
    }
    let names: BTreeSet<SocketAddr> = connected
        .iter()
        .map(|stream| stream.local_addr().unwrap())
        .collect();
    assert_eq!(names.len(), CONNECTIONS as usize);
    until("all are counted", || {
        broker.counts().connected == u64::from(CONNECTIONS)
    })
    .await;
    let full = resident_kib(broker.pid().unwrap());
    eprintln!("the broker holds {empty} KiB, with {CONNECTIONS} connections {full} KiB");
    let each = (full - empty) / u64::from(CONNECTIONS);
    assert!(each < 80, "{each} KiB per connection");
    assert!(full < 150 * 1024, "{full} KiB");
    drop(connected);
    until("all have left", || broker.counts().connected == 0).await;
    broker.stop().await.unwrap();
}

trial!(async a_failed_broker_start_reports_its_cause);
async fn a_failed_broker_start_reports_its_cause() {
    let bench = Bench::new(1.0).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let in_use = BrokerConfig {
        listen: taken.local_addr().unwrap(),
        ..bench.config(1, Span::from_secs(1))
    };
    let error = bench.try_start(&in_use).await.unwrap_err().to_string();
    assert!(
        error.contains("cannot listen on") && error.contains("in use"),
        "{error}"
    );
    let no_folder = BrokerConfig {
        marks: bench.folder.path().join("none/marks.bin"),
        ..bench.config(1, Span::from_secs(1))
    };
    let error = bench.try_start(&no_folder).await.unwrap_err().to_string();
    assert!(
        error.contains("cannot write") && error.contains("none/marks.bin"),
        "{error}"
    );
    let too_many = BrokerConfig {
        max_connections: u32::MAX,
        ..bench.config(1, Span::from_secs(1))
    };
    let error = bench.try_start(&too_many).await.unwrap_err().to_string();
    assert!(error.contains("open files"), "{error}");
    assert!(bench.supervisor.running().is_empty(), "nothing is left of them");
}
