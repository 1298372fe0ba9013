//! Every telemetry message of the ledger, with what is known of it in flat arrays.
//!
//! ```text
//!  epochs ──► segments sorted by (device, first sequence number) ──► one slot a message
//! ```
//!
//! A message is found by its device (a hash) and its sequence number (a binary search in the device's
//! segments), so that millions of marks are matched in a second or two.

use std::collections::HashMap;

use crate::ledger::{CANARY, DeviceMessages, LedgerRecord, MessageId};
use crate::units::{DrillTime, Span};

/// More messages of one device in one epoch than any device sends: a ledger that claims more is cut off
/// here rather than believed.
const PLAUSIBLE: u32 = 1 << 20;

/// What is known of a message, as bits.
pub(crate) mod flag {
    pub(crate) const ACKNOWLEDGED: u8 = 1;
    pub(crate) const RECEIVED: u8 = 1 << 2;
    pub(crate) const DELIVERED: u8 = 1 << 3;
    pub(crate) const FOUND_A: u8 = 1 << 4;
    pub(crate) const FOUND_B: u8 = 1 << 5;
    pub(crate) const TWICE: u8 = 1 << 6;
}

/// Successive messages of one device in one epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) device: u32,
    pub(crate) first_seq: u32,
    pub(crate) count: u32,
    pub(crate) start: DrillTime,
    pub(crate) end: DrillTime,
    /// The slot of its first message.
    pub(crate) slot: usize,
}

/// All messages.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) segments: Vec<Segment>,
    /// By slot: [`flag`].
    pub(crate) flags: Vec<u8>,
    /// By slot: when the rule's target acknowledged it; meaningful under [`flag::DELIVERED`].
    pub(crate) delivered: Vec<DrillTime>,
    /// By slot: its age when it became readable; meaningful under [`flag::FOUND_A`].
    pub(crate) age: Vec<Span>,
    devices: HashMap<u32, (usize, usize)>,
}

impl Index {
    /// The messages that the fleet produced. Canaries are outside.
    pub(crate) fn new(ledger: &[LedgerRecord]) -> Index {
        let mut produced: Vec<(DrillTime, DrillTime, &DeviceMessages)> = Vec::new();
        for record in ledger {
            let LedgerRecord::Epoch(epoch) = record else { continue };
            let devices = epoch.devices.iter().filter(|device| device.device != CANARY && device.count > 0);
            produced.extend(devices.map(|messages| (epoch.start, epoch.end, messages)));
        }
        produced.sort_by_key(|(start, _, messages)| (messages.device, messages.first_seq, *start));
        let mut index = Index::default();
        for (start, end, messages) in produced {
            index.push(start, end, messages);
        }
        index.delivered = vec![DrillTime::ZERO; index.flags.len()];
        index.age = vec![Span::MAX; index.flags.len()];
        index
    }

    fn push(&mut self, start: DrillTime, end: DrillTime, messages: &DeviceMessages) {
        let count = messages.count.min(PLAUSIBLE);
        let segment = Segment {
            device: messages.device,
            first_seq: messages.first_seq,
            count,
            start,
            end: end.max(start),
            slot: self.flags.len(),
        };
        for n in 0..count {
            let acknowledged = DeviceMessages::bit(&messages.acknowledged, n);
            self.flags.push(if acknowledged { flag::ACKNOWLEDGED } else { 0 });
        }
        let (_, last) = self.devices.entry(segment.device).or_insert((self.segments.len(), 0));
        *last = self.segments.len() + 1;
        self.segments.push(segment);
    }

    /// The slot of a message, if the ledger has it.
    pub(crate) fn slot(&self, id: MessageId) -> Option<usize> {
        let (first, last) = self.devices.get(&id.device)?;
        let segments = &self.segments[*first..*last];
        let before = segments.partition_point(|segment| segment.first_seq <= id.seq);
        let segment = segments.get(before.checked_sub(1)?)?;
        let n = id.seq - segment.first_seq;
        (n < segment.count).then_some(segment.slot + n as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Epoch;

    fn epoch(start: i64, devices: &[(u32, u32, u32)]) -> LedgerRecord {
        let messages = |(device, first_seq, count): &(u32, u32, u32)| DeviceMessages {
            device: *device,
            first_seq: *first_seq,
            count: *count,
            acknowledged: vec![0b1],
            dropped: vec![],
        };
        LedgerRecord::Epoch(Epoch {
            start: DrillTime::from_secs(start),
            end: DrillTime::from_secs(start + 10),
            devices: devices.iter().map(messages).collect(),
        })
    }

    #[test]
    fn messages_are_found_by_device_and_sequence_number() {
        let ledger = [
            epoch(10, &[(1, 2, 3), (7, 1, 1)]),
            epoch(0, &[(1, 0, 2), (7, 0, 1), (CANARY, 0, 5)]),
            epoch(20, &[(1, 9, 1)]),
        ];
        let index = Index::new(&ledger);
        assert_eq!(index.flags.len(), 8);
        let slot = |device, seq| index.slot(MessageId { device, seq });
        let slots: Vec<Option<usize>> = (0..10).map(|seq| slot(1, seq)).collect();
        assert_eq!(slots[..5], [Some(0), Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(slots[5..], [None, None, None, None, Some(5)]);
        assert_eq!(slot(7, 1), Some(7));
        assert_eq!((slot(CANARY, 0), slot(2, 0), slot(7, 2)), (None, None, None));
        assert_eq!(index.flags[2], flag::ACKNOWLEDGED);
        assert_eq!(index.flags[3], 0);
    }
}
