//! How many tests run at once, and of which none runs beside another of its kind.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A test that panics holds them like any other: what they guard is a number.
pub(crate) struct Turns {
    free: Mutex<usize>,
    freed: Condvar,
    one_at_a_time: Mutex<()>,
}

/// Leave to run; it ends when this is dropped.
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    _one_at_a_time: Option<MutexGuard<'a, ()>>,
}

impl Turns {
    pub(crate) fn new(at_once: usize) -> Turns {
        Turns {
            free: Mutex::new(at_once),
            freed: Condvar::new(),
            one_at_a_time: Mutex::new(()),
        }
    }

    /// Waits for the turn of a test, which counts among those that run only when it has it.
    pub(crate) fn take(&self, one_at_a_time: bool) -> Turn<'_> {
        let alone = one_at_a_time.then(|| self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner));
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self
            .freed
            .wait_while(free, |free| *free == 0)
            .unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Turn {
            turns: self,
            _one_at_a_time: alone,
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.turns.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.turns.freed.notify_one();
    }
}
