//! The fleet's counters.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use drill::journal::FleetCounters;

/// What goes on at one endpoint.
#[derive(Debug, Default)]
pub(crate) struct EndpointMeters {
    pub(crate) connected: AtomicU64,
    /// Attempts that were asked for and have neither succeeded nor failed.
    pub(crate) under_way: AtomicU64,
    /// Of these, the ones whose turn has come: they dial, or wait for the broker's answer.
    pub(crate) dialling: AtomicU64,
    /// Attempts that the broker or its host answered, by a session or a refusal.
    pub(crate) answered: AtomicU64,
    /// Publishes that await their acknowledgement on a connection that stands.
    pub(crate) on_wire: AtomicU64,
    /// Publishes that were acknowledged, repetitions among them.
    pub(crate) taken: AtomicU64,
}

/// Counters that every device adds to.
#[derive(Debug)]
pub(crate) struct Meters {
    pub(crate) endpoints: Vec<EndpointMeters>,
    pub(crate) attempts: AtomicU64,
    pub(crate) failures: AtomicU64,
    /// Of these, the ones that a broker or its host refused.
    pub(crate) refused: AtomicU64,
    /// Sessions that ever began.
    pub(crate) sessions: AtomicU64,
    pub(crate) produced: AtomicU64,
    pub(crate) published: AtomicU64,
    pub(crate) acknowledged: AtomicU64,
    pub(crate) dropped: AtomicU64,
}

impl Meters {
    /// All zero, for so many endpoints.
    pub(crate) fn new(endpoints: usize) -> Meters {
        Meters {
            endpoints: (0..endpoints).map(|_| EndpointMeters::default()).collect(),
            attempts: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            sessions: AtomicU64::new(0),
            produced: AtomicU64::new(0),
            published: AtomicU64::new(0),
            acknowledged: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        }
    }

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

    /// The sum of one meter over all endpoints.
    pub(crate) fn sum(&self, meter: impl Fn(&EndpointMeters) -> &AtomicU64) -> u64 {
        self.endpoints
            .iter()
            .map(|endpoint| meter(endpoint).load(Relaxed))
            .sum()
    }

    /// For the journal.
    pub(crate) fn counters(&self, devices: u64) -> FleetCounters {
        let acknowledged = self.acknowledged.load(Relaxed);
        let dropped = self.dropped.load(Relaxed);
        FleetCounters {
            devices,
            connected: self.sum(|endpoint| &endpoint.connected),
            connect_attempts: self.attempts.load(Relaxed),
            connect_failures: self.failures.load(Relaxed),
            produced: self.produced.load(Relaxed),
            published: self.published.load(Relaxed),
            acknowledged,
            dropped,
        }
    }

    /// Messages in the outbox of a device without a session, on average over a fleet of `devices`.
    pub(crate) fn backlog(&self, devices: u64) -> f64 {
        let waiting = self
            .pending()
            .saturating_sub(self.sum(|endpoint| &endpoint.on_wire));
        let without_session = devices.saturating_sub(self.sum(|endpoint| &endpoint.connected));
        waiting as f64 / without_session.max(1) as f64
    }
}
