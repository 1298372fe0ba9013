//! What others than producers change: each change goes into the ledger, with who made it and what stands there now.
//!
//! ```text
//!   gateway ── a call of a watched key succeeded ──┐
//!                                                  ├──► queue ──► what stands there? ──► ledger
//!   a step did something without a call ───────────┘
//! ```
//!
//! What a function writes is a receipt, too: the messages in it have reached the bucket.

use std::collections::HashMap;
use std::sync::Arc;

use cloud_emulator::client::ask;
use cloud_emulator::gateway::{CallChanged, CallSeen, Seen, Stands, Witness, operation_of};
use drill::ledger::{Change, Changed, Changer, LedgerRecord, Left, Marks, Stage};
use drill::telemetry;
use drill::units::DrillTime;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use runtime::clock::Clock;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::context::Drill;
use super::runbook::toll::Toll;
use super::settings::Settings;

/// Something that goes into the ledger.
enum Told {
    /// A call that was seen.
    Call {
        at: DrillTime,
        by: By,
        call: CallChanged,
    },
    /// Something that needs no looking.
    Change(Change),
    /// Whoever waits for everything before this.
    Flush(oneshot::Sender<()>),
}

/// On whose behalf a call was made.
#[derive(Clone, Debug)]
enum By {
    /// Somebody who changes things.
    Changer(Changer),
    /// A function, or somebody who does not say who they are and may be one: a producer where a rule feeds it.
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
pub(crate) struct Untold(UnboundedReceiver<Told>, Unread);

/// How many calls wait to be looked at, by bucket and key, of stores that say nothing of what stands there.
#[derive(Clone, Default)]
struct Unread(Arc<Mutex<HashMap<(String, String), u32>>>);

impl Unread {
    /// A call came after which nobody has looked yet.
    fn add(&self, bucket: &str, key: &str) {
        *self
            .0
            .lock()
            .entry((bucket.to_owned(), key.to_owned()))
            .or_default() += 1;
    }

    /// It was looked at what stands there after one of them; true if others came meanwhile, so that nobody knows after
    /// which of them it was.
    fn take(&self, bucket: &str, key: &str) -> bool {
        let mut unread = self.0.lock();
        let place = (bucket.to_owned(), key.to_owned());
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

    /// What buckets and functions are like, to be compared.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Watches the calls of somebody; who pays a toll for each call does so by `toll`.
    pub(crate) fn of(&self, by: Changer, toll: Option<Arc<Toll>>) -> Arc<dyn Witness> {
        self.watch(By::Changer(by), toll)
    }

    /// Watches the calls of functions, or of whoever may be one, called so in the ledger.
    pub(crate) fn of_functions(&self, who: &'static str) -> Arc<dyn Witness> {
        self.watch(By::Function(who), None)
    }

    fn watch(&self, by: By, toll: Option<Arc<Toll>>) -> Arc<dyn Witness> {
        Arc::new(Watch {
            changes: self.clone(),
            by,
            toll,
        })
    }

    /// A step changed something now, by an action that is no call.
    pub(crate) fn by_step(&self, step: &str, action: &str, changed: Changed) {
        self.tell(Told::Change(Change {
            at: self.clock.now(),
            by: Changer::Step(step.to_owned()),
            operation: action.to_owned(),
            changed,
        }));
    }

    /// Waits until everything that was told so far stands in the ledger.
    pub(crate) async fn flush(&self) {
        let (done, written) = oneshot::channel();
        self.tell(Told::Flush(done));
        // Nobody answers where the drill has ended.
        let _ = written.await;
    }

    fn tell(&self, told: Told) {
        if let Told::Call { call, .. } = &told {
            let bucket = call.seen.resource.as_deref().unwrap_or_default();
            let unread = call.keys.iter().filter(|(_, stands)| *stands == Stands::Unread);
            unread.for_each(|(key, _)| self.unread.add(bucket, key));
        }
        // Nobody listens any more once the drill has ended.
        let _ = self.sender.send(told);
    }
}

struct Watch {
    changes: Changes,
    by: By,
    toll: Option<Arc<Toll>>,
}

impl Witness for Watch {
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

    fn state<'a>(&'a self, seen: &'a Seen) -> BoxFuture<'a, Option<String>> {
        Box::pin(self.changes.settings.of(seen))
    }

    fn changed(&self, call: CallChanged) {
        self.changes.tell(Told::Call {
            at: self.changes.clock.now(),
            by: self.by.clone(),
            call,
        });
    }
}

/// Writes down what is told, until the drill is gone.
pub(crate) async fn record(drill: Arc<Drill>, mut untold: Untold) {
    while let Some(told) = untold.0.recv().await {
        match told {
            Told::Call { at, by, call } => keep(&drill, &untold.1, at, &by, call).await,
            Told::Change(change) => drill.keep_ledger(&LedgerRecord::Change(change)),
            Told::Flush(done) => {
                let _ = done.send(());
            }
        }
    }
}

async fn keep(drill: &Drill, unread: &Unread, at: DrillTime, by: &By, call: CallChanged) {
    let operation = operation_of(&call.seen);
    let changer = match by {
        By::Changer(changer) => changer.clone(),
        By::Function(who) => Changer::Other((*who).to_owned()),
    };
    let named = call.seen.resource.as_deref().unwrap_or_default();
    let keep = |changed: Changed| {
        let change = Change {
            at,
            by: changer.clone(),
            operation: operation.clone(),
            changed,
        };
        drill.keep_ledger(&LedgerRecord::Change(change));
    };
    if call.seen.service == "lambda" {
        let function = function_called(drill, named, &call.seen.region);
        function.into_iter().for_each(keep);
        return;
    }
    // What belongs to nothing that the scenario declares is on nobody's path.
    let Some((bucket, region)) = store_called(drill, named) else {
        for (key, _) in call.keys.iter().filter(|(_, stands)| *stands == Stands::Unread) {
            unread.take(named, key);
        }
        return;
    };
    if call.keys.is_empty() {
        return keep(Changed::Bucket { bucket, region });
    }
    for (key, stands) in call.keys {
        let stands = match stands {
            Stands::Unread => {
                let found = looked_at(drill, named, &key).await;
                if unread.take(named, &key) {
                    Stands::Unread
                } else {
                    found
                }
            }
            known => known,
        };
        if let (By::Function(_), Stands::Body(body)) = (by, &stands)
            && let rules = rules_into(drill, &bucket)
            && !rules.is_empty()
        {
            let messages: Vec<_> = body
                .split(|byte| *byte == b'\n')
                .filter_map(telemetry::decode)
                .map(|(id, _)| id)
                .collect();
            // Which of several rules each message came by, its own receipts say.
            for rule in rules {
                drill.keep_ledger(&LedgerRecord::Marks(Marks {
                    rule,
                    stage: Stage::Stored,
                    region: drill.aws_region(&region).to_owned(),
                    at,
                    key: Some(key.clone()),
                    messages: messages.clone(),
                }));
            }
            continue;
        }
        let left = match stands {
            Stands::Body(body) => Left::Body(Sha256::digest(&body).into()),
            Stands::Nothing => Left::Nothing,
            Stands::Unread => Left::Unknown,
        };
        keep(Changed::Object {
            bucket: bucket.clone(),
            region: region.clone(),
            key,
            left,
        });
    }
}

/// What stands at a key.
async fn looked_at(drill: &Drill, store: &str, key: &str) -> Stands {
    match ask::read_raw(drill.auditor.client(), store, key).await {
        Ok(body) => Stands::Body(body.bytes),
        Err(error) if matches!(error.code.as_str(), "NoSuchKey" | "NoSuchBucket") => Stands::Nothing,
        Err(_) => Stands::Unread,
    }
}

/// The labels of the bucket and the region whose store has this name.
fn store_called(drill: &Drill, name: &str) -> Option<(String, String)> {
    let cloud = &drill.scenario.cloud;
    let labels = cloud.buckets.iter().flat_map(|bucket| {
        let regions = cloud.regions.iter();
        regions.map(move |region| (bucket, &region.label))
    });
    let mut stores = labels.filter(|(bucket, region)| bucket.name_in(region) == name);
    stores
        .next()
        .map(|(bucket, region)| (bucket.label.clone(), region.clone()))
}

/// The function of this name, or ARN, in the AWS region of this name.
fn function_called(drill: &Drill, name: &str, region: &str) -> Option<Changed> {
    let cloud = &drill.scenario.cloud;
    let name = name.rsplit("function:").next().unwrap_or(name);
    let name = name.split(':').next().unwrap_or(name);
    let function = cloud.functions.iter().find(|function| function.name == name)?;
    let region = cloud.regions.iter().find(|known| known.aws == region)?;
    Some(Changed::Function {
        function: function.label.clone(),
        region: region.label.clone(),
    })
}

/// The rules whose messages a function files in this bucket.
fn rules_into(drill: &Drill, bucket: &str) -> Vec<String> {
    let cloud = &drill.scenario.cloud;
    let rules = cloud.iot.iter().flat_map(|iot| &iot.rules);
    let files = |function: &String| {
        let function = cloud.function(function);
        function.is_some_and(|function| function.bucket.as_deref() == Some(bucket))
    };
    let rules = rules.filter(|rule| rule.function.as_ref().is_some_and(files));
    rules.map(|rule| rule.name.clone()).collect()
}
