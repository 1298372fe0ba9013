//! Samples of brokers and of the rules of message routing.

use cloud_emulator::cloud::Cloud;
use cloud_emulator::iot::{Counts, RuleCounts};

use crate::metrics::page::Page;

/// The brokers. What one counts begins anew with each of its processes; where none runs, nothing is known.
pub(super) fn brokers(page: &mut Page, cloud: &Cloud) {
    let mut running = page.gauge(
        "firedrill_broker_running",
        "Whether a broker has a process that became ready: 1 or 0. A frozen one has.",
    );
    for (region, broker) in cloud.brokers() {
        running.count(&[("region", region)], u64::from(broker.is_running()));
    }
    let counts: Vec<(&str, Counts)> = cloud
        .brokers()
        .filter(|(_, broker)| broker.is_running())
        .map(|(region, broker)| (region, broker.counts()))
        .collect();
    let mut connections = page.gauge(
        "firedrill_broker_connections",
        "Connections to a broker, as it said last.",
    );
    for (region, of) in &counts {
        connections.count(&[("region", region)], of.connected);
    }
    let mut ends = page.counter(
        "firedrill_broker_admissions_total",
        "Connections to a broker since its process began, by result of their admission.",
    );
    for (region, of) in &counts {
        for (what, count) in [
            ("accepted", of.accepted),
            ("throttled", of.throttled),
            ("turned_away", of.turned_away),
            ("refused", of.refused),
            ("cut_off", of.cut_off),
        ] {
            ends.count(&[("region", region), ("what", what)], count);
        }
    }
    rules(page, &counts);
}

fn rules(page: &mut Page, counts: &[(&str, Counts)]) {
    type Read = fn(&RuleCounts) -> u64;
    let counters: [(&'static str, Read); 4] = [
        ("received", |of| of.received),
        ("delivered", |of| of.delivered),
        ("missed", |of| of.missed),
        ("dropped", |of| of.dropped),
    ];
    let each = counts
        .iter()
        .flat_map(|(region, of)| of.rules.iter().map(move |rule| (*region, rule)));
    let each: Vec<(&str, &RuleCounts)> = each.collect();
    let mut messages = page.counter(
        "firedrill_rule_messages_total",
        "Messages by what a rule did with them since its broker's process began; missed ones never reached it.",
    );
    for &(region, rule) in &each {
        for (what, count) in counters {
            let labels = [("region", region), ("rule", &*rule.rule), ("what", what)];
            messages.count(&labels, count(rule));
        }
    }
    let mut waiting = page.gauge(
        "firedrill_rule_waiting_messages",
        "Messages that a rule has and its target has not acknowledged.",
    );
    for &(region, rule) in &each {
        waiting.count(&[("region", region), ("rule", &rule.rule)], rule.waiting());
    }
}
