//! `telemetry-ingest`: a batch of an IoT rule becomes one object.
//!
//! ```text
//!   {"rule", "key", "messages": [line, ...]} ──► s3://$BUCKET/key: the lines, each with a newline
//! ```
//!
//! The object is the one that the rule would have written into the bucket itself. An event that comes again
//! writes the same object under the same key, as Lambda's repetitions ask for.

use aws_sdk_s3::types::ChecksumAlgorithm;
use drill::variables::DeclaredVariable;
use serde::{Deserialize, Serialize};

use super::built_in::BuiltInFunction;
use super::check::{self, malformed, refused};
use super::end::FunctionEnd;
use super::host::{HandlerResult, host};
use super::settings::{Settings, needed, variable};

pub(super) const FUNCTION: BuiltInFunction = BuiltInFunction {
    name: "telemetry-ingest",
    run,
};

/// A batch, as rules hand it on.
#[derive(Debug, Deserialize)]
struct Event {
    /// The rule that made the batch.
    rule: String,
    /// Where it belongs.
    key: String,
    /// The payloads.
    messages: Vec<String>,
}

/// What was written.
#[derive(Debug, Serialize)]
struct Written {
    rule: String,
    bucket: String,
    key: String,
    messages: usize,
    bytes: usize,
}

/// Works until the process is to end.
fn run() -> Result<(), FunctionEnd> {
    let s3 = Settings::from_environment()?.s3();
    let bucket = needed(&variable, DeclaredVariable::Bucket.name())?;
    host(|event| write(&s3, &bucket, event))
}

async fn write(s3: &aws_sdk_s3::Client, bucket: &str, event: Event) -> HandlerResult<Written> {
    check::key(&event.key)?;
    if event.messages.is_empty() {
        return Err(malformed("`messages` is empty"));
    }
    let body = body(&event.messages);
    let bytes = body.len();
    let put = s3.put_object().bucket(bucket).key(&event.key);
    put.checksum_algorithm(ChecksumAlgorithm::Sha256)
        .body(body.into())
        .send()
        .await
        .map_err(|error| refused(&format!("cannot write s3://{bucket}/{}", event.key), &error))?;
    Ok(Written {
        rule: event.rule,
        bucket: bucket.to_owned(),
        key: event.key,
        messages: event.messages.len(),
        bytes,
    })
}

/// Each message with a newline, as a rule writes them into a bucket.
fn body(messages: &[String]) -> Vec<u8> {
    let size = messages.iter().map(|message| message.len() + 1).sum();
    let mut body = Vec::with_capacity(size);
    for message in messages {
        body.extend_from_slice(message.as_bytes());
        body.push(b'\n');
    }
    body
}
