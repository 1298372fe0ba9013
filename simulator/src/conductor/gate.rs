//! The gate between faults and writes: a write that is due at the instant of a fault follows it.

use drill::scenario::Fault;
use drill::units::{DrillTime, Span};
use tokio::sync::watch;

/// Opens for each instant once its faults have struck.
#[derive(Debug)]
pub(crate) struct Gate {
    /// The instants of all faults, in order.
    strikes: Vec<DrillTime>,
    /// How many of them have passed.
    passed: watch::Sender<usize>,
}

impl Gate {
    pub(crate) fn new(faults: &[Fault]) -> Gate {
        let mut strikes: Vec<DrillTime> = faults.iter().map(|fault| DrillTime::ZERO + fault.at).collect();
        strikes.sort();
        strikes.dedup();
        Gate { strikes, passed: watch::Sender::new(0) }
    }

    /// The instants at which faults strike.
    pub(crate) fn strikes(&self) -> &[DrillTime] {
        &self.strikes
    }

    /// The faults of the next instant have struck, or never will.
    pub(crate) fn pass(&self) {
        self.passed.send_modify(|passed| *passed += 1);
    }

    /// No fault strikes any more.
    pub(crate) fn open(&self) {
        self.passed.send_replace(self.strikes.len());
    }

    /// Waits until the faults up to and including `due` have struck.
    pub(crate) async fn wait(&self, due: DrillTime) {
        let before = self.strikes.partition_point(|strike| *strike <= due);
        let mut passed = self.passed.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = passed.wait_for(|passed| *passed >= before).await;
    }

    /// The last strike.
    pub(crate) fn last(&self) -> Option<DrillTime> {
        self.strikes.last().copied()
    }
}

/// Groups faults by their instant, in the order of the file within each.
pub(crate) fn by_instant(faults: &[Fault]) -> Vec<(Span, Vec<&Fault>)> {
    let mut groups: Vec<(Span, Vec<&Fault>)> = Vec::new();
    for fault in faults {
        match groups.iter_mut().find(|(at, _)| *at == fault.at) {
            Some((_, group)) => group.push(fault),
            None => groups.push((fault.at, vec![fault])),
        }
    }
    groups.sort_by_key(|(at, _)| *at);
    groups
}
