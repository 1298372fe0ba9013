//! How much a broker takes: run with `--ignored`, in a release build.

use std::time::Duration;

use cloud_emulator::iot::BrokerConfig;
use drill::units::Span;
use runtime::wall;
use test_harness::trial;

use crate::iot_broker::bench::{Bench, until};
use crate::iot_broker::devices::{connect, publish};

trial!(async load_of_connects, ignored);
/// Connects per second, of 200 clients that connect one session after the other.
async fn load_of_connects() {
    const CONNECTIONS: u32 = 5000;
    const TASKS: u32 = 200;
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let config = BrokerConfig {
        max_connections: CONNECTIONS + 10,
        ..bench.config(500, Span::from_secs(1))
    };
    let broker = bench.start(&config).await;
    let address = broker.address();
    let began = wall::mono();
    let some = |task: u32| async move {
        let mut kept = Vec::new();
        for n in 0..CONNECTIONS / TASKS {
            kept.push(connect(address, task * 1000 + n).await.expect("each is let in"));
        }
        kept
    };
    let tasks: Vec<_> = (0..TASKS).map(|task| tokio::spawn(some(task))).collect();
    let mut kept = Vec::new();
    for task in tasks {
        kept.extend(task.await.unwrap());
    }
    let took = wall::mono().since(began);
    let rate = f64::from(CONNECTIONS) / took.as_secs_f64();
    eprintln!("{CONNECTIONS} connections in {took:?}: {rate:.0} a second");
    drop(kept);
    broker.stop().await.unwrap();
}

trial!(async load_of_messages, ignored);
/// Messages through a rule into the bucket, 20,000 a second if the devices keep up.
async fn load_of_messages() {
    const DEVICES: u32 = 100;
    const EACH: u32 = 3000;
    let bench = Bench::new(120.0).await;
    bench.clock.start();
    let broker = bench.start(&bench.config(500, Span::from_secs(60))).await;
    let began = wall::mono();
    publish(broker.address(), 0..DEVICES, EACH, 20, Duration::from_millis(100)).await;
    let took = wall::mono().since(began);
    until("all are delivered", || {
        let rule = &broker.counts().rules[0];
        rule.delivered + rule.missed == u64::from(DEVICES * EACH)
    })
    .await;
    let missed = broker.counts().rules[0].missed;
    let rate = f64::from(DEVICES * EACH) / took.as_secs_f64();
    eprintln!(
        "{} messages in {took:?}: {rate:.0} a second, {missed} missed",
        DEVICES * EACH
    );
    broker.stop().await.unwrap();
}
