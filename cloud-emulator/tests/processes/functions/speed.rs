//! What an invocation costs.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use runtime::wall;
use test_harness::trial;
use tokio::net::{TcpListener, TcpStream};

use crate::functions::bench::Bench;
use crate::functions::ingest::batch;
use crate::functions::process::Function;
use crate::functions::runtime_api::RuntimeApi;

/// As many as are measured.
const INVOCATIONS: usize = 2_000;

trial!(async a_warm_function_keeps_its_connection);
/// What makes a warm invocation cheap: its client is that of the invocation before.
async fn a_warm_function_keeps_its_connection() {
    let (api, bench) = (RuntimeApi::start().await, Bench::start());
    let endpoint = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}", endpoint.local_addr().expect("it is bound"));
    let (counted, behind) = (Arc::new(AtomicUsize::new(0)), bench.url.clone());
    let connections = counted.clone();
    let _listener = tokio::spawn(async move {
        while let Ok((mut inside, _)) = endpoint.accept().await {
            connections.fetch_add(1, Ordering::Relaxed);
            let address = behind.trim_start_matches("http://").to_owned();
            tokio::spawn(async move {
                let mut outside = TcpStream::connect(address).await?;
                tokio::io::copy_bidirectional(&mut inside, &mut outside).await
            });
        }
    });
    let _function = Function::start("telemetry-ingest", &api, &url);
    for n in 0..50 {
        api.invoke(batch(&format!("warm/{n:04}"), 10).0.to_string())
            .await
            .answer();
    }
    assert_eq!(bench.gateway.counts().requests.total(), 50);
    assert_eq!(counted.load(Ordering::Relaxed), 1);
}

trial!(async figures_of_an_invocation, ignored);
/// Figures for people, of one environment, one invocation after the other (to be run in release).
async fn figures_of_an_invocation() {
    let (api, bench) = (RuntimeApi::start().await, Bench::start());
    let began = wall::mono();
    let function = Function::start("telemetry-ingest", &api, &bench.url);
    api.invoke(batch("first", 1).0.to_string()).await.answer();
    let cold = wall::mono().since(began);
    let mut took = Vec::new();
    for n in 0..INVOCATIONS {
        let event = batch(&format!("warm/{n:04}"), 100).0.to_string();
        let began = wall::mono();
        api.invoke(event).await.answer();
        took.push(wall::mono().since(began));
    }
    took.sort();
    let (median, p99) = (took[INVOCATIONS / 2], took[INVOCATIONS * 99 / 100]);
    println!("cold start {cold:?}; warm with 100 messages {median:?} (median), {p99:?} (p99)");
    println!("{}", memory(function.0.id()));
}

/// Resident memory of a process, what of that is its own, and its share of what it shares.
fn memory(pid: u32) -> String {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let wanted = |line: &&str| {
        ["Rss:", "Pss:", "Private_Clean:", "Private_Dirty:"].contains(&line.split(' ').next().unwrap_or(""))
    };
    let lines: Vec<&str> = rollup.lines().filter(wanted).collect();
    lines.join(", ")
}
