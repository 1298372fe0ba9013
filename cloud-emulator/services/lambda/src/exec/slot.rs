//! Where an execution environment and the Runtime API meet: one event at a time, and its answer.
//!
//! ```text
//!   invocation ── offer ──► pending ── next ──► current ── response, error ──► its answer
//! ```
//!
//! Each environment has a slot and a listener of its own, so none can take another's event.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot, watch};

/// What a function is to work on.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// The id of the request.
    pub(crate) request: Arc<str>,
    /// JSON.
    pub(crate) payload: Bytes,
    /// The ARN that was asked for.
    pub(crate) arn: String,
    /// Milliseconds of wall time since the Unix epoch.
    pub(crate) deadline_ms: i64,
    /// What the caller says about itself, as it came.
    pub(crate) client_context: Option<String>,
}

/// What a function made of it.
#[derive(Clone, Debug)]
pub(crate) enum FunctionAnswer {
    /// Its result.
    Response(Bytes),
    /// It says that it failed.
    Error {
        /// What it reports.
        document: Bytes,
        /// The type, from the header.
        kind: String,
    },
    /// Its result has more bytes than are allowed.
    TooLarge,
}

/// How far the runtime has come.
#[derive(Clone, Debug)]
pub(crate) enum Init {
    /// It has not asked for an event yet.
    Starting,
    /// It has.
    Ready,
    /// It says that it cannot.
    Failed {
        /// What it reports.
        document: Bytes,
        /// The type, from the header.
        kind: String,
    },
}

/// The request does not fit to what the environment is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misplaced {
    /// An answer to something that it does not work on.
    NoSuchRequest,
    /// It asks for an event while it has one.
    Busy,
}

#[derive(Default)]
struct State {
    pending: Option<(Event, oneshot::Sender<FunctionAnswer>)>,
    current: Option<(Arc<str>, oneshot::Sender<FunctionAnswer>)>,
}

pub(crate) struct Slot {
    state: Mutex<State>,
    offered: Notify,
    init: watch::Sender<Init>,
}

impl Slot {
    pub(crate) fn new() -> Arc<Slot> {
        Arc::new(Slot {
            state: Mutex::default(),
            offered: Notify::new(),
            init: watch::Sender::new(Init::Starting),
        })
    }

    /// Lays an event down for the runtime.
    pub(crate) fn offer(&self, event: Event) -> oneshot::Receiver<FunctionAnswer> {
        let (answer, answered) = oneshot::channel();
        self.state.lock().pending = Some((event, answer));
        self.offered.notify_one();
        answered
    }

    /// Takes the event back, unless the runtime has it already.
    pub(crate) fn take_back(&self) -> bool {
        self.state.lock().pending.take().is_some()
    }

    /// The next event, as soon as there is one.
    pub(crate) async fn next(&self) -> Result<Event, Misplaced> {
        self.init.send_if_modified(|init| {
            let first = matches!(init, Init::Starting);
            if first {
                *init = Init::Ready;
            }
            first
        });
        loop {
            {
                let mut state = self.state.lock();
                if state.current.is_some() {
                    return Err(Misplaced::Busy);
                }
                if let Some((event, answer)) = state.pending.take() {
                    state.current = Some((event.request.clone(), answer));
                    return Ok(event);
                }
            }
            self.offered.notified().await;
        }
    }

    /// Whether the runtime works on that request.
    pub(crate) fn works_on(&self, request: &str) -> bool {
        let state = self.state.lock();
        state.current.as_ref().is_some_and(|(id, _)| &**id == request)
    }

    /// Passes an answer on.
    pub(crate) fn answer(&self, request: &str, answer: FunctionAnswer) -> Result<(), Misplaced> {
        let mut state = self.state.lock();
        match state.current.take() {
            Some((id, waiting)) if &*id == request => {
                // The caller may have given up.
                let _ = waiting.send(answer);
                Ok(())
            }
            other => {
                state.current = other;
                Err(Misplaced::NoSuchRequest)
            }
        }
    }

    /// The runtime cannot start.
    pub(crate) fn init_failed(&self, document: Bytes, kind: String) {
        self.init.send_if_modified(|init| {
            let starting = matches!(init, Init::Starting);
            if starting {
                *init = Init::Failed { document, kind };
            }
            starting
        });
    }

    /// Waits until the runtime has said how its start went.
    pub(crate) async fn initialised(&self) -> Init {
        let mut init = self.init.subscribe();
        let said = init.wait_for(|init| !matches!(init, Init::Starting)).await;
        said.map_or(Init::Starting, |init| init.clone())
    }
}
