//! The Docker engine: found as the `testcontainers` crate finds it, and asked with a limit.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use runtime::wall;
use testcontainers::core::client::docker_client_instance;

use super::error::ContainerError;
use cloud_client::rest::with_cause;

/// How long the engine may take for an answer. Starting and removing containers takes it well under a second, on a
/// busy machine a few.
const ANSWER: Duration = Duration::from_secs(20);
/// How long it may take to say that it is there.
const GREETING: Duration = Duration::from_secs(10);
/// Where it is found unless `DOCKER_HOST` says otherwise.
const SOCKET: &str = "unix:///var/run/docker.sock";

/// An engine that has answered. Cheap to clone.
#[derive(Clone)]
pub(super) struct Engine {
    pub(super) docker: Docker,
    /// Its version.
    pub(super) version: Option<String>,
    /// The newest version of its API.
    pub(super) api: Option<String>,
}

impl Engine {
    /// Connects to the engine and asks for its version.
    pub(super) async fn connect() -> Result<Engine, ContainerError> {
        let named = std::env::var("DOCKER_HOST").ok();
        let place = named.clone().unwrap_or_else(|| SOCKET.to_owned());
        if !is_here(&place) {
            return Err(ContainerError::Elsewhere { place });
        }
        let unreachable = |cause: String, next| {
            let place = match named {
                Some(_) => format!("{place} (from DOCKER_HOST)"),
                None => place.clone(),
            };
            ContainerError::NoEngine { place, cause, next }
        };
        let docker = docker_client_instance()
            .await
            .map_err(|error| unreachable(with_cause(&error), next_step(&error)))?;
        match wall::timeout(GREETING, docker.version()).await {
            Some(Ok(version)) => {
                tracing::debug!(
                    version = version.version,
                    api = version.api_version,
                    "the engine answers"
                );
                Ok(Engine {
                    docker,
                    version: version.version,
                    api: version.api_version,
                })
            }
            Some(Err(error)) => Err(unreachable(with_cause(&error), next_step(&error))),
            None => Err(unreachable(format!("no answer within {GREETING:?}"), RESTART)),
        }
    }

    /// Its answer, or an error that says what it was asked for: `start the container of us-west-2`.
    pub(super) async fn asked<T>(
        &self,
        doing: impl FnOnce() -> String,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, ContainerError> {
        match self.answer(answer).await {
            Ok(answer) => Ok(answer),
            Err(error) => Err(ContainerError::Engine {
                doing: doing(),
                cause: with_cause(&error),
            }),
        }
    }

    /// Its answer, in time.
    pub(super) async fn answer<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let answered = wall::timeout(ANSWER, answer).await;
        answered.unwrap_or(Err(Error::RequestTimeoutError))
    }
}

/// The status of an answer that is an error.
pub(super) fn status(error: &Error) -> Option<u16> {
    match error {
        Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

const START: &str = "start the engine (`systemctl start docker`), or let DOCKER_HOST say where it is";
const RESTART: &str = "see whether `docker version` answers, and restart the engine if it does not";
const PERMIT: &str = "join the group that may use it (`usermod -aG docker $USER`, then log in again)";

fn next_step(error: &(dyn std::error::Error + 'static)) -> &'static str {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if kind == Some(io::ErrorKind::PermissionDenied) {
            return PERMIT;
        }
        cause = error.source();
    }
    START
}

/// Whether an address of an engine is on this machine. Elsewhere, ports that it publishes on its loopback are not to
/// be reached from here.
fn is_here(place: &str) -> bool {
    let Some((scheme, rest)) = place.split_once("://") else {
        return true; // No address at all: connecting says so.
    };
    if !matches!(scheme, "tcp" | "http" | "https" | "ssh") {
        return true;
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let Ok(authority) = authority.parse::<http::uri::Authority>() else {
        return true; // As above.
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_elsewhere_is_known_by_its_address() {
        for here in [
            "unix:///run/docker.sock",
            "tcp://127.0.0.1:2375",
            "tcp://[::1]:1",
            "http://localhost:1/x",
            "?",
        ] {
            assert!(is_here(here), "{here}");
        }
        for elsewhere in [
            "tcp://10.0.0.7:2375",
            "ssh://me@build.example",
            "https://docker.example:2376",
        ] {
            assert!(!is_here(elsewhere), "{elsewhere}");
        }
    }
}
