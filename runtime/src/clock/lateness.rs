//! How late timers reached their owners, and other accounts of the clock.

use drill::journal::{Event, LimitShare, RateShare};
use drill::units::Span;
use hdrhistogram::Histogram;

use super::queue::Precision;

/// The largest wall lateness that is distinguished, in microseconds: an hour. Later counts as this.
const WALL_US: u64 = 3_600_000_000;
/// The largest drill lateness that is distinguished, in microseconds: thirty days.
const DRILL_US: u64 = 30 * 86_400_000_000;

/// What the clock did, for the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Accounts {
    /// 99th percentile of the wall time by which timers reached their owners late, in milliseconds.
    pub lag_ms_p99: f64,
    /// The most by which one did, in milliseconds.
    pub lag_ms_max: f64,
    /// 99th percentile of the drill time by which timers reached their owners late.
    pub lag_drill_p99: Span,
    /// Likewise of coalesced timers, those of the fleet, which count in none of the others.
    pub fleet_lag_drill_p99: Span,
    /// Wall seconds spent at each rate, slowest first, from drill 0 to the end. Empty in a process that
    /// follows another's clock.
    pub rates: Vec<RateShare>,
    /// Time under each limit of the rate, the longest first. Empty likewise.
    pub limits: Vec<LimitShare>,
}

impl From<Accounts> for Event {
    fn from(accounts: Accounts) -> Event {
        Event::Clock {
            lag_ms_p99: accounts.lag_ms_p99,
            lag_ms_max: accounts.lag_ms_max,
            lag_drill_p99: accounts.lag_drill_p99,
            fleet_lag_drill_p99: accounts.fleet_lag_drill_p99,
            rates: accounts.rates,
            limits: accounts.limits,
        }
    }
}

/// Lateness of all timers so far.
#[derive(Debug)]
pub(super) struct Lateness {
    precise: Lag,
    coalesced: Lag,
}

#[derive(Debug)]
struct Lag {
    wall_us: Histogram<u64>,
    drill_us: Histogram<u64>,
}

impl Lag {
    fn new() -> Lag {
        let up_to = |us| Histogram::new_with_bounds(1, us, 3).expect("the bounds are in order");
        Lag {
            wall_us: up_to(WALL_US),
            drill_us: up_to(DRILL_US),
        }
    }

    fn drill_p99(&self) -> Span {
        Span::from_us(self.drill_us.value_at_quantile(0.99) as i64)
    }
}

impl Lateness {
    pub(super) fn new() -> Lateness {
        Lateness {
            precise: Lag::new(),
            coalesced: Lag::new(),
        }
    }

    /// A timer was late by this much wall time and drill time.
    pub(super) fn record(&mut self, precision: Precision, wall_us: u64, drill: Span) {
        let lag = match precision {
            Precision::Precise => &mut self.precise,
            Precision::Coalesced => &mut self.coalesced,
        };
        lag.wall_us.saturating_record(wall_us);
        lag.drill_us
            .saturating_record(drill.at_least_zero().as_us() as u64);
    }

    /// The accounts, given the wall time spent by rate, and time by limit.
    pub(super) fn accounts(&self, rates: Vec<RateShare>, limits: Vec<LimitShare>) -> Accounts {
        let Lateness { precise, coalesced } = self;
        Accounts {
            lag_ms_p99: precise.wall_us.value_at_quantile(0.99) as f64 / 1e3,
            lag_ms_max: precise.wall_us.max() as f64 / 1e3,
            lag_drill_p99: precise.drill_p99(),
            fleet_lag_drill_p99: coalesced.drill_p99(),
            rates,
            limits,
        }
    }
}
