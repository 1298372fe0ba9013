//! Closed batches on their way to the target.
//!
//! What a batch makes is tried until the target takes it. The first repetitions come as an SDK makes them,
//! then at most once a minute, all in drill time. What waits is bounded in bytes: a batch that does not fit
//! is dropped, and said so. Batches go one after the other, so that objects become readable in the order of
//! their keys and readers of a bucket need not look back; one upload of 500 messages takes milliseconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use drill::ledger::{DeliveryReceipts, MessageId, Stage};
use drill::units::Span;
use runtime::Clock;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use super::batch::Batch;
use super::batch_payload::{BatchPayload, batch_payloads};
use super::marks::MarksFile;
use super::target::Destination;
use crate::config::RuleConfig;
use crate::report::{Reporter, RuleCounts, Trouble};

/// The pause before the first repetition; it doubles each time.
const FIRST_PAUSE: Span = Span::from_secs(1);
const LONGEST_PAUSE: Span = Span::from_mins(1);

/// What one rule counts; see [`RuleCounts`].
#[derive(Debug, Default)]
pub(crate) struct RuleCounters {
    pub(super) received: AtomicU64,
    pub(super) unmarked: AtomicU64,
    pub(super) missed: AtomicU64,
    delivered: AtomicU64,
    dropped: AtomicU64,
    failed_uploads: AtomicU64,
    waiting_bytes: AtomicU64,
}

impl RuleCounters {
    /// What was counted so far.
    pub(crate) fn read(&self, rule: &str) -> RuleCounts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Acquire);
        // What comes last is read first, so that no message is seen delivered before it is received.
        let (delivered, dropped) = (get(&self.delivered), get(&self.dropped));
        RuleCounts {
            rule: rule.to_owned(),
            delivered,
            dropped,
            failed_uploads: get(&self.failed_uploads),
            missed: get(&self.missed),
            unmarked: get(&self.unmarked),
            received: get(&self.received),
        }
    }
}

/// What all uploads of a rule share.
pub(crate) struct Uploads {
    pub(super) rule: RuleConfig,
    pub(super) clock: Clock,
    destination: Destination,
    pub(super) marks: Arc<MarksFile>,
    pub(super) counters: Arc<RuleCounters>,
    pub(super) reporter: Reporter,
    /// The process is to end: no more waiting.
    pub(super) hurry: CancellationToken,
    refused: AtomicBool,
}

impl Uploads {
    pub(crate) fn new(
        rule: RuleConfig,
        clock: Clock,
        destination: Destination,
        marks: Arc<MarksFile>,
        reporter: Reporter,
        hurry: CancellationToken,
    ) -> Arc<Uploads> {
        Arc::new(Uploads {
            rule,
            clock,
            destination,
            marks,
            counters: Arc::default(),
            reporter,
            hurry,
            refused: AtomicBool::new(false),
        })
    }

    /// The rule's name.
    pub(crate) fn rule_name(&self) -> &str {
        &self.rule.name
    }

    /// Where this rule brings its batches.
    pub(crate) fn destination(&self) -> &Destination {
        &self.destination
    }

    /// What this rule counts.
    pub(crate) fn counters(&self) -> &Arc<RuleCounters> {
        &self.counters
    }

    /// Whether there is room for a closed batch. If there is not, it is to be dropped.
    pub(super) fn admit(&self, batch: &Batch) -> bool {
        let bytes = batch.body.len() as u64;
        let waiting = self.counters.waiting_bytes.fetch_add(bytes, Ordering::AcqRel);
        if waiting + bytes <= self.rule.buffer_bytes {
            return true;
        }
        self.counters.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
        self.drop_messages(batch.messages());
        false
    }

    fn drop_messages(&self, messages: u64) {
        self.counters.dropped.fetch_add(messages, Ordering::AcqRel);
        self.reporter.trouble(Trouble::Dropped {
            rule: self.rule.name.clone(),
            messages,
        });
    }

    /// Uploads batches in their order until no more can come.
    pub(crate) async fn run(self: Arc<Self>, mut batches: UnboundedReceiver<Batch>) {
        while let Some(batch) = batches.recv().await {
            let bytes = batch.body.len() as u64;
            for batch_payload in batch_payloads(&self.rule.name, batch, &self.destination.target()) {
                self.deliver(batch_payload).await;
            }
            self.counters.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
        }
    }

    /// Tries until the target has it, or until it is not waited for any more.
    async fn deliver(&self, batch_payload: BatchPayload) {
        let mut pause = FIRST_PAUSE;
        while let Err(refusal) = self.destination.deliver(&batch_payload).await {
            self.counters.failed_uploads.fetch_add(1, Ordering::AcqRel);
            self.is_refused(refusal.error);
            if refusal.for_good {
                return self.drop_messages(batch_payload.messages);
            }
            if self.hurry.is_cancelled() {
                return;
            }
            let waited = self.hurry.run_until_cancelled(self.clock.sleep(pause)).await;
            tracing::debug!(rule = self.rule.name, batch_payload.key, ?waited, "trying again");
            pause = (pause + pause).min(LONGEST_PAUSE);
        }
        self.is_taken();
        self.mark(
            Stage::RuleDelivered,
            Some(batch_payload.key),
            batch_payload.telemetry,
        );
        self.counters
            .delivered
            .fetch_add(batch_payload.messages, Ordering::AcqRel);
    }

    /// Writes down that messages came to a stage.
    pub(super) fn mark(&self, stage: Stage, key: Option<String>, messages: Vec<MessageId>) {
        let marks = DeliveryReceipts {
            rule: self.rule.name.clone(),
            stage,
            region: self.destination.region(),
            at: self.clock.now(),
            key,
            messages,
        };
        if let Err(error) = self.marks.append(marks) {
            let error = error.to_string();
            self.reporter.trouble(Trouble::MarksLost { error });
        }
    }

    fn is_refused(&self, error: String) {
        if !self.refused.swap(true, Ordering::AcqRel) {
            let rule = self.rule.name.clone();
            self.reporter.trouble(Trouble::Refused { rule, error });
        }
    }

    fn is_taken(&self) {
        if self.refused.swap(false, Ordering::AcqRel) {
            let rule = self.rule.name.clone();
            self.reporter.trouble(Trouble::Resumed { rule });
        }
    }
}
