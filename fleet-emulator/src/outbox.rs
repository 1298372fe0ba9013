//! A device's outbox: messages that the broker has not acknowledged, in order of their production.
//!
//! ```text
//!   front (oldest)                               back (newest)
//!   [ on the wire, awaiting PUBACK | waiting for a place or a connection ]
//! ```
//!
//! It holds sequence numbers only; what a message says follows from its number. A message keeps its
//! packet id over a reconnection, and is then sent as a duplicate.

use std::collections::VecDeque;

/// One publish to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publish {
    /// The message's sequence number.
    pub seq: u32,
    /// MQTT's packet id, never 0.
    pub packet_id: u16,
    /// It was sent before, on an earlier connection.
    pub duplicate: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    seq: u32,
    /// 0 until it is sent for the first time.
    packet_id: u16,
}

/// The outbox of one device.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    entries: VecDeque<Entry>,
    /// So many of the oldest are on the wire of the present connection.
    on_wire: usize,
    last_packet_id: u16,
    capacity: usize,
}

impl Outbox {
    pub(crate) fn new(capacity: usize) -> Outbox {
        Outbox {
            entries: VecDeque::new(),
            on_wire: 0,
            last_packet_id: 0,
            capacity: capacity.max(1),
        }
    }

    /// Takes a new message in; the one that had to go for it, if the outbox was full.
    pub(crate) fn push(&mut self, seq: u32) -> Option<u32> {
        let dropped = if self.entries.len() < self.capacity {
            None
        } else {
            self.drop_oldest()
        };
        self.entries.push_back(Entry { seq, packet_id: 0 });
        dropped
    }

    /// The oldest message.
    pub(crate) fn oldest(&self) -> Option<u32> {
        self.entries.front().map(|entry| entry.seq)
    }

    /// Forgets the oldest message.
    pub(crate) fn drop_oldest(&mut self) -> Option<u32> {
        let entry = self.entries.pop_front()?;
        self.on_wire = self.on_wire.saturating_sub(1);
        Some(entry.seq)
    }

    /// The broker acknowledged a packet id; the message that it stands for, if that is on the wire.
    pub(crate) fn acknowledge(&mut self, packet_id: u16) -> Option<u32> {
        let index = self
            .entries
            .iter()
            .take(self.on_wire)
            .position(|entry| entry.packet_id == packet_id)?;
        self.on_wire -= 1;
        let seq = self.entries.remove(index)?.seq;
        if self.entries.is_empty() {
            // An outage may have grown it to its capacity; thousands of idle devices add up.
            self.entries.shrink_to(4);
        }
        Some(seq)
    }

    /// The next message to put on the wire, while fewer than `limit` are there.
    pub(crate) fn send_next(&mut self, limit: usize) -> Option<Publish> {
        if self.on_wire >= limit {
            return None;
        }
        let Entry { seq, packet_id } = *self.entries.get(self.on_wire)?;
        let duplicate = packet_id != 0;
        let packet_id = if duplicate {
            packet_id
        } else {
            self.free_packet_id()
        };
        self.entries[self.on_wire].packet_id = packet_id;
        self.on_wire += 1;
        Some(Publish {
            seq,
            packet_id,
            duplicate,
        })
    }

    /// The connection is gone, and with it what was on its wire.
    pub(crate) fn disconnected(&mut self) {
        self.on_wire = 0;
    }

    /// How many messages are on the wire of the present connection.
    pub(crate) fn on_wire(&self) -> usize {
        self.on_wire
    }

    /// How many messages it holds.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The next id that no message of the outbox has. There are fewer messages than ids.
    pub(crate) fn free_packet_id(&mut self) -> u16 {
        loop {
            self.last_packet_id = self.last_packet_id.checked_add(1).unwrap_or(1);
            let id = self.last_packet_id;
            if self.entries.iter().all(|entry| entry.packet_id != id) {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_outbox_drops_the_oldest_message() {
        let mut outbox = Outbox::new(2);
        assert_eq!(
            [outbox.push(0), outbox.push(1), outbox.push(2)],
            [None, None, Some(0)]
        );
        assert_eq!(outbox.len(), 2);
        assert_eq!(outbox.oldest(), Some(1));
    }

    #[test]
    fn a_message_is_sent_again_with_its_id_after_a_reconnection() {
        let mut outbox = Outbox::new(8);
        for seq in 0..3 {
            outbox.push(seq);
        }
        let first = outbox.send_next(2).unwrap();
        let second = outbox.send_next(2).unwrap();
        assert_eq!(outbox.send_next(2), None);
        assert!(!first.duplicate && first.packet_id != second.packet_id);
        assert_eq!(outbox.acknowledge(first.packet_id), Some(0));
        assert_eq!(outbox.acknowledge(first.packet_id), None);
        outbox.disconnected();
        // An acknowledgement of a connection that is gone means nothing.
        assert_eq!(outbox.acknowledge(second.packet_id), None);
        let again = outbox.send_next(2).unwrap();
        assert_eq!(
            again,
            Publish {
                duplicate: true,
                ..second
            }
        );
        assert!(!outbox.send_next(2).unwrap().duplicate);
    }

    #[test]
    fn packet_ids_wrap_around_those_in_use() {
        let mut outbox = Outbox::new(8);
        outbox.push(0);
        let held = outbox.send_next(8).unwrap().packet_id;
        for seq in 1..70_000 {
            outbox.push(seq);
            let id = outbox.send_next(8).unwrap().packet_id;
            assert!(id != 0 && id != held);
            assert_eq!(outbox.acknowledge(id), Some(seq));
        }
        assert_eq!(outbox.len(), 1);
    }
}
