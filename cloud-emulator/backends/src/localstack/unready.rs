//! The error for a container that does not get ready.

use std::net::SocketAddr;

use super::error::{ContainerError, NeverReady, WrongAnswer};
use super::launch::Launch;
use super::ready::NotReady;

/// Which container it is.
pub(super) struct ContainerAddress<'a> {
    pub(super) region: &'a str,
    pub(super) address: SocketAddr,
    pub(super) launch: &'a Launch,
}

/// The error, with what the container said last where that may help.
pub(super) async fn error(
    not_ready: NotReady,
    place: &ContainerAddress<'_>,
    last_words: impl AsyncFnOnce() -> String,
) -> ContainerError {
    let (region, image) = (place.region.to_owned(), place.launch.image.to_string());
    match not_ready {
        NotReady::Silent {
            service,
            operation,
            cause,
        } => ContainerError::NeverReady(Box::new(NeverReady {
            region,
            image,
            limit: place.launch.limit,
            service,
            operation,
            address: place.address,
            cause,
            log: last_words().await,
        })),
        NotReady::Wrong { call, answer, health } => ContainerError::Wrong(Box::new(WrongAnswer {
            region,
            image,
            service: call.service,
            operation: call.operation,
            answer,
            health: health
                .map(|state| format!(", though its health page says {state:?} of {}", call.service))
                .unwrap_or_default(),
        })),
        NotReady::Unlisted { service, listed } => ContainerError::UnknownService {
            region,
            image,
            service,
            listed: listed.join(", "),
        },
    }
}
