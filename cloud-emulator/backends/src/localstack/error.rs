//! What keeps containers from working, each with its cause and the next step.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::death::Death;

/// Why containers could not be started, changed or removed.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// The name of the image is none.
    #[error(
        "{name:?} does not name an image: write repository:tag, for example {}",
        super::default_image::DEFAULT_IMAGE
    )]
    ImageName {
        /// What was given.
        name: String,
    },
    /// Something is to go to a service that the image does not have.
    #[error(
        "the container of {region} ({image}) has no service {service:?}: its health page names {listed}; take another \
         image with --localstack-image, or route the service elsewhere"
    )]
    UnknownService {
        /// The region.
        region: String,
        /// The image.
        image: String,
        /// The service, as LocalStack names it.
        service: String,
        /// Those that the health page names.
        listed: String,
    },
    /// No engine answers.
    #[error("no Docker engine answers at {place}: {cause}; {next}")]
    NoEngine {
        /// Where it was looked for.
        place: String,
        /// What the system said.
        cause: String,
        /// What to do.
        next: &'static str,
    },
    /// The engine is on another machine.
    #[error(
        "the Docker engine at {place} (from DOCKER_HOST) is on another machine, and its containers listen on that \
         machine's loopback alone: unset DOCKER_HOST, or run Firedrill there"
    )]
    Elsewhere {
        /// Its address.
        place: String,
    },
    /// The image is not here and cannot be had.
    #[error(
        "the image {image} is not on this machine and cannot be pulled: {cause}; `docker pull {image}` shows more, \
         and --localstack-image names another"
    )]
    Pull {
        /// The image.
        image: String,
        /// What the engine or its registry said.
        cause: String,
    },
    /// The engine refused something.
    #[error("the Docker engine did not {doing}: {cause}")]
    Engine {
        /// What it was asked for.
        doing: String,
        /// What it said.
        cause: String,
    },
    /// The identity of this process is unknown, and without it our containers could not be removed.
    #[error("containers cannot be labelled, since /proc does not say who starts them: {0}")]
    Labels(#[source] io::Error),
    /// The reaper would not remove the containers after a crash.
    #[error(
        "no container is started, since it would not be removed after a crash: the reaper does not listen: {0}"
    )]
    Reaper(#[source] io::Error),
    /// No port was free for long enough.
    #[error(
        "no port of 127.0.0.1 could be published for the container of {region}: {cause}; see what takes ports here"
    )]
    Port {
        /// The region.
        region: String,
        /// What the engine or the system said.
        cause: String,
    },
    /// It was to come back, and is to be removed instead.
    #[error("the container of {region} is being removed")]
    Leaving {
        /// The region.
        region: String,
    },
    /// The container ended before it was ready.
    #[error("the container of {region} ({image}) {death}")]
    Exited {
        /// The region.
        region: String,
        /// The image.
        image: String,
        /// How, and what it said last.
        death: Box<Death>,
    },
    /// Nothing answered in time.
    #[error(transparent)]
    NeverReady(Box<NeverReady>),
    /// Something answered that is not the service.
    #[error(transparent)]
    Wrong(Box<WrongAnswer>),
}

/// A service did not answer in time.
#[derive(Debug, thiserror::Error)]
#[error(
    "the container of {region} ({image}) was not ready within {limit:?}: {service} did not answer {operation} at \
     {address}: {cause}; `docker run {image}` shows whether it listens on port 4566{log}"
)]
pub struct NeverReady {
    /// The region.
    pub region: String,
    /// The image.
    pub image: String,
    /// How long was waited.
    pub limit: Duration,
    /// The service that did not answer.
    pub service: String,
    /// The call.
    pub operation: &'static str,
    /// Where.
    pub address: SocketAddr,
    /// What happened instead.
    pub cause: String,
    /// What the container said last, with the words before it.
    pub log: String,
}

/// Something answered that is not the service.
#[derive(Debug, thiserror::Error)]
#[error(
    "the container of {region} ({image}) is no LocalStack that works: {service} answered {operation} with \
     {answer}{health}; take another image with --localstack-image"
)]
pub struct WrongAnswer {
    /// The region.
    pub region: String,
    /// The image.
    pub image: String,
    /// The service.
    pub service: &'static str,
    /// The call.
    pub operation: &'static str,
    /// The beginning of what it answered.
    pub answer: String,
    /// What its health page says of the service, with the words before it.
    pub health: String,
}
