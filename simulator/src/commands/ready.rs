//! `firedrill ready`: whether what a plan relies on is there, looked at without breaking anything.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use cloud_emulator::cloud::Provider;
use drill::plan::Plan;
use drill::report::{EMBEDDED, Verdict};
use drill::scenario::{Exercise, Scenario};
use drill::variables::CommandVariable;
use reports::terminal::{self, Style};
use runtime::wall;

use super::threads::threads;
use crate::conductor::{self, Request, Secrets};
use crate::exit::{End, Failure};
use crate::files::Found;
use crate::output;
use crate::run_folder::RunFolder;
use crate::source::{self, sha256_hex};
use crate::temporary::private_folder;

#[derive(Debug, Args)]
pub(crate) struct Ready {
    /// The scenario file.
    scenario: PathBuf,
    /// Where its AWS is: `embedded`, `localstack` (a container for each region), or endpoints that run already: a URL,
    /// or `primary=URL,backup=URL`.
    #[arg(long, default_value = EMBEDDED, value_name = "WHERE")]
    cloud: String,
    /// The image of LocalStack, instead of localstack/localstack:4.14.0.
    #[arg(long, value_name = "IMAGE")]
    localstack_image: Option<String>,
    /// Sign as users with the keys in this file (made if it is not there).
    #[arg(long, value_name = "FILE")]
    access_key_file: Option<PathBuf>,
    /// The seed of every draw; without it the scenario's, else 1.
    #[arg(long)]
    seed: Option<u64>,
    /// Scripts and functions are to run without isolation.
    #[arg(long)]
    unisolated: bool,
    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
}

pub(crate) fn execute(arguments: &Ready) -> Result<End, Failure> {
    let image = arguments.localstack_image.as_deref();
    let platform = Provider::platform(&arguments.cloud, image);
    let (source, found) = source::read_and_look(&arguments.scenario, Some(platform), !arguments.unisolated)?;
    packages_are_there(&found)?;
    source.warnings.iter().for_each(output::note);
    // Whatever kind of exercise it is, it relies on the same.
    let mut scenario = source.scenario.clone();
    scenario.exercise = Exercise::Functional;
    let provider = Provider::parse(&arguments.cloud, image, &scenario)
        .map_err(|error| Failure::Input(error.to_string()))?;
    let seed = scenario.seed_or(arguments.seed);
    conductor::prepare(&scenario, None)?;
    let threads = threads()?;
    let folder = source::folder_of(&arguments.scenario)?;
    let sandbox =
        (!arguments.unisolated).then(|| threads.block_on(conductor::prepare_isolation(&scenario, true)));
    let machine = conductor::machine_checks(&scenario, &folder, &found, sandbox);
    let records = private_folder("firedrill-ready-");
    let records = records.map_err(|error| Failure::environment("cannot make a temporary folder", error))?;
    let run = RunFolder::create(
        Some(records.path()),
        records.path(),
        &scenario.name,
        wall::now_us(),
        seed,
    )?;
    let keys = super::cloud::keys(arguments.access_key_file.as_deref())?;
    let request = Request {
        plan: Plan::new(&scenario, seed),
        scenario_sha256: sha256_hex(source.text.as_bytes()),
        seed,
        pacing: scenario.clock,
        folder: &run,
        scenario_folder: folder,
        port: None,
        isolated: !arguments.unisolated,
        // No script is run that would get them.
        secrets: Secrets::default(),
        keys,
        provider,
        metrics: None,
        details_sha256: None,
        machine,
        people: None,
        scenario: without_scripts(scenario),
    };
    let name = request.scenario.name.clone();
    let Some(checks) = threads.block_on(conductor::ready(request))? else {
        return Ok(End::Interrupted);
    };
    if arguments.json {
        output::write(&reports::readiness::json(&name, &checks))?
    } else {
        let columns = console::Term::stdout().size_checked();
        let columns = columns.map(|(_, columns)| usize::from(columns));
        let no_color = std::env::var_os(CommandVariable::NoColor.name());
        let style = Style::detect(std::io::stdout().is_terminal(), no_color.as_deref(), columns);
        output::write(&terminal::readiness(&name, &checks, style))?;
    }
    Ok(End::Judged(match reports::readiness::holds(&checks) {
        Some(true) => Verdict::Pass,
        Some(false) => Verdict::Fail,
        None => Verdict::Inconclusive,
    }))
}

/// A cloud cannot be stood up without the packages of its functions.
fn packages_are_there(found: &Found) -> Result<(), Failure> {
    let missing = found
        .errors
        .iter()
        .filter(|error| error.path.starts_with("cloud."));
    let missing: Vec<String> = missing.map(ToString::to_string).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Failure::Input(missing.join("\n")))
    }
}

/// Scripts are not run, and nothing is prepared for them.
fn without_scripts(mut scenario: Scenario) -> Scenario {
    scenario.secrets.clear();
    scenario
}
