//! Faults that a step ends, or leads around; removing them alone restores nothing, or shows nothing.

use test_harness::trial;

use super::{Case, Faulty, Over, ProbedService};
use crate::support::{Run, Scenario};

const PROBES: &[ProbedService] = &[
    ProbedService::directly("content"),
    ProbedService::directly("copies"),
    ProbedService::through_a_broker("telemetry"),
    ProbedService::directly("function"),
];

const CONTENT: &[&str] = &["content"];
const FUNCTION: &[&str] = &["function"];
const TELEMETRY: &[&str] = &["telemetry"];

/// In the order in which they are injected.
pub(super) const CASES: &[Case] = &[
    Case::new(
        "bad-version",
        "do: lambda.bad_deploy, function: validator",
        FUNCTION,
    )
    .over(Over::Step("rollback")),
    // The names of a bucket move to a replica in which what was written meanwhile is missing, until copying goes on.
    Case::new(
        "uncopied",
        "do: s3.pause_replication, bucket: copied, for: 5m",
        &["copies"],
    )
    .shows_after("move-copied")
    .sometimes(),
    Case::new(
        "another-bad-version",
        "do: lambda.bad_deploy, function: validator",
        FUNCTION,
    )
    .over(Over::Step("deploy-anew")),
    Case::new("deleted", "do: lambda.delete, function: validator", FUNCTION).over(Over::Step("deploy-again")),
    Case::new("killed", "do: iot.kill_broker", TELEMETRY).over(Over::Step("restart-killed")),
    Case::new("frozen", "do: iot.freeze_broker", TELEMETRY).over(Over::Step("restart-frozen")),
    // Names that move lead around it …
    Case::new(
        "lost",
        "do: aws.error, resource: small-programs, code: ServiceUnavailable, for: 5m",
        CONTENT,
    )
    .over(Over::Repaired("move")),
    // … unless no result is observed: the same fault again goes on longer than that.
    Case::new("stale", "do: dns.stale, for: 4m", CONTENT).shows_after("move-again"),
];

/// What is broken under the last of them.
const LOST_AGAIN: &str = "do: aws.error, resource: small-programs, code: ServiceUnavailable, for: 8m";

/// Steps, each with the faults that are injected as it begins.
const RUNBOOK: &str = "
runbook:
  - {id: stand-bad-version, do: wait, for: 1m}
  - {id: rollback, do: lambda.rollback, function: validator}
  - {id: calm-1, do: wait, for: 2m}
  - {id: stand-uncopied, do: wait, for: 2m}
  - {id: move-copied, do: dns.failover, to: backup, names: copied}
  - {id: calm-2, do: wait, for: 5m}
  - {id: stand-another-bad-version, do: wait, for: 2m}
  - {id: deploy-anew, do: lambda.deploy, function: validator}
  - {id: calm-3, do: wait, for: 2m}
  - {id: stand-deleted, do: wait, for: 2m}
  - {id: deploy-again, do: lambda.deploy, function: validator}
  - {id: calm-4, do: wait, for: 2m}
  - {id: stand-killed, do: wait, for: 2m}
  - {id: restart-killed, do: iot.restart_broker}
  - {id: calm-5, do: wait, for: 6m}
  - {id: stand-frozen, do: wait, for: 2m}
  - {id: restart-frozen, do: iot.restart_broker}
  - {id: calm-6, do: wait, for: 6m}
  - {id: stand-lost, do: wait, for: 1m}
  - {id: move, do: dns.failover, to: backup, names: programs}
  - {id: calm-7, do: wait, for: 5m}
  - {id: move-home, do: dns.failover, to: primary, names: programs}
  - {id: calm-8, do: wait, for: 1m}
  - {id: stand-stale, do: wait, for: 1m}
  - {id: move-again, do: dns.failover, to: backup, names: programs}
";

fn scenario() -> Scenario {
    let faults = CASES.iter().enumerate().map(|(nth, case)| {
        let at = match nth {
            0 => "4m".to_owned(),
            _ => format!("step:stand-{}", case.id),
        };
        format!("  - {{id: {}, at: {at}, {}}}\n", case.id, case.fault)
    });
    let lost_again = format!("  - {{id: lost-again, at: step:stand-stale, {LOST_AGAIN}}}\n");
    let detection = "\ndetection: {probe: function, failing: \"3 of 5\", every: 15s}\n";
    let all = format!(
        "faults:\n{}{lost_again}{detection}{RUNBOOK}",
        faults.collect::<String>()
    );
    super::base()
        .with("faults: []\n", &all)
        .with(
            "history: 1d}\n",
            "history: 1d}\n      replicate: {to: backup, lag: {p50: 100ms, p99: 1s}}\n    \
             copied: {name: small-copied, versioned: true, replicate: {to: backup, lag: {p50: 100ms, p99: 1s}}}\n",
        )
        .with("\nprobes:\n", "\nwriters:\n  copied: {do: s3.put_object, bucket: copied, every: 5s, size: 1KiB..1KiB}\n\n\
            probes:\n  copies: {do: s3.get_object, bucket: copied, prefix: copied/, sample: 10, every: 15s, timeout: 10s}\n")
}

trial!(faults_that_steps_end_or_lead_around_show_until_then, slow);
fn faults_that_steps_end_or_lead_around_show_until_then() {
    let run = Run::execute(&scenario());
    Faulty::new(run, PROBES).assert_follows(CASES);
}
