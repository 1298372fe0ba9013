//! What is sent for a batch: one object, or the events of one or more invocations. Pure.
//!
//! ```text
//!   batch ──┬── bucket ────► the payloads, one per line
//!           └── function ──► {"rule": …, "key": …, "messages": ["…", …]}   at most 256 KiB each
//! ```
//!
//! The key of an event is the one that an object of this batch would have had, so that a function which
//! is invoked twice with it writes one object.

use bytes::Bytes;
use drill::ledger::MessageId;
use drill::telemetry;
use serde::Serialize;

use super::batch::Batch;
use crate::config::Target;

/// The largest event of an asynchronous invocation in bytes: what Lambda took for ten years (it has been
/// 1 MB since October 2025), and what every Lambda takes.
const EVENT_BYTES: usize = 256 * 1024;

/// Room for the number of an event in its key.
const NUMBER_BYTES: usize = 8;

/// What goes to a target in one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BatchPayload {
    /// The object's key.
    pub(super) key: String,
    pub(super) body: Bytes,
    /// How many messages are in it.
    pub(super) messages: u64,
    /// Those that are telemetry.
    pub(super) telemetry: Vec<MessageId>,
}

/// What is to be sent for a batch of `rule`.
pub(super) fn batch_payloads(rule: &str, batch: Batch, target: &Target) -> Vec<BatchPayload> {
    let key = batch.key(rule);
    match target {
        Target::Bucket(_) => vec![BatchPayload {
            key,
            messages: batch.messages(),
            telemetry: batch.telemetry,
            body: Bytes::from(batch.body),
        }],
        Target::Function { .. } => events(rule, &key, &batch),
    }
}

#[derive(Serialize)]
struct Event<'a> {
    rule: &'a str,
    key: &'a str,
    messages: &'a [String],
}

fn event(rule: &str, key: &str, messages: &[String]) -> Vec<u8> {
    serde_json::to_vec(&Event { rule, key, messages }).expect("text makes JSON")
}

fn events(rule: &str, key: &str, batch: &Batch) -> Vec<BatchPayload> {
    // A payload that is no UTF-8 is no telemetry either; an event is JSON and cannot hold it as it is.
    let texts = batch
        .payloads()
        .map(|payload| String::from_utf8_lossy(payload).into_owned());
    let groups = groups(texts, event(rule, key, &[]).len() + NUMBER_BYTES);
    let several = groups.len() > 1;
    let named = |n: usize| match (several, key.strip_suffix(".jsonl")) {
        (true, Some(stem)) => format!("{stem}-{}.jsonl", n + 1),
        _ => key.to_owned(),
    };
    let batch_payload = |(n, messages): (usize, Vec<String>)| {
        let key = named(n);
        let decoded = messages
            .iter()
            .filter_map(|text| telemetry::decode(text.as_bytes()));
        BatchPayload {
            body: Bytes::from(event(rule, &key, &messages)),
            messages: messages.len() as u64,
            telemetry: decoded.map(|(id, _)| id).collect(),
            key,
        }
    };
    groups.into_iter().enumerate().map(batch_payload).collect()
}

/// As many texts to an event as fit beside `frame` bytes; one that does not fit at all has an event of its
/// own, which the function's region refuses.
fn groups(texts: impl Iterator<Item = String>, frame: usize) -> Vec<Vec<String>> {
    let mut groups: Vec<Vec<String>> = Vec::new();
    let mut length = usize::MAX;
    for text in texts {
        // In quotation marks, with what JSON escapes, and a comma.
        let bytes = serde_json::to_string(&text).map_or(0, |json| json.len()) + 1;
        match groups.last_mut() {
            Some(group) if length + bytes <= EVENT_BYTES => group.push(text),
            _ => {
                length = frame;
                groups.push(vec![text]);
            }
        }
        length += bytes;
    }
    groups
}

#[cfg(test)]
mod tests {
    use drill::units::{DrillTime, Span};
    use proptest::prelude::*;

    use super::*;
    use crate::config::RuleConfig;
    use crate::rule::batch::Batcher;

    fn function() -> Target {
        Target::Function {
            name: "telemetry-ingest".to_owned(),
            qualifier: None,
        }
    }

    fn batch(payloads: &[Vec<u8>]) -> Batch {
        let rule = RuleConfig {
            name: "telemetry".to_owned(),
            topic: "dt/+/telemetry".to_owned(),
            target: function(),
            batch_max: u32::MAX,
            batch_window: Span::from_secs(10),
            buffer_bytes: RuleConfig::BUFFER_BYTES,
        };
        let mut batcher = Batcher::new(&rule, 0);
        for payload in payloads {
            batcher.add(payload, DrillTime::from_secs(3));
        }
        batcher.close().unwrap()
    }

    fn read(batch_payload: &BatchPayload) -> (String, Vec<String>) {
        let event: serde_json::Value = serde_json::from_slice(&batch_payload.body).unwrap();
        assert_eq!(event["rule"], "telemetry");
        let messages = event["messages"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        (text(&event["key"]), messages.map(text).collect())
    }

    #[test]
    fn a_batch_is_one_event_with_the_key_of_its_object() {
        let line = telemetry::encode(5, 1, DrillTime::ZERO, 128);
        let batch = batch(&[line.clone(), b"say \"hello\"\nthere".to_vec()]);
        let [batch_payload] = &batch_payloads("telemetry", batch.clone(), &function())[..] else {
            panic!("one event");
        };
        let (key, messages) = read(batch_payload);
        assert_eq!(
            (key.as_str(), batch_payload.key.as_str()),
            ("telemetry/0000003-000000.jsonl", key.as_str())
        );
        assert_eq!(
            messages,
            [
                String::from_utf8(line).unwrap(),
                "say \"hello\"\nthere".to_owned()
            ]
        );
        assert_eq!((batch_payload.messages, batch_payload.telemetry.len()), (2, 1));
        let object = &batch_payloads("telemetry", batch, &Target::Bucket("b".to_owned()))[0];
        assert_eq!((&object.key, object.messages), (&batch_payload.key, 2));
        assert!(object.body.ends_with(b"say \"hello\"\nthere\n"));
    }

    #[test]
    fn a_large_batch_is_split_between_messages() {
        let lines: Vec<_> = (0..4000)
            .map(|seq| telemetry::encode(1, seq, DrillTime::ZERO, 200))
            .collect();
        let batch_payloads = batch_payloads("telemetry", batch(&lines), &function());
        assert!(batch_payloads.len() > 3);
        assert_eq!(batch_payloads[0].key, "telemetry/0000003-000000-1.jsonl");
        assert_eq!(batch_payloads[1].key, "telemetry/0000003-000000-2.jsonl");
        let ids: Vec<_> = batch_payloads
            .iter()
            .flat_map(|batch_payload| &batch_payload.telemetry)
            .collect();
        assert!(ids.iter().map(|id| id.seq).eq(0..4000), "each once and in order");
        let fill = |batch_payload: &BatchPayload| batch_payload.body.len() > EVENT_BYTES - 1000;
        assert!(
            batch_payloads[..batch_payloads.len() - 1].iter().all(fill),
            "as few as possible"
        );
    }

    proptest! {
        // Each case is a megabyte of text.
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn no_event_is_too_large_unless_one_message_is(
            sizes in prop::collection::vec((0usize..60_000, any::<u8>()), 1..40)
        ) {
            let payloads: Vec<_> = sizes.iter().map(|(size, byte)| vec![*byte; *size]).collect();
            let batch_payloads = batch_payloads("telemetry", batch(&payloads), &function());
            let mut seen = Vec::new();
            for batch_payload in &batch_payloads {
                let (key, messages) = read(batch_payload);
                prop_assert_eq!(&key, &batch_payload.key);
                prop_assert!(batch_payload.body.len() <= EVENT_BYTES || messages.len() == 1);
                seen.extend(messages);
            }
            let lossy: Vec<_> = payloads.iter().map(|p| String::from_utf8_lossy(p).into_owned()).collect();
            prop_assert_eq!(seen, lossy);
        }
    }
}
