//! The fleet's counters.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use drill::journal::FleetCounters;

use crate::demand::Load;

/// Counters that every device adds to.
#[derive(Debug, Default)]
pub(crate) struct Meters {
    pub(crate) connected: AtomicU64,
    pub(crate) attempts: AtomicU64,
    pub(crate) failures: AtomicU64,
    /// Sessions that ever began.
    pub(crate) sessions: AtomicU64,
    pub(crate) produced: AtomicU64,
    pub(crate) published: AtomicU64,
    pub(crate) acknowledged: AtomicU64,
    pub(crate) dropped: AtomicU64,
    /// Attempts that were asked for and have neither succeeded nor failed.
    pub(crate) under_way: AtomicU64,
    /// Attempts that the broker or its host answered, by a session or a refusal.
    pub(crate) answered: AtomicU64,
    /// Publishes that await their acknowledgement on a connection that stands.
    pub(crate) on_wire: AtomicU64,
}

impl Meters {
    /// Adds `n`.
    pub(crate) fn add(meter: &AtomicU64, n: u64) {
        meter.fetch_add(n, Relaxed);
    }

    /// Takes `n` away.
    pub(crate) fn sub(meter: &AtomicU64, n: u64) {
        meter.fetch_sub(n, Relaxed);
    }

    /// Messages that are in outboxes.
    pub(crate) fn pending(&self) -> u64 {
        // What ended is read first: a message that ends meanwhile counts as pending, never below zero.
        let ended = self.acknowledged.load(Relaxed) + self.dropped.load(Relaxed);
        self.produced.load(Relaxed).saturating_sub(ended)
    }

    /// For the journal.
    pub(crate) fn counters(&self, devices: u64) -> FleetCounters {
        let acknowledged = self.acknowledged.load(Relaxed);
        let dropped = self.dropped.load(Relaxed);
        FleetCounters {
            devices,
            connected: self.connected.load(Relaxed),
            connect_attempts: self.attempts.load(Relaxed),
            connect_failures: self.failures.load(Relaxed),
            produced: self.produced.load(Relaxed),
            published: self.published.load(Relaxed),
            acknowledged,
            dropped,
        }
    }

    /// What is under way, for a fleet of `devices`; whether it moves is for the governor to say.
    pub(crate) fn load(&self, devices: u64) -> Load {
        let publishes = self.on_wire.load(Relaxed);
        let without_session = devices.saturating_sub(self.connected.load(Relaxed)).max(1);
        Load {
            attempts: self.under_way.load(Relaxed),
            publishes,
            backlog: self.pending().saturating_sub(publishes) as f64 / without_session as f64,
            ..Load::default()
        }
    }
}
