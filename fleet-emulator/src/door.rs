//! A port that refuses: one question for all devices that come at about the same time.
//!
//! ```text
//!   attempts   │ │││  │ ││ │        while the last answer was a refusal
//!              └─┴┴┴──┴─┴┴─┴──► one dial, at most 0.2 drill seconds after the first of them
//!                                  ├─ refused: all of them are
//!                                  └─ anything else: each dials for itself
//! ```
//!
//! During an outage thousands of devices are refused again and again, and at hundreds of drill seconds per
//! second these calls alone would take the machine. No answer is older than its question; it comes as
//! late as over any network.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use drill::units::Span;
use parking_lot::Mutex;
use runtime::Clock;
use tokio::sync::watch;

use crate::link::{Boxed, Dial};

/// So long attempts gather, in drill time.
pub(crate) const GATHER: Span = Span::from_millis(200);

/// What a dial found; nothing yet.
type Finding = Option<bool>;

/// The door of one endpoint.
#[derive(Debug, Default)]
pub(crate) struct Door {
    closed: AtomicBool,
    /// Where those who gather will hear of the next dial.
    gathering: Mutex<Option<watch::Receiver<Finding>>>,
}

impl Door {
    /// Whether the last dial was refused.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Relaxed)
    }

    /// A dial failed with `error`.
    pub(crate) fn failed(&self, error: &io::Error) {
        if error.kind() == io::ErrorKind::ConnectionRefused {
            self.closed.store(true, Relaxed);
        }
    }

    /// Whether the endpoint still refuses, found out by a dial after this call.
    pub(crate) fn still_refuses<D: Dial>(
        self: &Arc<Self>,
        dial: &Arc<D>,
        endpoint: usize,
        clock: &Clock,
    ) -> Boxed<bool> {
        let mut gathering = self.gathering.lock();
        if let Some(heard) = &*gathering
            && heard.has_changed().is_ok()
        {
            let mut heard = heard.clone();
            // Whoever was to dial has been switched off: each dials for itself.
            return Box::pin(async move {
                matches!(heard.wait_for(Option::is_some).await.as_deref(), Ok(Some(true)))
            });
        }
        let (tell, heard) = watch::channel(None);
        *gathering = Some(heard);
        let (door, dial) = (Arc::clone(self), Arc::clone(dial));
        let wait = clock.sleep(GATHER);
        Box::pin(async move {
            wait.await;
            *door.gathering.lock() = None;
            let dialled = dial.dial(endpoint).await;
            let refuses = matches!(dialled, Err(error) if error.kind() == io::ErrorKind::ConnectionRefused);
            door.closed.store(refuses, Relaxed);
            // Those who heard it may have left.
            tell.send_replace(Some(refuses));
            refuses
        })
    }
}
