//! The removal of containers: of one, of those of a run, of those left by runs that have ended.

use std::collections::HashMap;
use std::time::Duration;

use bollard::errors::Error;
use bollard::query_parameters::{ListContainersOptionsBuilder, RemoveContainerOptionsBuilder};
use futures::future::join_all;
use runtime::wall;

use super::engine::{Engine, status};
use super::error::ContainerError;
use super::labels;
use cloud_client::rest::with_cause;

/// How often the removal of a container is tried.
const TRIES: u32 = 5;
/// The pause before the next try.
const PAUSE: Duration = Duration::from_millis(300);
/// How often the remover looks for containers of its run: the engine may be about to make one that was ordered by a
/// process which has died since.
const LOOKS: u32 = 40;
/// How often it must find none, one look after the other: an engine that is busy takes seconds to make one.
const NONE: u32 = 10;
/// The pause before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Removes all containers of a run, and says how many there were. Looks again where an engine does not answer: after
/// this, they would not be removed.
///
/// # Errors
/// If no engine answers, or it does not remove them, to the last.
pub async fn remove_run(run: &str) -> Result<usize, ContainerError> {
    let label = format!("{}={run}", labels::RUN);
    let (mut removed, mut empty, mut failed) = (0, 0, None);
    for _ in 0..LOOKS {
        match remove_labelled(&label).await {
            Ok(0) => empty += 1,
            Ok(gone) => (removed, empty, failed) = (removed + gone, 0, None),
            Err((gone, error)) => (removed, empty, failed) = (removed + gone, 0, Some(error)),
        }
        if empty == NONE {
            return Ok(removed);
        }
        wall::sleep(LOOK_AGAIN).await;
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(removed),
    }
}

/// Removes what has this label now: how many there were; with an error come those that were removed all the same.
async fn remove_labelled(label: &str) -> Result<usize, (usize, ContainerError)> {
    let found = async {
        let engine = Engine::connect().await?;
        let found = with_label(&engine, label).await?;
        Ok((engine, found))
    };
    let (engine, found) = found.await.map_err(|error| (0, error))?;
    match remove_all(&engine, found.into_iter().map(|(id, _)| id)).await {
        (gone, None) => Ok(gone),
        (gone, Some(error)) => Err((gone, error)),
    }
}

/// Removes the containers whose starters are certainly gone, and says how many there were. Those of a Firedrill that
/// lives are left alone, also those whose starter cannot be checked from here.
///
/// # Errors
/// If no engine answers, or it does not remove them.
pub async fn remove_stale() -> Result<usize, ContainerError> {
    remove_stale_with(&Engine::connect().await?).await
}

pub(super) async fn remove_stale_with(engine: &Engine) -> Result<usize, ContainerError> {
    let mut stale = Vec::new();
    for (id, labels) in with_label(engine, labels::RUN).await? {
        if labels::starter_is_gone(&labels).map_err(ContainerError::Labels)? {
            stale.push(id);
        }
    }
    let (removed, failed) = remove_all(engine, stale.into_iter()).await;
    if removed > 0 {
        tracing::info!(
            removed,
            "containers of an earlier run were left, and are gone now"
        );
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(removed),
    }
}

/// The main of the remover, which the reaper starts: removes the containers of a run.
///
/// # Errors
/// As [`remove_run`].
pub fn remove_main(run: &str) -> Result<usize, ContainerError> {
    in_runtime(remove_run(run)).map_err(|error| ContainerError::Engine {
        doing: "get asked to remove containers".to_owned(),
        cause: error.to_string(),
    })?
}

/// Runs a future on this thread, in a runtime of its own.
pub(super) fn in_runtime<F: Future>(future: F) -> std::io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(future))
}

/// Removes a container with its volumes, in whatever state it is. One that is gone already is a success.
pub(super) async fn remove(engine: &Engine, id: &str) -> Result<(), ContainerError> {
    let mut failed = Error::RequestTimeoutError;
    for _ in 0..TRIES {
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        match engine
            .answer(engine.docker.remove_container(id, Some(options)))
            .await
        {
            Ok(()) => return Ok(()),
            Err(error) if status(&error) == Some(404) => return Ok(()),
            // Among others: another process is removing it at this moment.
            Err(error) => failed = error,
        }
        wall::sleep(PAUSE).await;
    }
    Err(ContainerError::Engine {
        doing: format!("remove the container {id} (`docker rm -f {id}` does)"),
        cause: with_cause(&failed),
    })
}

/// How many were removed, and the first error.
async fn remove_all(engine: &Engine, ids: impl Iterator<Item = String>) -> (usize, Option<ContainerError>) {
    let removals = join_all(ids.map(|id| async move { remove(engine, &id).await })).await;
    let removed = removals.iter().filter(|removal| removal.is_ok()).count();
    (removed, removals.into_iter().find_map(Result::err))
}

/// Ids and labels of the containers with a label (`name` or `name=value`), also of those that do not run.
async fn with_label(
    engine: &Engine,
    label: &str,
) -> Result<Vec<(String, HashMap<String, String>)>, ContainerError> {
    let filters = HashMap::from([("label", vec![label])]);
    let options = ListContainersOptionsBuilder::new()
        .all(true)
        .filters(&filters)
        .build();
    let doing = || "list its containers".to_owned();
    let found = engine
        .asked(doing, engine.docker.list_containers(Some(options)))
        .await?;
    let found = found
        .into_iter()
        .filter_map(|container| Some((container.id?, container.labels.unwrap_or_default())));
    Ok(found.collect())
}
