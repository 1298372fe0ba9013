//! What the function announces, and what it says of programs that are none.

mod cloud;

use cloud_emulator::gateway::Principal;
use cloud_emulator::iot_data::PublishError;
use serde_json::{Value, json};

use self::cloud::{Cloud, REGION};
use super::*;

const BLINK: &str = "(define (blink n)\n  (if (> n 0) (blink (- n 1)) \"done\"))\n";

fn parse_event(json: &str) -> HandlerResult<(String, Source)> {
    program(serde_json::from_str(json).unwrap())
}

#[test]
fn a_program_is_said_in_one_way() {
    let (id, source) = parse_event(r#"{"id": "blink", "source": "(on)"}"#).unwrap();
    assert_eq!((id.as_str(), source), ("blink", Source::Text("(on)".to_owned())));
    let object = Source::Object {
        bucket: "b".to_owned(),
        key: "programs/blink.scm".to_owned(),
    };
    let (id, source) = parse_event(r#"{"bucket": "b", "key": "programs/blink.scm"}"#).unwrap();
    assert_eq!((id.as_str(), &source), ("blink", &object));
    let (id, _) = parse_event(r#"{"bucket": "b", "key": "k", "id": "other"}"#).unwrap();
    assert_eq!(id, "other");
    for odd in [
        "{}",
        r#"{"id": "x"}"#,
        r#"{"source": "()"}"#,
        r#"{"id": "", "source": "()"}"#,
        r#"{"id": "a\u0000", "source": "()"}"#,
        r#"{"id": "x", "source": "()", "key": "k"}"#,
        r#"{"bucket": "b"}"#,
        r#"{"bucket": "b", "key": ""}"#,
        r#"{"bucket": "", "key": "k"}"#,
        r#"{"bucket": "b", "key": "folder/"}"#,
    ] {
        assert_eq!(
            parse_event(odd).unwrap_err().error_type,
            "MalformedEvent",
            "{odd}"
        );
    }
    let long = format!(r#"{{"id": "{}", "source": "()"}}"#, "x".repeat(LONGEST_ID + 1));
    assert!(parse_event(&long).is_err());
}

/// One invocation: its answer, or its error as type and message.
async fn invoke(cloud: &Cloud, event: Value) -> Result<Value, (String, String)> {
    let event = serde_json::from_value(event).expect("an event");
    let settings = cloud.settings();
    let s3 = settings.s3();
    let devices = TopicPublisher::new(settings, PROGRAM_TOPIC).expect("a URL");
    match validate(&s3, &devices, event).await {
        Ok(verdict) => Ok(serde_json::to_value(verdict).expect("JSON")),
        Err(error) => Err((error.error_type, error.error_message)),
    }
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

#[track_caller]
fn error_of(answer: &Value) -> &str {
    assert_eq!(answer["valid"], false, "{answer}");
    answer["error"].as_str().expect("it says why")
}

#[test]
fn without_lambdas_environment_it_does_not_start() {
    let end = (FUNCTION.run)().unwrap_err();
    assert_eq!(end.to_string(), "needs AWS_ENDPOINT_URL in its environment");
}

#[tokio::test]
async fn valid_programs_are_announced() {
    let cloud = Cloud::start();
    let answer = invoke(&cloud, json!({"id": "blink", "source": BLINK})).await;
    assert_eq!(
        answer.unwrap(),
        json!({"valid": true, "id": "blink", "sha256": sha256(BLINK)})
    );
    let given = cloud.brokers.drain();
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
}

#[tokio::test]
async fn programs_of_a_bucket_are_read_and_bounded() {
    let cloud = Cloud::start();
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
        cloud.store.write("programs", key, body).expect("there is room");
        let answer = invoke(&cloud, json!({"bucket": "programs", "key": key}))
            .await
            .unwrap();
        assert!(error_of(&answer).contains(why), "{key}: {answer}");
    }
    assert_eq!(
        cloud.gateway.counts().requests.by_principal(Principal::Function),
        4
    );
    let event = json!({"bucket": "programs", "key": "none.scm"});
    let (kind, message) = invoke(&cloud, event).await.unwrap_err();
    assert_eq!(kind, "NoSuchKey");
    assert!(
        message.starts_with("cannot read s3://programs/none.scm: NoSuchKey"),
        "{message}"
    );
    let (kind, _) = invoke(&cloud, json!({})).await.unwrap_err();
    assert_eq!(kind, "MalformedEvent");
}

#[tokio::test]
async fn malicious_programs_do_not_end_the_function() {
    let cloud = Cloud::start();
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
        let shown: String = source.chars().take(12).collect();
        let answer = invoke(&cloud, json!({"id": "hostile", "source": source}))
            .await
            .unwrap();
        if answer["valid"] == false {
            assert!(!error_of(&answer).is_empty(), "{shown}");
        } else {
            assert_eq!(answer["sha256"], sha256(source), "{shown}");
        }
    }
    // Valid, but not to be carried: each newline takes two bytes in JSON.
    let event = json!({"id": "x", "source": "\n".repeat(65_536)});
    let answer = invoke(&cloud, event).await.unwrap();
    assert!(
        error_of(&answer).contains("AWS IoT Core carries 131072"),
        "{answer}"
    );
    cloud.brokers.drain();
    let event = json!({"id": "blink", "source": BLINK});
    assert_eq!(invoke(&cloud, event).await.unwrap()["valid"], true);
    assert_eq!(cloud.brokers.drain().len(), 1);
}

#[tokio::test]
async fn a_refused_publish_is_an_error() {
    let cloud = Cloud::start();
    *cloud.brokers.refusing.lock() = Some(PublishError::Unavailable("the broker does not run".to_owned()));
    let event = json!({"id": "blink", "source": BLINK});
    let (kind, message) = invoke(&cloud, event.clone()).await.unwrap_err();
    assert_eq!(kind, "ServiceUnavailableException");
    assert_eq!(
        message,
        "cannot announce the program: 503 Service Unavailable: {\"message\":\"the broker does not run\"}"
    );
    *cloud.brokers.refusing.lock() = None;
    assert_eq!(invoke(&cloud, event).await.unwrap()["valid"], true);
}
