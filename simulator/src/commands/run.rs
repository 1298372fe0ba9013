//! `firedrill run`: runs a drill and judges it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use cloud_emulator::cloud::Provider;
use drill::journal::{EndReason, ReadinessCheck};
use drill::plan::Plan;
use drill::report::{EMBEDDED, Judged};
use drill::scenario::{ClockSpec, Durations, Exercise, Human, Scenario, Speed, Step};
use drill::seal;
use runtime::wall;

use super::notification;
use super::report::render;
use super::threads::threads;
use crate::commands::notification::Destination;
use crate::conductor::{self, Request};
use crate::details::{self, DetailFlags, Resolved};
use crate::exit::{End, Failure};
use crate::judge::judge_left;
use crate::metrics::Metrics;
use crate::people::People;
use crate::run_folder::{self, Left, RunFolder};
use crate::runs::RunsFolder;
use crate::source::{self, sha256_hex};
use crate::{files, output, run_files, runs};

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The scenario file.
    pub(crate) scenario: PathBuf,
    /// The seed of every draw; without it the scenario's, else 1.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Where to put the run: a new or empty folder. Without it: `<scenario>/<time>-<seed>` in the folder of all runs.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) runs: RunsFolder,
    /// Drill seconds per wall second, instead of the scenario's: as many as keep figures exact (`auto`), or at most
    /// so many.
    #[arg(long, value_name = "auto|RATE")]
    pub(crate) speed: Option<Speed>,
    /// Never more drill seconds per wall second than this, whatever the speed.
    #[arg(long, value_name = "RATE", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) max_speed: Option<u32>,
    /// How long steps take that are modelled, instead of what the scenario says: the 95th percentile, the median, or what
    /// the seed draws, as one run of a forecast has it.
    #[arg(long, value_name = "p95|p50|draw")]
    pub(crate) durations: Option<Durations>,
    /// Listen on this port (first region) and those after it, instead of on free ones.
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Where its AWS is: `embedded`, `localstack` (a container for each region), or endpoints that run already: a URL,
    /// or `primary=URL,backup=URL`.
    #[arg(long, default_value = EMBEDDED, value_name = "WHERE")]
    pub(crate) cloud: String,
    /// The image of LocalStack, instead of localstack/localstack:4.14.0.
    #[arg(long, value_name = "IMAGE")]
    pub(crate) localstack_image: Option<String>,
    /// Sign as users with the keys in this file (made if it is not there; AWS's clients read it as
    /// AWS_SHARED_CREDENTIALS_FILE), instead of with new ones at every start: for
    /// endpoints (`--cloud URL`) that know only keys of their own.
    #[arg(long, value_name = "FILE")]
    pub(crate) access_key_file: Option<PathBuf>,
    /// Run shell steps and your functions without isolation: they see and reach what you do.
    #[arg(long)]
    pub(crate) unisolated: bool,
    /// People perform the human steps, on standard input: they confirm, skip with a reason, note, tick the checklist, approve.
    /// Their time is observed, at real time.
    #[arg(long)]
    pub(crate) interactive: bool,
    /// The name of the person who answers first. A terminal is asked for it otherwise; a file or pipe needs it.
    #[arg(long = "as", value_name = "NAME", requires = "interactive")]
    pub(crate) person: Option<String>,
    /// Post the outcome to this webhook once the drill is judged: an http:// URL on loopback or of a host in
    /// `safety.allow_hosts`, or `env:NAME`, the variable that has it. Every drill leaves the same message in
    /// `notification.json`, for other ways to post it.
    #[arg(long, value_name = "URL|env:NAME")]
    pub(crate) notify: Option<Destination>,
    /// Serve metrics for Prometheus at `http://ADDR:PORT/metrics` while the drill runs (port 0: a free one).
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) metrics: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) details: DetailFlags,
}

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
    let folder = folder(arguments, scenario, seed)?;
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
    let (judged, message) = judge_and_report(&folder)?;
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

/// A folder for the run, which is named.
fn folder(arguments: &Run, scenario: &Scenario, seed: u64) -> Result<RunFolder, Failure> {
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
    Ok(folder)
}

/// Seals what the drill left, judges it and writes every report; the message of its outcome comes with it.
fn judge_and_report(folder: &RunFolder) -> Result<(Judged, String), Failure> {
    let left = Left::read(&folder.path)?;
    let hash_list = left.files().hash_list();
    let sealed = folder.write(seal::FILE, &hash_list);
    let judged = judge_left(&left, Some(hash_list.as_ref()), &folder.path)?;
    let rendered = render(&judged, &folder.path);
    let message = notification::write(&judged.report, &folder.path);
    sealed.and(rendered)?;
    Ok((judged, message?))
}

/// The people who perform steps, if that is asked for.
fn people(arguments: &Run, scenario: &Scenario) -> Result<Option<People>, Failure> {
    if !arguments.interactive {
        return Ok(None);
    }
    let human = |step: &Step| step.action.is::<Human>();
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
            return Provider::parse(EMBEDDED, None, scenario)
                .map_err(|error| Failure::Input(error.to_string()));
        }
        _ => asked,
    };
    Provider::parse(cloud, image, scenario).map_err(|error| Failure::Input(error.to_string()))
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
        folder.write(run_files::PLAN_COPY, plan)?;
    }
    if details.details.is_empty() {
        return Ok(None);
    }
    let json = details::json(&details.details)?;
    folder.write(run_files::DETAILS, &json)?;
    Ok(Some(sha256_hex(json.as_bytes())))
}

fn plan_json(plan: &Plan) -> Result<String, Failure> {
    let json = serde_json::to_string_pretty(plan);
    json.map_err(|error| Failure::environment("cannot write the plan down", error))
}
