//! A reconnect policy in milliseconds.

use drill::firmware::{Jitter, Reconnect};
use drill::units::Span;

/// From which to which wait chance decides, in milliseconds, both included; never 0, so that time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) low: u32,
    pub(super) high: u32,
}

impl Range {
    fn from_bounds((low, high): (Span, Span)) -> Range {
        let ms = |span: Span| {
            u32::try_from((span.as_us() + 500) / 1_000)
                .unwrap_or(u32::MAX)
                .max(1)
        };
        Range {
            low: ms(low),
            high: ms(high).max(ms(low)),
        }
    }
}

/// The waits of a policy.
#[derive(Clone, Debug)]
pub(super) struct Waits<'a> {
    policy: &'a Reconnect,
    /// By the number of the retry; the last is that of all that follow.
    ranges: Vec<Range>,
    /// No wait is longer.
    pub(super) cap: u32,
}

impl<'a> Waits<'a> {
    pub(super) fn new(policy: &'a Reconnect) -> Waits<'a> {
        let mut ranges: Vec<Range> = Vec::new();
        for retry in 0.. {
            let Some(range) = policy.range(retry, Span::ZERO).map(Range::from_bounds) else {
                break;
            };
            let settled = policy.retries.is_none() && retry > 40;
            if settled {
                break;
            }
            ranges.push(range);
        }
        while policy.retries.is_none() && ranges.len() > 1 && ranges.ends_with(&[ranges[ranges.len() - 2]; 2])
        {
            ranges.pop();
        }
        Waits {
            policy,
            cap: Range::from_bounds((policy.cap, policy.cap)).high,
            ranges,
        }
    }

    /// Whether a wait depends on the one before it.
    pub(super) fn depends_on_previous(&self) -> bool {
        self.policy.jitter == Jitter::Decorrelated
    }

    /// How many retries differ from those after them.
    pub(super) fn distinct(&self) -> usize {
        self.ranges.len()
    }

    /// The range before retry number `retry`, after a wait of `previous` milliseconds (0 for the first). None once the
    /// retries are used up. What is drawn above the cap is the cap.
    #[inline]
    pub(super) fn range(&self, retry: u32, previous: u32) -> Option<Range> {
        if self.depends_on_previous() {
            let previous = Span::from_millis(i64::from(previous));
            return self.policy.range(retry, previous).map(Range::from_bounds);
        }
        let retry = retry as usize;
        match self.policy.retries {
            Some(_) => self.ranges.get(retry).copied(),
            None => self.ranges.get(retry).or(self.ranges.last()).copied(),
        }
    }
}
