//! Ten thousand disasters of one plan, on virtual time: how long it would be down, how much it would lose, and why.
//!
//! ```text
//!   scenario ──► model ──┬─► run of seed 1 ──► outcome ─┐
//!                        ├─► run of seed 2 ──► outcome ─┼──► study: distributions, chances, what decides
//!                        └─► …                          ┘
//! ```
//!
//! A run has the state of a live drill in coarse: which objects can be read where, which functions, brokers and regions
//! answer, where names point, when which share of the fleet is back. What decides over it is shared with live drills: the
//! order of steps, detection and the end ([`drill::procedure`]), the costs of calls ([`drill::costs`]), the modelled durations
//! and their draws ([`drill::plan`]), and what recovery time and recovery point are ([`drill::recovery`]).

pub mod beside;
pub mod calibration;
mod fleet;
mod flow;
mod model;
mod objects;
mod outcome;
mod question;
mod run;
mod runs;
mod statistics;
pub mod study;
mod summary;
mod telemetry;
#[cfg(test)]
mod tests;
mod work;
mod world;

use std::sync::atomic::Ordering;

use drill::procedure::{DrillPhase, Graph};
use drill::scenario::{Durations, Scenario, Shell};
use drill::units::Span;

use self::calibration::Calibration;
use self::fleet::Curves;
use self::model::Model;
use self::outcome::RunOutcome;
pub use self::question::{Question, Refusal, Watch};
use self::run::Setting;
use self::runs::runs;
use self::study::{Phase, Study};
use self::world::ProbeModel;

/// So many more runs are made before the interval is checked again.
const BATCH: u64 = 1_000;

/// What of a scenario cannot be forecast; empty if all of it can.
pub fn refusals(scenario: &Scenario, calibration: &Calibration) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if scenario.first_fault().is_none() {
        refusals.push(Refusal {
            line: None,
            text: "no fault has a time of its own: nothing would happen".to_owned(),
            help: "a fault with `at: 35m`".to_owned(),
        });
    }
    refusals.extend(too_many_rounds(scenario));
    let unknown = scenario
        .probes
        .iter()
        .filter(|probe| ProbeModel::from_kind(&probe.kind).is_none());
    refusals.extend(unknown.map(|probe| Refusal {
        line: Some(probe.line),
        text: format!(
            "what probe {} would find is not simulated ({})",
            probe.name,
            probe.kind.name()
        ),
        help: "a probe of another kind, or the drill itself".to_owned(),
    }));
    for step in &scenario.runbook {
        if !step.action.is::<Shell>() {
            continue;
        };
        let past = calibration
            .steps
            .get(&step.id)
            .is_some_and(|past| !past.is_empty());
        if step.takes.is_none() && !past {
            refusals.push(Refusal {
                line: Some(step.line),
                text: format!(
                    "step {} runs commands of your own, and nothing says how long they take or what they do",
                    step.id
                ),
                help: "`takes: {p50: …, p95: …}`, or a recorded drill of this scenario: --calibrate runs/…/latest"
                    .to_owned(),
            });
        }
    }
    for service in scenario
        .objectives
        .services
        .iter()
        .filter(|service| service.rpo.is_some())
    {
        let data = service.data.as_deref().and_then(|data| scenario.data_set(data));
        let Some(data) = data else { continue };
        let bucket = data.kind.store();
        let written = scenario.writers.iter().any(|writer| writer.store == *bucket)
            || scenario
                .fleet
                .as_ref()
                .is_some_and(|fleet| fleet.telemetry.is_some());
        let store = scenario.cloud.store(bucket);
        let held = store.is_some_and(|store| store.inventory.is_some());
        if !written && !held {
            refusals.push(Refusal {
                line: Some(service.line),
                text: format!(
                    "service {} has an RPO on data {}, which has no writer",
                    service.name, data.name
                ),
                help: "a writer of its store, or an inventory".to_owned(),
            });
        }
    }
    if refusals.is_empty() {
        refusals = unsteady(scenario, calibration);
    }
    refusals
}

/// A probe that would be asked more often than a run should take: a run has the rounds of a live drill, until nothing more
/// can be missed.
fn too_many_rounds(scenario: &Scenario) -> Option<Refusal> {
    /// A second or two of this machine's time for one run.
    const MOST: i64 = 5_000_000;
    let long = horizon(scenario);
    let rounds = |probe: &drill::scenario::Probe| long.as_us() / probe.every.as_us().max(1);
    let probe = scenario.probes.iter().max_by_key(|probe| rounds(probe))?;
    let all: i64 = scenario.probes.iter().map(rounds).sum();
    (all > MOST).then(|| Refusal {
        line: Some(probe.line),
        text: format!(
            "probes would be asked {all} times in each run of {long}, probe {} most often",
            probe.name
        ),
        help: format!("a longer `every`, or shorter targets and `give_up`: {MOST} rounds at most"),
    })
}

/// Services that are red before anything is broken: a live drill of them injects no fault, and so has no result.
fn unsteady(scenario: &Scenario, calibration: &Calibration) -> Vec<Refusal> {
    let model = Model::new(scenario);
    let (drill_phase, graph) = (DrillPhase::new(scenario), Graph::new(scenario));
    let setting = Setting {
        model: &model,
        drill_phase: &drill_phase,
        horizon: scenario.give_up,
        graph: &graph,
        calibration,
        curves: &Curves::default(),
        phase: Phase::Written,
        durations: Durations::P50,
        change: None,
    };
    let Some(record) = run::run(&setting, 1) else {
        return Vec::new();
    };
    let first = record.world.injected.iter().flatten().min().copied();
    let is_red = |probe: usize| {
        let before = record.results[probe]
            .iter()
            .take_while(|result| first.is_none_or(|first| result.at < first));
        let mut found = before.map(|result| result.health).peekable();
        found.peek().is_some() && found.all(|health| health == drill::journal::Health::Red)
    };
    let mut probes = model.service_probe.clone();
    probes.sort_unstable();
    probes.dedup();
    let refusal = |probe: usize| {
        let probe = model.probes[probe].probe;
        Refusal {
            line: Some(probe.line),
            text: format!(
                "probe {} is red before anything is broken, so that a drill would break nothing",
                probe.name
            ),
            help: "as many objects as its `sample` from the beginning, a `timeout` above the window of its rule's batches, or \
                   a function that may run"
                .to_owned(),
        }
    };
    probes
        .into_iter()
        .filter(|probe| is_red(*probe))
        .map(refusal)
        .collect()
}

/// Makes a forecast.
///
/// # Errors
/// What cannot be forecast.
pub fn study(question: &Question<'_>, watch: &Watch) -> Result<Study, Vec<Refusal>> {
    let refusals = refusals(question.scenario, &question.calibration);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let model = Model::new(question.scenario);
    let targets = outcome::targets(&model);
    let curves = Curves::default();
    let (mut drill_phase, graph) = (DrillPhase::new(question.scenario), Graph::new(question.scenario));
    let horizon = horizon(question.scenario);
    drill_phase.go_on_for(horizon);
    let setting = Setting {
        model: &model,
        drill_phase: &drill_phase,
        horizon,
        graph: &graph,
        calibration: &question.calibration,
        curves: &curves,
        phase: question.phase,
        durations: question.durations,
        change: None,
    };
    let mut outcomes: Vec<RunOutcome> = Vec::new();
    while (outcomes.len() as u64) < question.runs && !watch.stop.load(Ordering::Relaxed) {
        let made = outcomes.len() as u64;
        let left = question.runs - made;
        let more = match question.until_ci {
            Some(_) => left.min(BATCH),
            None => left,
        };
        outcomes.extend(runs(question, &setting, &targets, made..made + more, watch));
        let known = |at: usize| {
            let met = outcomes.iter().filter(|outcome| outcome.figures[at].met).count() as u64;
            let (low, high) = statistics::wilson(met, outcomes.len() as u64);
            (high - low) / 2.0
        };
        if question
            .until_ci
            .is_some_and(|wanted| (0..targets.len()).all(|at| known(at) <= wanted))
        {
            break;
        }
    }
    let complete = !watch.stop.load(Ordering::Relaxed);
    let what_if = if question.what_if && complete {
        summary::what_if(question, &setting, &targets, &outcomes, watch)
    } else {
        Vec::new()
    };
    let assumptions = summary::assumptions(question, &model);
    Ok(study::Study {
        schema: study::SCHEMA,
        scenario: question.scenario.name.clone(),
        title: question.scenario.title.clone(),
        file: question.file.clone(),
        sha256: question.sha256.clone(),
        seed: question.seed,
        asked: question.runs,
        runs: outcomes.len() as u64,
        complete,
        phase: question.phase,
        calibrated_by: question.calibration.drills.clone(),
        targets: summary::targets(question, &targets, &outcomes),
        durations: summary::durations(question, &model, &targets, &outcomes),
        what_if,
        worst: summary::worst(question, &model, &targets, &outcomes),
        fleet: summary::fleet(&model, &outcomes),
        findings: summary::findings(&model, &outcomes),
        assumptions,
    })
}

/// How long after the first fault a run is followed: as long as a drill, and until whatever is not over has missed its target.
fn horizon(scenario: &Scenario) -> Span {
    let objectives = &scenario.objectives;
    let of_services = objectives
        .services
        .iter()
        .flat_map(|service| [service.rto, service.mtd]);
    let longest = of_services.flatten().fold(objectives.mtd, Span::max);
    let last = scenario.faults.iter().filter_map(|fault| fault.at.clock()).max();
    let late = last
        .zip(scenario.first_fault())
        .map_or(Span::ZERO, |(last, first)| last - first);
    let seen = scenario.observe_for.max(scenario.stable_for) + scenario.stable_for;
    scenario.give_up.max(longest + late + seen)
}
