//! When a device's messages are due: a pure function of its number, so that the ledger knows what was to
//! be produced without being told.

use drill::units::{DrillTime, Span};

/// The due times of one device's messages: `first`, and each `every` thereafter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) first: DrillTime,
    pub(crate) every: Span,
}

impl Schedule {
    /// When message `seq` is due.
    pub(crate) fn due(&self, seq: u32) -> DrillTime {
        self.first + self.every.times(i64::from(seq))
    }

    /// How many messages are due before `instant`.
    pub(crate) fn before(&self, instant: DrillTime) -> u32 {
        let elapsed = instant.since(self.first).as_us();
        let every = self.every.as_us().max(1);
        u32::try_from(elapsed / every + i64::from(elapsed % every > 0)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_count_agrees_with_the_due_times(first in -100i64..100, every in 1i64..50, at in -200i64..2000) {
            let schedule = Schedule { first: DrillTime::from_us(first), every: Span::from_us(every) };
            let at = DrillTime::from_us(at);
            let counted = (0..).take_while(|seq| schedule.due(*seq) < at).count();
            prop_assert_eq!(schedule.before(at) as usize, counted);
        }
    }
}
