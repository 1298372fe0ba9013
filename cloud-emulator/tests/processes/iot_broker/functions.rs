//! Rules that invoke a function, against an endpoint of the tests that checks signatures by the book.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cloud_emulator::iot::{BrokerConfig, BrokerHandle, Target, Trouble};
use drill::ledger::Stage;
use drill::telemetry;
use drill::units::{DrillTime, Span};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use test_harness::trial;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::iot_broker::bench::{Bench, until};
use crate::iot_broker::devices::publish;
use crate::iot_broker::rules::{all_once, marked};

/// How the endpoint answers a request.
#[derive(Clone, Copy, Debug)]
enum StubAnswer {
    Status(u16, &'static str),
    HangUp,
}

/// A request as it came.
struct ReceivedRequest {
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

/// Answers as it is told to, and 202 thereafter; keeps what it accepted.
struct Stub {
    endpoint: String,
    answers: Mutex<Vec<StubAnswer>>,
    asked: Mutex<u32>,
    accepted: Mutex<Vec<serde_json::Value>>,
}

impl Stub {
    async fn start(answers: &[StubAnswer]) -> Arc<Stub> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stub = Arc::new(Stub {
            endpoint: format!("http://{}", listener.local_addr().unwrap()),
            answers: Mutex::new(answers.iter().rev().copied().collect()),
            asked: Mutex::default(),
            accepted: Mutex::default(),
        });
        let serving = stub.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        stub
    }

    async fn serve(self: Arc<Stub>, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some(request) = read(&mut stream).await {
            *self.asked.lock() += 1;
            let told = self.answers.lock().pop();
            let (status, code) = match told {
                Some(StubAnswer::HangUp) => return,
                Some(StubAnswer::Status(status, code)) => (status, code),
                None => match check(&request) {
                    Ok(()) => (202, ""),
                    Err(why) => panic!("{why}"),
                },
            };
            if status == 202 {
                self.accepted
                    .lock()
                    .push(serde_json::from_slice(&request.body).unwrap());
            }
            let body = format!("{{\"Message\":\"{code} was told\"}}");
            let answer = format!(
                "HTTP/1.1 {status} x\r\nx-amzn-ErrorType: {code}:http://internal/\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }

    fn messages(&self) -> usize {
        let accepted = self.accepted.lock();
        accepted
            .iter()
            .map(|event| event["messages"].as_array().unwrap().len())
            .sum()
    }

    fn keys(&self) -> Vec<String> {
        let accepted = self.accepted.lock();
        accepted
            .iter()
            .map(|event| event["key"].as_str().unwrap().to_owned())
            .collect()
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<ReceivedRequest> {
    let mut first = String::new();
    stream
        .read_line(&mut first)
        .await
        .ok()
        .filter(|length| *length > 0)?;
    let path = first.strip_prefix("POST ")?.split(' ').next()?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    stream.read_exact(&mut body).await.ok()?;
    Some(ReceivedRequest { path, headers, body })
}

/// Signature Version 4, as AWS's documentation has it.
fn check(request: &ReceivedRequest) -> Result<(), String> {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let authorization = &request.headers["authorization"];
    let part = |name: &str| {
        let parts = authorization.strip_prefix("AWS4-HMAC-SHA256 ")?.split(", ");
        parts
            .filter_map(|part| part.split_once('='))
            .find(|(key, _)| *key == name)
    };
    let [credential, signed, signature] =
        ["Credential", "SignedHeaders", "Signature"].map(|name| part(name).unwrap().1);
    let canonical_headers: String = signed
        .split(';')
        .map(|name| format!("{name}:{}\n", request.headers[name]))
        .collect();
    let canonical = format!(
        "POST\n{path}\n{}\n{canonical_headers}\n{signed}\n{}",
        if query.is_empty() { "" } else { query },
        hex::encode(Sha256::digest(&request.body))
    );
    let (access_key, scope) = credential.split_once('/').unwrap();
    let date = &request.headers["x-amz-date"];
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
        hex::encode(Sha256::digest(canonical))
    );
    let key = scope.split('/').fold(b"AWS4rule-secret".to_vec(), |key, part| {
        hmac(&key, part.as_bytes())
    });
    let day = &date[..8];
    let right = [
        (access_key == "RULEKEY", "access key"),
        (scope == format!("{day}/us-west-2/lambda/aws4_request"), "scope"),
        (
            signature == hex::encode(hmac(&key, to_sign.as_bytes())),
            "signature",
        ),
        (
            signed.contains("host") && signed.contains("x-amz-invocation-type"),
            "signed headers",
        ),
        (
            request.headers["x-amz-invocation-type"] == "Event",
            "invocation type",
        ),
        (
            path == "/2015-03-31/functions/telemetry-ingest/invocations",
            "path",
        ),
    ];
    match right.iter().find(|(right, _)| !right) {
        Some((_, what)) => Err(format!("the {what} is wrong: {path} {authorization}")),
        None => Ok(()),
    }
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    assert!(key.len() <= 64);
    let padded = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new()
        .chain_update(padded(0x36))
        .chain_update(message)
        .finalize();
    let outer = Sha256::new()
        .chain_update(padded(0x5c))
        .chain_update(inner)
        .finalize();
    outer.to_vec()
}

fn function(qualifier: Option<&str>) -> Target {
    Target::Function {
        name: "telemetry-ingest".to_owned(),
        qualifier: qualifier.map(str::to_owned),
    }
}

fn config(bench: &Bench, stub: &Stub, batch_max: u32, qualifier: Option<&str>) -> BrokerConfig {
    let mut config = bench.config(batch_max, Span::from_mins(600));
    config.endpoint.clone_from(&stub.endpoint);
    config.rules[0].target = function(qualifier);
    config
}

trial!(async a_rule_invokes_a_function);
async fn a_rule_invokes_a_function() {
    let bench = Bench::new(600.0).await;
    bench.clock.start();
    let stub = Stub::start(&[]).await;
    let site = bench.start(&config(&bench, &stub, 10, Some("live"))).await;
    publish(site.address(), 0..4, 25, 25, Duration::ZERO).await;
    until("it is delivered", || site.counts().rules[0].delivered == 100).await;
    assert_eq!((stub.messages(), stub.accepted.lock().len()), (100, 10));
    assert!(stub.keys().is_sorted_by(|a, b| a < b), "{:?}", stub.keys());
    for event in stub.accepted.lock().iter() {
        assert_eq!(event["rule"], "telemetry");
        for message in event["messages"].as_array().unwrap() {
            assert!(telemetry::decode(message.as_str().unwrap().as_bytes()).is_some());
        }
    }
    assert_eq!(marked(&site, Stage::RuleReceived), all_once(4, 25));
    assert_eq!(marked(&site, Stage::RuleDelivered), all_once(4, 25));
    assert!(bench.troubles().is_empty() && bench.bodies().is_empty());
    site.stop().await.unwrap();
}

trial!(async a_function_that_refuses_is_invoked_again);
async fn a_function_that_refuses_is_invoked_again() {
    let bench = Bench::new(600.0).await;
    bench.clock.start();
    let refusals = [
        StubAnswer::Status(429, "TooManyRequestsException"),
        StubAnswer::Status(500, "ServiceException"),
        StubAnswer::HangUp,
        StubAnswer::Status(404, "ResourceNotFoundException"),
        StubAnswer::Status(503, "ServiceUnavailable"),
    ];
    let stub = Stub::start(&refusals).await;
    let site = bench.start(&config(&bench, &stub, 5, None)).await;
    publish(site.address(), 0..1, 10, 10, Duration::ZERO).await;
    until("it is delivered", || site.counts().rules[0].delivered == 10).await;
    // Told once, however often it was tried.
    let told = |trouble: &Trouble| {
        matches!(trouble, Trouble::Refused { error, .. }
        if error == "TooManyRequestsException: TooManyRequestsException was told")
    };
    // What is counted and what is told come by ways of their own.
    until("both are told", || bench.troubles().len() >= 2).await;
    let troubles = bench.troubles();
    assert!(told(&troubles[0]) && troubles.len() == 2, "{troubles:?}");
    assert_eq!(site.counts().rules[0].failed_uploads, 5);
    assert_eq!(*stub.asked.lock(), 7);
    assert_eq!(marked(&site, Stage::RuleDelivered), all_once(1, 10));
    site.stop().await.unwrap();
}

trial!(async a_message_too_large_for_a_function_is_dropped);
async fn a_message_too_large_for_a_function_is_dropped() {
    let bench = Bench::new(600.0).await;
    bench.clock.start();
    let stub = Stub::start(&[StubAnswer::Status(413, "RequestTooLargeException")]).await;
    let site = bench.start(&config(&bench, &stub, 1, None)).await;
    publish(site.address(), 0..1, 3, 1, Duration::from_millis(20)).await;
    until("the rest is delivered", || site.counts().rules[0].delivered == 2).await;
    let counts = site.counts().rules.remove(0);
    assert_eq!(
        (counts.dropped, counts.waiting()),
        (1, 0),
        "what can never be taken is not tried again"
    );
    assert_eq!(
        (stub.messages(), marked(&site, Stage::RuleReceived).len()),
        (2, 3)
    );
    assert_eq!(marked(&site, Stage::RuleDelivered).len(), 2);
    site.stop().await.unwrap();
}

trial!(async a_rule_is_given_another_function);
async fn a_rule_is_given_another_function() {
    let bench = Bench::new(600.0).await;
    bench.clock.start();
    let never = [StubAnswer::Status(503, "ServiceUnavailable"); 100];
    let (bad, good) = (Stub::start(&never).await, Stub::start(&[]).await);
    let site = bench.start(&config(&bench, &bad, 1, None)).await;
    publish(site.address(), 0..1, 3, 3, Duration::ZERO).await;
    until("it is refused", || *bad.asked.lock() > 0).await;
    let bucket = Target::Bucket("b".to_owned());
    assert!(
        site.retarget("telemetry", &good.endpoint, "us-west-2", bucket)
            .await
            .is_err()
    );
    assert!(
        site.retarget("other", &good.endpoint, "us-west-2", function(None))
            .await
            .is_err()
    );
    site.retarget("telemetry", &good.endpoint, "us-west-2", function(None))
        .await
        .unwrap();
    until("what waited is delivered there", || good.messages() == 3).await;
    site.restart().await.unwrap();
    publish(site.address(), 1..2, 3, 3, Duration::ZERO).await;
    until("so is what comes after a restart", || good.messages() == 6).await;
    assert_eq!(bad.messages(), 0);
    until("it is marked", || {
        marked(&site, Stage::RuleDelivered) == all_once(2, 3)
    })
    .await;
    site.stop().await.unwrap();
}

trial!(async a_rule_is_given_another_bucket);
/// A rule that writes to a bucket can be given another one.
async fn a_rule_is_given_another_bucket() {
    let bench = Bench::new(600.0).await;
    bench.clock.start();
    let mut config = bench.config(1, Span::from_secs(60));
    config.rules[0].target = Target::Bucket("not-there".to_owned());
    let endpoint = config.endpoint.clone();
    let site: BrokerHandle = bench.start(&config).await;
    publish(site.address(), 0..1, 1, 1, Duration::ZERO).await;
    until("it is refused", || !bench.troubles().is_empty()).await;
    let there = Target::Bucket(crate::iot_broker::bench::BUCKET.to_owned());
    site.retarget("telemetry", &endpoint, "us-west-2", there)
        .await
        .unwrap();
    until("it is delivered", || bench.bodies().len() == 1).await;
    let line = telemetry::encode(0, 0, DrillTime::ZERO, 128);
    assert_eq!(
        bench.bodies().into_values().next().unwrap().trim().as_bytes(),
        line
    );
    site.stop().await.unwrap();
}
