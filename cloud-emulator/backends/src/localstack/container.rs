//! A LocalStack that runs, and what a drill does to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bollard::query_parameters::KillContainerOptionsBuilder;
use parking_lot::Mutex;
use runtime::wall::{self, Mono};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use super::death::{Death, log_tail};
use super::error::ContainerError;
use super::launch::Launch;
use super::port::{PortHold, is_port_taken};
use super::ready;
use super::remove::remove;
use super::unready::{self, ContainerAddress};
use super::watch::{death, exit, log};
use cloud_client::rest::with_cause;

/// How long a revived container may find its port taken.
const PORT: Duration = Duration::from_secs(10);
/// The pause before its start is tried again.
const PAUSE: Duration = Duration::from_millis(200);
/// How long a killed container may take to end.
const END: Duration = Duration::from_secs(20);
/// The life in which an end was asked for, once for all.
const FOR_GOOD: u64 = u64::MAX;

/// The LocalStack of one region. Dropping it removes its container, which blocks the thread for a moment;
/// [`LocalStack::remove`] does not.
///
/// Pausing, killing and reviving wait for each other. One of these that is dropped half-way leaves a container that
/// can only be removed.
pub struct LocalStack {
    shared: Arc<Shared>,
    turn: tokio::sync::Mutex<Turn>,
    watcher: Mutex<Option<AbortHandle>>,
    /// Its removal has begun: who would have it back need not go on.
    leaving: CancellationToken,
    removed: AtomicBool,
}

/// What the handle and its watcher share.
struct Shared {
    launch: Arc<Launch>,
    region: String,
    id: String,
    address: SocketAddr,
    /// The last life whose end was asked for.
    asked: AtomicU64,
    died: watch::Sender<Option<Death>>,
}

struct Turn {
    /// Counts the starts of the container, from 1.
    life: u64,
    state: State,
    /// Keeps the port while the container is down.
    held: Option<PortHold>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Up,
    Paused,
    Down,
}

impl LocalStack {
    pub(super) fn new(launch: Arc<Launch>, region: String, id: String, address: SocketAddr) -> LocalStack {
        let stack = LocalStack {
            shared: Arc::new(Shared {
                launch,
                region,
                id,
                address,
                asked: AtomicU64::new(0),
                died: watch::Sender::new(None),
            }),
            turn: tokio::sync::Mutex::new(Turn {
                life: 1,
                state: State::Up,
                held: None,
            }),
            watcher: Mutex::new(None),
            leaving: CancellationToken::new(),
            removed: AtomicBool::new(false),
        };
        stack.watch(1);
        stack
    }

    /// The region that it stands for, as AWS names it.
    pub fn region(&self) -> &str {
        &self.shared.region
    }

    /// Where it listens: on loopback, and on the same port in all its lives.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// The id of its container.
    pub fn container(&self) -> &str {
        &self.shared.id
    }

    /// Resolves when the container ends unexpectedly: with how it ended. Never after
    /// [`LocalStack::remove`].
    pub fn died(&self) -> impl Future<Output = Death> + Send + use<> {
        let mut died = self.shared.died.subscribe();
        async move {
            let death = died.wait_for(Option::is_some).await.map(|death| death.clone());
            match death {
                Ok(Some(death)) => death,
                Ok(None) | Err(_) => std::future::pending().await,
            }
        }
    }

    /// Freezes all of its processes: connections are accepted by the kernel and never answered.
    ///
    /// # Errors
    /// If the engine does not, for example since the container is down.
    pub async fn pause(&self) -> Result<(), ContainerError> {
        let mut turn = self.turn.lock().await;
        if turn.state != State::Paused {
            let docker = &self.shared.launch.engine.docker;
            self.asked("pause", docker.pause_container(&self.shared.id))
                .await?;
            turn.state = State::Paused;
        }
        Ok(())
    }

    /// Lets its processes go on.
    ///
    /// # Errors
    /// If the engine does not; at once if it is to be removed.
    pub async fn unpause(&self) -> Result<(), ContainerError> {
        self.unless_leaving(async { self.go_on(&mut *self.turn.lock().await).await })
            .await
    }

    /// Whatever `work` comes to, or an error as soon as the removal begins, which does not wait for any work.
    async fn unless_leaving(
        &self,
        work: impl Future<Output = Result<(), ContainerError>>,
    ) -> Result<(), ContainerError> {
        let done = self.leaving.run_until_cancelled(work).await;
        done.unwrap_or_else(|| {
            let region = self.shared.region.clone();
            Err(ContainerError::Leaving { region })
        })
    }

    async fn go_on(&self, turn: &mut Turn) -> Result<(), ContainerError> {
        if turn.state == State::Paused {
            let docker = &self.shared.launch.engine.docker;
            self.asked("unpause", docker.unpause_container(&self.shared.id))
                .await?;
            turn.state = State::Up;
        }
        Ok(())
    }

    /// Kills it (SIGKILL), also while it is paused, and waits for its end. All that it held is lost; its port refuses
    /// connections and stays its own.
    ///
    /// # Errors
    /// If the engine does not.
    pub async fn kill(&self) -> Result<(), ContainerError> {
        let mut turn = self.turn.lock().await;
        if turn.state == State::Down {
            return Ok(());
        }
        let before = self.shared.asked.swap(turn.life, Ordering::AcqRel);
        let docker = &self.shared.launch.engine.docker;
        let options = KillContainerOptionsBuilder::new().signal("SIGKILL").build();
        let killed = self
            .asked("kill", docker.kill_container(&self.shared.id, Some(options)))
            .await;
        if let Err(error) = killed
            && self.shared.died.borrow().is_none()
        {
            self.shared.asked.store(before, Ordering::Release);
            return Err(error);
        }
        let ended = exit(&self.shared.launch.engine, &self.shared.id);
        match wall::timeout(END, ended).await {
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(self.refused("end", with_cause(&error))),
            None => return Err(self.refused("end", format!("it still runs after {END:?}"))),
        }
        turn.state = State::Down;
        // Without it another process may take the port, and reviving says so.
        turn.held = PortHold::again(self.shared.address.port()).ok();
        Ok(())
    }

    /// Starts it again after [`LocalStack::kill`], or after it died: empty, at the same address. A paused one goes on
    /// with what it has. Returns when it is ready again.
    ///
    /// # Errors
    /// If it is not ready within the limit that it was first started with; at once if it is to be removed.
    pub async fn revive(&self) -> Result<(), ContainerError> {
        self.unless_leaving(self.live_again()).await
    }

    async fn live_again(&self) -> Result<(), ContainerError> {
        let mut turn = self.turn.lock().await;
        let deadline = wall::mono().after(self.shared.launch.limit);
        let died = self.shared.died.borrow().is_some();
        if turn.state == State::Down || died {
            turn.held = None;
            self.start_again(deadline).await?;
            turn.life += 1;
            turn.state = State::Up;
            self.shared.died.send_replace(None);
            self.watch(turn.life);
        }
        self.go_on(&mut turn).await?;
        self.ready(deadline).await
    }

    /// It does not come back from what was done to it: a task that waits for [`LocalStack::died`] is notified as for an
    /// unexpected end, since the end was not meant to last.
    pub fn give_up(&self, error: &dyn std::fmt::Display) {
        self.shared.died.send_if_modified(|died| {
            let is_news = died.is_none();
            died.get_or_insert_with(|| Death {
                unknown: Some(format!("did not come back after its outage: {error}")),
                ..Death::default()
            });
            is_news
        });
    }

    /// Removes the container, in whatever state it is. Once is enough. A revival that is under way is given up.
    ///
    /// # Errors
    /// If the engine does not. The reaper tries again when this process ends.
    pub async fn remove(&self) -> Result<(), ContainerError> {
        self.leaving.cancel();
        let _turn = self.turn.lock().await;
        self.let_go();
        if self.removed.load(Ordering::Acquire) {
            return Ok(());
        }
        let removed = remove(&self.shared.launch.engine, &self.shared.id).await;
        if removed.is_err() {
            self.shared.launch.order.keep();
        }
        // Tried often enough: `Drop` would only block.
        self.removed.store(true, Ordering::Release);
        removed
    }

    /// Waits until each service has answered.
    pub(super) async fn ready(&self, deadline: Mono) -> Result<(), ContainerError> {
        let Shared {
            launch,
            region,
            address,
            ..
        } = &*self.shared;
        let not_ready = tokio::select! {
            biased;
            death = self.died() => {
                return Err(ContainerError::Exited {
                    region: region.clone(),
                    image: launch.image.to_string(),
                    death: Box::new(death),
                });
            }
            ready = ready::wait(*address, region, &launch.services, deadline) => match ready {
                Ok(()) => return Ok(()),
                Err(not_ready) => not_ready,
            },
        };
        let last_words =
            async || log_tail(&log(&launch.engine, &self.shared.id, launch.auth_token.as_deref()).await);
        let place = ContainerAddress {
            region,
            address: *address,
            launch,
        };
        Err(unready::error(not_ready, &place, last_words).await)
    }

    async fn start_again(&self, deadline: Mono) -> Result<(), ContainerError> {
        let docker = &self.shared.launch.engine.docker;
        let policy = wall::mono().after(PORT);
        loop {
            let started = self
                .asked("start", docker.start_container(&self.shared.id, None))
                .await;
            let now = wall::mono();
            match started {
                Err(ContainerError::Engine { cause, .. }) if is_port_taken(&cause) => {
                    if now > policy || now > deadline {
                        let region = self.shared.region.clone();
                        return Err(ContainerError::Port { region, cause });
                    }
                    wall::sleep(PAUSE).await;
                }
                started => return started,
            }
        }
    }

    async fn asked(
        &self,
        verb: &str,
        answer: impl Future<Output = Result<(), bollard::errors::Error>>,
    ) -> Result<(), ContainerError> {
        let doing = || format!("{verb} the container of {}", self.shared.region);
        self.shared.launch.engine.asked(doing, answer).await
    }

    fn refused(&self, verb: &str, cause: String) -> ContainerError {
        ContainerError::Engine {
            doing: format!("{verb} the container of {}", self.shared.region),
            cause,
        }
    }

    /// Watches one life of the container.
    fn watch(&self, life: u64) {
        let shared = Arc::clone(&self.shared);
        let watcher = tokio::spawn(async move {
            let launch = &shared.launch;
            let death = death(&launch.engine, &shared.id, launch.auth_token.as_deref()).await;
            if shared.asked.load(Ordering::Acquire) < life {
                shared.died.send_replace(Some(death));
            }
        });
        let before = self.watcher.lock().replace(watcher.abort_handle());
        if let Some(before) = before {
            before.abort();
        }
    }

    /// Whatever ends now was asked to.
    fn let_go(&self) {
        self.shared.asked.store(FOR_GOOD, Ordering::Release);
        if let Some(watcher) = self.watcher.lock().take() {
            watcher.abort();
        }
    }
}

impl Drop for LocalStack {
    fn drop(&mut self) {
        if *self.removed.get_mut() {
            return;
        }
        self.let_go();
        self.shared.launch.remove_blocking(&self.shared.id);
    }
}

impl std::fmt::Debug for LocalStack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalStack")
            .field("region", &self.shared.region)
            .field("address", &self.shared.address)
            .field("container", &self.shared.id)
            .finish_non_exhaustive()
    }
}
