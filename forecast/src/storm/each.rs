//! Every device by itself, on a wheel of time.
//!
//! ```text
//!   seconds (as many as the longest wait) │ 0 │ 1 │ 2 │ … │      a device that waits stands in the second of its
//!                   when it has come ──────┘                     attempt,
//!   milliseconds of this second           │ 0 │ 1 │ … │ 999 │    and, once that has come, in the millisecond
//! ```
//!
//! A slot is a list of blocks from one pool, so that a device takes the bytes of its entry wherever it waits, and
//! entries are read and written in a row. Of the devices in one millisecond those are first that have waited since
//! earlier.

use drill::firmware::{Jitter, Quota};
use drill::units::DrillTime;

use super::outcome::StormOutcome;
use super::policy::Waits;
use super::record::Record;
use super::spec::{Begin, Storm};
use crate::chance::Chance;

/// Milliseconds of a second.
const SECOND: u64 = 1_000;

/// How an entry holds the number of the attempt and the millisecond in which it is made.
const MS_BITS: u32 = 10;

/// What a device remembers of its last wait, in milliseconds.
trait Memory: Copy + Default {
    fn from_wait(waited: u32) -> Self;
    fn waited(self) -> u32;
}

/// Nothing: the next wait does not depend on it.
impl Memory for () {
    fn from_wait(_: u32) {}
    fn waited(self) -> u32 {
        0
    }
}

impl Memory for u32 {
    fn from_wait(waited: u32) -> u32 {
        waited
    }
    fn waited(self) -> u32 {
        self
    }
}

/// A device that waits: 8 bytes, or 12 where it remembers its last wait.
#[derive(Clone, Copy, Default)]
struct Entry<M> {
    device: u32,
    /// Waits so far in the upper bits, the millisecond within the second of the attempt in the lower ten.
    waits_and_ms: u32,
    memory: M,
}

/// Entries in a block: half a kilobyte of those of 8 bytes.
const BLOCK: usize = 62;

/// No block.
const NONE: u32 = u32::MAX;

struct Block<M> {
    entries: [Entry<M>; BLOCK],
    len: u32,
    next: u32,
}

/// The blocks of all slots.
struct Pool<M> {
    blocks: Vec<Block<M>>,
    free: u32,
}

/// A list of blocks.
#[derive(Clone, Copy)]
struct Slot {
    first: u32,
    last: u32,
}

const EMPTY: Slot = Slot {
    first: NONE,
    last: NONE,
};

impl<M: Memory> Pool<M> {
    #[inline(always)]
    fn push(&mut self, slot: &mut Slot, entry: Entry<M>) {
        if slot.last == NONE || self.blocks[slot.last as usize].len as usize == BLOCK {
            self.grow(slot);
        }
        let block = &mut self.blocks[slot.last as usize];
        block.entries[block.len as usize] = entry;
        block.len += 1;
    }

    /// Another block at the end of a slot.
    #[cold]
    fn grow(&mut self, slot: &mut Slot) {
        let new = self.free;
        let new = match new {
            NONE => {
                self.blocks.push(Block {
                    entries: [Entry::default(); BLOCK],
                    len: 0,
                    next: NONE,
                });
                u32::try_from(self.blocks.len() - 1).expect("fewer blocks than devices")
            }
            _ => {
                let block = &mut self.blocks[new as usize];
                self.free = block.next;
                block.len = 0;
                block.next = NONE;
                new
            }
        };
        match slot.last {
            NONE => slot.first = new,
            last => self.blocks[last as usize].next = new,
        }
        slot.last = new;
    }

    /// The entries of a block, which is free from then on, and the block after it.
    #[inline]
    fn release_block(&mut self, at: u32, entries: &mut [Entry<M>; BLOCK]) -> (usize, u32) {
        let block = &mut self.blocks[at as usize];
        let (len, next) = (block.len as usize, block.next);
        entries[..len].copy_from_slice(&block.entries[..len]);
        block.next = self.free;
        self.free = at;
        (len, next)
    }
}

/// The two levels of the wheel.
struct Wheel<M> {
    pool: Pool<M>,
    seconds: Vec<Slot>,
    milliseconds: Vec<Slot>,
    /// The second whose milliseconds are filled.
    second: u64,
}

impl<M: Memory> Wheel<M> {
    /// For waits of at most so many milliseconds.
    fn new(longest: u64) -> Wheel<M> {
        let seconds = longest / SECOND + 2;
        Wheel {
            pool: Pool {
                blocks: Vec::new(),
                free: NONE,
            },
            seconds: vec![EMPTY; usize::try_from(seconds).expect("a wait in milliseconds")],
            milliseconds: vec![EMPTY; SECOND as usize],
            second: 0,
        }
    }

    /// `entry` makes its attempt at this millisecond, later than what is processed now.
    #[inline]
    fn insert(&mut self, at: u64, mut entry: Entry<M>) {
        let (second, ms) = (at / SECOND, (at % SECOND) as u32);
        entry.waits_and_ms = (entry.waits_and_ms >> MS_BITS << MS_BITS) | ms;
        let slot = if second == self.second {
            &mut self.milliseconds[ms as usize]
        } else {
            let slot = second % self.seconds.len() as u64;
            &mut self.seconds[slot as usize]
        };
        self.pool.push(slot, entry);
    }

    /// The milliseconds of this second are filled.
    fn turn_to(&mut self, second: u64) {
        self.second = second;
        let at = (second % self.seconds.len() as u64) as usize;
        let slot = std::mem::replace(&mut self.seconds[at], EMPTY);
        let mut entries = [Entry::default(); BLOCK];
        let mut block = slot.first;
        while block != NONE {
            let (len, next) = self.pool.release_block(block, &mut entries);
            for entry in &entries[..len] {
                let ms = entry.waits_and_ms & ((1 << MS_BITS) - 1);
                self.pool.push(&mut self.milliseconds[ms as usize], *entry);
            }
            block = next;
        }
    }
}

/// Runs a storm, as long as `on`.
pub(super) fn run(storm: &Storm, on: &dyn Fn() -> bool) -> Option<StormOutcome> {
    match storm.reconnect.jitter {
        Jitter::Decorrelated => run_with::<u32>(storm, on),
        Jitter::None | Jitter::Full | Jitter::Equal => run_with::<()>(storm, on),
    }
}

fn run_with<M: Memory>(storm: &Storm, on: &dyn Fn() -> bool) -> Option<StormOutcome> {
    let devices = u32::try_from(storm.devices).expect("more devices are counted, not simulated each");
    let waits = Waits::new(&storm.reconnect);
    let chance = Chance::new(storm.seed, "storm/backoff");
    let ms = |span: drill::units::Span| u64::try_from(span.as_us() / 1_000).unwrap_or(0);
    let (closed, end) = (ms(storm.closed_for), ms(storm.give_up));
    let spread = ms(storm.over);
    let mut wheel = Wheel::<M>::new(u64::from(waits.cap) + spread);
    let mut record = Record::new(storm.devices, 1);
    let mut gave_up = 0u64;
    let next = |entry: &mut Entry<M>| {
        let tried = entry.waits_and_ms >> MS_BITS;
        let range = waits.range(tried, entry.memory.waited())?;
        let more = chance.up_to(u64::from(entry.device), u64::from(tried), range.high - range.low);
        let wait = (range.low + more).min(waits.cap);
        entry.memory = M::from_wait(wait);
        entry.waits_and_ms = entry.waits_and_ms.saturating_add(1 << MS_BITS);
        Some(u64::from(wait))
    };
    for device in 0..devices {
        let mut entry = Entry {
            device,
            ..Entry::default()
        };
        let at = u64::from(device) * spread / storm.devices;
        let wait = match storm.begin {
            Begin::SwitchedOn => Some(0),
            Begin::SessionLost => next(&mut entry),
        };
        match wait {
            Some(wait) => wheel.insert(at + wait, entry),
            None => gave_up += 1,
        }
    }
    let mut waiting = u64::from(devices) - gave_up;
    let mut quota = Quota::new(storm.connects_per_second, DrillTime::ZERO);
    let mut entries = [Entry::default(); BLOCK];
    let mut second = 0;
    while waiting > 0 && second * SECOND < end {
        if !on() {
            return None;
        }
        if second > 0 {
            wheel.turn_to(second);
        }
        for at in 0..SECOND {
            let now = second * SECOND + at;
            let open = now >= closed;
            let instant = DrillTime::from_us(i64::try_from(now * 1_000).unwrap_or(i64::MAX));
            let slot = std::mem::replace(&mut wheel.milliseconds[at as usize], EMPTY);
            let mut block = slot.first;
            let (mut attempts, mut accepted) = (0, 0);
            while block != NONE {
                let (len, following) = wheel.pool.release_block(block, &mut entries);
                attempts += len as u64;
                for entry in &mut entries[..len] {
                    if open && quota.acquire(instant) {
                        accepted += 1;
                        continue;
                    }
                    match next(entry) {
                        Some(wait) => wheel.insert(now + wait, *entry),
                        None => gave_up += 1,
                    }
                }
                block = following;
            }
            if attempts > 0 {
                record.count(now, attempts, accepted);
                record.back(now, accepted);
            }
        }
        waiting = u64::from(devices) - record.back - gave_up;
        second += 1;
    }
    Some(record.end(gave_up))
}
