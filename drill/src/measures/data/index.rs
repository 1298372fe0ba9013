//! Every telemetry message of the ledger, with what is known of it in one flat array.
//!
//! ```text
//!  epochs ──► segments sorted by (device, first sequence number) ──► one slot a message
//! ```
//!
//! A message is found by its device and, as devices count without gaps, by its number from the device's
//! first on, so that millions of receipts are matched in a few seconds. Where a ledger has gaps it is a binary
//! search in the device's segments.

use std::collections::HashMap;

use crate::ledger::{CANARY, DeviceMessages, Epoch, LedgerRecord, MessageId};
use crate::units::{DrillTime, Span};

/// More messages of one device in one epoch than any device sends: a ledger that claims more is cut off
/// here rather than believed.
const PLAUSIBLE: u32 = 1 << 20;

/// What is known of a message, as bits.
pub(crate) mod flag {
    /// The broker acknowledged it.
    pub(crate) const ACKNOWLEDGED: u16 = 1;
    /// Before audit A began to read: the rule had it,
    pub(crate) const RECEIVED: u16 = 1 << 1;
    /// the rule's target had acknowledged it,
    pub(crate) const DELIVERED: u16 = 1 << 2;
    /// the bucket had it, where a function writes for the rule after that,
    pub(crate) const FILED: u16 = 1 << 3;
    /// and it was filed in the region in which audit A read.
    pub(crate) const HERE: u16 = 1 << 4;
    /// The bucket had it before audit B began to read.
    pub(crate) const STORED: u16 = 1 << 5;
    pub(crate) const FOUND_A: u16 = 1 << 6;
    pub(crate) const FOUND_B: u16 = 1 << 7;
    pub(crate) const TWICE: u16 = 1 << 8;
    /// Audit A saw it in the store of the other region.
    pub(crate) const ELSEWHERE: u16 = 1 << 9;
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

/// What is known of one message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message {
    /// When the bucket had it; meaningful under [`flag::STORED`].
    pub(crate) delivered: DrillTime,
    /// When a function had ended well with it; without a mark of that, never.
    pub(crate) ended: DrillTime,
    /// In which of the scenario's regions the bucket had it, by its place among them.
    pub(crate) region: Option<u8>,
    /// In which object, by its place in [`Index::keys`]; [`NO_KEY`] if that is not known.
    pub(crate) key: u32,
    /// Its age when it became readable; meaningful under [`flag::FOUND_A`].
    pub(crate) age: Span,
    /// [`flag`].
    pub(crate) flags: u16,
}

/// Of a message whose object is unknown.
pub(crate) const NO_KEY: u32 = u32::MAX;

/// Where the messages of one device are.
#[derive(Clone, Copy, Debug, Default)]
struct Device {
    /// Its segments, from the first to before the last.
    first: u32,
    last: u32,
    /// Each of its segments begins where the one before it ends, as devices count.
    gapless: bool,
}

/// All messages.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) segments: Vec<Segment>,
    /// By slot.
    pub(crate) messages: Vec<Message>,
    /// The keys of the objects that have them.
    pub(crate) keys: Vec<String>,
    devices: HashMap<u32, Device>,
    /// The devices with small numbers once more, since a fleet numbers its devices from 0 on.
    numbered: Vec<Device>,
}

impl Index {
    /// The messages that the fleet produced. Canaries are outside.
    pub(crate) fn new(ledger: &[LedgerRecord]) -> Index {
        let mut produced = Vec::new();
        for record in ledger {
            let LedgerRecord::Epoch(epoch) = record else {
                continue;
            };
            let devices = epoch
                .devices
                .iter()
                .filter(|device| device.device != CANARY && device.count > 0);
            produced.extend(devices.map(|messages| (messages.device, messages.first_seq, epoch, messages)));
        }
        produced.sort_by_key(|(device, first_seq, epoch, _)| (*device, *first_seq, epoch.start));
        let mut index = Index::default();
        index.segments.reserve(produced.len());
        for (_, _, epoch, messages) in produced {
            index.push(epoch, messages);
        }
        let numbered = index.devices.len().saturating_mul(2);
        index.numbered = vec![Device::default(); numbered];
        for (number, device) in &index.devices {
            if let Some(place) = index.numbered.get_mut(*number as usize) {
                *place = *device;
            }
        }
        index
    }

    fn push(&mut self, epoch: &Epoch, messages: &DeviceMessages) {
        let segment = Segment {
            device: messages.device,
            first_seq: messages.first_seq,
            count: messages.count.min(PLAUSIBLE),
            start: epoch.start,
            end: epoch.end.max(epoch.start),
            slot: self.messages.len(),
        };
        for n in 0..segment.count {
            let acknowledged = DeviceMessages::bit(&messages.acknowledged, n);
            self.messages.push(Message {
                delivered: DrillTime::ZERO,
                ended: DrillTime::MAX,
                region: None,
                key: NO_KEY,
                age: Span::MAX,
                flags: if acknowledged { flag::ACKNOWLEDGED } else { 0 },
            });
        }
        let here = self.segments.len() as u32;
        let device = self.devices.entry(segment.device).or_insert(Device {
            first: here,
            last: here,
            gapless: true,
        });
        if device.last > device.first {
            let before = &self.segments[device.last as usize - 1];
            device.gapless &= before.first_seq.checked_add(before.count) == Some(segment.first_seq);
        }
        device.last = here + 1;
        self.segments.push(segment);
    }

    /// The slot of a message, if the ledger has it.
    pub(crate) fn slot(&self, id: MessageId) -> Option<usize> {
        let device = match self.numbered.get(id.device as usize) {
            Some(device) => device,
            None => self.devices.get(&id.device)?,
        };
        let segments = &self.segments[device.first as usize..device.last as usize];
        if device.gapless {
            let (first, last) = (segments.first()?, segments.last()?);
            let n = id.seq.checked_sub(first.first_seq)?;
            return (n < (last.first_seq - first.first_seq).saturating_add(last.count))
                .then_some(first.slot + n as usize);
        }
        let before = segments.partition_point(|segment| segment.first_seq <= id.seq);
        let segment = segments.get(before.checked_sub(1)?)?;
        let n = id.seq - segment.first_seq;
        (n < segment.count).then_some(segment.slot + n as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(index.messages.len(), 8);
        let slot = |device, seq| index.slot(MessageId { device, seq });
        let slots: Vec<Option<usize>> = (0..10).map(|seq| slot(1, seq)).collect();
        assert_eq!(slots[..5], [Some(0), Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(slots[5..], [None, None, None, None, Some(5)]);
        assert_eq!(slot(7, 1), Some(7));
        assert_eq!((slot(CANARY, 0), slot(2, 0), slot(7, 2)), (None, None, None));
        assert_eq!((slot(0, 0), slot(1 << 30, 0)), (None, None));
        assert_eq!(index.messages[2].flags, flag::ACKNOWLEDGED);
        assert_eq!(index.messages[3].flags, 0);
    }
}
