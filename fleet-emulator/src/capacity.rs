//! What this machine can do, measured while it does it: how much per second, and how long one takes.

use drill::units::Span;

/// What takes at most this part of a device's timeout in wall time, at the 99th percentile, is safe.
const SAFE_PART: f64 = 1.0 / 3.0;

/// How much of something this machine does in a wall second: a constant to begin with, less while a queue
/// shows that it does less.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    usual: f64,
    now: f64,
}

impl Capacity {
    pub(crate) fn new(usual: f64) -> Capacity {
        Capacity { usual, now: usual }
    }

    /// Over `elapsed` wall seconds, `done` were done; `busy` says that more were there to do all the time.
    pub(crate) fn observe(&mut self, done: u64, elapsed: f64, busy: bool) {
        if busy && done > 0 && elapsed > 0.0 {
            let measured = done as f64 / elapsed;
            self.now = ((self.now + measured) / 2.0).clamp(self.usual / 20.0, self.usual);
        } else if !busy {
            self.now = (self.now * 1.1).min(self.usual);
        }
    }

    /// Wall seconds that `count` of them take.
    pub(crate) fn seconds(&self, count: f64) -> f64 {
        count / self.now
    }

    /// What of `count` is beyond what this machine usually does in `fluid` wall seconds. Its usual
    /// capacity, since a slow machine that measures itself by its own slowness would find no end.
    pub(crate) fn beyond(&self, count: u64, fluid: f64) -> f64 {
        (count as f64 - self.usual * fluid).max(0.0)
    }
}

/// A running estimate of the 99th percentile of a latency, in wall seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latency(f64);

impl Latency {
    /// What is assumed before anything was seen.
    const FIRST: f64 = 0.02;
    /// A broker that takes longer hangs, or this machine is saturated, and is said to be.
    const MOST: f64 = 0.25;
    /// However quick a broker is, a machine now and then stalls for longer.
    const LEAST: f64 = 0.004;
    /// A sample above the estimate raises it by this factor; 99 below it undo that.
    const UP: f64 = 1.1;
    const DOWN: f64 = 0.999_04;
    /// At an update every 10 ms half of what is above the least is forgotten within 1.4 s.
    const FADE: f64 = 0.995;

    pub(crate) fn new() -> Latency {
        Latency(Latency::FIRST)
    }

    /// Of something that takes no time unless this machine is too busy for it.
    pub(crate) fn least() -> Latency {
        Latency(Latency::LEAST)
    }

    pub(crate) fn observe(&mut self, seconds: f64) {
        let factor = if seconds > self.0 {
            Latency::UP
        } else {
            Latency::DOWN
        };
        self.0 = (self.0 * factor).clamp(Latency::LEAST, Latency::MOST);
    }

    /// Some time has passed: what was seen long ago says little of the present.
    pub(crate) fn fade(&mut self) {
        self.0 = (self.0 * Latency::FADE).max(Latency::LEAST);
    }

    /// The rate at which a wait of this latency stays safely within `timeout`.
    pub(crate) fn rate_within(self, timeout: Span) -> f64 {
        timeout.as_us() as f64 / 1e6 * SAFE_PART / self.0
    }
}

/// For how long this machine recently delayed something that was ready, in wall seconds: the longest, fading.
///
/// A percentile does not show it: on a busy machine all devices wait at once, and most of the time none does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stalls(f64);

impl Stalls {
    /// Threads of an idle machine, too, now and then wait so long.
    const LEAST: f64 = 0.002;
    /// What stands still for longer is noticed by the clock, which runs no faster than real time meanwhile.
    const MOST: f64 = 0.25;
    /// At an update every 10 ms half of it is forgotten within 2 s.
    const FADE: f64 = 0.996_54;
    /// The next may be longer than the last: of what may be borne, this part.
    const PART: f64 = 0.5;

    pub(crate) fn new() -> Stalls {
        Stalls(Stalls::LEAST)
    }

    pub(crate) fn observe(&mut self, seconds: f64) {
        self.0 = self.0.max(seconds).min(Stalls::MOST);
    }

    /// Some time has passed.
    pub(crate) fn fade(&mut self) {
        self.0 = (self.0 * Stalls::FADE).max(Stalls::LEAST);
    }

    /// The rate at which such a wait is no longer than what may be borne.
    pub(crate) fn rate_within(self, bearable: Span) -> f64 {
        bearable.as_us() as f64 / 1e6 * Stalls::PART / self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_finds_its_99th_percentile() {
        let mut latency = Latency::new();
        let draws = drill::draw::Draws::new(1, "latency");
        for n in 0..50_000 {
            latency.observe(draws.below(n, 100_000) as f64 / 1e6);
        }
        assert!((0.085..0.105).contains(&latency.0), "{}", latency.0);
    }

    #[test]
    fn longest_stall_counts_until_it_fades() {
        let mut stalls = Stalls::new();
        let bearable = Span::from_secs(9);
        assert_eq!(stalls.rate_within(bearable), 2250.0);
        stalls.observe(0.02);
        stalls.observe(0.001);
        assert_eq!(stalls.rate_within(bearable), 225.0);
        for _ in 0..200 {
            stalls.fade();
        }
        let rate = stalls.rate_within(bearable);
        assert!((440.0..460.0).contains(&rate), "{rate}");
    }

    #[test]
    fn capacity_follows_what_is_seen_and_recovers() {
        let mut capacity = Capacity::new(2000.0);
        for _ in 0..20 {
            capacity.observe(50, 0.1, true);
        }
        assert!((capacity.now - 500.0).abs() < 1.0);
        capacity.observe(0, 0.1, true);
        assert!(
            (capacity.now - 500.0).abs() < 1.0,
            "a broker that hangs says nothing of this machine"
        );
        for _ in 0..30 {
            capacity.observe(0, 0.1, false);
        }
        assert_eq!(capacity.now, 2000.0);
    }
}
