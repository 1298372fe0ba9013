//! How many tests run at once, and which of them have to wait for others of their kind.

use std::cell::RefCell;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// For how many a heavy test counts: it starts containers that have to be ready in time, or a fork bomb.
const HEAVY: usize = 3;

/// A test that panics holds locks like any other: what they guard are numbers.
pub(crate) struct Turns {
    at_once: usize,
    places: Mutex<Places>,
    freed: Condvar,
    heavy: Mutex<()>,
}

struct Places {
    free: usize,
    /// How many a heavy test waits for: until it has them nothing else begins.
    wanted: usize,
}

/// Leave to run; it ends when this is dropped.
struct Turn {
    turns: &'static Turns,
    weight: usize,
    _heavy: Option<MutexGuard<'static, ()>>,
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
    let (turns, weight, heavy) = (own.turns, own.weight, own._heavy.is_some());
    // Two that keep their places and wait for all would wait for each other.
    drop(own);
    let all = turns.places_for(turns.at_once, true);
    let result = part();
    drop(all);
    TURN.set(Some(turns.places_for(weight, heavy)));
    result
}

impl Turns {
    pub(crate) fn new(at_once: usize) -> Turns {
        Turns {
            at_once,
            places: Mutex::new(Places {
                free: at_once,
                wanted: 0,
            }),
            freed: Condvar::new(),
            heavy: Mutex::new(()),
        }
    }

    /// Waits for the turn of a test, which counts among those that run only when it has it, and runs it.
    pub(crate) fn run<T>(&'static self, is_heavy: bool, test: impl FnOnce() -> T) -> T {
        let weight = if is_heavy { HEAVY.min(self.at_once) } else { 1 };
        TURN.set(Some(self.places_for(weight, is_heavy)));
        let _ends = End;
        test()
    }

    fn places_for(&'static self, weight: usize, is_heavy: bool) -> Turn {
        let heavy = is_heavy.then(|| self.heavy.lock().unwrap_or_else(PoisonError::into_inner));
        let mut places = self.places();
        if is_heavy {
            places.wanted = weight;
        }
        let waits = |places: &mut Places| places.free < weight || (!is_heavy && places.wanted > 0);
        let waited = self.freed.wait_while(places, waits);
        let mut places = waited.unwrap_or_else(PoisonError::into_inner);
        places.free -= weight;
        if is_heavy {
            places.wanted = 0;
            // What is free beside it is for the others again.
            self.freed.notify_all();
        }
        Turn {
            turns: self,
            weight,
            _heavy: heavy,
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
        self.turns.places().free += self.weight;
        self.turns.freed.notify_all();
    }
}
