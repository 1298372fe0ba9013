//! What others than producers change: each change goes into the ledger, with who made it and what stands there now.
//!
//! ```text
//!   gateway ── a call of a watched key succeeded ──┐
//!                                                  ├──► queue ──► what stands there? ──► ledger
//!   a step did something without a call ───────────┘
//! ```
//!
//! What a function writes is a receipt, too: the messages in it have reached the store.

use std::collections::HashMap;
use std::sync::Arc;

use cloud_emulator::gateway::{CallChanged, CallObserver, CallSeen, RequestInfo, Stands};
use drill::ledger::{Change, Changed, Changer};
use drill::units::DrillTime;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use runtime::clock::Clock;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::runbook::toll::Toll;
use super::settings::Settings;

/// Something that goes into the ledger.
pub(super) enum Told {
    /// A call that was seen.
    Call {
        at: DrillTime,
        by: By,
        call: CallChanged,
    },
    /// Something that needs no looking.
    Change(Change),
    /// Answered once everything before this has been written.
    Flush(oneshot::Sender<()>),
}

/// On whose behalf a call was made.
#[derive(Clone, Debug)]
pub(super) enum By {
    /// A known client that changes things.
    Changer(Changer),
    /// A function, or an unsigned request that may come from one: a producer where a rule feeds it.
    Function(&'static str),
}

/// Where changes are told. Clones tell the same.
#[derive(Clone)]
pub(crate) struct Changes {
    sender: UnboundedSender<Told>,
    clock: Clock,
    unread: Unread,
    settings: Settings,
}

/// What was told and not yet written down.
pub(crate) struct Untold(pub(super) UnboundedReceiver<Told>, pub(super) Unread);

/// How many calls wait to be looked at, by store and key, of stores that say nothing of what stands there.
#[derive(Clone, Default)]
pub(super) struct Unread(Arc<Mutex<HashMap<(String, String), u32>>>);

impl Unread {
    /// A call came whose result has not been read yet.
    fn add(&self, store: &str, key: &str) {
        *self
            .0
            .lock()
            .entry((store.to_owned(), key.to_owned()))
            .or_default() += 1;
    }

    /// The result of one of them has been read; true if others came meanwhile, so that it is unknown which of them left
    /// this result.
    pub(super) fn finish_read(&self, store: &str, key: &str) -> bool {
        let mut unread = self.0.lock();
        let place = (store.to_owned(), key.to_owned());
        let left = unread.get(&place).map_or(0, |waiting| waiting.saturating_sub(1));
        match left {
            0 => unread.remove(&place),
            left => unread.insert(place, left),
        };
        left > 0
    }
}

impl Changes {
    pub(crate) fn new(clock: &Clock) -> (Changes, Untold) {
        let (sender, receiver) = unbounded_channel();
        let (clock, unread) = (clock.clone(), Unread::default());
        let changes = Changes {
            sender,
            clock,
            unread: unread.clone(),
            settings: Settings::default(),
        };
        (changes, Untold(receiver, unread))
    }

    /// What resources are set to, to be compared.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Observes the calls of one client; `toll` charges for each call.
    pub(crate) fn observe(&self, by: Changer, toll: Option<Arc<Toll>>) -> Arc<dyn CallObserver> {
        self.watch(By::Changer(by), toll)
    }

    /// Observes the calls of functions and of clients that may be functions; the ledger names them `who`.
    pub(crate) fn observe_functions(&self, who: &'static str) -> Arc<dyn CallObserver> {
        self.watch(By::Function(who), None)
    }

    fn watch(&self, by: By, toll: Option<Arc<Toll>>) -> Arc<dyn CallObserver> {
        Arc::new(Watch {
            changes: self.clone(),
            by,
            toll,
        })
    }

    /// A step changed something now, by an action that is no call.
    pub(crate) fn by_step(&self, step: &str, action: &str, changed: Changed) {
        self.send(Told::Change(Change {
            at: self.clock.now(),
            by: Changer::Step(step.to_owned()),
            operation: action.to_owned(),
            changed,
        }));
    }

    /// Waits until everything that was told so far stands in the ledger.
    pub(crate) async fn flush(&self) {
        let (done, written) = oneshot::channel();
        self.send(Told::Flush(done));
        // The receiver is gone once the drill has ended.
        let _ = written.await;
    }

    fn send(&self, told: Told) {
        if let Told::Call { call, .. } = &told {
            let store = call.seen.resource.as_deref().unwrap_or_default();
            let unread = call.keys.iter().filter(|(_, stands)| *stands == Stands::Unread);
            unread.for_each(|(key, _)| self.unread.add(store, key));
        }
        // The receiver is gone once the drill has ended.
        let _ = self.sender.send(told);
    }
}

struct Watch {
    changes: Changes,
    by: By,
    toll: Option<Arc<Toll>>,
}

impl CallObserver for Watch {
    fn admit<'a>(&'a self, call: CallSeen<'a>) -> BoxFuture<'a, ()> {
        match &self.toll {
            Some(toll) => Box::pin(toll.admit(call)),
            None => Box::pin(std::future::ready(())),
        }
    }

    fn answered<'a>(&'a self, call: CallSeen<'a>, bytes: u64) -> BoxFuture<'a, ()> {
        match &self.toll {
            Some(toll) => Box::pin(toll.answered(call, bytes)),
            None => Box::pin(std::future::ready(())),
        }
    }

    fn state<'a>(&'a self, seen: &'a RequestInfo) -> BoxFuture<'a, Option<String>> {
        Box::pin(self.changes.settings.describe(seen))
    }

    fn changed(&self, call: CallChanged) {
        self.changes.send(Told::Call {
            at: self.changes.clock.now(),
            by: self.by.clone(),
            call,
        });
    }
}
