//! What is signed of a run.

use std::collections::BTreeMap;

use drill::journal::{self, Event, Journal};
use drill::report::Report;
use drill::scenario::Exercise;
use evidence::{Control, JournalEnds, Machine, Predicate, Recorded, RecoveryPlan, Scenario, Tool, emulation};
use reports::controls::Mapping;

use crate::exit::Failure;
use crate::{run_folder, source};

/// What the statement says of a run, from its records and its judged report.
pub(crate) fn predicate(
    report: &Report,
    files: &BTreeMap<String, Vec<u8>>,
    packed_on: Option<String>,
) -> Result<Predicate, Failure> {
    let bytes = files.get(run_folder::JOURNAL).map_or(&[][..], Vec::as_slice);
    let journal =
        journal::read(bytes).map_err(|error| Failure::Input(format!("{}: {error}", run_folder::JOURNAL)))?;
    let (tool, plan_sha256) = started(&journal);
    let exercise = exercise(report, files)?;
    Ok(Predicate {
        emulated: true,
        emulation: emulation(&report.cloud, exercise),
        exercise: Some(exercise),
        tool: this_tool(env!("CARGO_PKG_VERSION")),
        recorded: Recorded {
            tool: this_tool(&tool),
            machine: machine(&journal),
        },
        scenario: Scenario {
            name: report.scenario.name.clone(),
            title: report.scenario.title.clone(),
            system: report.scenario.system.clone(),
            sha256: report.scenario.sha256.clone(),
        },
        plan_sha256,
        recovery_plan: recovery_plan(report),
        seed: report.seed,
        cloud: report.cloud.clone(),
        started_at: report.started_at.clone(),
        finished_at: report.finished_at.clone(),
        complete: report.complete,
        verdict: report.verdict,
        journal: ends(bytes),
        seal: report.seal.clone().unwrap_or_default(),
        controls: reports::controls::mapping(report).iter().map(control).collect(),
        packed_on,
    })
}

/// Which kind of exercise it was. Faults are injected whatever kind the scenario of an older journal names, so that the
/// report decides on that.
fn exercise(report: &Report, files: &BTreeMap<String, Vec<u8>>) -> Result<Exercise, Failure> {
    if let Some(exercise) = &report.exercise {
        return Ok(exercise.kind);
    }
    let bytes = files.get(run_folder::SCENARIO).map_or(&[][..], Vec::as_slice);
    let scenario = source::recorded(run_folder::SCENARIO, bytes)?;
    Ok(match scenario.exercise {
        Exercise::Simulation => Exercise::Simulation,
        _ => Exercise::Functional,
    })
}

/// The plan that was named before the drill; one that was named after it is not what was drilled for certain.
fn recovery_plan(report: &Report) -> Option<RecoveryPlan> {
    let plan = report.details.as_ref()?.plan.as_ref()?;
    let sha256 = plan.sha256.clone().filter(|_| plan.added_at.is_none())?;
    Some(RecoveryPlan {
        version: plan.version.clone(),
        sha256,
    })
}

fn control(mapping: &Mapping) -> Control {
    let shown: Vec<String> = mapping
        .shown_in
        .iter()
        .map(|section| format!("report.html#{} ({})", section.id, section.heading))
        .collect();
    let shown = if shown.is_empty() {
        "nothing".to_owned()
    } else {
        shown.join(", ")
    };
    Control {
        control: format!("{} {}", mapping.framework, mapping.clause),
        asks_for: mapping.asks.to_owned(),
        shown: format!("{shown}; not shown: {}", mapping.not_shown),
    }
}

fn this_tool(version: &str) -> Tool {
    Tool {
        name: "firedrill".to_owned(),
        version: version.to_owned(),
    }
}

/// The version that recorded the drill, and the hash of its plan.
fn started(journal: &Journal) -> (String, String) {
    let mut events = journal.events();
    let found = events.find_map(|(_, event)| match event {
        Event::Started {
            tool, plan_sha256, ..
        } => Some((tool.clone(), plan_sha256.clone())),
        _ => None,
    });
    found.unwrap_or_default()
}

fn machine(journal: &Journal) -> Option<Machine> {
    journal.events().find_map(|(_, event)| match event {
        Event::Machine {
            kernel,
            processor,
            cores,
        } => Some(Machine {
            kernel: kernel.clone(),
            processor: processor.clone(),
            cores: *cores,
        }),
        _ => None,
    })
}

fn ends(journal: &[u8]) -> JournalEnds {
    let lines: Vec<&[u8]> = journal
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
        .collect();
    let hash = |line: Option<&&[u8]>| line.map(|line| journal::line_hash(line)).unwrap_or_default();
    JournalEnds {
        lines: lines.len() as u64,
        first_sha256: hash(lines.first()),
        last_sha256: hash(lines.last()),
    }
}
