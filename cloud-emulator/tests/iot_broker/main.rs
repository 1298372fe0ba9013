//! The broker with real processes and other people's clients. This executable is also the broker and the
//! reaper that it starts, so it needs a main of its own.

mod bench;
mod cloud;
mod devices;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use cloud_emulator::iot::{BrokerConfig, Trouble, broker_main, read_marks};
use drill::ledger::{LedgerRecord, MessageId, Stage};
use drill::telemetry;
use drill::units::{DrillTime, Span};
use libtest_mimic::{Arguments, Trial};
use runtime::supervisor::reaper_main;
use runtime::wall;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use self::bench::{BUCKET, Bench, until};
use self::devices::{connect, publish};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("as-reaper") => reaper_main(),
        Some("as-broker") => {
            if let Err(error) = broker_main(&arguments[2..]) {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
        _ => return libtest_mimic::run(&Arguments::from_args(), trials()).exit_code(),
    }
    ExitCode::SUCCESS
}

fn trials() -> Vec<Trial> {
    fn trial<F: Future<Output = ()>>(name: &str, test: impl FnOnce() -> F + Send + 'static) -> Trial {
        Trial::test(name, move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()?;
            runtime.block_on(test());
            Ok(())
        })
    }
    vec![
        trial("mosquitto_clients_talk_through_the_edge", mosquitto),
        trial("nothing_is_lost_on_the_way_into_the_bucket", nothing_is_lost),
        trial("a_goodbye_cuts_off_nobody_else", goodbye),
        trial("the_quota_counts_in_drill_time", quota),
        trial("kill_9_is_seen_at_once_and_leaves_the_marks", killed),
        trial("a_bucket_that_is_gone_is_told_and_waited_for", bucket_gone),
        trial("what_does_not_fit_is_dropped_and_counted", dropped),
        trial("a_window_closes_a_batch_in_drill_time", window),
        trial("a_broker_that_cannot_start_says_why", cannot_start),
        trial("a_thousand_connections_stay_small", memory),
        trial(
            "the_cloud_of_the_main_scenario_is_up_soon",
            cloud::is_up_soon_and_as_declared,
        ),
    ]
}

/// What the marks of a stage say, each message with how often it was marked.
fn marked(config: &BrokerConfig, wanted: Stage) -> BTreeMap<MessageId, usize> {
    let mut messages = BTreeMap::new();
    for record in read_marks(&config.marks).unwrap().records {
        if let LedgerRecord::Marks(marks) = record
            && marks.stage == wanted
        {
            for message in marks.messages {
                *messages.entry(message).or_default() += 1;
            }
        }
    }
    messages
}

fn all_once(devices: u32, each: u32) -> BTreeMap<MessageId, usize> {
    let ids = (0..devices).flat_map(|device| (0..each).map(move |seq| (MessageId { device, seq }, 1)));
    ids.collect()
}

async fn mosquitto() {
    let installed = |name: &str| Command::new(name).arg("--help").output().is_ok();
    if !installed("mosquitto_pub") || !installed("mosquitto_sub") {
        eprintln!("skipped: mosquitto_pub and mosquitto_sub are not installed");
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
    // Somebody is subscribed when what is published comes back: publish until it does.
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

async fn nothing_is_lost() {
    const DEVICES: u32 = 50;
    const EACH: u32 = 400;
    let bench = Bench::new(120.0).await;
    bench.clock.start();
    let config = bench.config(500, Span::from_secs(10));
    let broker = bench.start(&config).await;
    let began = wall::mono();
    // 50 devices with 10 messages every 100 ms are 5,000 messages a second.
    publish(broker.address(), 0..DEVICES, EACH, 10, Duration::from_millis(100)).await;
    let took = wall::mono().since(began);
    let resident = resident_kib(broker.child().pid());
    assert!(resident < 150 * 1024, "{resident} KiB");
    broker.stop().await.unwrap();
    let counts = broker.counts().rules.remove(0);
    let all = u64::from(DEVICES * EACH);
    assert_eq!(
        (
            counts.received,
            counts.delivered,
            counts.missed,
            counts.dropped,
            counts.unmarked
        ),
        (all, all, 0, 0, 0),
        "after {took:?}"
    );
    let mut stored = BTreeMap::new();
    for (key, body) in bench.bodies() {
        assert!(key.starts_with("telemetry/") && key.ends_with(".jsonl"), "{key}");
        for line in body.lines() {
            let (id, _) = telemetry::decode(line.as_bytes()).expect("each line is a message");
            *stored.entry(id).or_insert(0) += 1;
        }
    }
    assert_eq!(stored, all_once(DEVICES, EACH));
    assert_eq!(marked(&config, Stage::RuleReceived), all_once(DEVICES, EACH));
    assert_eq!(marked(&config, Stage::RuleDelivered), all_once(DEVICES, EACH));
    let rate = f64::from(DEVICES * EACH) / took.as_secs_f64();
    eprintln!(
        "{all} messages in {took:?}: {rate:.0} a second, {} objects, {resident} KiB",
        bench.bodies().len()
    );
}

async fn goodbye() {
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let broker = bench.start(&bench.config(500, Span::from_secs(1))).await;
    let mut staying = Vec::new();
    for n in 0..300 {
        let mut leaving = connect(broker.address(), 2 * n).await.unwrap();
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
    broker.stop().await.unwrap();
}

async fn quota() {
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

async fn killed() {
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let config = bench.config(1000, Span::from_mins(60));
    let broker = bench.start(&config).await;
    let ended = tokio::spawn(broker.ended());
    publish(broker.address(), 0..4, 25, 25, Duration::ZERO).await;
    until("the rule has them", || broker.counts().rules[0].received == 100).await;
    wall::sleep(Duration::from_millis(50)).await;
    assert!(!ended.is_finished());
    let pid = rustix::process::Pid::from_raw(broker.child().pid().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let how = wall::timeout(Duration::from_secs(5), ended)
        .await
        .expect("told at once")
        .unwrap();
    assert!(how.contains("signal: 9"), "{how}");
    assert_eq!(
        marked(&config, Stage::RuleReceived),
        all_once(4, 25),
        "what died in the rule is known"
    );
    assert!(marked(&config, Stage::RuleDelivered).is_empty());
    assert!(bench.bodies().is_empty());
    assert!(
        connect(broker.address(), 1).await.is_none(),
        "nobody listens any more"
    );
    assert!(broker.stop().await.is_err());
}

async fn bucket_gone() {
    let bench = Bench::new(600.0).await;
    bench.clock.start();
    bench.store.force_delete_bucket(BUCKET).unwrap();
    let config = bench.config(10, Span::from_secs(5));
    let broker = bench.start(&config).await;
    publish(broker.address(), 0..2, 10, 10, Duration::ZERO).await;
    until("it is told", || !bench.troubles().is_empty()).await;
    let told = bench.troubles();
    assert!(
        matches!(&told[..], [Trouble::Refused { rule, error }] if rule == "telemetry" && error.starts_with("NoSuchBucket")),
        "{told:?}"
    );
    until("it is tried again", || {
        broker.counts().rules[0].failed_uploads >= 6
    })
    .await;
    assert_eq!(bench.troubles().len(), 1, "but told once");
    bench.store.create_bucket(BUCKET, "us-west-2", true).unwrap();
    until("it is delivered", || broker.counts().rules[0].delivered == 20).await;
    let resumed = Trouble::Resumed {
        rule: "telemetry".to_owned(),
    };
    until("it is well again", || bench.troubles().last() == Some(&resumed)).await;
    assert_eq!(marked(&config, Stage::RuleDelivered), all_once(2, 10));
    assert_eq!(bench.bodies().len(), 2);
    broker.stop().await.unwrap();
}

async fn dropped() {
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    bench.store.force_delete_bucket(BUCKET).unwrap();
    let mut config = bench.config(10, Span::from_mins(60));
    // Two batches of 10 messages of 128 bytes and a newline, and no third.
    config.rules[0].buffer_bytes = 3000;
    let broker = bench.start(&config).await;
    publish(broker.address(), 0..1, 30, 30, Duration::ZERO).await;
    until("one batch is dropped", || broker.counts().rules[0].dropped == 10).await;
    let told = Trouble::Dropped {
        rule: "telemetry".to_owned(),
        messages: 10,
    };
    until("that is told", || bench.troubles().contains(&told)).await;
    assert_eq!(marked(&config, Stage::RuleReceived).len(), 30);
    let began = wall::mono();
    assert!(
        broker.stop().await.is_ok(),
        "a bucket that is gone does not keep it from ending"
    );
    assert!(wall::mono().since(began) < Duration::from_secs(7));
    assert_eq!(
        broker.counts().rules[0].waiting(),
        20,
        "what was never delivered is not said to be"
    );
    assert!(marked(&config, Stage::RuleDelivered).is_empty());
}

async fn window() {
    let bench = Bench::new(600.0).await;
    bench.clock.start();
    let config = bench.config(1000, Span::from_secs(60));
    let broker = bench.start(&config).await;
    publish(broker.address(), 0..1, 3, 3, Duration::ZERO).await;
    until("the window is over", || broker.counts().rules[0].delivered == 3).await;
    let mut at = BTreeMap::new();
    for record in read_marks(&config.marks).unwrap().records {
        if let LedgerRecord::Marks(marks) = record {
            at.entry(marks.stage).or_insert(marks.at);
        }
    }
    let (received, delivered): (DrillTime, DrillTime) = (at[&Stage::RuleReceived], at[&Stage::RuleDelivered]);
    assert!(
        delivered - received >= Span::from_secs(40),
        "{received} {delivered}"
    );
    let objects = bench.bodies();
    assert_eq!(objects.len(), 1, "{:?}", objects.keys());
    broker.stop().await.unwrap();
}

async fn cannot_start() {
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

async fn memory() {
    const CONNECTIONS: u32 = 1000;
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let broker = bench.start(&bench.config(500, Span::from_secs(1))).await;
    let empty = resident_kib(broker.child().pid());
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
    let full = resident_kib(broker.child().pid());
    eprintln!("the broker holds {empty} KiB, with {CONNECTIONS} connections {full} KiB");
    let each = (full - empty) / u64::from(CONNECTIONS);
    assert!(each < 80, "{each} KiB per connection");
    assert!(full < 150 * 1024, "{full} KiB");
    drop(connected);
    until("all have left", || broker.counts().connected == 0).await;
    broker.stop().await.unwrap();
}

/// What a process holds in memory.
fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
