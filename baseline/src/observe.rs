//! What the drills of a scenario took, from their reports.

use std::collections::{BTreeMap, BTreeSet};

use drill::journal::StepOutcome;
use drill::measures::{CriticalPart, VERIFICATION, critical_path};
use drill::report::{DataSet, Objective, Report, Seconds, Step};
use drill::scenario::Scenario;

use crate::format::{Losses, Machine, ObjectiveFigures, Range, Recorded, StepFigures};

/// On what, by what and how the drills ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// What they ran on.
    pub machine: Machine,
    /// How many ran at once.
    pub jobs: u32,
    /// The version of Firedrill.
    pub tool: String,
}

/// What complete drills of one scenario took, in the order in which they ran; none if there are none.
pub fn observe(scenario: &Scenario, reports: &[Report], context: &Context) -> Option<Recorded> {
    let first = reports.first()?;
    let paths: Vec<Vec<CriticalPart>> = reports
        .iter()
        .map(|report| critical_path(scenario, report))
        .collect();
    let named = |name: &str| {
        let parts = paths.iter().flatten().filter(|part| part.name == name);
        Range::from_values(parts.map(|part| rounded(part.end_s - part.start_s)))
    };
    let names: BTreeSet<Vec<String>> = paths
        .iter()
        .map(|path| path.iter().map(|part| part.name.clone()).collect())
        .collect();
    let whole = |path: &Vec<CriticalPart>| Some(rounded(path.last()?.end_s - path.first()?.start_s));
    let (steps, unfinished) = steps(first, reports);
    let (objectives, without_figure) = objectives(reports);
    Some(Recorded {
        sha256: first.scenario.sha256.clone(),
        seed: first.seed,
        cloud: first.cloud.clone(),
        tool: context.tool.clone(),
        machine: context.machine.clone(),
        jobs: context.jobs,
        repeats: u32::try_from(reports.len()).unwrap_or(u32::MAX),
        detection_s: named("detection"),
        verification_s: named(VERIFICATION),
        steps,
        unfinished,
        objectives,
        without_figure,
        losses: losses(reports),
        critical_paths: names.into_iter().collect(),
        critical_path_s: Range::from_values(paths.iter().filter_map(whole)),
    })
}

/// The figures of each step, and the steps that have none.
fn steps(first: &Report, reports: &[Report]) -> (Vec<StepFigures>, Vec<String>) {
    let (mut ended, mut unfinished) = (Vec::new(), Vec::new());
    for step in &first.steps {
        match of_step(&step.id, reports) {
            Some(figures) => ended.push(figures),
            None => unfinished.push(step.id.clone()),
        }
    }
    (ended, unfinished)
}

/// The figures of a step that came to its end in every drill.
fn of_step(id: &str, reports: &[Report]) -> Option<StepFigures> {
    let steps: Option<Vec<&Step>> = reports
        .iter()
        .map(|report| {
            let step = report.steps.iter().find(|step| step.id == id);
            step.filter(|step| step.end_s.is_some())
        })
        .collect();
    let steps = steps?;
    let counted = |figure: fn(&Step) -> u64| Range::from_values(steps.iter().map(|step| figure(step)));
    Some(StepFigures {
        id: id.to_owned(),
        done: steps
            .iter()
            .map(|step| u32::from(step.outcome == StepOutcome::Done))
            .sum(),
        calls: counted(|step| step.calls)?,
        bytes: counted(|step| step.bytes)?,
        retries: counted(|step| step.retries)?,
        sequential_waits: counted(|step| step.sequential_waits)?,
        modelled_s: Range::from_values(steps.iter().map(|step| step.modelled_s))?,
        measured_s: steps.iter().map(|step| step.measured_s).collect(),
    })
}

/// Objectives whose figure every drill has, and those of which one has none.
fn objectives(reports: &[Report]) -> (BTreeMap<String, ObjectiveFigures>, Vec<String>) {
    let mut all: BTreeMap<String, Vec<&Objective>> = BTreeMap::new();
    for objective in reports.iter().flat_map(|report| &report.objectives) {
        all.entry(objective.key()).or_default().push(objective);
    }
    let (mut figures, mut without) = (BTreeMap::new(), Vec::new());
    for (name, objectives) in all {
        // What is only known to be at least so much is no figure: a longer outage may show a smaller bound.
        let known = |objective: &&Objective| objective.actual_s.filter(|_| objective.at_least_s.is_none());
        let actual: Option<Vec<Seconds>> = objectives.iter().map(known).collect();
        let actual = actual.filter(|actual| actual.len() == reports.len());
        let Some(actual_s) = actual.and_then(Range::from_values) else {
            without.push(name);
            continue;
        };
        let errors = objectives.iter().map(|objective| objective.error_s);
        let error_s = errors.fold(0.0, f64::max);
        figures.insert(name, ObjectiveFigures { actual_s, error_s });
    }
    (figures, without)
}

fn losses(reports: &[Report]) -> BTreeMap<String, Losses> {
    let mut all: BTreeMap<String, Vec<&DataSet>> = BTreeMap::new();
    for data in reports.iter().flat_map(|report| &report.data) {
        all.entry(data.name.clone()).or_default().push(data);
    }
    let losses = all.into_iter().filter_map(|(name, sets)| {
        let counted = |figure: fn(&DataSet) -> u64| Range::from_values(sets.iter().map(|data| figure(data)));
        let losses = Losses {
            lost: counted(|data| data.lost)?,
            corrupted: counted(|data| data.corrupted)?,
            stale: counted(|data| data.stale)?,
            unknown: counted(|data| data.unknown)?,
        };
        Some((name, losses))
    });
    losses.collect()
}

/// To the millisecond, as reports are.
fn rounded(seconds: Seconds) -> Seconds {
    (seconds * 1e3).round() / 1e3
}
