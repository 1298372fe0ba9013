//! What one judged drill tells of its steps, for a forecast.

use std::collections::BTreeMap;

use drill::frames::{self, FrameError};
use drill::journal::{Record, StepOutcome};
use drill::ledger::{Changed, Changer, LedgerRecord, Left};
use drill::plan::Plan;
use drill::report::Report;
use drill::scenario::{Check, Scenario};
use drill::units::Span;
use forecast::plan::calibration::{Calibration, PastChange, PastStep};

use crate::run_folder::Left as Files;

/// Why a drill tells nothing of its steps.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CalibrationError {
    /// Its plan is none.
    #[error("plan.json: {0}")]
    Plan(serde_json::Error),
    /// Its ledger is none.
    #[error(transparent)]
    Ledger(#[from] FrameError),
}

/// What one judged drill tells of its steps.
///
/// # Errors
/// What cannot be read of it.
pub(crate) fn add(
    calibration: &mut Calibration,
    scenario: &Scenario,
    report: &Report,
    files: &Files,
) -> Result<(), CalibrationError> {
    let plan: Plan = serde_json::from_slice(&files.plan).map_err(CalibrationError::Plan)?;
    let ledger = frames::decode(&files.ledger, Record::Ledger)?;
    let left = left_at_the_end(scenario, report);
    let mut changes = changes(&ledger.records, &left);
    for step in &report.steps {
        // What waits for something takes as long as that does, and people as long as the scenario says, or as was
        // observed.
        let works = scenario
            .step(&step.id)
            .is_some_and(|known| known.action.works() && !known.action.is::<Check>());
        let (true, Some(start), Some(end)) = (works, step.start_s, step.end_s) else {
            continue;
        };
        let whole = Span::from_us(((end - start) * 1e6).round() as i64);
        calibration
            .steps
            .entry(step.id.clone())
            .or_default()
            .push(PastStep {
                work: (whole - plan.takes(&step.id)).at_least_zero(),
                failed: step.outcome == StepOutcome::Failed,
                changes: changes.remove(&step.id).unwrap_or_default(),
            });
    }
    Ok(())
}

/// How many writes of each bucket were lost or damaged in the end, by the labels of the buckets.
fn left_at_the_end(scenario: &Scenario, report: &Report) -> BTreeMap<String, u64> {
    let mut left: BTreeMap<String, u64> = BTreeMap::new();
    for set in &report.data {
        if let Some(data) = scenario.data.iter().find(|data| data.name == set.name) {
            *left.entry(data.kind.store().to_owned()).or_default() += set.lost + set.corrupted + set.stale;
        }
    }
    left
}

/// What each step changed: of each object what stood there at last. `left` is what was not put right in the end.
fn changes(ledger: &[LedgerRecord], left: &BTreeMap<String, u64>) -> BTreeMap<String, Vec<PastChange>> {
    let mut order: Vec<String> = Vec::new();
    let mut objects: BTreeMap<(String, String, String, String), bool> = BTreeMap::new();
    let mut found: BTreeMap<String, Vec<PastChange>> = BTreeMap::new();
    for record in ledger {
        let LedgerRecord::Change(change) = record else {
            continue;
        };
        let Changer::Step(step) = &change.by else { continue };
        if !order.contains(step) {
            order.push(step.clone());
        }
        let other = match change.changed.clone() {
            Changed::Value {
                store: bucket,
                region,
                key,
                left,
            } => {
                objects.insert((step.clone(), bucket, region, key), matches!(left, Left::Body(_)));
                continue;
            }
            Changed::Store {
                store: bucket,
                region,
            } if change.operation == "s3:CreateBucket" => PastChange::Bucket { bucket, region },
            Changed::Store { .. } => continue,
            Changed::Compute {
                name: function,
                region,
            } => PastChange::Function { function, region },
            Changed::Stream { region } => PastChange::Broker { region },
        };
        found.entry(step.clone()).or_default().push(other);
    }
    let mut counts: BTreeMap<(String, String, String, bool), u64> = BTreeMap::new();
    for ((step, bucket, region, _), there) in objects {
        *counts.entry((step, bucket, region, there)).or_default() += 1;
    }
    // What later steps put right was left by the earlier ones.
    let place = |step: &String| order.iter().position(|one| one == step);
    let later = |step: &String, in_bucket: &String, in_region: &String| -> u64 {
        let counts = counts.iter().filter(|((other, bucket, region, there), _)| {
            *there && bucket == in_bucket && region == in_region && place(other) > place(step)
        });
        counts.map(|(_, objects)| objects).sum()
    };
    for ((step, bucket, region, there), &objects) in &counts {
        let change = if *there {
            PastChange::Bodies {
                left: left.get(bucket).copied().unwrap_or(0) + later(step, bucket, region),
                bucket: bucket.clone(),
                region: region.clone(),
                objects,
            }
        } else {
            PastChange::Deleted {
                bucket: bucket.clone(),
                region: region.clone(),
                objects,
            }
        };
        found.entry(step.clone()).or_default().push(change);
    }
    found
}
