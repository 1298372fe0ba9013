//! Whether a broker moves or hangs. What hangs is no work of this machine, and what came late because of
//! it is no limit of ours.

use std::time::Duration;

use drill::units::{DrillTime, Span};
use runtime::wall::Mono;

/// What has not moved for so long hangs.
const STALL: Duration = Duration::from_millis(250);
/// No answer to attempts for so long in drill time, and in wall time, and the broker hangs: at a high
/// rate of the drill the one is soon over, at a low one the other.
const NO_RESPONSE: (Span, Duration) = (Span::from_secs(2), Duration::from_millis(100));

/// A counter of completed work, sampled in wall time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    seen: u64,
    /// When it last moved, or nothing was under way.
    moved: Mono,
    /// What began before this may have waited for a broker that hung.
    hung_until: Mono,
}

impl Progress {
    pub(crate) fn new(now: Mono) -> Progress {
        Progress {
            seen: 0,
            moved: now,
            hung_until: now,
        }
    }

    /// The counter stands at `count`, and more is `under_way`, or not.
    pub(crate) fn observe(&mut self, count: u64, under_way: bool, now: Mono) {
        if !self.moves(now) {
            self.hung_until = now;
        }
        if count != self.seen || !under_way {
            self.seen = count;
            self.moved = now;
        }
    }

    /// Whether things get done.
    pub(crate) fn moves(&self, now: Mono) -> bool {
        now.since(self.moved) < STALL
    }

    /// Whether what began at `began` was not held up by a broker that hung.
    pub(crate) fn is_fair(&self, began: Mono) -> bool {
        began > self.hung_until
    }
}

/// How a broker answers attempts to connect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answers {
    /// The last answer, or the first attempt after a time without any.
    last: (DrillTime, Mono),
    /// Devices that asked before this may have waited for a broker that hung.
    hung_until: Option<DrillTime>,
}

impl Answers {
    pub(crate) fn new(now: DrillTime, wall: Mono) -> Answers {
        Answers {
            last: (now, wall),
            hung_until: None,
        }
    }

    /// An attempt began, and none was under way before.
    pub(crate) fn awaited(&mut self, now: DrillTime, wall: Mono) {
        self.last = (now, wall);
    }

    /// An attempt was `answered`, or given up.
    pub(crate) fn ended(&mut self, now: DrillTime, wall: Mono, answered: bool) {
        if !answered || self.hangs(now, wall) {
            self.hung_until = Some(now);
        }
        self.last = (now, wall);
    }

    /// Whether a device that requested at `asked` waited until `now` because of this machine.
    pub(crate) fn is_fair(&self, asked: DrillTime, now: DrillTime, wall: Mono) -> bool {
        !self.hangs(now, wall) && self.hung_until.is_none_or(|until| asked > until)
    }

    fn hangs(&self, now: DrillTime, wall: Mono) -> bool {
        let (drill, since) = self.last;
        now - drill > NO_RESPONSE.0 && wall.since(since) > NO_RESPONSE.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Mono {
        Mono::from_ns(ms * 1_000_000)
    }

    fn s(seconds: i64) -> DrillTime {
        DrillTime::from_secs(seconds)
    }

    #[test]
    fn stalled_counter_hangs_unless_idle() {
        let mut progress = Progress::new(ms(0));
        progress.observe(5, true, ms(100));
        progress.observe(5, true, ms(340));
        assert!(progress.moves(ms(340)));
        progress.observe(5, true, ms(360));
        assert!(!progress.moves(ms(360)));
        progress.observe(9, true, ms(700));
        assert!(progress.moves(ms(700)));
        assert!(!progress.is_fair(ms(650)), "it was sent while the broker hung");
        assert!(progress.is_fair(ms(701)));
        progress.observe(9, false, ms(5000));
        assert!(progress.moves(ms(5000)), "idle is not hanging");
    }

    #[test]
    fn wait_for_a_hanging_broker_is_not_attributed_to_this_machine() {
        let mut answers = Answers::new(s(0), ms(0));
        answers.awaited(s(100), ms(1000));
        answers.ended(s(101), ms(1010), true);
        assert!(
            answers.is_fair(s(100), s(106), ms(1060)),
            "answers come, but late"
        );
        answers.ended(s(130), ms(1300), true);
        assert!(
            !answers.is_fair(s(110), s(131), ms(1310)),
            "nothing came for a while"
        );
        assert!(answers.is_fair(s(131), s(137), ms(1350)));
        answers.ended(s(138), ms(1360), false);
        assert!(
            !answers.is_fair(s(131), s(139), ms(1370)),
            "an attempt got no answer at all"
        );
    }
}
