//! LocalStack in containers, one for each region: started, watched, broken and removed.
//!
//! ```text
//!   start ──► engine ──► image ──► launch ──► ready ──► LocalStack: address, pause, kill, revive, died, remove
//!             answers?   here?      │         each service
//!                        pull       │         answers a call
//!                                   └ before it: the reaper is told to run `firedrill remove-containers RUN`
//! ```
//!
//! Containers belong to the engine, not to us: none of them ends with our process. So there are three nets, each
//! for what falls through the one before. [`LocalStack::remove`], and `Drop` where a panic or an error forgets it;
//! the reaper ([`runtime::supervisor`]), which knows the label of the run before there is a container with it, after
//! kill -9; and [`remove_stale`] at the next start, where not even the reaper was left. Labels say who started a
//! container, so that the last net takes nothing that belongs to a Firedrill that lives, here or elsewhere
//! (`labels.rs`, `process_identity.rs`).
//!
//! Ports are published on 127.0.0.1 alone: the default of engine and library is every address of the machine, and an
//! emulator that accepts any key is not for the network.
//!
//! **No container is given the engine's socket**, though LocalStack asks for it to run Lambda functions. A process that can
//! write to that socket is root on this machine, and what LocalStack starts through it would carry none of our labels,
//! so that they would not be removed. Functions run in our own Lambda instead.

mod container;
mod death;
mod default_image;
mod engine;
mod error;
mod image;
mod inspect;
mod labels;
mod launch;
mod port;
mod ready;
mod remove;
mod start_all;
mod unready;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cloud_service::Needed;
use futures::future::{join_all, try_join_all};
use runtime::supervisor::ChildSpec;
use runtime::{Supervisor, wall};

pub use self::container::LocalStack;
pub use self::death::Death;
pub use self::default_image::DEFAULT_IMAGE;
use self::engine::Engine;
pub use self::error::{ContainerError, NeverReady, WrongAnswer};
use self::image::ImageName;
pub use self::image::Pull;
pub use self::inspect::{EngineInfo, inspect};
use self::launch::Launch;
pub use self::remove::{remove_main, remove_run, remove_stale};

/// How long standing up may take in wall time, without the pull of an image. Two LocalStacks take 20 s on two processors
/// that do nothing else, and were seen to take 55 s beside other drills. With the removal of what was started in vain, an
/// error is told within two minutes.
pub const STAND_UP: Duration = Duration::from_secs(100);

/// The subcommand of [`ContainerOptions::exe`] that removes the containers of a run; see [`remove_main`].
pub const REMOVER: &str = "remove-containers";

/// By what the engine is found. The reaper starts the remover in an empty environment.
const FINDS_ENGINE: [&str; 5] = [
    "DOCKER_HOST",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "HOME",
    "XDG_RUNTIME_DIR",
];

/// What containers are started with.
#[derive(Clone)]
pub struct ContainerOptions {
    /// The image, as `docker pull` takes it: `[registry/]repository[:tag][@digest]`.
    pub image: String,
    /// `LOCALSTACK_AUTH_TOKEN`, which newer images need. It is in no log and no error of ours.
    pub auth_token: Option<String>,
    /// The regions as AWS names them (`us-west-2`), a container for each.
    pub regions: Vec<String>,
    /// The services that must work before a container is ready: those with a call of their own have answered it then,
    /// others are named by LocalStack's health page.
    pub services: Vec<Needed>,
    /// Whose reaper removes the containers if this process is killed.
    pub supervisor: Arc<Supervisor>,
    /// Our own program, which the reaper runs as `exe remove-containers RUN`.
    pub exe: PathBuf,
    /// How long standing up may take, see [`STAND_UP`].
    pub limit: Duration,
    /// Told once a second and at the end how far the pull of the image is.
    pub on_pull: Arc<dyn Fn(&Pull) + Send + Sync>,
}

impl std::fmt::Debug for ContainerOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContainerOptions")
            .field("image", &self.image)
            .field("auth_token", &self.auth_token.as_ref().map(|_| "***"))
            .field("regions", &self.regions)
            .field("services", &self.services)
            .field("exe", &self.exe)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Starts a LocalStack for each region, side by side, and waits until they are ready; in the order of the regions.
/// The image is pulled if it is not here. Containers that a Firedrill left behind which is gone are removed first.
///
/// # Errors
/// Whatever keeps one of them from getting ready, with the next step to take. Nothing is left running then.
pub async fn start(options: ContainerOptions) -> Result<Vec<LocalStack>, ContainerError> {
    let image = ImageName::parse(&options.image)?;
    let services = ready::signs(&options.services);
    let begun = wall::mono();
    let engine = Engine::connect().await?;
    if let Err(error) = remove::remove_stale_with(&engine).await {
        // They only use disk space.
        tracing::warn!(%error, "containers of an earlier run may be left");
    }
    let pulling = wall::mono();
    image::ensure(&engine, &image, &*options.on_pull).await?;
    let deadline = begun.after(options.limit + wall::mono().since(pulling));
    let run = labels::run(options.supervisor.run()).map_err(ContainerError::Labels)?;
    // Before there is a container. Each of them holds the order until it is removed.
    let order = options
        .supervisor
        .run_afterwards(&remover(&options.exe, &run))
        .map_err(ContainerError::Reaper)?;
    let launch = Arc::new(Launch {
        engine,
        image,
        auth_token: options.auth_token,
        services,
        labels: labels::labels(&run).map_err(ContainerError::Labels)?,
        order: launch::Order::new(order),
        limit: options.limit,
    });
    let launched = start_all::start_all(&launch, &options.regions, deadline).await;
    let stacks = match launched {
        Ok(stacks) => stacks,
        Err((error, stacks)) => return Err(give_up(stacks, error).await),
    };
    let ready = stacks.iter().map(|stack| stack.ready(deadline));
    match try_join_all(ready).await {
        Ok(_) => Ok(stacks),
        Err(error) => Err(give_up(stacks, error).await),
    }
}

async fn give_up(stacks: Vec<LocalStack>, error: ContainerError) -> ContainerError {
    let removals = stacks.iter().map(LocalStack::remove);
    for failed in join_all(removals).await.into_iter().filter_map(Result::err) {
        tracing::error!(%failed, "a container is left for the reaper to remove");
    }
    error
}

fn remover(exe: &std::path::Path, run: &str) -> ChildSpec {
    let spec = ChildSpec::new("the remover of containers", exe).args([REMOVER, run]);
    let set = FINDS_ENGINE
        .into_iter()
        .filter_map(|name| std::env::var_os(name).map(|value| (name, value)));
    set.fold(spec, |spec, (name, value)| spec.env(name, value))
}
