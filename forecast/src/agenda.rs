//! What happens next, on virtual time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use drill::units::DrillTime;

/// Events in order of time; of those at one instant the one that was entered first comes first, so that a simulation does
/// the same each time.
#[derive(Debug)]
pub(crate) struct Agenda<E> {
    events: BinaryHeap<Reverse<Entry<E>>>,
    entered: u64,
}

#[derive(Debug)]
struct Entry<E> {
    at: DrillTime,
    number: u64,
    event: E,
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl<E> Default for Agenda<E> {
    fn default() -> Self {
        Agenda {
            events: BinaryHeap::new(),
            entered: 0,
        }
    }
}

impl<E> Agenda<E> {
    /// `event` happens at this instant.
    pub(crate) fn enter(&mut self, at: DrillTime, event: E) {
        let number = self.entered;
        self.entered += 1;
        self.events.push(Reverse(Entry { at, number, event }));
    }

    /// The next event, with its instant.
    pub(crate) fn next(&mut self) -> Option<(DrillTime, E)> {
        let Reverse(entry) = self.events.pop()?;
        Some((entry.at, entry.event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_ordered_by_time_then_insertion() {
        let mut agenda = Agenda::default();
        for (at, event) in [(5, 'c'), (1, 'a'), (5, 'd'), (2, 'b')] {
            agenda.enter(DrillTime::from_secs(at), event);
        }
        let mut seen = String::new();
        while let Some((_, event)) = agenda.next() {
            seen.push(event);
        }
        assert_eq!(seen, "abcd");
    }
}
