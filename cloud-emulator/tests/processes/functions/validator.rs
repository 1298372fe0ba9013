//! `program-validator`: what it announces, and what it says of programs that are none.

use cloud_emulator::gateway::Principal;
use cloud_emulator::iot_data::PublishError;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use test_harness::trial;

use crate::functions::bench::{Bench, KEY, REGION};
use crate::functions::iot_door::Door;
use crate::functions::process::Function;
use crate::functions::runtime_api::RuntimeApi;

const NAME: &str = "program-validator";
const BLINK: &str = "(define (blink n)\n  (if (> n 0) (blink (- n 1)) \"done\"))\n";

/// With the data plane of IoT at its endpoint.
async fn with_iot() -> (RuntimeApi, Door, Function) {
    let (api, door) = (RuntimeApi::start().await, Door::open().await);
    let function = Function::start(NAME, &api, &door.url);
    (api, door, function)
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

#[track_caller]
fn error_of(answer: &Value) -> &str {
    assert_eq!(answer["valid"], false, "{answer}");
    answer["error"].as_str().expect("it says why")
}

trial!(async valid_programs_are_announced);
async fn valid_programs_are_announced() {
    let (api, door, _function) = with_iot().await;
    let event = json!({"id": "blink", "source": BLINK});
    let answer = api.invoke(event.to_string()).await.answer();
    assert_eq!(
        answer,
        json!({"valid": true, "id": "blink", "sha256": sha256(BLINK)})
    );
    let given = door.brokers.take();
    let [(region, message)] = &given[..] else {
        panic!("{given:?}")
    };
    assert_eq!((&**region, &*message.topic), (REGION, "cmd/all/program"));
    assert!(message.at_least_once);
    let said: Value = serde_json::from_slice(&message.payload).expect("it is JSON");
    assert_eq!(
        said,
        json!({"id": "blink", "sha256": sha256(BLINK), "source": BLINK})
    );
    let headers = door.headers.lock();
    let signed = headers[0]["authorization"].to_str().expect("it is text");
    assert!(
        signed.contains(&format!("Credential={KEY}/")) && signed.contains("/us-west-2/iotdata/"),
        "{signed}"
    );
}

trial!(async programs_of_a_bucket_are_read_and_bounded);
async fn programs_of_a_bucket_are_read_and_bounded() {
    let (api, bench) = (RuntimeApi::start().await, Bench::start());
    let _function = Function::start(NAME, &api, &bench.url);
    let large = "; a comment\n".repeat(100_000);
    let objects: [(&str, &[u8], &str); 4] = [
        ("open.scm", b"(on)\n(off", "line 2, column 1"),
        ("large.scm", large.as_bytes(), "1200000 bytes; at most 65536"),
        ("binary.scm", b"(on)\n\xff", "line 2: the text is not UTF-8"),
        (
            "folder/deep.scm",
            &[b'('; 60_000],
            "line 1, column 257: it nests deeper",
        ),
    ];
    for (key, body, why) in objects {
        bench.store.write("programs", key, body).expect("there is room");
        let answer = api
            .invoke(json!({"bucket": "programs", "key": key}).to_string())
            .await
            .answer();
        assert!(error_of(&answer).contains(why), "{key}: {answer}");
    }
    assert_eq!(bench.gateway.counts().requests.of(Principal::Function), 4);
    let event = json!({"bucket": "programs", "key": "none.scm"}).to_string();
    let (kind, message) = api.invoke(event).await.error();
    assert_eq!(kind, "NoSuchKey");
    assert!(
        message.starts_with("cannot read s3://programs/none.scm: NoSuchKey"),
        "{message}"
    );
    let (kind, _) = api.invoke("{}").await.error();
    assert_eq!(kind, "MalformedEvent");
}

trial!(async malicious_programs_do_not_end_the_function);
async fn malicious_programs_do_not_end_the_function() {
    let (api, door, mut function) = with_iot().await;
    let sources = [
        "(".repeat(100_000),
        "(".repeat(60_000),
        "'".repeat(60_000),
        "#;".repeat(30_000),
        "`(,@".repeat(16_000),
        "(lambda (x) ".repeat(5_000),
        "x ".repeat(600_000),
        "\u{202e}\u{0}\u{feff}(\u{1F600}".to_owned(),
        "\"\\xFFFFFFFF;\"".to_owned(),
        format!("#e1{}", "0".repeat(60_000)),
    ];
    for source in &sources {
        let event = json!({"id": "hostile", "source": source});
        let shown: String = source.chars().take(12).collect();
        let outcome = api.invoke(event.to_string()).await;
        let answer = outcome.answer();
        if answer["valid"] == false {
            assert!(!error_of(&answer).is_empty(), "{shown}");
        } else {
            assert_eq!(answer["sha256"], sha256(source), "{shown}");
        }
    }
    // Valid, but not to be carried: each newline takes two bytes in JSON.
    let event = json!({"id": "x", "source": "\n".repeat(65_536)});
    let answer = api.invoke(event.to_string()).await.answer();
    assert!(
        error_of(&answer).contains("AWS IoT Core carries 131072"),
        "{answer}"
    );
    assert!(function.is_running());
    door.brokers.take();
    let event = json!({"id": "blink", "source": BLINK});
    assert_eq!(api.invoke(event.to_string()).await.answer()["valid"], true);
    assert_eq!(door.brokers.take().len(), 1);
}

trial!(async a_refused_publish_is_an_error);
async fn a_refused_publish_is_an_error() {
    let (api, door, _function) = with_iot().await;
    *door.brokers.refusing.lock() = Some(PublishError::Unavailable("the broker does not run".to_owned()));
    let event = json!({"id": "blink", "source": BLINK}).to_string();
    let (kind, message) = api.invoke(event.clone()).await.error();
    assert_eq!(kind, "ServiceUnavailableException");
    assert_eq!(
        message,
        "cannot announce the program: 503 Service Unavailable: {\"message\":\"the broker does not run\"}"
    );
    *door.brokers.refusing.lock() = None;
    assert_eq!(api.invoke(event.clone()).await.answer()["valid"], true);
    drop(door);
    let (kind, message) = api.invoke(event).await.error();
    assert_eq!(kind, "IotUnavailable", "{message}");
}
