//! Twins of the scenarios that ship: smaller and shorter, and otherwise what people run.
//!
//! ```text
//!   scenarios/iot-steel/x.yaml ──fewer, sooner──► as the file says it ends
//!                                    └──── without its decisive step ──► fail, and on what
//! ```
//!
//! What is replaced must stand in the file, so that a scenario that is changed changes its twins.

mod buckets_and_functions;
mod hello;
mod home;
mod regions;

use drill::audit::AuditRecord;
use drill::journal::AuditId;
use drill::report::{Metric, ObjectiveVerdict, Report};

use crate::support::{Run, Scenario};

/// The objectives that were missed, in the order of the report.
fn missed(report: &Report) -> Vec<(&str, Metric)> {
    let missed = report
        .objectives
        .iter()
        .filter(|objective| objective.verdict == ObjectiveVerdict::Fail);
    missed
        .map(|objective| (objective.service.as_str(), objective.metric))
        .collect()
}

/// What was lost is accounted for, hop by hop.
#[track_caller]
fn assert_adds_up(report: &Report) {
    assert!(!report.data.is_empty());
    for data in &report.data {
        let sum = data.stable + data.delayed + data.lost + data.corrupted + data.stale;
        assert_eq!(data.counted, sum, "{data:?}");
        assert_eq!(data.lost_by_hop.values().sum::<u64>(), data.lost, "{data:?}");
    }
}

/// A small inventory.
fn few_objects(scenario: Scenario) -> Scenario {
    scenario.with("count: 500, size: 4KiB..64KiB", "count: 60, size: 1KiB..1KiB")
}

/// How the two stores of a bucket compared in an audit.
#[derive(Debug)]
struct Compared {
    /// The label of the region that was in use.
    region: String,
    other: String,
    same: u64,
    only_here: u64,
    only_there: u64,
    differing: u64,
    /// Copies to the other one that were on their way.
    pending: u64,
}

#[track_caller]
fn compared(run: &Run, wanted: AuditId, of: &str) -> Compared {
    let compared = run.audit().into_iter().find_map(|record| match record {
        AuditRecord::Compared {
            audit,
            store: bucket,
            region,
            other,
            same,
            only_here,
            only_there,
            differing,
            pending,
        } if audit == wanted && bucket == of => Some(Compared {
            region,
            other,
            same,
            only_here,
            only_there,
            differing,
            pending,
        }),
        _ => None,
    });
    compared.unwrap_or_else(|| panic!("audit {wanted:?} did not compare the stores of {of}"))
}
