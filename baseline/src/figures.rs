//! The figures that do not depend on the machine, compared one by one.
//!
//! ```text
//!   baseline:  least ├──────────┤ most ──slack──┤
//!   now:                                          ├───┤   worse: even the smallest value of now is above
//! ```
//!
//! A figure of which every earlier repeat had the same value is taken to be exact. One that varied may vary again by as much as it
//! did, and a little more. So a figure is called only where every repeat of now is beyond what was seen. What was never lost
//! before must not be lost in any repeat.

use std::fmt;

use crate::format::Range;

/// What a figure is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A step, by its id.
    Step(String),
    /// All steps of the runbook together.
    Runbook,
    /// From the fault until monitoring fired.
    Detection,
    /// From the end of the last critical step until services were green.
    Verification,
    /// An objective (`program-delivery rto`).
    Objective(String),
    /// A data set.
    Data(String),
    /// The critical path as a whole.
    CriticalPath,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Step(id) => write!(f, "step {id}"),
            Subject::Runbook => f.write_str("all steps together"),
            Subject::Detection => f.write_str("detection"),
            Subject::Verification => f.write_str("verification"),
            Subject::Objective(name) => write!(f, "objective {name}"),
            Subject::Data(name) => write!(f, "data set {name}"),
            Subject::CriticalPath => f.write_str("the critical path"),
        }
    }
}

/// Which figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// API calls.
    Calls,
    /// Bytes of bodies.
    Bytes,
    /// Calls made again.
    Retries,
    /// The longest chain of calls that do not overlap.
    SequentialWaits,
    /// Modelled time.
    Modelled,
    /// The length of a phase in drill time.
    Length,
    /// What was achieved of an objective.
    Actual,
    /// Writes that were lost.
    Lost,
    /// Writes that were corrupted.
    Corrupted,
    /// Writes of which an older version came back.
    Stale,
    /// Writes of which it is not known what became of them.
    Unknown,
}

impl Figure {
    /// Its text.
    pub fn name(self) -> &'static str {
        match self {
            Figure::Calls => "API calls",
            Figure::Bytes => "bytes",
            Figure::Retries => "retries",
            Figure::SequentialWaits => "sequential waits",
            Figure::Modelled => "modelled time",
            Figure::Length => "drill time",
            Figure::Actual => "achieved",
            Figure::Lost => "lost writes",
            Figure::Corrupted => "corrupted writes",
            Figure::Stale => "stale writes",
            Figure::Unknown => "writes whose fate is not known",
        }
    }

    /// Whether it is a time, in seconds.
    pub fn is_time(self) -> bool {
        matches!(self, Figure::Modelled | Figure::Length | Figure::Actual)
    }

    /// Whether it counts writes that are not as they were written.
    fn is_damage(self) -> bool {
        matches!(
            self,
            Figure::Lost | Figure::Corrupted | Figure::Stale | Figure::Unknown
        )
    }

    /// By how much a figure may exceed what was seen, beside what it varied by: a share of that, and an amount.
    ///
    /// What had one value in every repeat of the baseline is taken to be exact, if there are enough of them to say so; but a
    /// runbook that takes longer has some writes more to read, and two in a hundred are no news. What varied may vary a little
    /// more than a few repeats show. Times in drill time are exact to how late the clock's events are.
    fn allowance(self, varied: bool, few: bool) -> (f64, f64) {
        match (self.is_time(), few, varied) {
            (true, true, _) => (FEW_DIFFER, 1.0),
            (true, false, _) => (0.02, 1.0),
            (false, true, _) => (FEW_DIFFER, 2.0),
            (false, false, true) => (0.02, 1.0),
            (false, false, false) if self.is_damage() => (0.0, 0.0),
            (false, false, false) => (0.02, 0.0),
        }
    }
}

/// Which way a figure went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More than before: a regression.
    Worse,
    /// Less than before.
    Better,
}

/// A figure that differs from the baseline by more than it varied.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What it is about.
    pub subject: Subject,
    /// Which figure.
    pub figure: Figure,
    /// What was seen before.
    pub before: Range<f64>,
    /// What was seen now.
    pub now: Range<f64>,
    /// By how much it could differ unnoticed.
    pub slack: f64,
    /// Which way it went.
    pub direction: Direction,
    /// Whether what it is about lies on the critical path.
    pub on_critical_path: bool,
}

impl Difference {
    /// By how much at least it went that way.
    pub fn by(&self) -> f64 {
        match self.direction {
            Direction::Worse => self.now.least - self.before.most,
            Direction::Better => self.before.least - self.now.most,
        }
    }
}

/// From so many repeats on, on both sides, a figure that had one value in all of them is taken to be exact. Of counts that depend a
/// little on when calls meet, three repeats showed one value about once in a hundred times, and five once in thousands.
pub(crate) const ENOUGH: u32 = 5;

/// Of fewer repeats than [`ENOUGH`], figures are called that differ by more than this share. One drill on a busy machine differed by
/// up to 7 % from seven on an idle one; a step whose calls take 30 % longer takes 20 to 28 % longer.
pub(crate) const FEW_DIFFER: f64 = 0.1;

/// What differs between two ranges by more than the earlier one varied by, its figure's allowance, and `further`.
pub(crate) fn differs(
    subject: Subject,
    figure: Figure,
    (before, now): (Range<f64>, Range<f64>),
    repeats: u32,
    further: f64,
) -> Option<Difference> {
    if figure.is_damage() && before.most == 0.0 && now.most > 0.0 {
        let direction = Direction::Worse;
        return Some(Difference {
            subject,
            figure,
            before,
            now,
            slack: 0.0,
            direction,
            on_critical_path: false,
        });
    }
    let width = before.most - before.least;
    let (share, amount) = figure.allowance(width > 0.0, repeats < ENOUGH);
    let slack = width + (share * before.most).max(amount) + further;
    let direction = if now.least > before.most + slack {
        Direction::Worse
    } else if now.most < before.least - slack {
        Direction::Better
    } else {
        return None;
    };
    Some(Difference {
        subject,
        figure,
        before,
        now,
        slack,
        direction,
        on_critical_path: false,
    })
}
