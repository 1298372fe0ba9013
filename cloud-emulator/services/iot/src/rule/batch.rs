//! Batches of a rule: pure, `(message, now) -> batch that is full`.
//!
//! ```text
//!   message ──► open batch ──┬── max messages, or 1 MiB ──► closed batch ──► one object of JSON Lines
//!                            └── window after its first ──►
//! ```

use drill::ledger::MessageId;
use drill::telemetry;
use drill::units::{DrillTime, Span};

use crate::config::RuleConfig;

/// A batch is closed at this many bytes, too, so that no object takes long to upload.
const MAX_BYTES: usize = 1 << 20;

/// Messages that go into one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// Which of the broker's processes made it, from 0.
    pub(crate) life: u32,
    /// Counts from 0 in each process.
    pub(crate) number: u64,
    /// When its first message came.
    pub(crate) first: DrillTime,
    /// The payloads, each with a newline.
    pub(crate) body: Vec<u8>,
    /// Where in the body each payload ends, before its newline.
    pub(crate) ends: Vec<u32>,
    /// Those that are telemetry.
    pub(crate) telemetry: Vec<MessageId>,
}

impl Batch {
    /// How many messages there are.
    pub(crate) fn messages(&self) -> u64 {
        self.ends.len() as u64
    }

    /// The payloads, each as it came.
    pub(crate) fn payloads(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let payload = &self.body[start..*end as usize];
            start = *end as usize + 1;
            payload
        })
    }

    /// The object's key: the rule, the drill second of the first message, and the number of the batch, so
    /// that a listing is in the order of time. The process stands in it, too, unless it is the first: a
    /// broker that was restarted within a second begins with number 0 again.
    pub(crate) fn key(&self, rule: &str) -> String {
        let second = self.first.as_us().max(0) / 1_000_000;
        match self.life {
            0 => format!("{rule}/{second:07}-{:06}.jsonl", self.number),
            // A letter sorts after the digits of the process before it.
            life => format!("{rule}/{second:07}-r{life:03}-{:06}.jsonl", self.number),
        }
    }
}

/// The open batch of a rule.
#[derive(Debug)]
pub(crate) struct Batcher {
    max: u64,
    window: Span,
    life: u32,
    open: Option<Batch>,
    next: u64,
}

impl Batcher {
    pub(crate) fn new(rule: &RuleConfig, life: u32) -> Batcher {
        Batcher {
            max: u64::from(rule.batch_max.max(1)),
            window: rule.batch_window,
            life,
            open: None,
            next: 0,
        }
    }

    /// Adds a message; gives its id if it is telemetry.
    pub(crate) fn add(&mut self, payload: &[u8], now: DrillTime) -> Option<MessageId> {
        let (life, number) = (self.life, self.next);
        let batch = self.open.get_or_insert_with(|| Batch {
            life,
            number,
            first: now,
            body: Vec::new(),
            ends: Vec::new(),
            telemetry: Vec::new(),
        });
        batch.body.extend_from_slice(payload);
        batch.ends.push(batch.body.len() as u32);
        batch.body.push(b'\n');
        let (id, _) = telemetry::decode(payload)?;
        batch.telemetry.push(id);
        Some(id)
    }

    /// Whether the open batch is full.
    pub(crate) fn is_full(&self) -> bool {
        let full = |batch: &Batch| batch.messages() >= self.max || batch.body.len() >= MAX_BYTES;
        self.open.as_ref().is_some_and(full)
    }

    /// When the open batch is to be closed.
    pub(crate) fn due(&self) -> Option<DrillTime> {
        self.open.as_ref().map(|batch| batch.first + self.window)
    }

    /// Closes the open batch.
    pub(crate) fn close(&mut self) -> Option<Batch> {
        let mut batch = self.open.take()?;
        batch.body.shrink_to_fit();
        self.next += 1;
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Target;

    fn batcher(max: u32) -> Batcher {
        in_life(max, 0)
    }

    fn in_life(max: u32, life: u32) -> Batcher {
        let rule = RuleConfig {
            name: "telemetry".to_owned(),
            topic: "dt/+/telemetry".to_owned(),
            target: Target::Bucket("b".to_owned()),
            batch_max: max,
            batch_window: Span::from_secs(10),
            buffer_bytes: RuleConfig::BUFFER_BYTES,
        };
        Batcher::new(&rule, life)
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
        assert_eq!(batch.payloads().collect::<Vec<_>>(), [&line[..], b"hello"]);
        assert_eq!((batch.messages(), batch.telemetry.as_slice()), (2, &[id][..]));
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
    fn processes_that_follow_each_other_within_a_second_share_no_key() {
        let mut keys = Vec::new();
        for life in [0, 1, 2, 30] {
            let mut batcher = in_life(1, life);
            for _ in 0..20 {
                batcher.add(b"x", DrillTime::from_secs(7));
                keys.push(batcher.close().unwrap().key("r"));
            }
        }
        assert_eq!(keys[20], "r/0000007-r001-000000.jsonl");
        assert!(
            keys.is_sorted_by(|a, b| a < b),
            "each once, and in the order of time"
        );
        let mut later = batcher(1);
        later.add(b"x", DrillTime::from_secs(8));
        assert!(later.close().unwrap().key("r") > keys[79]);
    }

    #[test]
    fn many_bytes_close_a_batch_before_its_maximum() {
        let mut batcher = batcher(1_000_000);
        batcher.add(&vec![b'x'; MAX_BYTES - 1], DrillTime::ZERO);
        assert!(batcher.is_full());
    }
}
