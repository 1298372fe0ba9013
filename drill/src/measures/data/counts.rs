//! What is counted of a data set's writes, whatever they are.

use std::collections::BTreeMap;

use super::damage::{Cause, Damage};
use crate::journal::AuditId;
use crate::recovery::Dated;
use crate::report::Seconds;
use crate::units::{DrillTime, Span};

/// What became of one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteOutcome {
    /// Readable, as written, in time.
    Stable,
    /// Readable, as written, but late.
    Delayed,
    /// Not there.
    Lost,
    /// There with other bytes.
    Corrupted,
    /// An older version is there.
    Stale,
    /// Written over, or deleted, before it could be lost.
    Superseded,
    /// It could not be read, or was not.
    Unknown,
    /// It does not count: never acknowledged, or produced after the cut.
    NotCounted,
}

impl WriteOutcome {
    /// What a recovery point has to reach back behind.
    pub(crate) fn is_damage(self) -> bool {
        matches!(
            self,
            WriteOutcome::Lost | WriteOutcome::Corrupted | WriteOutcome::Stale
        )
    }

    /// Whether it can be read as it was written.
    pub(crate) fn is_there(self) -> bool {
        matches!(self, WriteOutcome::Stable | WriteOutcome::Delayed)
    }
}

/// The counts of one audit of one data set.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteCounts<'a> {
    pub(crate) acknowledged: u64,
    pub(crate) stable: u64,
    pub(crate) delayed: u64,
    pub(crate) lost: u64,
    pub(crate) corrupted: u64,
    pub(crate) stale: u64,
    pub(crate) duplicated: u64,
    pub(crate) resurrected: u64,
    pub(crate) recovered: u64,
    pub(crate) unexpected: u64,
    pub(crate) superseded: u64,
    pub(crate) unknown: u64,
    /// Of them, and of those written since, so many could not be read at audit B.
    pub(crate) unknown_at_end: u64,
    pub(crate) lost_by_hop: BTreeMap<&'static str, u64>,
    /// Of the damaged, those that audit A saw as written in the store of the other region.
    pub(crate) elsewhere: u64,
    /// The damaged write that was produced first, and the one that was produced last.
    pub(crate) oldest: Option<Dated>,
    pub(crate) newest: Option<Dated>,
    /// No write that is there was produced before this.
    pub(crate) survivor: Option<DrillTime>,
    /// The ages of the delayed when they became readable.
    pub(crate) ages: Vec<Span>,
    /// What was destroyed, by whom and when; at audit A and, of what was there then, at audit B.
    pub(crate) damages: Vec<Damage<'a>>,
    /// Readable late, for no reason but that this machine was late: they count as stable.
    pub(crate) late_here: u64,
    /// Damage that nothing but the steady state can have done.
    pub(crate) steady_losses: u64,
    pub(crate) recovered_later: u64,
    /// There at audit A, or written after it, and damaged at audit B.
    pub(crate) lost_in_failback: u64,
    /// How many damaged writes were produced when, as early as may be.
    pub(crate) damaged_at: BTreeMap<DrillTime, u64>,
    /// When writes were produced, all producers together, in order, without repetition.
    pub(crate) produced: Vec<DrillTime>,
    /// Why the counts are not to be relied on.
    pub(crate) doubts: Vec<String>,
}

impl<'a> WriteCounts<'a> {
    /// Counts a write by its outcome.
    pub(crate) fn count(&mut self, outcome: WriteOutcome, n: u64) {
        let counter = match outcome {
            WriteOutcome::Stable => &mut self.stable,
            WriteOutcome::Delayed => &mut self.delayed,
            WriteOutcome::Lost => &mut self.lost,
            WriteOutcome::Corrupted => &mut self.corrupted,
            WriteOutcome::Stale => &mut self.stale,
            WriteOutcome::Superseded => &mut self.superseded,
            WriteOutcome::Unknown => &mut self.unknown,
            WriteOutcome::NotCounted => return,
        };
        *counter += n;
    }

    /// Damage, by when it was produced.
    pub(crate) fn damage(&mut self, damage: Damage<'a>) {
        let at = damage.produced;
        if damage.audit == AuditId::A {
            *self.damaged_at.entry(at.from).or_default() += damage.count;
            self.oldest = Some(self.oldest.map_or(at, |oldest| oldest.older(at)));
            self.newest = Some(self.newest.map_or(at, |newest| newest.newer(at)));
        }
        match self.damages.last_mut() {
            Some(last)
                if (last.produced, last.died, last.cause, last.audit)
                    == (at, damage.died, damage.cause, damage.audit) =>
            {
                last.count += damage.count;
            }
            _ => self.damages.push(damage),
        }
    }

    /// How many each has destroyed, at audit A.
    pub(crate) fn by_cause(&self) -> BTreeMap<Cause<'a>, u64> {
        let mut causes = BTreeMap::new();
        for damage in self.damages.iter().filter(|damage| damage.audit == AuditId::A) {
            *causes.entry(damage.cause).or_default() += damage.count;
        }
        causes
    }

    /// A write that is there, by when it was surely produced.
    pub(crate) fn survives(&mut self, at: DrillTime) {
        self.survivor = Some(self.survivor.map_or(at, |survivor| survivor.min(at)));
    }

    /// stable + delayed + lost + corrupted + stale.
    pub(crate) fn counted(&self) -> u64 {
        self.stable + self.delayed + self.damaged()
    }

    /// lost + corrupted + stale.
    pub(crate) fn damaged(&self) -> u64 {
        self.lost + self.corrupted + self.stale
    }

    /// The distribution of the ages of the delayed, exactly (nearest rank).
    pub(crate) fn delay_s(&self) -> BTreeMap<String, Seconds> {
        let mut ages = self.ages.clone();
        ages.sort_unstable();
        let rank = |percent: usize| ages.get((ages.len() * percent).div_ceil(100).saturating_sub(1));
        let named = [("p50", 50), ("p90", 90), ("p99", 99), ("max", 100)];
        let of = |(name, percent): (&str, usize)| Some((name.to_owned(), rank(percent)?.as_secs_f64()));
        named.into_iter().filter_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let ages = (1..=200).rev().map(Span::from_secs).collect();
        let counts = WriteCounts {
            ages,
            ..WriteCounts::default()
        };
        let delays = counts.delay_s();
        assert_eq!(
            ["p50", "p90", "p99", "max"].map(|name| delays[name]),
            [100.0, 180.0, 198.0, 200.0]
        );
        assert!(WriteCounts::default().delay_s().is_empty());
    }
}
