//! Samples of functions.

use drill::journal::FunctionCounters;

use crate::metrics::counts::JournalCounts;
use crate::metrics::page::Page;

/// Asynchronous events of functions, as the journal had them last.
pub(super) fn functions(page: &mut Page, counts: &JournalCounts) {
    type Read = fn(&FunctionCounters) -> u64;
    let counters: [(&'static str, Read); 6] = [
        ("accepted", |of| of.accepted),
        ("delivered", |of| of.delivered),
        ("failed", |of| of.failed),
        ("throttled", |of| of.throttled),
        ("to_destination", |of| of.to_destination),
        ("dropped", |of| of.dropped),
    ];
    let mut events = page.counter(
        "firedrill_function_events_total",
        "What happened to asynchronous events of a function (an event that is tried again happens again), \
         at most 10 drill seconds ago.",
    );
    for ((function, region), of) in &counts.functions {
        for (what, count) in counters {
            let labels = [("function", &**function), ("region", &**region), ("what", what)];
            events.count(&labels, count(of));
        }
    }
    let mut waiting = page.gauge(
        "firedrill_function_waiting_events",
        "Asynchronous events that wait to be tried, or tried again, at most 10 drill seconds ago.",
    );
    for ((function, region), of) in &counts.functions {
        waiting.count(&[("function", function), ("region", region)], of.waiting);
    }
}
