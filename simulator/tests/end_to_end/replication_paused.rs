//! Replication stops unnoticed, then objects are purged: every lost write is counted and dated, and the
//! figures are computed independently of the measures.

use std::collections::BTreeSet;
use std::path::Path;

use drill::audit::Found;
use drill::journal::{self, AuditId, Event};
use drill::ledger::Write;
use drill::report::{Metric, ObjectiveVerdict, Verdict};
use drill::units::DrillTime;
use test_harness::trial;

use crate::support::run::{data, objective};
use crate::support::{Run, Running, Sandbox, Scenario, http};

/// When objects are purged.
const PURGED: DrillTime = DrillTime::from_secs(600);

/// The pause comes 5 minutes before the loss, with an RPO of 3. The probe is content with 14 of 20: about
/// one object in ten is lost for good. There is time to look at the recovered bucket before the end.
fn scenario() -> Scenario {
    Scenario::loss()
        .with("  regions:", "  anonymous: true\n  regions:")
        .with("count: 60", "count: 200")
        .with("sample: 10", "sample: 20")
        .with("pass: 10 of 10", "pass: 14 of 20")
        .with("observe_for: 2m", "observe_for: 30m")
        .with("give_up: 14m", "give_up: 1h")
        .line_for(
            "s3.corrupt_objects",
            "  - {at: 5m, do: s3.pause_replication, bucket: programs}",
        )
        .line_for(
            "s3.delete_objects",
            "  - {at: 10m, do: s3.delete_objects, bucket: programs, fraction: 0.7, mode: purge}",
        )
}

trial!(every_lost_write_is_counted_and_dated);
fn every_lost_write_is_counted_and_dated() {
    let sandbox = Sandbox::new();
    sandbox.scenario(&scenario());
    let mut running = sandbox
        .firedrill(["run", "scenario.yaml", "--out", "run"])
        .start();
    let folder = sandbox.path().join("run");
    let listed = list_after_audit(&mut running, &folder);
    let ended = running.wait();
    sandbox.assert_no_process_left();
    let run = Run {
        sandbox,
        folder,
        ended,
    };
    let report = run.assert_verdict(Verdict::Fail);

    // On the RPO alone.
    let missed = report
        .objectives
        .iter()
        .filter(|objective| objective.verdict == ObjectiveVerdict::Fail);
    assert_eq!(
        missed.map(|objective| objective.metric).collect::<Vec<_>>(),
        [Metric::Rpo],
        "{:#?}",
        report.objectives
    );
    assert_eq!(
        objective(&report, "delivery", Metric::Rto).verdict,
        ObjectiveVerdict::Pass
    );

    // What was acknowledged, is due to be judged, and is not there: three ways to the same writes.
    let cut = run.cut(AuditId::A);
    let acknowledged = run.acknowledged_before("programs", cut);
    let by_listing = keys(acknowledged.iter().filter(|write| !listed.contains(&write.key)));
    let found = run.found(AuditId::A, "programs");
    let by_audit = keys(
        acknowledged
            .iter()
            .filter(|write| found[&write.key] == Found::Missing),
    );
    assert_eq!(by_listing, by_audit);
    let purged: BTreeSet<String> = run.targets("s3.delete_objects").into_iter().collect();
    assert!(
        by_listing.is_subset(&purged),
        "something is lost that was not purged"
    );
    // Written during the pause, and purged: the replica cannot have them.
    let paused = DrillTime::from_secs(300);
    let doomed = keys(
        acknowledged
            .iter()
            .filter(|write| write.produced >= paused && purged.contains(&write.key)),
    );
    assert!(
        doomed.len() > 10 && doomed.is_subset(&by_listing),
        "{doomed:?} {by_listing:?}"
    );

    let programs = data(&report, "programs");
    assert_eq!(programs.lost, by_listing.len() as u64, "{programs:?}");
    assert_eq!(programs.counted, acknowledged.len() as u64, "{programs:?}");
    assert_eq!(
        (programs.corrupted, programs.stale, programs.unknown),
        (0, 0, 0),
        "{programs:?}"
    );
    let lost: Vec<&Write> = acknowledged
        .iter()
        .filter(|write| by_listing.contains(&write.key))
        .collect();
    let oldest = lost
        .iter()
        .map(|write| write.produced)
        .min()
        .expect("some are lost");
    let newest = lost
        .iter()
        .map(|write| write.produced)
        .max()
        .expect("some are lost");
    assert!(newest < PURGED, "what came later was not touched");
    let rpa = PURGED.since(oldest).as_secs_f64();
    assert!(rpa > 180.0, "{rpa}");
    for (figure, wanted) in [
        (programs.rpa_s, rpa),
        (programs.oldest_lost_s, oldest.as_secs_f64()),
        (programs.newest_lost_s, newest.as_secs_f64()),
        (objective(&report, "delivery", Metric::Rpo).actual_s, rpa),
    ] {
        let figure = figure.expect("older writes survived");
        assert!(
            (figure - wanted).abs() < 0.001,
            "{figure} instead of {wanted}: {programs:?}"
        );
    }
}

fn keys<'a>(writes: impl Iterator<Item = &'a Write>) -> BTreeSet<String> {
    writes.map(|write| write.key.clone()).collect()
}

/// The keys in the bucket once audit A has been made, as every client that knows the address may list them.
fn list_after_audit(running: &mut Running, folder: &Path) -> BTreeSet<String> {
    let endpoint = running.until("audit A", |_| {
        let journal =
            journal::read(&std::fs::read(folder.join("journal.jsonl")).ok()?).expect("a whole chain");
        let audited = journal.events().any(|(_, event)| {
            matches!(
                event,
                Event::Audit {
                    audit: AuditId::A,
                    complete: Some(true),
                    ..
                }
            )
        });
        journal
            .events()
            .filter(|_| audited)
            .find_map(|(_, event)| match event {
                Event::CloudReady { regions } => Some(regions[0].endpoint.clone()),
                _ => None,
            })
    });
    let mut listed = BTreeSet::new();
    loop {
        // Keys come in order, so the next page begins after the last of this.
        let after = listed
            .last()
            .map(|key: &String| format!("&start-after={}", key.replace('/', "%2F")));
        let address = format!(
            "{endpoint}/small-programs?list-type=2&max-keys=100{}",
            after.unwrap_or_default()
        );
        let page = http::get(&address);
        assert_eq!(page.status, 200, "{}", page.text());
        listed.extend(http::elements(&page.text(), "Key"));
        if http::elements(&page.text(), "IsTruncated") != ["true"] {
            return listed;
        }
    }
}
