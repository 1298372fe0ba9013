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

mod announce;
mod source;
mod syntax;

use announce::Announcer;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use source::Source;

use super::check::{self, malformed};
use super::host::{Answer, host};
use super::settings::Settings;

pub(super) const NAME: &str = "program-validator";

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
pub(super) fn run() -> Result<(), String> {
    let settings = Settings::from_environment()?;
    let (s3, announcer) = (settings.s3(), Announcer::new(settings)?);
    host(|event| validate(&s3, &announcer, event))
}

async fn validate(s3: &aws_sdk_s3::Client, announcer: &Announcer, event: Event) -> Answer<Verdict> {
    let (id, source) = program(event)?;
    let source = match source.text(s3).await? {
        Ok(text) => text,
        Err(error) => return Ok(Verdict::invalid(error)),
    };
    if let Err(error) = syntax::check(&source) {
        return Ok(Verdict::invalid(error));
    }
    let sha256 = hex::encode(Sha256::digest(&source));
    let announcement = match announce::message(&id, &sha256, &source) {
        Ok(announcement) => announcement,
        Err(error) => return Ok(Verdict::invalid(error)),
    };
    announcer.announce(announcement).await?;
    Ok(Verdict::Valid {
        valid: true,
        id,
        sha256,
    })
}

/// What the event is about: one program, said in one way.
fn program(event: Event) -> Answer<(String, Source)> {
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
mod tests {
    use super::*;

    fn of(json: &str) -> Answer<(String, Source)> {
        program(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_program_is_said_in_one_way() {
        let (id, source) = of(r#"{"id": "blink", "source": "(on)"}"#).unwrap();
        assert_eq!((id.as_str(), source), ("blink", Source::Text("(on)".to_owned())));
        let object = Source::Object {
            bucket: "b".to_owned(),
            key: "programs/blink.scm".to_owned(),
        };
        let (id, source) = of(r#"{"bucket": "b", "key": "programs/blink.scm"}"#).unwrap();
        assert_eq!((id.as_str(), &source), ("blink", &object));
        let (id, _) = of(r#"{"bucket": "b", "key": "k", "id": "other"}"#).unwrap();
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
            assert_eq!(of(odd).unwrap_err().error_type, "MalformedEvent", "{odd}");
        }
        let long = format!(r#"{{"id": "{}", "source": "()"}}"#, "x".repeat(LONGEST_ID + 1));
        assert!(of(&long).is_err());
    }
}
