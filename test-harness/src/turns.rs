//! How many tests run at once, and which of them have to wait for others of their kind.

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
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    weight: usize,
    _heavy: Option<MutexGuard<'a, ()>>,
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

    /// Waits for the turn of a test, which counts among those that run only when it has it.
    pub(crate) fn take(&self, is_heavy: bool) -> Turn<'_> {
        let heavy = is_heavy.then(|| self.heavy.lock().unwrap_or_else(PoisonError::into_inner));
        let weight = if is_heavy { HEAVY.min(self.at_once) } else { 1 };
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

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.places().free += self.weight;
        self.turns.freed.notify_all();
    }
}
