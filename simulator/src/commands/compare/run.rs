//! One run that is compared.

use std::fs;
use std::path::Path;

use baseline::{Context, Machine};
use drill::plan::Plan;
use drill::report::Judged;
use drill::scenario::Scenario;
use drill::{journal, measures};
use reports::compare::{Figures, Side};

use crate::exit::Failure;
use crate::judge::judge_folder;
use crate::run_folder::{self, Left};
use crate::suite_file::drilled_at_once;
use crate::{machine, source};

/// A run that was recorded, judged again.
pub(super) struct Recorded {
    pub(super) name: String,
    judged: Judged,
    text: String,
    pub(super) scenario: Scenario,
    critical_path: Vec<String>,
    plan: Plan,
    tool: Option<String>,
    machine: Option<Machine>,
    /// How many drills ran at once.
    jobs: u32,
}

impl Recorded {
    pub(super) fn read(folder: &Path) -> Result<Recorded, Failure> {
        let judged = judge_folder(folder)?;
        let left = Left::read(folder)?;
        let wrong = |file: &str, why: &dyn std::fmt::Display| {
            Failure::Input(format!("{}: {why}", folder.join(file).display()))
        };
        let file = folder.join(run_folder::SCENARIO);
        let scenario = source::recorded(&file.display().to_string(), &left.scenario)?;
        let path = measures::critical_path(&scenario, &judged.report).into_iter();
        let is_step = |name: &String| judged.report.steps.iter().any(|step| step.id == *name);
        let critical_path = path.map(|part| part.name).filter(is_step).collect();
        let journal =
            journal::read(left.files().journal).map_err(|error| wrong(run_folder::JOURNAL, &error))?;
        let (tool, machine) = machine::recorded(&journal);
        Ok(Recorded {
            // Where `latest` leads to is what will still be true tomorrow.
            name: real_name(folder),
            critical_path,
            judged,
            plan: serde_json::from_slice(&left.plan).map_err(|error| wrong(run_folder::PLAN, &error))?,
            jobs: drilled_at_once(folder, &scenario.name).unwrap_or(1),
            scenario,
            text: String::from_utf8_lossy(&left.scenario).into_owned(),
            tool,
            machine,
        })
    }

    /// For a comparison with another run.
    pub(super) fn side(&self) -> Side<'_> {
        Side {
            name: self.name.clone(),
            report: &self.judged.report,
            scenario: &self.text,
            critical_path: self.critical_path.clone(),
            plan: &self.plan,
            tool: self.tool.clone(),
            machine: self.machine.clone(),
        }
    }

    /// What a baseline would keep of it.
    ///
    /// # Errors
    /// If it did not reach its end, or its records are too old to say on what it ran.
    pub(super) fn figures(&self) -> Result<baseline::Recorded, Failure> {
        let refused = |why: &str| Failure::Input(format!("{}: {why}", self.name));
        let report = &self.judged.report;
        if report.lacks_seal {
            return Err(refused(
                "has no seal: a baseline has figures of sealed drills alone",
            ));
        }
        if !report.complete {
            return Err(refused(
                "did not reach its end: a baseline has figures of whole drills alone",
            ));
        }
        let (Some(tool), Some(machine)) = (self.tool.clone(), self.machine.clone()) else {
            return Err(refused(
                "its journal does not say on what machine it ran, which measured times depend on: drill it again",
            ));
        };
        let context = Context {
            machine,
            jobs: self.jobs,
            tool,
        };
        baseline::observe(&self.scenario, std::slice::from_ref(report), &context)
            .ok_or_else(|| refused("has no figures"))
    }

    /// Beside a baseline.
    pub(super) fn beside<'a>(&'a self, figures: &'a baseline::Recorded) -> Figures<'a> {
        Figures {
            name: &self.name,
            figures,
            report: Some(&self.judged.report),
            durations: Some(self.scenario.clock.durations),
        }
    }
}

/// `runs/hello/20261121T091403Z-1` for `runs/hello/latest`.
fn real_name(folder: &Path) -> String {
    let target = fs::read_link(folder).ok().filter(|target| target.is_relative());
    let named = match (target, folder.parent()) {
        (Some(target), Some(parent)) => parent.join(target),
        _ => folder.to_owned(),
    };
    named.display().to_string()
}
