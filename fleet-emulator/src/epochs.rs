//! The fleet's side of the ledger: which messages were acknowledged, which died, by epochs.
//!
//! ```text
//!   due time ──►  0 s        10 s    14 s (fault)   20 s        30 s
//!                 [ epoch    ][ epoch ][ epoch       ][ epoch    ]
//!   device 17       #0: ack            #1: dropped      #2: ?        settled epochs are handed out
//! ```
//!
//! What is due in an epoch follows from the devices' schedules, so an epoch is complete from the moment
//! at which it is opened, and a device that lags shows as pending messages, never as missing ones. An
//! epoch is settled when its end has passed and each message of it was acknowledged or dropped.

use std::collections::{BTreeMap, BTreeSet};

use drill::ledger::{CANARY, DeviceMessages, EPOCH, Epoch, LedgerRecord};
use drill::units::{DrillTime, Span};

use crate::device::DeviceInput;
use crate::schedule::Schedule;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Acknowledged,
    Dropped,
}

/// The epochs that are not yet handed out.
#[derive(Debug)]
pub(crate) struct EpochLedger {
    every: Option<Span>,
    /// When each device's first message is due.
    first: Vec<DrillTime>,
    /// How many messages each device has produced.
    produced: Vec<u32>,
    open: BTreeMap<DrillTime, Open>,
    /// All epochs before this instant have been opened.
    opened_to: DrillTime,
    cuts: BTreeSet<DrillTime>,
}

#[derive(Debug)]
struct Open {
    end: DrillTime,
    unsettled: u64,
    devices: Vec<DeviceMessages>,
    /// Canaries by when they were sent, and whether they were acknowledged, once that is known.
    canaries: BTreeMap<(DrillTime, u32), Option<bool>>,
}

impl EpochLedger {
    pub(crate) fn new(inputs: &[DeviceInput], every: Option<Span>) -> EpochLedger {
        let span = every.unwrap_or(EPOCH);
        let first: Vec<DrillTime> = inputs.iter().map(|input| input.schedule(span).first).collect();
        let begin = first.iter().min().copied().unwrap_or(DrillTime::ZERO);
        EpochLedger {
            every,
            produced: vec![0; first.len()],
            opened_to: aligned(begin.min(DrillTime::ZERO)),
            first,
            open: BTreeMap::new(),
            cuts: BTreeSet::new(),
        }
    }

    /// Message `seq` of `device` was produced.
    pub(crate) fn produced(&mut self, device: u32, seq: u32) {
        if let Some(produced) = self.produced.get_mut(device as usize) {
            *produced = (*produced).max(seq + 1);
        }
    }

    /// The end of message `seq` of `device`. Each message ends once.
    pub(crate) fn ended(&mut self, device: u32, seq: u32, fate: Fate) {
        let Some(schedule) = self.schedule(device as usize) else {
            return;
        };
        let due = schedule.due(seq);
        self.open_to(due + Span::from_us(1));
        let open = self.open.range_mut(..=due).next_back();
        let Some((_, open)) = open.filter(|(_, open)| due < open.end) else {
            return;
        };
        let Ok(index) = open.devices.binary_search_by_key(&device, |d| d.device) else {
            return;
        };
        let messages = &mut open.devices[index];
        let n = seq - messages.first_seq;
        let bits = match fate {
            Fate::Acknowledged => &mut messages.acknowledged,
            Fate::Dropped => &mut messages.dropped,
        };
        DeviceMessages::set_bit(bits, n);
        open.unsettled -= 1;
    }

    /// A canary was sent at `at`; its epoch stays until [`EpochLedger::canary_ended`].
    pub(crate) fn canary_sent(&mut self, seq: u32, at: DrillTime) {
        self.open_to(at + Span::from_us(1));
        let (start, end) = self.bounds(at);
        let open = self.open.entry(start).or_insert_with(|| Open {
            end,
            unsettled: 0,
            devices: Vec::new(),
            canaries: BTreeMap::new(),
        });
        open.canaries.insert((at, seq), None);
    }

    /// What became of the canary that was sent at `at`.
    pub(crate) fn canary_ended(&mut self, seq: u32, at: DrillTime, acknowledged: bool) {
        let open = self.open.range_mut(..=at).next_back();
        if let Some(fate) = open.and_then(|(_, open)| open.canaries.get_mut(&(at, seq))) {
            *fate = Some(acknowledged);
        }
    }

    /// Begins a new epoch at `at`, of which no part may have been handed out.
    pub(crate) fn cut(&mut self, at: DrillTime) {
        if !self.cuts.insert(at) || at >= self.opened_to {
            return;
        }
        let Some((&start, open)) = self.open.range_mut(..at).next_back() else {
            return;
        };
        if open.end <= at {
            return;
        }
        let end = std::mem::replace(&mut open.end, at);
        let devices = std::mem::take(&mut open.devices);
        let (early, late) = self.split(devices, at);
        let open = self
            .open
            .get_mut(&start)
            .expect("the epoch that is split is open");
        open.unsettled = unsettled(&early);
        open.devices = early;
        let late = Open {
            end,
            unsettled: unsettled(&late),
            devices: late,
            canaries: open.canaries.split_off(&(at, 0)),
        };
        if !late.is_empty() {
            self.open.insert(at, late);
        }
    }

    /// Whether anything due before `cut`, which has passed, is neither acknowledged nor dropped.
    pub(crate) fn open_before(&mut self, cut: DrillTime) -> bool {
        self.open_to(cut);
        self.open.range(..cut).any(|(_, open)| open.unsettled > 0)
    }

    /// Takes out the epochs that are settled at `now`, in order.
    pub(crate) fn take_settled(&mut self, now: DrillTime) -> Vec<LedgerRecord> {
        self.open_to(now);
        let settled: Vec<DrillTime> = self
            .open
            .iter()
            .filter(|(_, open)| open.is_settled(now))
            .map(|(start, _)| *start)
            .collect();
        settled
            .into_iter()
            .filter_map(|start| Some(self.open.remove(&start)?.record(start)))
            .collect()
    }

    /// Takes out everything up to what was produced last; what has not ended by then stays without a mark.
    pub(crate) fn finish(mut self, now: DrillTime) -> Vec<LedgerRecord> {
        let newest = (0..self.first.len()).filter_map(|device| {
            let last = self.produced[device].checked_sub(1)?;
            Some(self.schedule(device)?.due(last))
        });
        let newest = newest.max().unwrap_or(now);
        self.open_to(now.max(newest) + Span::from_us(1));
        let produced = &self.produced;
        let open = std::mem::take(&mut self.open);
        open.into_iter()
            .filter_map(|(start, mut open)| {
                open.devices.retain_mut(|messages| {
                    let produced = produced[messages.device as usize];
                    messages.count = messages.count.min(produced.saturating_sub(messages.first_seq));
                    messages.count > 0
                });
                (!open.is_empty()).then(|| open.record(start))
            })
            .collect()
    }

    fn schedule(&self, device: usize) -> Option<Schedule> {
        Some(Schedule {
            first: *self.first.get(device)?,
            every: self.every?,
        })
    }

    /// The epoch that `at` falls into.
    fn bounds(&self, at: DrillTime) -> (DrillTime, DrillTime) {
        let floor = aligned(at);
        let start = self.cuts.range(..=at).next_back().copied().unwrap_or(floor);
        let after = at + Span::from_us(1);
        let end = self.cuts.range(after..).next().copied().unwrap_or(DrillTime::MAX);
        (start.max(floor), end.min(floor + EPOCH))
    }

    /// Opens the epochs that begin before `instant`.
    fn open_to(&mut self, instant: DrillTime) {
        if self.every.is_none() || self.first.is_empty() {
            return;
        }
        while self.opened_to < instant {
            let (start, end) = self.bounds(self.opened_to);
            let devices: Vec<DeviceMessages> = (0..self.first.len())
                .filter_map(|device| self.due_in(device, start, end))
                .collect();
            if !devices.is_empty() {
                let open = Open {
                    end,
                    unsettled: unsettled(&devices),
                    devices,
                    canaries: BTreeMap::new(),
                };
                self.open.insert(start, open);
            }
            self.opened_to = end;
        }
    }

    /// The messages of a device that are due in an epoch, if there are any.
    fn due_in(&self, device: usize, start: DrillTime, end: DrillTime) -> Option<DeviceMessages> {
        let schedule = self.schedule(device)?;
        let first_seq = schedule.before(start);
        let count = schedule.before(end) - first_seq;
        (count > 0).then(|| DeviceMessages {
            device: device as u32,
            first_seq,
            count,
            acknowledged: Vec::new(),
            dropped: Vec::new(),
        })
    }

    /// The messages due before `at`, and the others.
    fn split(
        &self,
        devices: Vec<DeviceMessages>,
        at: DrillTime,
    ) -> (Vec<DeviceMessages>, Vec<DeviceMessages>) {
        let (mut early, mut late) = (Vec::new(), Vec::new());
        for messages in devices {
            let Some(schedule) = self.schedule(messages.device as usize) else {
                continue;
            };
            let middle = schedule.before(at).saturating_sub(messages.first_seq);
            let middle = middle.min(messages.count);
            early.extend(part(&messages, 0, middle));
            late.extend(part(&messages, middle, messages.count));
        }
        (early, late)
    }
}

impl Open {
    fn is_settled(&self, now: DrillTime) -> bool {
        self.end <= now && self.unsettled == 0 && self.canaries.values().all(Option::is_some)
    }

    fn is_empty(&self) -> bool {
        self.devices.is_empty() && self.canaries.is_empty()
    }

    fn record(self, start: DrillTime) -> LedgerRecord {
        let mut devices = self.devices;
        devices.extend(self.canaries.into_iter().map(|((_, seq), fate)| {
            let bits = |set: bool| if set { vec![1] } else { Vec::new() };
            DeviceMessages {
                device: CANARY,
                first_seq: seq,
                count: 1,
                acknowledged: bits(fate == Some(true)),
                dropped: bits(fate == Some(false)),
            }
        }));
        LedgerRecord::Epoch(Epoch {
            start,
            end: self.end,
            devices,
        })
    }
}

/// The multiple of [`EPOCH`] at or before `at`.
fn aligned(at: DrillTime) -> DrillTime {
    DrillTime::from_us(at.as_us().div_euclid(EPOCH.as_us()) * EPOCH.as_us())
}

/// How many messages have not ended.
fn unsettled(devices: &[DeviceMessages]) -> u64 {
    let ones = |bits: &[u8]| bits.iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>();
    devices
        .iter()
        .map(|d| u64::from(d.count) - ones(&d.acknowledged) - ones(&d.dropped))
        .sum()
}

/// Messages `from..to` of `messages`, counted from its first; `None` if there are none.
fn part(messages: &DeviceMessages, from: u32, to: u32) -> Option<DeviceMessages> {
    let bits = |whole: &[u8]| {
        let mut bits = Vec::new();
        for n in (from..to).filter(|n| DeviceMessages::bit(whole, *n)) {
            DeviceMessages::set_bit(&mut bits, n - from);
        }
        bits
    };
    (from < to).then(|| DeviceMessages {
        device: messages.device,
        first_seq: messages.first_seq + from,
        count: to - from,
        acknowledged: bits(&messages.acknowledged),
        dropped: bits(&messages.dropped),
    })
}

#[cfg(test)]
#[path = "epochs_tests.rs"]
mod tests;
