//! What rules take into the bucket, what they leave of it, and what they say when they cannot.

use std::collections::BTreeMap;
use std::time::Duration;

use cloud_emulator::iot::{BrokerHandle, Trouble};
use drill::ledger::{LedgerRecord, MessageId, Stage};
use drill::telemetry;
use drill::units::{DrillTime, Span};
use runtime::wall;
use test_harness::trial;

use crate::iot_broker::bench::{BUCKET, Bench, TIMEOUT, resident_kib, until};
use crate::iot_broker::devices::publish;

/// What the marks of a stage say, each message with how often it was marked.
pub(crate) fn marked(broker: &BrokerHandle, wanted: Stage) -> BTreeMap<MessageId, usize> {
    let mut messages = BTreeMap::new();
    for record in broker.read_marks().unwrap().records {
        if let LedgerRecord::DeliveryReceipts(marks) = record
            && marks.stage == wanted
        {
            for message in marks.messages {
                *messages.entry(message).or_default() += 1;
            }
        }
    }
    messages
}

pub(crate) fn all_once(devices: u32, each: u32) -> BTreeMap<MessageId, usize> {
    let ids = (0..devices).flat_map(|device| (0..each).map(move |seq| (MessageId { device, seq }, 1)));
    ids.collect()
}

trial!(async every_message_is_delivered_to_the_bucket);
async fn every_message_is_delivered_to_the_bucket() {
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
    let resident = resident_kib(broker.pid().unwrap());
    assert!(resident < 150 * 1024, "{resident} KiB");
    let all = u64::from(DEVICES * EACH);
    until("all have come", || broker.counts().rules[0].received == all).await;
    broker.stop().await.unwrap();
    let counts = broker.counts().rules.remove(0);
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
    let objects = bench.store.current(BUCKET).unwrap();
    let in_order = objects.is_sorted_by_key(|object| object.modified_us);
    assert!(in_order, "objects become readable in the order of their keys");
    assert_eq!(marked(&broker, Stage::RuleReceived), all_once(DEVICES, EACH));
    assert_eq!(marked(&broker, Stage::RuleDelivered), all_once(DEVICES, EACH));
    let rate = f64::from(DEVICES * EACH) / took.as_secs_f64();
    eprintln!(
        "{all} messages in {took:?}: {rate:.0} a second, {} objects, {resident} KiB",
        bench.bodies().len()
    );
}

trial!(async a_killed_broker_is_reported_and_leaves_its_receipts);
async fn a_killed_broker_is_reported_and_leaves_its_receipts() {
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let config = bench.config(1000, Span::from_mins(60));
    let broker = bench.start(&config).await;
    let ended = tokio::spawn(broker.crashed());
    publish(broker.address(), 0..4, 25, 25, Duration::ZERO).await;
    until("the rule has them", || broker.counts().rules[0].received == 100).await;
    // Marks are written a moment later.
    until("they are marked", || {
        marked(&broker, Stage::RuleReceived) == all_once(4, 25)
    })
    .await;
    assert!(!ended.is_finished());
    let pid = rustix::process::Pid::from_raw(broker.pid().unwrap().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let how = wall::timeout(TIMEOUT, ended).await.expect("it is told").unwrap();
    assert!(how.contains("signal: 9"), "{how}");
    assert_eq!(
        marked(&broker, Stage::RuleReceived),
        all_once(4, 25),
        "what died in the rule is known"
    );
    assert!(marked(&broker, Stage::RuleDelivered).is_empty());
    assert!(bench.bodies().is_empty());
    let refused = tokio::net::TcpStream::connect(broker.address()).await;
    assert!(refused.is_err(), "the listener is closed");
    assert!(!broker.is_running());
    broker.stop().await.expect("there is nothing to stop");
}

trial!(async a_missing_bucket_is_reported_and_retried);
async fn a_missing_bucket_is_reported_and_retried() {
    let bench = Bench::new(600.0).await;
    bench.clock.start();
    bench.store.force_delete_bucket(BUCKET).unwrap();
    let config = bench.config(10, Span::from_mins(600));
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
    assert_eq!(marked(&broker, Stage::RuleDelivered), all_once(2, 10));
    assert_eq!(bench.bodies().len(), 2);
    broker.stop().await.unwrap();
}

trial!(async messages_beyond_the_buffer_are_dropped_and_counted);
async fn messages_beyond_the_buffer_are_dropped_and_counted() {
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
    assert_eq!(marked(&broker, Stage::RuleReceived).len(), 30);
    let began = wall::mono();
    assert!(
        broker.stop().await.is_ok(),
        "a bucket that is gone does not keep it from ending"
    );
    assert!(wall::mono().since(began) < Duration::from_secs(30));
    assert_eq!(
        broker.counts().rules[0].waiting(),
        20,
        "what was never delivered is not said to be"
    );
    assert!(marked(&broker, Stage::RuleDelivered).is_empty());
}

trial!(async a_window_closes_a_batch_in_drill_time);
async fn a_window_closes_a_batch_in_drill_time() {
    let bench = Bench::new(600.0).await;
    bench.clock.start();
    let config = bench.config(1000, Span::from_secs(60));
    let broker = bench.start(&config).await;
    // All are to come, and to be marked, at the beginning of the window.
    let slow = bench.clock.limit_rate(1.0, "they come");
    publish(broker.address(), 0..1, 3, 3, Duration::ZERO).await;
    until("they have come", || {
        marked(&broker, Stage::RuleReceived) == all_once(1, 3)
    })
    .await;
    drop(slow);
    until("the window is over", || broker.counts().rules[0].delivered == 3).await;
    let mut at = BTreeMap::new();
    for record in broker.read_marks().unwrap().records {
        if let LedgerRecord::DeliveryReceipts(marks) = record {
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
