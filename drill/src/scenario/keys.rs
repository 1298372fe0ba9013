//! The keys that a store will hold, and how often they are written.

use crate::scenario::Scenario;
use crate::units::Span;

/// Whether a key of the store of this label can begin with `prefix`.
pub(super) fn holds_prefix(scenario: &Scenario, store: &str, prefix: &str) -> bool {
    let begins = |key: String| {
        let folder = key.rfind('/').map_or(0, |end| end + 1);
        key[..folder].starts_with(prefix) || prefix.starts_with(&key[..folder])
    };
    let mut writers = scenario.writers.iter().filter(|writer| writer.store == store);
    let mut rules = scenario.cloud.rules().iter();
    let inventory = scenario.cloud.store(store).and_then(|store| store.inventory);
    inventory.is_some_and(|inventory| begins(inventory.key(0)))
        || writers.any(|writer| begins(writer.key(0)))
        || rules.any(|rule| rule.bucket == store)
}

/// The shortest time between two writes of one writer of this store.
pub(super) fn shortest_period(scenario: &Scenario, store: &str) -> Option<Span> {
    let writers = scenario.writers.iter().filter(|writer| writer.store == store);
    writers.map(|writer| writer.every).min()
}
