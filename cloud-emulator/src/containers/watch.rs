//! How a container ended, and what it said last.

use std::fmt;
use std::time::Duration;

use bollard::errors::Error;
use bollard::query_parameters::{LogsOptionsBuilder, WaitContainerOptionsBuilder};
use futures::StreamExt;
use runtime::wall;

use super::engine::{Engine, status};
use crate::client::rest::with_cause;

/// How many lines of its log an error repeats.
const LINES: &str = "10";
/// The longest line that is repeated whole, in characters.
const WIDTH: usize = 300;
/// How often an engine that does not answer is asked again before it is given up.
const TRIES: u32 = 10;
/// The pause before that.
const PAUSE: Duration = Duration::from_secs(1);
/// LocalStack's exit code when its licence cannot be activated.
const NO_LICENCE: i64 = 55;

/// The end of a container that nobody asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Death {
    /// Its exit code; `None` if it cannot be told.
    pub code: Option<i64>,
    /// The kernel ended it for want of memory.
    pub out_of_memory: bool,
    /// Why there is no exit code.
    pub unknown: Option<String>,
    /// The last lines that it wrote.
    pub log: Vec<String>,
}

/// A predicate: `exited with code 1; it said last: …`.
impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, &self.unknown) {
            (Some(_), _) if self.out_of_memory => {
                write!(f, "was ended for want of memory: it needs about 1 GB")?;
            }
            (Some(NO_LICENCE), _) => write!(
                f,
                "exited with code 55, as LocalStack does when it has no valid token: set LOCALSTACK_AUTH_TOKEN, or \
                 take {}, the last that needs none",
                super::DEFAULT_IMAGE
            )?,
            (Some(code), _) => write!(f, "exited with code {code}")?,
            (None, Some(why)) => f.write_str(why)?,
            (None, None) => f.write_str("ended")?,
        }
        f.write_str(&said(&self.log))
    }
}

/// The words of errors for the last lines of a log.
pub(super) fn said(log: &[String]) -> String {
    match log {
        [] => String::new(),
        lines => format!("; it said last:\n  {}", lines.join("\n  ")),
    }
}

/// Waits until the container does not run any more.
pub(super) async fn death(engine: &Engine, id: &str, secret: Option<&str>) -> Death {
    let mut tries = 0;
    let unknown = |why: String| Death {
        unknown: Some(why),
        ..Death::default()
    };
    let code = loop {
        match exit(engine, id).await {
            Ok(code) => break code,
            Err(error) if status(&error) == Some(404) => {
                return unknown("was removed by somebody else".to_owned());
            }
            Err(error) if tries == TRIES => {
                let cause = with_cause(&error);
                return unknown(format!(
                    "cannot be watched, since the Docker engine does not answer: {cause}"
                ));
            }
            Err(_) => {
                tries += 1;
                wall::sleep(PAUSE).await;
            }
        }
    };
    let state = engine.answer(engine.docker.inspect_container(id, None)).await;
    let state = state.ok().and_then(|container| container.state);
    Death {
        code: Some(code),
        out_of_memory: state.and_then(|state| state.oom_killed).unwrap_or_default(),
        unknown: None,
        log: log(engine, id, secret).await,
    }
}

/// Its exit code, once it does not run any more.
pub(super) async fn exit(engine: &Engine, id: &str) -> Result<i64, Error> {
    let options = WaitContainerOptionsBuilder::new()
        .condition("not-running")
        .build();
    let mut ended = std::pin::pin!(engine.docker.wait_container(id, Some(options)));
    match ended.next().await {
        Some(Ok(ended)) => Ok(ended.status_code),
        Some(Err(Error::DockerContainerWaitError { code, .. })) => Ok(code),
        Some(Err(error)) => Err(error),
        // The engine was ended, or hung up.
        None => Err(Error::RequestTimeoutError),
    }
}

/// The last lines that a container wrote, without the secret that it was given.
pub(super) async fn log(engine: &Engine, id: &str, secret: Option<&str>) -> Vec<String> {
    let options = LogsOptionsBuilder::new()
        .stdout(true)
        .stderr(true)
        .tail(LINES)
        .build();
    let parts = engine.docker.logs(id, Some(options));
    let parts = parts.filter_map(|part| async { part.ok().map(|part| part.into_bytes()) });
    let read = engine.answer(async { Ok(parts.collect::<Vec<_>>().await.concat()) });
    // A log that cannot be read takes nothing from the error that it would explain.
    let text = read.await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let text = match secret.filter(|secret| !secret.is_empty()) {
        Some(secret) => text.replace(secret, "***"),
        None => text.into_owned(),
    };
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    lines.map(|line| line.chars().take(WIDTH).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_is_told_with_the_next_step() {
        let death = |code, out_of_memory, log: &[&str]| Death {
            code,
            out_of_memory,
            unknown: None,
            log: log.iter().map(ToString::to_string).collect(),
        };
        let licence = death(Some(55), false, &[]).to_string();
        assert!(
            licence.contains("set LOCALSTACK_AUTH_TOKEN") && licence.contains("4.14.0"),
            "{licence}"
        );
        assert_eq!(
            death(Some(1), false, &["a", "b"]).to_string(),
            "exited with code 1; it said last:\n  a\n  b"
        );
        assert!(death(Some(137), true, &[]).to_string().contains("memory"));
        let removed = Death {
            unknown: Some("was removed by somebody else".to_owned()),
            ..Death::default()
        };
        assert_eq!(removed.to_string(), "was removed by somebody else");
    }
}
