//! `program-validator`: checks a Steel program and announces it to the devices.
//!
//! ```text
//!   {"id", "source"} ─────────────────┐
//!   {"bucket", "key", "id"?} ─► S3 ───┴─► syntax ──valid──► iotdata ──► cmd/all/program, QoS 1
//!                                            └──not──► {"valid": false, "error": "line …"}
//! ```
//!
//! A program that is not valid is an answer; an event without a program, an S3 or an IoT that does not
//! answer are errors of the function.

mod announcement;
mod source;
mod syntax;

use cloud_emulator::functions::check::{self, malformed};
use cloud_emulator::functions::{
    BuiltInFunction, FunctionEnd, HandlerResult, Settings, TopicPublisher, host,
};
use fleet_emulator::PROGRAM_TOPIC;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use source::Source;

/// The function, as the program has it built in.
pub(super) const FUNCTION: BuiltInFunction = BuiltInFunction {
    name: "program-validator",
    run,
};

/// The longest name of a program, in bytes.
const LONGEST_ID: usize = 128;

/// A program, or where it is.
#[derive(Debug, Deserialize)]
struct Event {
    /// The program's name; without it, that of its object without folders and extension.
    id: Option<String>,
    source: Option<String>,
    bucket: Option<String>,
    key: Option<String>,
}

/// What was found.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Verdict {
    Valid { valid: bool, id: String, sha256: String },
    Invalid { valid: bool, error: String },
}

impl Verdict {
    fn invalid(error: String) -> Verdict {
        Verdict::Invalid { valid: false, error }
    }
}

/// Works until the process is to end.
fn run() -> Result<(), FunctionEnd> {
    let settings = Settings::from_environment()?;
    let (s3, devices) = (settings.s3(), TopicPublisher::new(settings, PROGRAM_TOPIC)?);
    host(|event| validate(&s3, &devices, event))
}

async fn validate(s3: &aws_sdk_s3::Client, devices: &TopicPublisher, event: Event) -> HandlerResult<Verdict> {
    let (id, source) = program(event)?;
    let source = match source.text(s3).await? {
        Ok(text) => text,
        Err(error) => return Ok(Verdict::invalid(error)),
    };
    if let Err(error) = syntax::check(&source) {
        return Ok(Verdict::invalid(error));
    }
    let sha256 = hex::encode(Sha256::digest(&source));
    let message = match announcement::message(&id, &sha256, &source) {
        Ok(message) => message,
        Err(error) => return Ok(Verdict::invalid(error)),
    };
    devices.publish("cannot announce the program", message).await?;
    Ok(Verdict::Valid {
        valid: true,
        id,
        sha256,
    })
}

/// What the event is about: one program, said in one way.
fn program(event: Event) -> HandlerResult<(String, Source)> {
    let (id, source) = match event {
        Event {
            id,
            source: Some(text),
            bucket: None,
            key: None,
        } => (id, Source::Text(text)),
        Event {
            id,
            source: None,
            bucket: Some(bucket),
            key: Some(key),
        } => {
            check::key(&key)?;
            if bucket.is_empty() {
                return Err(malformed("`bucket` is empty"));
            }
            (
                id.or_else(|| Some(source::stem(&key).to_owned())),
                Source::Object { bucket, key },
            )
        }
        _ => return Err(malformed("it has `source`, or else `bucket` and `key`")),
    };
    let id = id.ok_or_else(|| malformed("`id` is missing"))?;
    if id.is_empty() || id.len() > LONGEST_ID || id.contains(char::is_control) {
        return Err(malformed(format!(
            "`id` is a name of 1 to {LONGEST_ID} bytes without control characters"
        )));
    }
    Ok((id, source))
}

#[cfg(test)]
mod tests;
