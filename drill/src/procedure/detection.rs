//! Detection: monitoring that asks a probe of its own accord, and fires when it fails often enough.

use std::collections::VecDeque;

use crate::journal::Health;
use crate::scenario::CountOf;

/// The last results that the monitoring saw.
#[derive(Clone, Debug)]
pub struct Monitor {
    failing: CountOf,
    last: VecDeque<bool>,
    fired: bool,
}

impl Monitor {
    /// It has seen nothing, and fires when so many of its last results are failures.
    pub fn new(failing: CountOf) -> Monitor {
        Monitor {
            failing,
            last: VecDeque::new(),
            fired: false,
        }
    }

    /// A result of the watched probe. The text says why, the one time that the monitoring fires. What our
    /// own lateness explains is no result.
    pub fn result(&mut self, health: Health) -> Option<String> {
        if health == Health::Unknown || self.fired {
            return None;
        }
        self.last.push_back(health == Health::Red);
        if self.last.len() > self.failing.of as usize {
            self.last.pop_front();
        }
        let failed = self.last.iter().filter(|failed| **failed).count();
        self.fired = failed >= self.failing.n as usize;
        self.fired
            .then(|| format!("{failed} of the last {} checks failed", self.last.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Health::{Green, Red, Unknown};

    fn fires_at(results: &[Health]) -> Option<usize> {
        let mut monitor = Monitor::new(CountOf { n: 3, of: 5 });
        results
            .iter()
            .position(|health| monitor.result(*health).is_some())
    }

    #[test]
    fn it_fires_once_enough_of_the_last_checks_failed() {
        assert_eq!(fires_at(&[Green, Red, Red, Red, Red]), Some(3));
        assert_eq!(fires_at(&[Red, Green, Red, Green, Red]), Some(4));
        assert_eq!(
            fires_at(&[Red, Green, Green, Red, Green, Red, Green, Green]),
            None
        );
        assert_eq!(
            fires_at(&[Red, Unknown, Red, Unknown, Unknown, Unknown, Red]),
            Some(6)
        );
    }

    #[test]
    fn it_fires_once() {
        let mut monitor = Monitor::new(CountOf { n: 1, of: 1 });
        assert_eq!(
            monitor.result(Red).as_deref(),
            Some("1 of the last 1 checks failed")
        );
        assert_eq!(monitor.result(Red), None);
    }
}
