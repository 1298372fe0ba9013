//! What recorded drills tell of a plan's steps, for a forecast.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use drill::frames;
use drill::journal::{Outcome, Record};
use drill::ledger::{Changed, Changer, LedgerRecord, Left};
use drill::plan::Plan;
use drill::report::{Report, Step};
use drill::scenario::{Scenario, Source, StepAction, Takes};
use drill::units::Span;
use forecast::plan::calibration::{Calibration, PastChange, PastStep};

use crate::commands::report;
use crate::exit::Failure;
use crate::output;
use crate::run_folder::Left as Files;

/// How long people took in recorded drills in which they performed steps (`run --interactive`), by the ids of the steps, in
/// ascending order.
pub(super) type Observed = BTreeMap<String, Vec<Span>>;

/// The scenario with what was observed of its human steps in the place of what it says that they take.
pub(super) fn with_observed(scenario: &Scenario, observed: &Observed) -> Scenario {
    let mut scenario = scenario.clone();
    for step in &mut scenario.runbook {
        if let Some(seen) = observed.get(&step.id) {
            output::note(format_args!(
                "step {}: {} observed in recorded drills, in the place of its `takes`",
                step.id,
                match seen.len() {
                    1 => "one time".to_owned(),
                    n => format!("{n} times"),
                }
            ));
            step.takes = Some(Takes::Seen { seen: seen.clone() });
            step.source = Source::PastRun(Some("observed".to_owned()));
        }
    }
    scenario
}

/// What a judged drill tells of people: the steps that they did, and not those that they skipped.
fn observe(observed: &mut Observed, scenario: &Scenario, report: &Report) {
    for step in &report.steps {
        let human = scenario
            .step(&step.id)
            .is_some_and(|known| matches!(known.action, StepAction::Human(_)));
        if human && step.outcome == Outcome::Done && step.performed.is_some() {
            let seen = observed.entry(step.id.clone()).or_default();
            seen.push(Span::from_us((step.observed_s * 1e6).round() as i64));
            seen.sort();
        }
    }
}

/// Reads the drills in these folders, of a scenario whose file has this SHA-256.
///
/// # Errors
/// If one of them is no whole recorded drill, or one of another scenario or runbook.
pub(super) fn read(
    folders: &[PathBuf],
    scenario: &Scenario,
    sha256: &str,
) -> Result<(Calibration, Observed), Failure> {
    let mut calibration = Calibration::default();
    let mut observed = Observed::default();
    for folder in folders {
        let wrong = |why: String| Failure::Input(format!("--calibrate {}: {why}", folder.display()));
        let judged = report::judge_folder(folder)?;
        let drilled = &judged.report.scenario.name;
        if *drilled != scenario.name {
            return Err(wrong(format!(
                "it is a drill of {drilled}, and this is {}",
                scenario.name
            )));
        }
        let of_another = |step: &&Step| {
            let known = scenario.step(&step.id);
            known.is_none_or(|known| known.action.name() != step.action)
        };
        if let Some(step) = judged.report.steps.iter().find(of_another) {
            return Err(wrong(format!(
                "its step {} ({}) is none of {}: the runbook was changed since",
                step.id, step.action, scenario.name
            )));
        }
        if judged.report.exercise.is_some() {
            return Err(wrong(
                "it is an exercise without faults: no step of it was done".to_owned(),
            ));
        }
        if judged.report.steps.iter().all(|step| step.end_s.is_none()) {
            return Err(wrong("no step of it came to its end".to_owned()));
        }
        let name = name(folder);
        if calibration.drills.contains(&name) {
            return Err(wrong("the same drill was named before".to_owned()));
        }
        if judged.report.scenario.sha256 != sha256 {
            output::note(format_args!(
                "--calibrate {}: it is a drill of another version of this file",
                folder.display()
            ));
        }
        let files = Files::read(folder)?;
        add(&mut calibration, scenario, &judged.report, &files).map_err(wrong)?;
        observe(&mut observed, scenario, &judged.report);
        calibration.drills.push(name);
    }
    Ok((calibration, observed))
}

/// The name of a run's folder, where `latest` leads to.
fn name(folder: &Path) -> String {
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    real.file_name().map_or_else(
        || folder.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// What one judged drill tells of its steps.
///
/// # Errors
/// What cannot be read of it.
pub(super) fn add(
    calibration: &mut Calibration,
    scenario: &Scenario,
    report: &Report,
    files: &Files,
) -> Result<(), String> {
    let plan: Plan = serde_json::from_slice(&files.plan).map_err(|error| format!("plan.json: {error}"))?;
    let ledger = frames::decode(&files.ledger, Record::Ledger).map_err(|error| error.to_string())?;
    let left = left_at_the_end(scenario, report);
    let mut changes = changes(&ledger.records, &left);
    for step in &report.steps {
        // What waits for something takes as long as that does, and people as long as the scenario says, or as was
        // observed.
        let works = scenario
            .step(&step.id)
            .is_some_and(|known| known.action.works() && !matches!(known.action, StepAction::Check(_)));
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
                failed: step.outcome == Outcome::Failed,
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
            *left.entry(data.kind.bucket().to_owned()).or_default() += set.lost + set.corrupted + set.stale;
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
            Changed::Object {
                bucket,
                region,
                key,
                left,
            } => {
                objects.insert((step.clone(), bucket, region, key), matches!(left, Left::Body(_)));
                continue;
            }
            Changed::Bucket { bucket, region } if change.operation == "s3:CreateBucket" => {
                PastChange::Bucket { bucket, region }
            }
            Changed::Bucket { .. } => continue,
            Changed::Function { function, region } => PastChange::Function { function, region },
            Changed::Broker { region } => PastChange::Broker { region },
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
        let change = match there {
            true => PastChange::Bodies {
                left: left.get(bucket).copied().unwrap_or(0) + later(step, bucket, region),
                bucket: bucket.clone(),
                region: region.clone(),
                objects,
            },
            false => PastChange::Deleted {
                bucket: bucket.clone(),
                region: region.clone(),
                objects,
            },
        };
        found.entry(step.clone()).or_default().push(change);
    }
    found
}
