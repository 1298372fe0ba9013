//! The quota of new connections, as a token bucket in drill time.
//!
//! AWS IoT Core counts CONNECT requests per second and account. A bucket holds the tokens of one second;
//! each connection takes one, and they come back evenly.

use crate::units::DrillTime;

/// A token in the unit that a bucket counts in: one per microsecond and token per second.
const TOKEN: i64 = 1_000_000;

/// How many connections may still begin.
#[derive(Clone, Debug)]
pub struct Quota {
    per_second: i64,
    /// In millionths of a token.
    level: i64,
    at: DrillTime,
}

impl Quota {
    /// A full bucket of `per_second` tokens.
    pub fn new(per_second: u32, now: DrillTime) -> Quota {
        let per_second = i64::from(per_second);
        Quota {
            per_second,
            level: per_second * TOKEN,
            at: now,
        }
    }

    /// Whether it is full at `now`, as a new one.
    pub fn is_full(&self, now: DrillTime) -> bool {
        self.level_at(now) >= self.per_second * TOKEN
    }

    fn level_at(&self, now: DrillTime) -> i64 {
        let passed_us = now.since(self.at).as_us();
        passed_us
            .saturating_mul(self.per_second)
            .saturating_add(self.level)
            .min(self.per_second * TOKEN)
    }

    /// Takes a token, if there is one at `now`.
    pub fn acquire(&mut self, now: DrillTime) -> bool {
        self.level = self.level_at(now);
        self.at = self.at.max(now);
        let granted = self.level >= TOKEN;
        if granted {
            self.level -= TOKEN;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(quota: &mut Quota, at_us: i64, asked: u32) -> u32 {
        (0..asked)
            .filter(|_| quota.acquire(DrillTime::from_us(at_us)))
            .count() as u32
    }

    #[test]
    fn a_burst_gets_one_second_of_tokens() {
        let mut quota = Quota::new(500, DrillTime::ZERO);
        assert_eq!(granted(&mut quota, 0, 2000), 500);
        assert_eq!(granted(&mut quota, 1_999, 10), 0);
        assert_eq!(granted(&mut quota, 2_000, 10), 1);
        assert_eq!(granted(&mut quota, 102_000, 1000), 50);
        assert_eq!(granted(&mut quota, 3_600_000_000, 2000), 500);
    }

    #[test]
    fn a_steady_stream_at_the_quota_passes_and_not_one_more() {
        let mut quota = Quota::new(7, DrillTime::ZERO);
        assert_eq!(granted(&mut quota, 0, 7), 7);
        let passed: u32 = (1..=100_000).map(|n| granted(&mut quota, n * 1_000, 1)).sum();
        assert_eq!(passed, 700);
    }

    #[test]
    fn time_that_stands_or_seems_to_go_back_gives_nothing() {
        let mut quota = Quota::new(1, DrillTime::from_secs(10));
        assert_eq!(granted(&mut quota, 10_000_000, 5), 1);
        assert_eq!(granted(&mut quota, 9_000_000, 5), 0);
        assert_eq!(granted(&mut quota, 10_999_999, 5), 0);
        assert_eq!(granted(&mut quota, i64::MAX, 5), 1);
        assert_eq!(granted(&mut Quota::new(0, DrillTime::ZERO), i64::MAX, 5), 0);
    }
}
