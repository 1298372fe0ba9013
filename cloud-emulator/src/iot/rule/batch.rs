//! Batches of a rule: pure, `(message, now) -> batch that is full`.
//!
//! ```text
//!   message ──► open batch ──┬── max messages, or 1 MiB ──► closed batch ──► one object of JSON Lines
//!                            └── window after its first ──►
//! ```

use drill::ledger::MessageId;
use drill::telemetry;
use drill::units::{DrillTime, Span};

use crate::iot::config::RuleConfig;

/// A batch is closed at this many bytes, too, so that no object takes long to upload.
const MAX_BYTES: usize = 1 << 20;

/// Messages that go into one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::iot) struct Batch {
    /// Counts from 0.
    pub(in crate::iot) number: u64,
    /// When its first message came.
    pub(in crate::iot) first: DrillTime,
    /// The payloads, each with a newline.
    pub(in crate::iot) body: Vec<u8>,
    /// Those that are telemetry.
    pub(in crate::iot) telemetry: Vec<MessageId>,
    /// How many messages there are.
    pub(in crate::iot) messages: u64,
}

impl Batch {
    /// The object's key: the rule, the drill second of the first message, and the number of the batch, so
    /// that a listing is in the order of time.
    pub(in crate::iot) fn key(&self, rule: &str) -> String {
        let second = self.first.as_us().max(0) / 1_000_000;
        format!("{rule}/{second:07}-{:06}.jsonl", self.number)
    }
}

/// The open batch of a rule.
#[derive(Debug)]
pub(in crate::iot) struct Batcher {
    max: u64,
    window: Span,
    open: Option<Batch>,
    next: u64,
}

impl Batcher {
    pub(in crate::iot) fn new(rule: &RuleConfig) -> Batcher {
        Batcher {
            max: u64::from(rule.batch_max.max(1)),
            window: rule.batch_window,
            open: None,
            next: 0,
        }
    }

    /// Adds a message; gives its id if it is telemetry.
    pub(in crate::iot) fn add(&mut self, payload: &[u8], now: DrillTime) -> Option<MessageId> {
        let number = self.next;
        let batch = self.open.get_or_insert_with(|| Batch {
            number,
            first: now,
            body: Vec::new(),
            telemetry: Vec::new(),
            messages: 0,
        });
        batch.body.extend_from_slice(payload);
        batch.body.push(b'\n');
        batch.messages += 1;
        let (id, _) = telemetry::decode(payload)?;
        batch.telemetry.push(id);
        Some(id)
    }

    /// Whether the open batch is full.
    pub(in crate::iot) fn is_full(&self) -> bool {
        let full = |batch: &Batch| batch.messages >= self.max || batch.body.len() >= MAX_BYTES;
        self.open.as_ref().is_some_and(full)
    }

    /// When the open batch is to be closed.
    pub(in crate::iot) fn due(&self) -> Option<DrillTime> {
        self.open.as_ref().map(|batch| batch.first + self.window)
    }

    /// Closes the open batch.
    pub(in crate::iot) fn close(&mut self) -> Option<Batch> {
        let mut batch = self.open.take()?;
        batch.body.shrink_to_fit();
        self.next += 1;
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batcher(max: u32) -> Batcher {
        Batcher::new(&RuleConfig {
            name: "telemetry".to_owned(),
            topic: "dt/+/telemetry".to_owned(),
            bucket: "b".to_owned(),
            batch_max: max,
            batch_window: Span::from_secs(10),
            buffer_bytes: RuleConfig::BUFFER_BYTES,
        })
    }

    #[test]
    fn a_batch_is_full_at_its_maximum_and_due_after_its_window() {
        let mut batcher = batcher(2);
        assert_eq!(
            (batcher.due(), batcher.is_full(), batcher.close()),
            (None, false, None)
        );
        let line = telemetry::encode(5, 1, DrillTime::ZERO, 100);
        let id = MessageId { device: 5, seq: 1 };
        assert_eq!(batcher.add(&line, DrillTime::from_secs(3)), Some(id));
        assert_eq!(batcher.due(), Some(DrillTime::from_secs(13)));
        assert!(!batcher.is_full());
        assert_eq!(batcher.add(b"hello", DrillTime::from_secs(9)), None);
        assert_eq!(batcher.due(), Some(DrillTime::from_secs(13)));
        assert!(batcher.is_full());
        let batch = batcher.close().unwrap();
        assert_eq!(batch.body, [&line[..], b"\nhello\n"].concat());
        assert_eq!((batch.messages, batch.telemetry.as_slice()), (2, &[id][..]));
        assert_eq!(batch.key("telemetry"), "telemetry/0000003-000000.jsonl");
        assert_eq!(batcher.due(), None);
    }

    #[test]
    fn batches_are_numbered_and_keys_sort_by_time() {
        let mut batcher = batcher(1);
        let mut keys = Vec::new();
        for second in [0, 0, 59, 100_000] {
            batcher.add(b"x", DrillTime::from_secs(second));
            keys.push(batcher.close().unwrap().key("r"));
        }
        assert_eq!(keys[1], "r/0000000-000001.jsonl");
        assert!(keys.is_sorted());
    }

    #[test]
    fn many_bytes_close_a_batch_before_its_maximum() {
        let mut batcher = batcher(1_000_000);
        batcher.add(&vec![b'x'; MAX_BYTES - 1], DrillTime::ZERO);
        assert!(batcher.is_full());
    }
}
