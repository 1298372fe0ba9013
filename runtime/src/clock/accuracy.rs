//! How exact the clock has to be, and how fast it may run for that: pure.
//!
//! ```text
//!   timers late by (wall) ──► 99th percentile ─┐
//!   tolerance (drill) ─────────────────────────┴─► rate ≤ 3/4 of the tolerance ÷ percentile
//! ```
//!
//! An event that this machine makes late by a wall time L is dated wrong by L × rate. A drill says by how much
//! its figures may be wrong (a part of its smallest target); the fastest rate at which they are not follows from
//! how late timers really are. Without such a tolerance the rate is the user's, and only a timer that is grossly
//! late lowers it.

use std::time::Duration;

use drill::units::Span;

use super::timeline::Rate;

/// Later than this, and the rate halves where no tolerance is given.
const TOLERATED: Duration = Duration::from_millis(10);
/// For how long a rate above 1 is granted where no tolerance is given. When it is not renewed, which takes a thread
/// that gets to run, this machine stands still, and drill time goes no faster than wall time until it goes on. At a
/// speed of 720 a machine that stood still for a second would otherwise bring every timer 12 minutes late; so it is
/// 36 s at most. Threads of a busy machine wait some milliseconds for their turn, which is not to stand still.
const GRANT: Duration = Duration::from_millis(50);
/// A shorter grant than this would lapse on a machine that does nothing else.
const SHORTEST_GRANT: Duration = Duration::from_millis(4);
/// The part of the tolerance that the lateness of timers may take; the rest is for what comes after them.
const PART: f64 = 0.75;

/// Steps of the limit in an octave.
const STEPS: f64 = 4.0;

/// What is assumed of lateness before anything was seen, in seconds.
const FIRST: f64 = 0.001;
/// However quick a machine is, now and then it does something else for longer.
const LEAST: f64 = 0.000_5;
/// A machine that is later than this stands still.
const MOST: f64 = 1.0;
/// A sample above the estimate raises it by this factor; 99 below it undo that.
const UP: f64 = 1.1;
const DOWN: f64 = 0.999_04;

/// What the lateness of timers allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accuracy {
    tolerance: Option<Span>,
    /// A running estimate of the 99th percentile of lateness, in wall seconds.
    late_s: f64,
    /// The limit is 2 to the power of a quarter of this: a few rates, so that the journal has few changes.
    step: i32,
}

impl Accuracy {
    /// The rate is the user's.
    pub(super) fn unlimited() -> Accuracy {
        Accuracy {
            tolerance: None,
            late_s: FIRST,
            step: i32::MAX,
        }
    }

    /// No event is to be dated wrong by more than `tolerance` of drill time.
    pub(super) fn within(tolerance: Span) -> Accuracy {
        let mut accuracy = Accuracy {
            tolerance: Some(tolerance),
            ..Accuracy::unlimited()
        };
        accuracy.step = accuracy.wanted();
        accuracy
    }

    /// How late a timer may be at `rate` before that shows that this machine cannot follow.
    pub(super) fn tolerated(&self, rate: Rate) -> Duration {
        self.tolerance
            .map_or(TOLERATED, |tolerance| at_rate(tolerance, rate))
    }

    /// For how long `rate` is granted.
    pub(super) fn grant(&self, rate: Rate) -> Duration {
        self.tolerance.map_or(GRANT, |tolerance| {
            at_rate(tolerance, rate).clamp(SHORTEST_GRANT, GRANT)
        })
    }

    /// The fastest rate that the lateness of timers allows; `None` where it is the user's.
    pub(super) fn limit(&self) -> Option<Rate> {
        self.tolerance?;
        Some(Rate::from_f64(2f64.powf(f64::from(self.step) / STEPS).max(1.0)))
    }

    /// The 99th percentile of lateness.
    pub(super) fn late(&self) -> Duration {
        Duration::from_secs_f64(self.late_s)
    }

    /// A timer was late by this. Whether the limit moved.
    pub(super) fn observe(&mut self, late: Duration) -> bool {
        let late_s = late.as_secs_f64();
        let factor = if late_s > self.late_s { UP } else { DOWN };
        self.late_s = (self.late_s * factor).clamp(LEAST, MOST);
        let wanted = self.wanted();
        // A step of room on the way up, or the limit would go to and fro.
        let moves = self.tolerance.is_some() && (wanted < self.step || wanted > self.step + 1);
        if moves {
            self.step = wanted;
        }
        moves
    }

    fn wanted(&self) -> i32 {
        let tolerance = self.tolerance.map_or(0.0, Span::as_secs_f64);
        let rate = (PART * tolerance / self.late_s).max(1.0);
        (rate.log2() * STEPS).floor() as i32
    }
}

/// The wall time in which `span` passes at `rate`.
fn at_rate(span: Span, rate: Rate) -> Duration {
    Duration::from_secs_f64(span.as_secs_f64().max(0.0) / rate.as_f64().max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(accuracy: &Accuracy) -> f64 {
        accuracy.limit().expect("there is a tolerance").as_f64()
    }

    #[test]
    fn fixed_rate_ignores_lateness() {
        let mut accuracy = Accuracy::unlimited();
        assert!((0..100).all(|_| !accuracy.observe(Duration::from_secs(1))));
        assert_eq!(accuracy.limit(), None);
        assert_eq!(accuracy.tolerated(Rate::from_f64(120.0)), TOLERATED);
        assert_eq!(accuracy.grant(Rate::from_f64(120.0)), GRANT);
    }

    #[test]
    fn rate_limit_follows_late_timers_and_tolerance() {
        let mut accuracy = Accuracy::within(Span::from_secs(9));
        let draws = drill::draw::Draws::new(1, "late");
        for n in 0..20_000 {
            accuracy.observe(Duration::from_micros(draws.below(n, 10_000)));
        }
        // Up to 10 ms late: 99 % below 9.9 ms, so 6.75 s in 9.9 ms, rounded down to a quarter of an octave.
        let rate = limit(&accuracy);
        assert!((480.0..=690.0).contains(&rate), "{rate}");
        for _ in 0..20_000 {
            accuracy.observe(Duration::ZERO);
        }
        assert!(limit(&accuracy) > 4000.0, "{}", limit(&accuracy));
    }

    #[test]
    fn small_lateness_changes_leave_the_limit() {
        let mut accuracy = Accuracy::within(Span::from_secs(9));
        let mut moves = 0;
        for n in 0..10_000 {
            let late = if n % 100 == 0 { 2000 } else { 100 };
            moves += u32::from(accuracy.observe(Duration::from_micros(late)));
        }
        assert!(moves < 20, "{moves}");
    }

    #[test]
    fn tolerance_and_grant_shrink_with_the_rate() {
        let accuracy = Accuracy::within(Span::from_secs(9));
        let ms = |rate| accuracy.tolerated(Rate::from_f64(rate)).as_millis();
        assert_eq!((ms(1.0), ms(900.0), ms(3600.0)), (9000, 10, 2));
        let ms = |rate| accuracy.grant(Rate::from_f64(rate)).as_millis();
        assert_eq!((ms(2.0), ms(900.0), ms(3600.0)), (50, 10, 4));
    }

    #[test]
    fn it_never_asks_for_less_than_real_time() {
        let mut accuracy = Accuracy::within(Span::from_millis(1));
        for _ in 0..1000 {
            accuracy.observe(Duration::from_secs(2));
        }
        assert_eq!(limit(&accuracy), 1.0);
    }
}
