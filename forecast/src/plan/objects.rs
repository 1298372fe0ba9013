//! The writes of one bucket, and in which of its stores each can be read.
//!
//! ```text
//!   inventory, writers ──► write ──► store in use ──(lag)──► its replica
//!                                       │ faults: deleted, purged, overwritten, corrupted
//!                                       ◄──────── steps: undeleted, restored, synced
//! ```

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use drill::draw::lognormal_of;
use drill::recovery::{Dated, Rpa};
use drill::scenario::{Lag, Verify};
use drill::units::{DrillTime, Span};

use super::model::Region;
use crate::chance::Chance;

/// What stands under a write's key in one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing.
    Absent,
    /// What was written.
    Good,
    /// A delete marker, with what was written beneath it.
    Hidden,
    /// Other bytes, that do not match their checksum.
    Corrupt,
    /// Overwritten with other bytes; the original is an older version.
    Overwritten,
}

/// Not destroyed by any fault.
const NO_FAULT: u16 = u16::MAX;

/// Some of the producers of a bucket: 0 is the inventory, then the writers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Producers([u64; 4]);

impl Producers {
    pub(super) const ALL: Producers = Producers([u64::MAX; 4]);
    pub(super) const NONE: Producers = Producers([0; 4]);

    /// A file lists 200 writers at most.
    pub(super) fn add(&mut self, producer: usize) {
        self.0[producer / 64] |= 1 << (producer % 64);
    }

    pub(super) fn has(self, producer: usize) -> bool {
        self.0[producer / 64] >> (producer % 64) & 1 == 1
    }
}

/// What is copied of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Copied {
    /// What was written.
    Body,
    /// The marker that hides it.
    Marker,
    /// What it was written over with.
    Other,
}

/// Which store was read, and by when what counts was produced.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    /// `None` where it could not be read.
    pub(super) region: Option<Region>,
    pub(super) before: DrillTime,
}

/// The writes of one bucket, each in each region.
#[derive(Clone, Debug)]
pub(super) struct Objects {
    regions: usize,
    produced: Vec<DrillTime>,
    /// Of each write, of each region.
    states: Vec<State>,
    /// Likewise, the date that a listing shows: replicas keep that of their source, other copies have their own.
    dates: Vec<DrillTime>,
    /// Who produced it: 0 is the inventory, then the writers.
    producers: Vec<u8>,
    superseded: Vec<bool>,
    /// By which fault it was destroyed.
    by: Vec<u16>,
    /// Writes that nothing superseded, by their producers.
    current: Vec<u64>,
    /// Of these, by producer and region: as they were written, and with any body at all.
    good: Vec<u64>,
    readable: Vec<u64>,
    /// Copies that are due, the next one first.
    pending: BinaryHeap<Reverse<(DrillTime, u32, Copied)>>,
    /// Copies that were given up.
    pub(super) given_up: u64,
    /// From which region to which copies are made, if replication is configured.
    copies: Option<(Region, Region)>,
    /// Replication is configured, but no copies are made.
    paused: bool,
    /// The newest write of each key of writers that write keys anew, by producer.
    newest: Vec<Vec<Option<u32>>>,
    written: Vec<u64>,
}

/// A producer's writes from now on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Producer {
    pub(super) every: Span,
    pub(super) keys: Option<u64>,
}

impl Objects {
    /// Nothing has been written by so many writers.
    pub(super) fn new(regions: usize, writers: &[Producer]) -> Objects {
        let producers = writers.len() + 1;
        let slots = |writer: &Producer| vec![None; writer.keys.map_or(0, |keys| keys.min(1 << 20) as usize)];
        Objects {
            regions,
            produced: Vec::new(),
            states: Vec::new(),
            dates: Vec::new(),
            producers: Vec::new(),
            superseded: Vec::new(),
            by: Vec::new(),
            current: vec![0; producers],
            good: vec![0; producers * regions],
            readable: vec![0; producers * regions],
            pending: BinaryHeap::new(),
            given_up: 0,
            copies: None,
            paused: false,
            newest: std::iter::once(Vec::new())
                .chain(writers.iter().map(slots))
                .collect(),
            written: vec![0; producers],
        }
    }

    /// A write that exists in these regions from the beginning.
    pub(super) fn add_existing(&mut self, producer: u8, at: DrillTime, regions: &[Region]) {
        let write = self.push(producer, at);
        for region in regions {
            self.set(write, *region, State::Good);
        }
    }

    /// A write to a store, which is copied as replication says, with a lag that `chance` draws.
    pub(super) fn write(
        &mut self,
        producer: u8,
        keys: Option<u64>,
        at: DrillTime,
        to: Region,
        lag: Option<(Lag, Chance, u64)>,
    ) {
        let write = self.push(producer, at);
        self.set(write, to, State::Good);
        if let Some(keys) = keys.filter(|keys| *keys > 0) {
            let nth = self.written[usize::from(producer)] - 1;
            let slots = &mut self.newest[usize::from(producer)];
            let slot = (nth % keys) as usize;
            if let Some(place) = slots.get_mut(slot)
                && let Some(before) = place.replace(write as u32)
            {
                self.supersede(before as usize);
            }
        }
        if let (Some((from, _)), Some((lag, chance, who))) = (self.copies, lag)
            && from == to
        {
            let due = at + lognormal_of(chance.u64(who, write as u64), lag.p50, lag.p99);
            self.pending.push(Reverse((due, write as u32, Copied::Body)));
        }
    }

    fn push(&mut self, producer: u8, at: DrillTime) -> usize {
        let write = self.produced.len();
        self.produced.push(at);
        self.states
            .extend(std::iter::repeat_n(State::Absent, self.regions));
        self.dates.extend(std::iter::repeat_n(at, self.regions));
        self.producers.push(producer);
        self.superseded.push(false);
        self.by.push(NO_FAULT);
        self.current[usize::from(producer)] += 1;
        self.written[usize::from(producer)] += 1;
        write
    }

    fn supersede(&mut self, write: usize) {
        for region in 0..self.regions {
            self.count(write, region, -1);
        }
        self.current[usize::from(self.producers[write])] -= 1;
        self.superseded[write] = true;
    }

    /// Counts a write in, or out again, as it stands.
    fn count(&mut self, write: usize, region: Region, by: i64) {
        if self.superseded[write] {
            return;
        }
        let at = usize::from(self.producers[write]) * self.regions + region;
        let state = self.states[write * self.regions + region];
        let add = |to: &mut u64| *to = to.wrapping_add_signed(by);
        if state == State::Good {
            add(&mut self.good[at]);
        }
        if matches!(state, State::Good | State::Corrupt | State::Overwritten) {
            add(&mut self.readable[at]);
        }
    }

    pub(super) fn state(&self, write: usize, region: Region) -> State {
        self.states[write * self.regions + region]
    }

    pub(super) fn set(&mut self, write: usize, region: Region, state: State) {
        self.count(write, region, -1);
        self.states[write * self.regions + region] = state;
        self.count(write, region, 1);
    }

    /// A copy that is no replica's: it has the date at which it was made.
    pub(super) fn put(&mut self, write: usize, region: Region, state: State, at: DrillTime) {
        self.set(write, region, state);
        self.dates[write * self.regions + region] = at;
    }

    /// Whether a listing shows a newer date in one region than in the other, in whole seconds.
    pub(super) fn is_newer(&self, write: usize, region: Region, than: Region) -> bool {
        let second = |region: Region| {
            self.dates[write * self.regions + region]
                .as_us()
                .div_euclid(1_000_000)
        };
        second(region) > second(than)
    }

    /// Copies that are due by now are made: of what the source still has.
    pub(super) fn settle(&mut self, now: DrillTime) {
        let Some((from, to)) = self.copies.filter(|_| !self.paused) else {
            return;
        };
        while let Some(Reverse((due, write, what))) = self.pending.peek().copied() {
            if due > now {
                return;
            }
            self.pending.pop();
            let write = write as usize;
            let is_there = matches!(
                self.state(write, from),
                State::Good | State::Hidden | State::Overwritten
            );
            match what {
                Copied::Body if is_there && self.state(write, to) == State::Absent => {
                    self.set(write, to, State::Good);
                }
                Copied::Body => {}
                Copied::Marker => self.set(write, to, State::Hidden),
                Copied::Other => self.put(write, to, State::Overwritten, due),
            }
        }
    }

    /// What was done to a write in the store that copies are made of is copied, too.
    pub(super) fn copy_change(
        &mut self,
        write: usize,
        what: Copied,
        now: DrillTime,
        lag: (Lag, Chance, u64),
    ) {
        /// Another draw than those of its other copies.
        const NTH: u64 = 1 << 41;
        let (lag, chance, who) = lag;
        let due = now + lognormal_of(chance.u64(who, NTH + write as u64), lag.p50, lag.p99);
        self.pending.push(Reverse((due, write as u32, what)));
    }

    /// Writes to `from` are copied to `to` from now on; what was held back is, too, if these were its ends.
    pub(super) fn copy(&mut self, from: Region, to: Region, now: DrillTime) {
        self.settle(now);
        if self.copies != Some((from, to)) {
            self.give_up();
        }
        self.copies = Some((from, to));
        self.paused = false;
    }

    /// Whether writes are copied.
    pub(super) fn is_copied(&self) -> bool {
        self.copies.is_some() && !self.paused
    }

    /// From which region to which replication is configured.
    pub(super) fn copied(&self) -> Option<(Region, Region)> {
        self.copies
    }

    /// Copies are held back from now on.
    pub(super) fn hold_copies(&mut self, now: DrillTime) {
        self.settle(now);
        self.paused = true;
    }

    /// Copies are given up: what is not there by now never comes by itself.
    pub(super) fn end_copies(&mut self, now: DrillTime) {
        self.settle(now);
        self.give_up();
        self.copies = None;
    }

    fn give_up(&mut self) {
        self.given_up += self.pending.len() as u64;
        self.pending.clear();
    }

    /// When the last of the copies arrives that are on their way; never, while they are held back.
    pub(super) fn arrive(&self) -> Option<DrillTime> {
        let last = self.pending.iter().map(|Reverse((due, ..))| *due).max();
        if self.paused {
            last.map(|_| DrillTime::MAX)
        } else {
            last
        }
    }

    /// What the source has and the destination lacks is copied, too; gives when the last arrives.
    pub(super) fn copy_existing(
        &mut self,
        now: DrillTime,
        lag: Lag,
        chance: Chance,
        who: u64,
    ) -> Option<DrillTime> {
        let (from, to) = self.copies?;
        let mut last = None;
        for write in 0..self.produced.len() {
            if self.state(write, from) == State::Good && self.state(write, to) != State::Good {
                // Another draw than that of its first copy.
                let nth = (1 << 40) + write as u64;
                let due = now + lognormal_of(chance.u64(who, nth), lag.p50, lag.p99);
                if self.state(write, to) != State::Absent {
                    self.set(write, to, State::Absent);
                }
                self.pending.push(Reverse((due, write as u32, Copied::Body)));
                last = last.max(Some(due));
            }
        }
        last
    }

    /// How many writes of these producers nothing superseded, and how many of them a store has well.
    pub(super) fn sound(&self, producers: Producers, region: Region, verify: Verify) -> (u64, u64) {
        let mut found = (0, 0);
        for (producer, current) in self.current.iter().enumerate() {
            if producers.has(producer) {
                let at = producer * self.regions + region;
                found.0 += current;
                found.1 += match verify {
                    Verify::Sha256 => self.good[at],
                    Verify::None => self.readable[at],
                };
            }
        }
        found
    }

    /// Objects that nothing superseded.
    pub(super) fn current(&self) -> u64 {
        self.current.iter().sum()
    }

    /// Those in a store of which it says that they are there: with a body, whatever it is.
    pub(super) fn listed(&self, region: Region) -> u64 {
        let stride = self.regions;
        self.readable.iter().skip(region).step_by(stride).sum()
    }

    /// The writes of these producers that nothing superseded and that a store has as they were written.
    pub(super) fn targets(&self, producers: Producers, region: Region) -> Vec<u32> {
        (0..self.produced.len())
            .filter(|write| {
                !self.superseded[*write]
                    && producers.has(usize::from(self.producers[*write]))
                    && self.state(*write, region) == State::Good
            })
            .map(|write| write as u32)
            .collect()
    }

    /// A fault does this to a write.
    pub(super) fn destroy(&mut self, write: usize, region: Region, state: State, fault: usize) {
        self.set(write, region, state);
        self.by[write] = u16::try_from(fault).unwrap_or(NO_FAULT);
    }

    /// The whole store is gone.
    pub(super) fn empty(&mut self, region: Region, fault: usize) {
        for write in 0..self.produced.len() {
            if self.state(write, region) != State::Absent {
                self.destroy(write, region, State::Absent, fault);
            }
        }
    }

    /// Writes that nothing superseded.
    pub(super) fn alive(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.produced.len()).filter(|write| !self.superseded[*write])
    }

    /// Whether a write is there as it was written, where the store was read; none of what does not count.
    fn is_well(&self, write: usize, read: Read) -> Option<bool> {
        let counts =
            write < self.produced.len() && !self.superseded[write] && self.produced[write] <= read.before;
        counts.then(|| {
            read.region
                .is_some_and(|region| self.state(write, region) == State::Good)
        })
    }

    /// Whether something is not there at the end that was there before, or was written since.
    pub(super) fn lost_since(&self, read: Read, end: &Objects, read_at_end: Read) -> bool {
        (0..end.produced.len()).any(|write| {
            self.is_well(write, read) != Some(false) && end.is_well(write, read_at_end) == Some(false)
        })
    }

    /// The worst recovery point of what is not there as it was written, or was and is not at the end any more: of each
    /// fault's damage, dated by when it was injected; what no fault destroyed belongs to `otherwise`. None where nothing is
    /// damaged.
    pub(super) fn rpa(
        &self,
        read: Read,
        end: Option<(&Objects, Read)>,
        injections: &[Option<DrillTime>],
        otherwise: Option<usize>,
        interval: Span,
    ) -> Option<Rpa> {
        let mut groups: Vec<(u16, Dated, Dated)> = Vec::new();
        let mut survivor: Option<DrillTime> = None;
        let newest = end.map_or(self, |(end, _)| end);
        for write in 0..newest.produced.len() {
            let at = newest.produced[write];
            let before = self.is_well(write, read);
            if before == Some(true) {
                survivor = Some(survivor.map_or(at, |known| known.min(at)));
            }
            let after = end.and_then(|(end, read)| end.is_well(write, read));
            if before != Some(false) && after != Some(false) {
                continue;
            }
            let by = match (newest.by[write], otherwise) {
                (NO_FAULT, Some(fault)) => u16::try_from(fault).unwrap_or(NO_FAULT),
                (by, _) => by,
            };
            let dated = Dated::exact(at);
            match groups.iter_mut().find(|(known, ..)| *known == by) {
                Some((_, oldest, newest)) => {
                    *oldest = oldest.older(dated);
                    *newest = newest.newer(dated);
                }
                None => groups.push((by, dated, dated)),
            }
        }
        groups
            .into_iter()
            .map(|(by, oldest, newest)| {
                let injected = injections.get(usize::from(by)).copied().flatten();
                Rpa::new(injected, oldest, newest, survivor, interval)
            })
            .max_by_key(|rpa| (!rpa.exact, rpa.length))
    }
}
