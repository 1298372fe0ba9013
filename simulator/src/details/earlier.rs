//! What earlier runs tell, read before a drill begins: the trend, the last drill of each scenario, the plan of last time.
//!
//! An earlier run counts with the figures that its records give. Runs that did not reach their end, and exercises without
//! faults, have none that could be compared, and are counted only.

use std::fs;
use std::path::Path;

use drill::details::{EarlierDrill, LastDrill, PlanChange, RecoveryPlan};

use super::flags::DetailFlags;
use super::given::Resolved;
use super::register;
use super::time::now;
use crate::exit::Failure;
use crate::run_files::PLAN_COPY;
use crate::runs::{Run, Runs};
use crate::source::sha256_hex;
use crate::suite_file::is_of_suite;

/// Earlier drills of the trend, at most.
const MOST: usize = 12;
/// A larger plan is not compared line by line.
const LARGEST_TEXT: usize = 1 << 20;

impl Resolved {
    /// Adds what is known before a drill of this scenario: from earlier runs in the folder `runs` the figures for the trend, the
    /// last drill of each scenario of the plan, and what changed in the plan since; and the register of findings.
    ///
    /// # Errors
    /// A register that is wrong.
    pub(crate) fn look_back(
        &mut self,
        flags: &DetailFlags,
        runs: &Path,
        scenario: &str,
    ) -> Result<(), Failure> {
        add(self, runs, scenario);
        self.details.register = register::for_run(flags.register.as_deref(), scenario, &now())?;
        Ok(())
    }
}

/// Adds to `resolved` what the runs of `scenario`, and of the plan's other scenarios, below `runs` tell.
fn add(resolved: &mut Resolved, runs: &Path, scenario: &str) {
    let details = &mut resolved.details;
    let planned = details.plan.iter().flat_map(|plan| &plan.scenarios);
    let mut wanted: Vec<String> = planned.flat_map(|one| one.drilled_by.clone()).collect();
    wanted.push(scenario.to_owned());
    let all = Runs::newest_of(runs, &wanted);
    let ended = complete(&all, scenario);
    let mut drills = ended.clone();
    // A suite drills the same again and again, to compare with itself.
    drills.retain(|run| run.report.exercise.is_none() && !is_of_suite(&run.folder));
    let first = drills.len().saturating_sub(MOST);
    details.earlier = drills[first..]
        .iter()
        .map(|run| EarlierDrill::from_report(&run.id, &run.report))
        .collect();
    details.earlier_left_out = (all.count_of(scenario) - details.earlier.len()) as u64;
    let Some(plan) = &mut details.plan else { return };
    for one in &mut plan.scenarios {
        let others = one.drilled_by.iter().filter(|name| *name != scenario);
        let last = others.flat_map(|name| complete(&all, name)).map(last_drill);
        // However old, a drill says more than an exercise without faults.
        one.last = last.max_by_key(|last| (last.exercise.is_none(), last.started_at.clone()));
    }
    plan.change = change(plan, resolved.plan.as_deref(), &ended);
}

fn last_drill(run: &Run) -> LastDrill {
    LastDrill {
        scenario: run.report.scenario.name.clone(),
        started_at: run.report.started_at.clone(),
        verdict: run.report.verdict,
        exercise: run.report.exercise.as_ref().map(|exercise| exercise.kind),
    }
}

/// The runs of a scenario that reached their end, the newest last.
fn complete<'a>(all: &'a Runs, scenario: &'a str) -> Vec<&'a Run> {
    all.of_scenario(scenario)
        .filter(|run| run.report.complete)
        .collect()
}

/// What changed in the plan since the newest run that names one.
fn change(plan: &RecoveryPlan, bytes: Option<&[u8]>, runs: &[&Run]) -> Option<PlanChange> {
    let now = plan.sha256.as_ref()?;
    let planned = |run: &Run| {
        let details = run.report.details.as_ref()?;
        let plan = details.plan.as_ref().filter(|plan| plan.added_at.is_none())?;
        plan.sha256.clone()
    };
    let (run, sha256) = runs.iter().rev().find_map(|run| Some((run, planned(run)?)))?;
    let text = |bytes: Vec<u8>| {
        let small = bytes.len() <= LARGEST_TEXT;
        String::from_utf8(bytes).ok().filter(|_| small)
    };
    // A copy that is not the text of that drill tells nothing.
    let copy = fs::read(run.folder.join(PLAN_COPY)).ok();
    let copy = copy.filter(|bytes| sha256_hex(bytes) == sha256);
    let both = copy.and_then(text).zip(bytes.map(<[u8]>::to_vec).and_then(text));
    let compared = both.map(|(earlier, now)| PlanChange::between(&earlier, &now));
    Some(PlanChange {
        since: run.report.started_at.clone(),
        run: run.id.clone(),
        unchanged: *now == sha256,
        sha256,
        ..compared.unwrap_or_default()
    })
}
