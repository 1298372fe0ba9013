//! The line of time that charts share: where it begins.

use drill::report::{Report, Seconds};

/// Where the charts' time begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Timeline {
    /// In seconds since drill 0.
    pub(crate) zero: Seconds,
    /// Whether that is the first fault; else it is drill 0.
    pub(crate) from_fault: bool,
}

impl Timeline {
    /// Time since the first injected fault, or since drill 0 if there was none.
    pub(crate) fn new(report: &Report) -> Timeline {
        match report
            .faults
            .iter()
            .filter_map(|f| f.start_s)
            .min_by(f64::total_cmp)
        {
            Some(zero) => Timeline {
                zero,
                from_fault: true,
            },
            None => Timeline {
                zero: 0.0,
                from_fault: false,
            },
        }
    }

    /// Seconds since drill 0 as seconds on this line.
    pub(crate) fn at(self, since_drill_0: Seconds) -> Seconds {
        since_drill_0 - self.zero
    }

    /// What an axis of this line says.
    pub(crate) fn title(self) -> &'static str {
        if self.from_fault {
            "drill time since the first fault"
        } else {
            "drill time since its start"
        }
    }
}
