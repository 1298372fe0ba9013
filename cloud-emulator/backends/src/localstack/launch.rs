//! What the containers of one start have in common.

use std::time::Duration;

use parking_lot::Mutex;
use runtime::supervisor::Afterwards;

use super::engine::Engine;
use super::image::ImageName;
use super::ready::Sign;
use super::remove::{in_runtime, remove};

/// What the containers of one start have in common.
pub(super) struct Launch {
    pub(super) engine: Engine,
    pub(super) image: ImageName,
    pub(super) auth_token: Option<String>,
    pub(super) services: Vec<Sign>,
    pub(super) labels: Vec<(&'static str, String)>,
    pub(super) order: Order,
    pub(super) limit: Duration,
}

/// The reaper's order to remove what is left of the run. It is withdrawn when the last container is gone, unless
/// one could not be removed.
pub(super) struct Order(Mutex<Option<Afterwards>>);

impl Order {
    pub(super) fn new(order: Afterwards) -> Order {
        Order(Mutex::new(Some(order)))
    }

    /// Something is left for the reaper.
    pub(super) fn keep(&self) {
        if let Some(order) = self.0.lock().take() {
            order.keep();
        }
    }
}

impl Launch {
    /// Removes a container from wherever a destructor runs: on a thread of its own, since this one may be inside of
    /// a runtime, or of one that ends, or of none.
    pub(super) fn remove_blocking(&self, id: &str) {
        let (engine, id) = (self.engine.clone(), id.to_owned());
        let removal = std::thread::Builder::new()
            .name("drill-remover".to_owned())
            .spawn(move || in_runtime(async move { remove(&engine, &id).await }));
        let removed = removal.map(std::thread::JoinHandle::join);
        if !matches!(removed, Ok(Ok(Ok(Ok(()))))) {
            self.order.keep();
            tracing::error!(?removed, "a container is left for the reaper to remove");
        }
    }
}
