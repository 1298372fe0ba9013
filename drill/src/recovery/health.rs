//! Debounced health: a state is what `debounce` equal results in a row say, dated at the first of them.
//!
//! ```text
//! results   green green red green green red ? red      (? is unknown: it counts neither way)
//! state     green from the 1st ....... │ red from the 6th, confirmed by the 8th
//! ```

use crate::journal::Health;
use crate::units::DrillTime;

/// One result of a probe.
pub trait HealthResult {
    /// When it is dated.
    fn at(&self) -> DrillTime;

    /// What it says.
    fn health(&self) -> Health;
}

/// A change of the debounced state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The date of the first result that says so.
    pub(super) at: DrillTime,
    /// To green (or else to red).
    pub(super) green: bool,
}

/// All changes in order; the first is to the first state that is known.
pub(super) fn changes<S: HealthResult>(looks: &[S], debounce: u32) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    let mut run: Option<(Change, u32)> = None;
    for look in looks {
        let green = match look.health() {
            Health::Green => true,
            Health::Red => false,
            Health::Unknown => continue,
        };
        let (first, count) = match run {
            Some((first, count)) if first.green == green => (first, count.saturating_add(1)),
            _ => (Change { at: look.at(), green }, 1),
        };
        run = Some((first, count));
        let changed = changes.last().is_none_or(|last| last.green != green);
        if changed && count >= debounce.max(1) {
            changes.push(first);
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    struct ProbeResult(DrillTime, Health);

    impl HealthResult for ProbeResult {
        fn at(&self) -> DrillTime {
            self.0
        }

        fn health(&self) -> Health {
            self.1
        }
    }

    /// `g`, `r` and `?`, one result each second.
    fn looks(text: &str) -> Vec<ProbeResult> {
        let look = |(second, letter): (i64, char)| {
            let health = match letter {
                'g' => Health::Green,
                'r' => Health::Red,
                _ => Health::Unknown,
            };
            ProbeResult(DrillTime::from_secs(second), health)
        };
        (0..).zip(text.chars()).map(look).collect()
    }

    fn found(text: &str, debounce: u32) -> String {
        let shown = |c: &Change| format!("{}{}", if c.green { "g" } else { "r" }, c.at.as_us() / 1_000_000);
        changes(&looks(text), debounce)
            .iter()
            .map(shown)
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn two_equal_results_make_a_state_dated_at_the_first() {
        assert_eq!(found("ggrr", 2), "g0 r2");
        assert_eq!(found("ggrgrg", 2), "g0");
        assert_eq!(found("rrgg", 2), "r0 g2");
        assert_eq!(found("g", 2), "");
        assert_eq!(found("", 2), "");
    }

    #[test]
    fn unknown_results_count_neither_way() {
        assert_eq!(found("gg?r?r", 2), "g0 r3");
        assert_eq!(found("gg????gg", 2), "g0");
        assert_eq!(found("ggr?gr?r", 2), "g0 r5");
        assert_eq!(found("????", 2), "");
    }

    #[test]
    fn debounce_is_what_the_probe_says() {
        assert_eq!(found("ggrrgrrr", 3), "r5");
        assert_eq!(found("gr", 1), "g0 r1");
        assert_eq!(found("gr", 0), "g0 r1");
    }
}
