//! The recovery point that was achieved (RPA).
//!
//! ```text
//!   oldest damaged      fault      newest damaged
//!  ───────┼───────────────┼─────────────┼────────────►
//!         ├──── before ───┼─── after ───┤
//!         └──────── RPA = max(fault, newest) − oldest
//! ```
//!
//! Damaged are lost, corrupted and stale writes; a lone one is worth the interval at which its data set is written,
//! since what was produced up to the next write is lost with it. A bound that falls into an epoch is taken at the epoch's
//! outer end, so that the RPA is never understated, and `resolution` says by how much it may be overstated.

use crate::units::{DrillTime, Span};

/// When a write was produced, as exactly as it is known: not before `from`, not after `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated {
    /// The earliest instant.
    pub from: DrillTime,
    /// The latest instant.
    pub to: DrillTime,
}

impl Dated {
    /// At this instant.
    pub fn exact(at: DrillTime) -> Dated {
        Dated { from: at, to: at }
    }

    /// The older of two.
    #[must_use]
    pub fn older(self, other: Dated) -> Dated {
        if (other.from, other.to) < (self.from, self.to) {
            other
        } else {
            self
        }
    }

    /// The newer of two.
    #[must_use]
    pub fn newer(self, other: Dated) -> Dated {
        if (other.to, other.from) > (self.to, self.from) {
            other
        } else {
            self
        }
    }
}

/// A recovery point and how it came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rpa {
    /// The whole: exact, or at least this.
    pub length: Span,
    /// Whether a write older than the oldest damaged one survived, and a fault dates the loss.
    pub exact: bool,
    /// The part before the fault.
    pub before: Span,
    /// The part after it.
    pub after: Span,
    /// It may be less by up to this.
    pub resolution: Span,
}

impl Rpa {
    /// Nothing was damaged.
    pub const NONE: Rpa = Rpa {
        length: Span::ZERO,
        exact: true,
        before: Span::ZERO,
        after: Span::ZERO,
        resolution: Span::ZERO,
    };

    /// The recovery point of a data set whose oldest and newest damaged writes are these, whose oldest
    /// surviving write was produced at `survivor`, and whose loss `fault` dates; it is at least the `interval` between
    /// writes there.
    pub fn new(
        fault: Option<DrillTime>,
        oldest: Dated,
        newest: Dated,
        survivor: Option<DrillTime>,
        interval: Span,
    ) -> Rpa {
        let end = fault.map_or(newest.to, |fault| fault.max(newest.to));
        let length = (end - oldest.from).max(interval).at_least_zero();
        let before = fault.map_or(Span::ZERO, |fault| (fault - oldest.from).at_least_zero());
        let newest_blur = match fault {
            Some(fault) if newest.to <= fault => Span::ZERO,
            _ => newest.to - newest.from,
        };
        Rpa {
            length,
            exact: fault.is_some()
                && survivor.is_some_and(|survivor| survivor <= oldest.from && survivor < oldest.to),
            before: before.min(length),
            after: length - before.min(length),
            resolution: ((oldest.to - oldest.from) + newest_blur).min(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> DrillTime {
        DrillTime::from_secs(s)
    }

    fn exact(fault: i64, oldest: i64, newest: i64) -> Rpa {
        Rpa::new(
            Some(at(fault)),
            Dated::exact(at(oldest)),
            Dated::exact(at(newest)),
            Some(at(0)),
            Span::ZERO,
        )
    }

    fn parts(rpa: Rpa) -> (i64, i64, i64) {
        let s = |span: Span| span.as_us() / 1_000_000;
        (s(rpa.length), s(rpa.before), s(rpa.after))
    }

    #[test]
    fn it_reaches_from_the_oldest_loss_to_the_fault_or_the_newest_loss() {
        assert_eq!(parts(exact(100, 40, 90)), (60, 60, 0));
        assert_eq!(parts(exact(100, 40, 130)), (90, 60, 30));
        // The loss begins after the fault.
        assert_eq!(parts(exact(100, 120, 130)), (10, 0, 10));
        assert!(exact(100, 40, 90).exact);
        assert_eq!(exact(100, 40, 90).resolution, Span::ZERO);
    }

    #[test]
    fn a_lone_loss_is_worth_one_interval() {
        let dated = Dated::exact(at(120));
        let rpa = Rpa::new(Some(at(100)), dated, dated, Some(at(0)), Span::from_secs(30));
        assert_eq!(parts(rpa), (30, 0, 30));
        assert_eq!(
            parts(Rpa::new(
                Some(at(200)),
                dated,
                dated,
                Some(at(0)),
                Span::from_secs(30)
            )),
            (80, 80, 0)
        );
    }

    #[test]
    fn it_is_exact_only_if_an_older_write_survived() {
        let dated = Dated::exact(at(40));
        assert!(!Rpa::new(Some(at(100)), dated, dated, None, Span::ZERO).exact);
        assert!(!Rpa::new(Some(at(100)), dated, dated, Some(at(40)), Span::ZERO).exact);
        assert!(!Rpa::new(Some(at(100)), dated, dated, Some(at(50)), Span::ZERO).exact);
        assert!(Rpa::new(Some(at(100)), dated, dated, Some(at(39)), Span::ZERO).exact);
        assert!(!Rpa::new(None, dated, dated, Some(at(39)), Span::ZERO).exact);
    }

    #[test]
    fn epochs_are_taken_at_their_outer_ends_and_say_so() {
        let epoch = |from, to| Dated {
            from: at(from),
            to: at(to),
        };
        let rpa = Rpa::new(
            Some(at(100)),
            epoch(40, 50),
            epoch(90, 100),
            Some(at(40)),
            Span::ZERO,
        );
        assert_eq!((parts(rpa), rpa.resolution), ((60, 60, 0), Span::from_secs(10)));
        assert!(
            rpa.exact,
            "a survivor of the epoch before ends where this one begins"
        );
        let rpa = Rpa::new(
            Some(at(100)),
            epoch(40, 50),
            epoch(110, 120),
            Some(at(45)),
            Span::ZERO,
        );
        assert_eq!((parts(rpa), rpa.resolution), ((80, 60, 20), Span::from_secs(20)));
        assert!(!rpa.exact);
        let same = Rpa::new(
            Some(at(100)),
            epoch(110, 120),
            epoch(110, 120),
            Some(at(40)),
            Span::ZERO,
        );
        assert_eq!((parts(same), same.resolution), ((10, 0, 10), Span::from_secs(10)));
    }
}
