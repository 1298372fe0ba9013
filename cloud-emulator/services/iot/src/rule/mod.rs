//! Rules: messages of some topics go into a bucket or to a function, in batches.
//!
//! ```text
//!   broker ──link──► open batch ──full, or window over──► uploads ──┬─ PutObject ──► bucket
//!                        │                                  │       └─ Invoke ─────► function
//!                        └── RuleReceived ──► marks ◄── RuleDelivered
//! ```
//!
//! The link is read without a pause, since the broker drops what it cannot hand on; everything slow
//! happens elsewhere. A message is marked as received within some milliseconds of wall time, and before
//! its batch is uploaded; it is marked as delivered after the target took it. So no mark says more than is
//! true, and a process that is killed leaves marks that say too little, by at most those milliseconds: a
//! message that the broker acknowledged and whose mark was not written yet counts as lost in the broker,
//! in whose process it died. What has the first mark and not the second died in the rule: in its open
//! batch, or in one that waited for the target.

mod batch;
mod batch_payload;
mod invoke;
mod link;
mod marks;
mod refusal;
mod target;
mod upload;

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use drill::ledger::{MessageId, Stage};
use rumqttd::local::LinkError;
use runtime::wall::{self, Mono};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use self::batch::{Batch, Batcher};
use self::link::Received;
pub(super) use self::link::RuleLink;
pub(super) use self::marks::MarksFile;
pub use self::marks::MarksRead;
pub(super) use self::marks::read_marks;
pub(super) use self::target::{Destination, Services};
pub(super) use self::upload::Uploads;
use super::report::Trouble;

/// How long a mark may wait for others to be written with, and how many are written at once.
const MARKS_DELAY: Duration = Duration::from_millis(10);
const MARKS_AT_ONCE: usize = 512;

/// For how long the link must be silent, at the end, for everything to have come.
const IDLE: Duration = Duration::from_millis(100);

/// A running rule.
pub(super) struct Rule {
    link: RuleLink,
    batcher: Batcher,
    uploads: Arc<Uploads>,
    closed: UnboundedSender<Batch>,
    unwritten: Vec<MessageId>,
    /// When the unwritten marks are to be written.
    write_at: Option<Mono>,
}

impl Rule {
    /// A rule that leaves closed batches with `closed`, in the broker's process number `life`.
    pub(super) fn new(
        link: RuleLink,
        uploads: Arc<Uploads>,
        closed: UnboundedSender<Batch>,
        life: u32,
    ) -> Rule {
        Rule {
            link,
            batcher: Batcher::new(&uploads.rule, life),
            uploads,
            closed,
            unwritten: Vec::new(),
            write_at: None,
        }
    }

    /// Takes messages until `stop`, then what is on its way, and closes the last batch.
    ///
    /// # Errors
    /// The broker is gone.
    pub(super) async fn run(mut self, stop: CancellationToken) -> Result<(), LinkError> {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                received = self.link.next() => self.handle(received?),
                () = until_due(&self.uploads, self.batcher.due()) => self.close(),
                () = until_wall(self.write_at) => self.write_marks(),
            }
        }
        while let Some(received) = wall::timeout(IDLE, self.link.next()).await {
            self.handle(received?);
        }
        self.close();
        Ok(())
    }

    fn handle(&mut self, received: Received) {
        let counters = &self.uploads.counters;
        let now = self.uploads.clock.now();
        if received.missed > 0 {
            counters.missed.fetch_add(received.missed, Ordering::AcqRel);
            self.uploads.reporter.trouble(Trouble::Missed {
                rule: self.uploads.rule.name.clone(),
                messages: received.missed,
            });
        }
        counters.received.fetch_add(1, Ordering::AcqRel);
        match self.batcher.add(&received.payload, now) {
            Some(id) => self.unwritten.push(id),
            None => drop(counters.unmarked.fetch_add(1, Ordering::AcqRel)),
        }
        if self.batcher.is_full() || self.batcher.due().is_some_and(|due| due <= now) {
            self.close();
        } else if self.unwritten.len() >= MARKS_AT_ONCE {
            self.write_marks();
        } else if self.write_at.is_none() && !self.unwritten.is_empty() {
            self.write_at = Some(wall::mono().after(MARKS_DELAY));
        }
    }

    fn close(&mut self) {
        self.write_marks();
        if let Some(batch) = self.batcher.close().filter(|batch| self.uploads.admit(batch)) {
            // The other end goes only when the process does.
            let _ = self.closed.send(batch);
        }
    }

    fn write_marks(&mut self) {
        self.write_at = None;
        if !self.unwritten.is_empty() {
            let messages = std::mem::take(&mut self.unwritten);
            self.uploads.mark(Stage::RuleReceived, None, messages);
        }
    }
}

async fn until_due(uploads: &Uploads, due: Option<drill::units::DrillTime>) {
    match due {
        Some(due) => drop(uploads.clock.sleep_until(due).await),
        None => pending().await,
    }
}

async fn until_wall(instant: Option<Mono>) {
    match instant {
        Some(instant) => wall::sleep(instant.since(wall::mono())).await,
        None => pending().await,
    }
}
