//! How many tests run at once, and which of them have to wait for others of their kind.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::times;

/// For how many a heavy test counts: it starts containers that have to be ready in time, or a fork bomb.
const HEAVY: usize = 3;

/// A test that panics holds locks like any other: what they guard are numbers.
pub(crate) struct Turns {
    at_once: usize,
    places: Mutex<Places>,
    freed: Condvar,
}

struct Places {
    free: usize,
    /// Whether a heavy one runs; no other does meanwhile.
    heavy_runs: bool,
    /// The heavy ones that wait, by their numbers: while the first of them could run if it had its places, nothing else begins.
    heavy_waits: VecDeque<u64>,
    next: u64,
}

/// Where a turn is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Queue {
    /// It begins as soon as there is a place.
    Light,
    /// Behind the other heavy ones.
    Heavy,
    /// Before the other heavy ones: what is done again has waited once.
    HeavyFirst,
}

/// Leave to run; it ends when this is dropped.
struct Turn {
    turns: &'static Turns,
    weight: usize,
    is_heavy: bool,
}

thread_local! {
    /// That of the test which this thread runs.
    static TURN: RefCell<Option<Turn>> = const { RefCell::new(None) };
}

/// Runs a part of a test while no other test runs, where it is called on the test's own thread; elsewhere it runs beside
/// the others. It is for what a busy machine spoiled.
pub fn alone<T>(part: impl FnOnce() -> T) -> T {
    let Some(own) = TURN.take() else {
        return part();
    };
    let (turns, weight, is_heavy) = (own.turns, own.weight, own.is_heavy);
    // Two that keep their places and wait for all would wait for each other.
    drop(own);
    let all = times::waiting(|| turns.places_for(turns.at_once, Queue::HeavyFirst));
    let result = part();
    drop(all);
    let queue = if is_heavy { Queue::HeavyFirst } else { Queue::Light };
    TURN.set(Some(times::waiting(|| turns.places_for(weight, queue))));
    result
}

impl Turns {
    pub(crate) fn new(at_once: usize) -> Turns {
        Turns {
            at_once,
            places: Mutex::new(Places {
                free: at_once,
                heavy_runs: false,
                heavy_waits: VecDeque::new(),
                next: 0,
            }),
            freed: Condvar::new(),
        }
    }

    /// Waits for the turn of a test, which counts among those that run only when it has it, and runs it.
    pub(crate) fn run<T>(&'static self, is_heavy: bool, test: impl FnOnce() -> T) -> T {
        let turn = if is_heavy {
            self.places_for(HEAVY.min(self.at_once), Queue::Heavy)
        } else {
            self.places_for(1, Queue::Light)
        };
        TURN.set(Some(turn));
        let _ends = End;
        test()
    }

    fn places_for(&'static self, weight: usize, queue: Queue) -> Turn {
        let is_heavy = queue != Queue::Light;
        let mut places = self.places();
        let number = places.next;
        places.next += 1;
        match queue {
            Queue::Light => {}
            Queue::Heavy => places.heavy_waits.push_back(number),
            Queue::HeavyFirst => places.heavy_waits.push_front(number),
        }
        let waits = |places: &mut Places| {
            let barred = if is_heavy {
                places.heavy_runs || places.heavy_waits.front() != Some(&number)
            } else {
                !places.heavy_runs && !places.heavy_waits.is_empty()
            };
            barred || places.free < weight
        };
        let waited = self.freed.wait_while(places, waits);
        let mut places = waited.unwrap_or_else(PoisonError::into_inner);
        places.free -= weight;
        if is_heavy {
            places.heavy_runs = true;
            places.heavy_waits.pop_front();
            // What is free beside it is for the others again.
            self.freed.notify_all();
        }
        Turn {
            turns: self,
            weight,
            is_heavy,
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the turn of this thread's test, also when that panics.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        TURN.take();
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut places = self.turns.places();
        places.free += self.weight;
        places.heavy_runs &= !self.is_heavy;
        drop(places);
        self.turns.freed.notify_all();
    }
}
