//! Samples of replication.

use drill::scenario::Scenario;
use drill::units::DrillTime;

use crate::conductor::access::CloudAccess;
use crate::metrics::page::Page;

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
