//! How long a device waits before it tries again: the part of firmware that decides whether a fleet
//! comes back gently or as a storm.

use crate::draw::Draws;
use crate::units::Span;

/// A reconnect policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconnect {
    /// How the max_wait of the wait grows from retry to retry.
    pub growth: Growth,
    /// Which part of the wait is left to chance.
    pub jitter: Jitter,
    /// The wait before the first retry (before jitter).
    pub base: Span,
    /// No wait is longer.
    pub cap: Span,
    /// So many retries in a row without success, then the device stays off. `None`: it never gives up.
    pub retries: Option<u32>,
}

/// How waits grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// Always `base`.
    Fixed,
    /// `base`, twice `base`, four times `base`, up to `cap`.
    Exponential,
}

/// Which part of a wait is drawn. Names and formulas as in "Exponential Backoff and Jitter" of the AWS
/// Architecture Blog (2015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// None: the wait itself.
    None,
    /// Uniform from 0 to the wait.
    Full,
    /// Half of the wait, and uniform from 0 to the other half.
    Equal,
    /// Uniform from `base` to three times the wait before it; growth comes from that alone.
    Decorrelated,
}

impl Reconnect {
    /// The wait before retry number `retry` (from 0) after a failure, by draw `n` of `draws`; `previous` is
    /// the wait before that one, 0 for the first. `None` once the retries are used up.
    pub fn wait(&self, retry: u32, previous: Span, draws: &Draws, n: u64) -> Option<Span> {
        let (low, high) = self.range(retry, previous)?;
        Some(draws.span(n, low, high).min(self.cap))
    }

    /// From which to which wait chance decides before retry number `retry`, both included; what is above the cap stands
    /// for the cap. `None` once the retries are used up.
    pub fn range(&self, retry: u32, previous: Span) -> Option<(Span, Span)> {
        if self.retries.is_some_and(|retries| retry >= retries) {
            return None;
        }
        let max_wait = self.max_wait(retry);
        Some(match self.jitter {
            Jitter::None => (max_wait, max_wait),
            Jitter::Full => (Span::ZERO, max_wait),
            Jitter::Equal => (max_wait.divided(2), max_wait),
            Jitter::Decorrelated => (self.base, previous.max(self.base).times(3)),
        })
    }

    /// The longest wait before retry number `retry`, before jitter.
    fn max_wait(&self, retry: u32) -> Span {
        let factor = match self.growth {
            Growth::Fixed => 1,
            Growth::Exponential => 1i64 << retry.min(40),
        };
        self.base.times(factor).min(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn policy(growth: Growth, jitter: Jitter) -> Reconnect {
        Reconnect {
            growth,
            jitter,
            base: Span::from_secs(1),
            cap: Span::from_secs(120),
            retries: None,
        }
    }

    fn waits(policy: &Reconnect, count: u32) -> Vec<Span> {
        let draws = Draws::new(1, "device/17/backoff");
        let mut previous = Span::ZERO;
        (0..count)
            .map_while(|retry| {
                previous = policy.wait(retry, previous, &draws, u64::from(retry))?;
                Some(previous)
            })
            .collect()
    }

    #[test]
    fn without_jitter_waits_double_up_to_the_cap() {
        let found = waits(&policy(Growth::Exponential, Jitter::None), 9);
        assert_eq!(found, [1, 2, 4, 8, 16, 32, 64, 120, 120].map(Span::from_secs));
        let fixed = waits(&policy(Growth::Fixed, Jitter::None), 3);
        assert_eq!(fixed, [Span::from_secs(1); 3]);
    }

    #[test]
    fn a_device_gives_up_after_its_retries() {
        let mut policy = policy(Growth::Exponential, Jitter::Full);
        policy.retries = Some(5);
        assert_eq!(waits(&policy, 100).len(), 5);
    }

    #[test]
    fn full_jitter_halves_the_mean_wait() {
        let policy = policy(Growth::Exponential, Jitter::Full);
        let draws = Draws::new(1, "x");
        let sum: Span = (0..4000)
            .map(|n| policy.wait(6, Span::ZERO, &draws, n).unwrap())
            .sum();
        let mean = sum.divided(4000).as_secs_f64();
        assert!((31.0..33.0).contains(&mean), "{mean}");
    }

    proptest! {
        #[test]
        fn waits_stay_within_the_policy(
            retry in 0u32..10_000, previous_s in 0i64..200, n: u64, base_s in 1i64..10, cap_s in 10i64..200,
        ) {
            let draws = Draws::new(5, "device/1/backoff");
            for jitter in [Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Decorrelated] {
                let policy = Reconnect {
                    base: Span::from_secs(base_s),
                    cap: Span::from_secs(cap_s),
                    ..policy(Growth::Exponential, jitter)
                };
                let wait = policy.wait(retry, Span::from_secs(previous_s), &draws, n % (1 << 60)).unwrap();
                let least = match jitter {
                    Jitter::None | Jitter::Decorrelated => policy.base,
                    Jitter::Full => Span::ZERO,
                    Jitter::Equal => policy.base.divided(2),
                };
                prop_assert!(wait >= least && wait <= policy.cap, "{jitter:?} {wait}");
            }
        }
    }
}
