//! `firedrill run`: runs a drill and judges it.

use cloud_emulator::cloud::Provider;
use drill::journal::{EndReason, ReadinessCheck};
use drill::plan::Plan;
use drill::report::EMBEDDED;
use drill::scenario::{ClockSpec, Exercise, Scenario, Step, StepAction};
use drill::seal;
use runtime::wall;

use super::notification;
use super::report::{judge_left, render};
use super::source::{self, sha256_hex};
use crate::cli::Run;
use crate::conductor::{self, Request};
use crate::details::{self, Resolved};
use crate::exit::{End, Failure};
use crate::files;
use crate::metrics::Metrics;
use crate::output;
use crate::people::People;
use crate::run_folder::{self, Left, RunFolder};
use crate::runs;

/// Threads for the drill's own work: the machine's cores, and no more than are of use.
const MOST_THREADS: usize = 8;

pub(crate) fn execute(arguments: &Run) -> Result<End, Failure> {
    let image = arguments.localstack_image.as_deref();
    let platform = Provider::platform(&arguments.cloud, image);
    let source = source::read_with_files(&arguments.scenario, Some(platform), !arguments.unisolated)?;
    source.warnings.iter().for_each(output::note);
    let mut scenario = source.scenario.clone();
    scenario.clock = clock(arguments, scenario.clock);
    let scenario = &scenario;
    let exercised = scenario.as_exercised();
    let provider = provider(arguments, scenario)?;
    let seed = scenario.seed_or(arguments.seed);
    let plan = Plan::new(scenario, seed);
    if let Some(destination) = &arguments.notify {
        destination.check(&scenario.safety)?;
    }
    conductor::prepare(&exercised, arguments.port)?;
    details::note_of_file_beside(&arguments.details, &arguments.scenario);
    let mut details = details::resolve(&arguments.details)?;
    details.look_back(&arguments.details, arguments.runs.path(), &scenario.name)?;
    let metrics = arguments.metrics.map(Metrics::bind).transpose()?;
    let threads = threads()?;
    let secrets = threads.block_on(conductor::prepare_scripts(&exercised, !arguments.unisolated))?;
    let people = people(arguments, scenario)?;
    let folder = RunFolder::create(
        arguments.out.as_deref(),
        arguments.runs.path(),
        &scenario.name,
        wall::now_us(),
        seed,
    )?;
    output::note(format_args!(
        "firedrill: {} (seed {seed}) in {}",
        scenario.title,
        folder.path.display()
    ));
    folder.write(run_folder::SCENARIO, &source.text)?;
    folder.write(run_folder::PLAN, plan_json(&plan)?)?;
    let details_sha256 = write_details(&folder, &details)?;
    let keys = super::cloud::keys(arguments.access_key_file.as_deref())?;
    let request = Request {
        scenario: scenario.clone(),
        scenario_sha256: sha256_hex(source.text.as_bytes()),
        details_sha256,
        plan,
        seed,
        pacing: scenario.clock,
        folder: &folder,
        scenario_folder: source::folder_of(&arguments.scenario)?,
        port: arguments.port,
        isolated: !arguments.unisolated,
        secrets,
        keys,
        provider,
        metrics: metrics.as_ref(),
        machine: machine(arguments, scenario)?,
        people,
    };
    let reason = threads.block_on(conductor::conduct(request))?;
    let left = Left::read(&folder.path)?;
    let hash_list = left.files().hash_list();
    let sealed = folder.write(seal::FILE, &hash_list);
    let judged = judge_left(&left, Some(hash_list.as_ref()), &folder.path)?;
    let rendered = render(&judged, &folder.path);
    let message = notification::write(&judged.report, &folder.path);
    sealed.and(rendered)?;
    let message = message?;
    folder.link_latest();
    runs::remember(arguments.runs.path(), &folder.path, &judged.report);
    if let Some(destination) = &arguments.notify {
        let posted = notification::post(message, destination, &scenario.safety, &folder.path);
        threads.block_on(posted);
    }
    Ok(match reason {
        EndReason::Interrupted => End::Interrupted,
        _ => End::Judged(judged.report.verdict),
    })
}

/// The people who perform steps, if that is asked for.
fn people(arguments: &Run, scenario: &Scenario) -> Result<Option<People>, Failure> {
    if !arguments.interactive {
        return Ok(None);
    }
    let human = |step: &Step| matches!(step.action, StepAction::Human(_));
    if !scenario.exercise.is_without_faults() && !scenario.runbook.iter().any(human) {
        output::note("--interactive: no step of this runbook is for people (`do: human`)");
    }
    People::arrive(arguments.person.as_deref()).map(Some)
}

/// What this machine has of what the runbook's scripts need. They were looked at, and their sandbox tried, before this.
fn machine(arguments: &Run, scenario: &Scenario) -> Result<Vec<ReadinessCheck>, Failure> {
    if scenario.exercise.is_without_faults() {
        return Ok(Vec::new());
    }
    let sandbox = (!arguments.unisolated).then_some(Ok(()));
    let folder = source::folder_of(&arguments.scenario)?;
    Ok(conductor::machine_checks(
        scenario,
        &folder,
        &files::Found::default(),
        sandbox,
    ))
}

/// Where its AWS is. A tabletop exercise stands nothing up, wherever that would be.
fn provider(arguments: &Run, scenario: &Scenario) -> Result<Provider, Failure> {
    let image = arguments.localstack_image.as_deref();
    let asked = arguments.cloud.as_str();
    let cloud = match scenario.exercise {
        Exercise::Tabletop if asked != EMBEDDED => {
            output::note(format_args!(
                "a tabletop exercise stands nothing up: --cloud {asked} is not used"
            ));
            return Provider::parse(EMBEDDED, None, scenario).map_err(Failure::Input);
        }
        _ => asked,
    };
    Provider::parse(cloud, image, scenario).map_err(Failure::Input)
}

/// What the command line says of the clock, and for the rest the scenario.
fn clock(arguments: &Run, clock: ClockSpec) -> ClockSpec {
    ClockSpec {
        speed: arguments.speed.unwrap_or(clock.speed),
        max_speed: arguments.max_speed.unwrap_or(clock.max_speed),
        durations: arguments.durations.unwrap_or(clock.durations),
        ..clock
    }
}

/// Writes the details of the drill and the copy of its recovery plan, and returns the hash of the former; nothing where there
/// are none.
fn write_details(folder: &RunFolder, details: &Resolved) -> Result<Option<String>, Failure> {
    if let Some(plan) = &details.plan {
        folder.write(details::PLAN_COPY, plan)?;
    }
    if details.details.is_empty() {
        return Ok(None);
    }
    let json = details::json(&details.details)?;
    folder.write(details::FILE, &json)?;
    Ok(Some(sha256_hex(json.as_bytes())))
}

fn plan_json(plan: &Plan) -> Result<String, Failure> {
    let json = serde_json::to_string_pretty(plan);
    json.map_err(|error| Failure::environment("cannot write the plan down", error))
}

/// The threads on which everything asynchronous runs.
pub(super) fn threads() -> Result<tokio::runtime::Runtime, Failure> {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.min(MOST_THREADS))
        .enable_all()
        .build()
        .map_err(|error| Failure::environment("cannot start threads", error))
}
