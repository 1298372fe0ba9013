//! Damage to buckets, which stays until a step repairs it; each bucket has a probe of its own.

use test_harness::trial;

use super::{Case, Faulty, Over, ProbedService};
use crate::support::{Run, Scenario};

const PROBES: &[ProbedService] = &[
    ProbedService::directly("hidden"),
    ProbedService::directly("purged"),
    ProbedService::directly("overwritten"),
    ProbedService::directly("corrupted"),
    ProbedService::directly("gone"),
];

/// In the order in which they are injected, each on the bucket of its name.
pub(super) const CASES: &[Case] = &[
    Case::new(
        "hidden",
        "do: s3.delete_objects, bucket: hidden, fraction: 0.8, mode: marker",
        &["hidden"],
    )
    .over(Over::Repaired("undelete")),
    Case::new(
        "purged",
        "do: s3.delete_objects, bucket: purged, fraction: 0.8, mode: purge",
        &["purged"],
    )
    .over(Over::Repaired("restore-purged")),
    Case::new(
        "overwritten",
        "do: s3.delete_objects, bucket: overwritten, fraction: 0.8, mode: overwrite",
        &["overwritten"],
    )
    .over(Over::Repaired("sync")),
    Case::new(
        "corrupted",
        "do: s3.corrupt_objects, bucket: corrupted, fraction: 0.8, via: storage",
        &["corrupted"],
    )
    .over(Over::Repaired("restore-corrupted")),
    Case::new("gone", "do: s3.delete_bucket, bucket: gone", &["gone"]).over(Over::Repaired("restore-gone")),
];

/// What was overwritten has another size here, so that a sync sees it; its copies come late enough.
const RUNBOOK: &str = "
runbook:
  - {id: assess-hidden, do: s3.audit, bucket: hidden}
  - {id: undelete, do: s3.restore_versions, damaged: assess-hidden}
  - {id: calm-1, do: wait, for: 1m}
  - {id: stand-purged, do: wait, for: 1m}
  - {id: assess-purged, do: s3.audit, bucket: purged}
  - {id: restore-purged, do: s3.restore_objects, damaged: assess-purged, from: {bucket: purged, region: backup}}
  - {id: calm-2, do: wait, for: 1m}
  - {id: stand-overwritten, do: wait, for: 1m}
  - {id: sync, do: s3.sync, from: {bucket: overwritten, region: backup}, to: {bucket: overwritten}}
  - {id: calm-3, do: wait, for: 1m}
  - {id: stand-corrupted, do: wait, for: 1m}
  - {id: assess-corrupted, do: s3.audit, bucket: corrupted}
  - {id: restore-corrupted, do: s3.restore_objects, damaged: assess-corrupted, from: {bucket: corrupted, region: backup}}
  - {id: calm-4, do: wait, for: 1m}
  - {id: stand-gone, do: wait, for: 1m}
  - {id: create, do: s3.create_bucket, bucket: gone}
  - {id: assess-gone, do: s3.audit, bucket: gone}
  - {id: restore-gone, do: s3.restore_objects, damaged: assess-gone, from: {bucket: gone, region: backup}}
";

/// Nothing but buckets, with their probes.
fn scenario() -> Scenario {
    let mut text = "version: 1\nname: small-damage\ntitle: Buckets are damaged, one after the other\nsystem: small\n\
        exercise: functional\nclock: {speed: 120}\nstable_for: 1m\nobserve_for: 2m\ngive_up: 10h\nsteady_state: {hold: 1m}\n\
        cloud:\n  regions: {primary: us-west-2, backup: us-east-1}\n  buckets:\n"
        .to_owned();
    for ProbedService { name: bucket, .. } in PROBES {
        text += &format!(
            "    {bucket}: {{name: small-{bucket}, versioned: true, objects: {{count: 20, size: 2KiB..2KiB, history: 1d}}, \
             replicate: {{to: backup, lag: {{p50: 2h, p99: 2h}}}}}}\n"
        );
    }
    text += "objectives:\n  mtd: 24h\n  services:\n";
    for ProbedService { name: probe, .. } in PROBES {
        text += &format!("    {probe}: {{probe: {probe}, rto: 1h}}\n");
    }
    text += "probes:\n";
    for ProbedService { name: probe, .. } in PROBES {
        text += &format!(
            "  {probe}: {{do: s3.get_object, bucket: {probe}, sample: 4, every: 15s, timeout: 10s}}\n"
        );
    }
    text += "faults:\n";
    for (nth, case) in CASES.iter().enumerate() {
        let at = match nth {
            0 => "3m".to_owned(),
            _ => format!("step:stand-{}", case.id),
        };
        text += &format!("  - {{id: {}, at: {at}, {}}}\n", case.id, case.fault);
    }
    text += "detection: {probe: hidden, failing: \"3 of 5\", every: 15s}\n";
    Scenario::written(text + RUNBOOK)
}

trial!(damage_to_buckets_shows_until_it_is_repaired);
fn damage_to_buckets_shows_until_it_is_repaired() {
    let run = Run::execute(&scenario());
    Faulty::new(run, PROBES).assert_follows(CASES);
}
