//! The cloud: replication, requests through the gateway, functions.

use cloud_emulator::gateway::Principal;
use drill::journal::FunctionCounters;
use drill::scenario::Scenario;
use drill::units::DrillTime;

use super::super::counts::JournalCounts;
use super::super::page::Page;
use crate::conductor::access::CloudAccess;

/// The classes of statuses, as the gateway tells them apart.
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// A way of replication: labels of the bucket and of both regions, and the name of the store that is copied from.
struct Way<'a> {
    labels: [(&'static str, &'a str); 3],
    store: &'a str,
}

/// Every way that copies may take: from each bucket to its replica, and back after a failover.
fn ways(scenario: &Scenario) -> Vec<Way<'_>> {
    let buckets = scenario.cloud.buckets().iter();
    let replicated = buckets.filter_map(|bucket| Some((bucket, bucket.replicate.as_ref()?)));
    let both = replicated.flat_map(|(bucket, replicate)| {
        let way = |from, to, store| Way {
            labels: [("bucket", bucket.label.as_str()), ("from", from), ("to", to)],
            store,
        };
        [
            way(&bucket.region, &replicate.to, &bucket.name),
            way(&replicate.to, &bucket.region, &replicate.name),
        ]
    });
    both.collect()
}

pub(super) fn replication(page: &mut Page, access: &CloudAccess, now: DrillTime) {
    let replicator = access.cloud.replicator();
    let ways = ways(access.scenario());
    let mut lag = page.gauge(
        "firedrill_replication_lag_seconds",
        "The age, in drill time, of the oldest write whose copy is still to be made; 0 without any.",
    );
    for way in &ways {
        let oldest = replicator.oldest_uncopied(way.store);
        let age = oldest.map_or(0.0, |oldest| (now - oldest.acknowledged).as_secs_f64());
        lag.put(&way.labels, age.max(0.0));
    }
    let progress: Vec<_> = ways.iter().map(|way| replicator.progress(way.store)).collect();
    let each = || ways.iter().zip(&progress);
    let mut pending = page.gauge(
        "firedrill_replication_pending_copies",
        "Copies that are still to be made.",
    );
    each().for_each(|(way, of)| pending.count(&way.labels, of.pending));
    let mut paused = page.gauge(
        "firedrill_replication_paused",
        "Whether copies are held back: 1 or 0.",
    );
    each().for_each(|(way, of)| paused.count(&way.labels, u64::from(of.paused)));
    let mut copies = page.counter(
        "firedrill_replication_copies_total",
        "Copies by what became of them.",
    );
    for (way, of) in each() {
        let [bucket, from, to] = way.labels;
        for (result, count) in [
            ("copied", of.copied),
            ("superseded", of.superseded),
            ("failed", of.failed),
            ("given_up", of.given_up),
        ] {
            copies.count(&[bucket, from, to, ("result", result)], count);
        }
    }
}

pub(super) fn gateway(page: &mut Page, access: &CloudAccess) {
    let counts = access.cloud.gateway().counts();
    let mut requests = page.counter(
        "firedrill_gateway_requests_total",
        "Requests to the gateway, by principal (none: unsigned, or with an unknown key).",
    );
    for principal in Principal::ALL {
        requests.count(
            &[("principal", word(principal))],
            counts.requests.by_principal(principal),
        );
    }
    requests.count(&[("principal", "none")], counts.requests.unsigned());
    let mut answers = page.counter(
        "firedrill_gateway_answers_total",
        "Answers of the gateway by who had asked, and by the class of their status.",
    );
    for (class, of) in CLASSES.iter().zip(&counts.answers) {
        for principal in Principal::ALL {
            let labels = [("principal", word(principal)), ("class", class)];
            answers.count(&labels, of.by_principal(principal));
        }
        answers.count(&[("principal", "none"), ("class", class)], of.unsigned());
    }
    page.counter(
        "firedrill_gateway_received_bytes_total",
        "Bytes that the gateway read, heads of requests included.",
    )
    .count(&[], counts.bytes_in);
    page.counter(
        "firedrill_gateway_sent_bytes_total",
        "Bytes that the gateway wrote, heads of answers included.",
    )
    .count(&[], counts.bytes_out);
}

fn word(principal: Principal) -> &'static str {
    match principal {
        Principal::User => "user",
        Principal::Probe => "probe",
        Principal::Replicator => "replicator",
        Principal::Rule => "rule",
        Principal::Function => "function",
        Principal::Audit => "audit",
    }
}

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
