//! Finds out how a container ended, and what it said last.

use std::time::Duration;

use bollard::errors::Error;
use bollard::query_parameters::{LogsOptionsBuilder, WaitContainerOptionsBuilder};
use futures::StreamExt;
use runtime::wall;

use super::death::Death;
use super::engine::{Engine, status};
use cloud_client::rest::with_cause;

/// How many lines of its log an error repeats.
const LINES: &str = "10";
/// The longest line that is repeated whole, in characters.
const WIDTH: usize = 300;
/// How often an engine that does not answer is asked again before it is given up.
const TRIES: u32 = 10;
/// The pause before that.
const PAUSE: Duration = Duration::from_secs(1);
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
                return unknown("was removed by another process".to_owned());
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
