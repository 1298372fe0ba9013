//! `firedrill run`: runs a drill and judges it.

use cloud_emulator::cloud::Provider;
use drill::journal::EndReason;
use drill::plan::Plan;
use drill::scenario::ClockSpec;
use drill::seal;
use runtime::wall;

use super::report::{judge_left, render};
use super::source::{self, sha256_hex};
use crate::cli::Run;
use crate::conductor::{self, Request};
use crate::exit::{End, Failure};
use crate::metrics::Metrics;
use crate::output;
use crate::run_folder::{self, Left, RunFolder};

/// Threads for the drill's own work: the machine's cores, and no more than are of use.
const MOST_THREADS: usize = 8;

pub(crate) fn execute(arguments: &Run) -> Result<End, Failure> {
    let image = arguments.localstack_image.as_deref();
    let platform = Provider::platform(&arguments.cloud, image);
    let source = source::read_with_files(&arguments.scenario, Some(platform))?;
    source.warnings.iter().for_each(output::note);
    let scenario = &source.scenario;
    let provider = Provider::parse(&arguments.cloud, image, scenario).map_err(Failure::Input)?;
    let seed = scenario.seed_or(arguments.seed);
    let plan = Plan::new(scenario, seed);
    conductor::prepare(scenario, arguments.port)?;
    let metrics = arguments.metrics.map(Metrics::bind).transpose()?;
    let threads = threads()?;
    let secrets = threads.block_on(conductor::prepare_scripts(scenario, !arguments.unisolated))?;
    let folder = RunFolder::create(arguments.out.as_deref(), &scenario.name, wall::now_us(), seed)?;
    output::note(format_args!(
        "firedrill: {} (seed {seed}) in {}",
        scenario.title,
        folder.path.display()
    ));
    folder.write(run_folder::SCENARIO, &source.text)?;
    folder.write(run_folder::PLAN, plan_json(&plan)?)?;
    let keys = super::cloud::keys(arguments.access_key_file.as_deref())?;
    let request = Request {
        scenario: scenario.clone(),
        scenario_sha256: sha256_hex(source.text.as_bytes()),
        plan,
        seed,
        pacing: pacing(arguments, scenario.clock),
        folder: &folder,
        scenario_folder: source::folder_of(&arguments.scenario)?,
        port: arguments.port,
        isolated: !arguments.unisolated,
        secrets,
        keys,
        provider,
        metrics: metrics.as_ref(),
    };
    let reason = threads.block_on(conductor::conduct(request))?;
    let left = Left::read(&folder.path)?;
    let hash_list = left.files().hash_list();
    let sealed = folder.write(seal::FILE, &hash_list);
    let judged = judge_left(&left, Some(hash_list.as_ref()), &folder.path)?;
    let rendered = render(&judged, &folder.path);
    sealed.and(rendered)?;
    folder.link_latest();
    Ok(match reason {
        EndReason::Interrupted => End::Interrupted,
        _ => End::Judged(judged.report.verdict),
    })
}

/// What the command line says of the clock, and for the rest the scenario.
fn pacing(arguments: &Run, clock: ClockSpec) -> ClockSpec {
    ClockSpec {
        speed: arguments.speed.unwrap_or(clock.speed),
        max_speed: arguments.max_speed.unwrap_or(clock.max_speed),
        ..clock
    }
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
