//! A port that refuses: one dial for all devices that connect at about the same time.
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

use crate::dial::{Boxed, Dial};

/// So long attempts gather, in drill time.
pub(crate) const GATHER: Span = Span::from_millis(200);

/// Whether a dial was refused; `None` until it ends.
type DialResult = Option<bool>;

/// The shared dial to one endpoint.
#[derive(Debug, Default)]
pub(crate) struct SharedDial {
    refused: AtomicBool,
    /// Where gathering devices receive the result of the next dial.
    gathering: Mutex<Option<watch::Receiver<DialResult>>>,
}

impl SharedDial {
    /// Whether the last dial was refused.
    pub(crate) fn was_refused(&self) -> bool {
        self.refused.load(Relaxed)
    }

    /// A dial failed with `error`.
    pub(crate) fn failed(&self, error: &io::Error) {
        if error.kind() == io::ErrorKind::ConnectionRefused {
            self.refused.store(true, Relaxed);
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
        if let Some(receiver) = &*gathering
            && receiver.has_changed().is_ok()
        {
            let mut receiver = receiver.clone();
            // If the device that was to dial has been switched off, each dials for itself.
            return Box::pin(async move {
                matches!(
                    receiver.wait_for(Option::is_some).await.as_deref(),
                    Ok(Some(true))
                )
            });
        }
        let (sender, receiver) = watch::channel(None);
        *gathering = Some(receiver);
        let (shared_dial, dial) = (Arc::clone(self), Arc::clone(dial));
        let wait = clock.sleep(GATHER);
        Box::pin(async move {
            wait.await;
            *shared_dial.gathering.lock() = None;
            let dialled = dial.dial(endpoint).await;
            let refuses = matches!(dialled, Err(error) if error.kind() == io::ErrorKind::ConnectionRefused);
            shared_dial.refused.store(refuses, Relaxed);
            // The receivers may have been dropped.
            sender.send_replace(Some(refuses));
            refuses
        })
    }
}
