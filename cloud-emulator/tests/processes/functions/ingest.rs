//! `telemetry-ingest`: what it writes, and what it refuses.

use cloud_emulator::gateway::Principal;
use drill::telemetry;
use drill::units::DrillTime;
use serde_json::{Value, json};
use test_harness::trial;

use crate::functions::bench::Bench;
use crate::functions::process::Function;
use crate::functions::runtime_api::RuntimeApi;

const NAME: &str = "telemetry-ingest";

async fn ingest() -> (RuntimeApi, Bench, Function) {
    let (api, bench) = (RuntimeApi::start().await, Bench::start());
    let function = Function::start(NAME, &api, &bench.url);
    (api, bench, function)
}

/// A batch of the messages 1 to `n` of a device.
pub(crate) fn batch(key: &str, n: u32) -> (Value, Vec<u8>) {
    let lines: Vec<Vec<u8>> = (1..=n)
        .map(|seq| telemetry::encode(7, seq, DrillTime::from_secs(i64::from(seq)), 128))
        .collect();
    let text = |line: &Vec<u8>| String::from_utf8(line.clone()).expect("lines are text");
    let messages: Vec<String> = lines.iter().map(text).collect();
    let mut body = lines.join(&b'\n');
    body.push(b'\n');
    (
        json!({"rule": "telemetry", "key": key, "messages": messages}),
        body,
    )
}

trial!(async a_batch_is_written_to_the_object_of_its_rule);
async fn a_batch_is_written_to_the_object_of_its_rule() {
    let (api, bench, _function) = ingest().await;
    let (event, body) = batch("telemetry/0000003-000000.jsonl", 3);
    let answer = api.invoke(event.to_string()).await.answer();
    assert_eq!(
        answer,
        json!({"rule": "telemetry", "bucket": "telemetry", "key": "telemetry/0000003-000000.jsonl",
               "messages": 3, "bytes": 3 * 129})
    );
    assert_eq!(bench.body("telemetry/0000003-000000.jsonl"), body);
    let ids: Vec<u32> = body
        .split(|byte| *byte == b'\n')
        .filter_map(|line| telemetry::decode(line).map(|(id, _)| id.seq))
        .collect();
    assert_eq!(ids, [1, 2, 3], "what an audit reads");
    let stored = bench
        .store
        .read("telemetry", "telemetry/0000003-000000.jsonl", None);
    let object = stored.expect("it is there").object.expect("it is no marker");
    let checksum = format!("{:?}", object.checksum.expect("it has a checksum"));
    assert!(checksum.contains("Sha256"), "{checksum}");
    assert_eq!(
        bench.gateway.counts().requests.by_principal(Principal::Function),
        1
    );
    // Messages need not be telemetry, nor one line each: they are written as a rule writes them.
    let event = json!({"rule": "r", "key": "odd ключ+%", "messages": ["", "a\nb", "é\u{0}"]});
    api.invoke(event.to_string()).await.answer();
    assert_eq!(bench.body("odd ключ+%"), "\na\nb\né\u{0}\n".as_bytes());
}

trial!(async a_repeated_event_writes_the_same_object);
async fn a_repeated_event_writes_the_same_object() {
    let (api, bench, _function) = ingest().await;
    let (event, body) = batch("telemetry/0000001-000000.jsonl", 50);
    let first = api.invoke(event.to_string()).await.answer();
    let second = api.invoke(event.to_string()).await.answer();
    assert_eq!(first, second);
    assert_eq!(bench.store.current("telemetry").expect("it is there").len(), 1);
    assert_eq!(bench.body("telemetry/0000001-000000.jsonl"), body);
}

trial!(async errors_of_s3_are_errors_of_the_function);
async fn errors_of_s3_are_errors_of_the_function() {
    let (api, bench, _function) = ingest().await;
    bench.store.force_delete_bucket("telemetry").expect("it is there");
    let (event, body) = batch("k", 1);
    let (kind, message) = api.invoke(event.to_string()).await.error();
    assert_eq!(kind, "NoSuchBucket");
    assert!(
        message.starts_with("cannot write s3://telemetry/k: NoSuchBucket: "),
        "{message}"
    );
    bench.create("telemetry");
    api.invoke(event.to_string()).await.answer();
    assert_eq!(bench.body("k"), body, "the repetition of the event comes through");
    // A gateway that is not there.
    // A port that is ours and at which no process listens.
    let nowhere = tokio::net::TcpSocket::new_v4().expect("a socket");
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    nowhere.bind(any).expect("a port is free");
    let url = format!("http://{}", nowhere.local_addr().expect("it is bound"));
    let other = RuntimeApi::start().await;
    let _function = Function::start(NAME, &other, &url);
    let (kind, message) = other.invoke(event.to_string()).await.error();
    assert_eq!(kind, "S3Unavailable");
    assert!(message.contains("cannot write s3://telemetry/k"), "{message}");
}

trial!(async malformed_events_are_refused);
async fn malformed_events_are_refused() {
    let (api, bench, mut function) = ingest().await;
    let long = "k".repeat(1025);
    let events = [
        ("", "EOF"),
        ("null", "struct Event"),
        ("[]", "struct Event"),
        ("{\"rule\": ", "EOF"),
        (r#"{"rule": "r", "messages": ["x"]}"#, "missing field `key`"),
        (r#"{"rule": "r", "key": "k"}"#, "missing field `messages`"),
        (r#"{"key": "k", "messages": ["x"]}"#, "missing field `rule`"),
        (r#"{"rule": "r", "key": "k", "messages": [7]}"#, "messages[0]"),
        (
            r#"{"rule": "r", "key": "k", "messages": []}"#,
            "`messages` is empty",
        ),
        (r#"{"rule": "r", "key": "", "messages": ["x"]}"#, "`key` is empty"),
        (
            &format!(r#"{{"rule": "r", "key": "{long}", "messages": ["x"]}}"#),
            "1025 bytes",
        ),
    ];
    for (event, why) in events {
        let (_, message) = api.invoke(event).await.error();
        assert!(message.contains(why), "{event}: {message}");
    }
    let (_, message) = api.invoke(b"\xff\xfe".to_vec()).await.error();
    assert!(message.contains("expected value"), "{message}");
    assert!(function.is_running());
    assert!(bench.store.current("telemetry").expect("it is there").is_empty());
}
