//! The subcommands, a file each.

mod baseline_file;
mod calibrate;
mod capacity;
mod check;
pub(crate) mod ci;
mod cloud;
pub(crate) mod compare;
mod doctor;
pub(crate) mod evidence;
pub(crate) mod findings;
mod forecast;
pub(crate) mod hints;
pub(crate) mod history;
mod list;
mod mqtt;
pub(crate) mod new;
pub(crate) mod notification;
mod ready;
pub(crate) mod report;
mod run;
mod schema;
mod source;
mod study;
pub(crate) mod verify;
mod watched;

pub(crate) use source::sha256_hex;

pub(crate) use self::ready::Ready;
use crate::cli::Command;
use crate::exit::{End, Failure};

/// Does what was asked for.
pub(crate) fn execute(command: Command) -> Result<End, Failure> {
    match command {
        Command::Run(arguments) => run::execute(&arguments),
        Command::Check(arguments) => check::execute(&arguments),
        Command::Ready(arguments) => ready::execute(&arguments),
        Command::Ci(arguments) => ci::execute(&arguments),
        Command::List(arguments) => list::execute(&arguments),
        Command::Schema => schema::execute(),
        Command::New(arguments) => new::execute(&arguments),
        Command::Report(arguments) => report::execute(&arguments),
        Command::Compare(arguments) => compare::execute(&arguments),
        Command::Forecast(arguments) => forecast::execute(&arguments),
        Command::Capacity(arguments) => capacity::execute(&arguments),
        Command::History(arguments) => history::execute(&arguments),
        Command::Findings(arguments) => findings::execute(&arguments),
        Command::Evidence(arguments) => evidence::execute(&arguments),
        Command::Verify(arguments) => verify::execute(&arguments),
        Command::Cloud(arguments) => cloud::execute(&arguments),
        Command::Doctor(arguments) => doctor::execute(&arguments),
        Command::Mqtt(arguments) => mqtt::execute(&arguments),
        Command::Broker { arguments } => cloud_emulator::iot::broker_main(&arguments)
            .map(|()| End::Done)
            .map_err(|error| Failure::Environment(error.to_string())),
        Command::Sandbox => runtime::sandbox::sandbox_main()
            .map(|()| End::Done)
            .map_err(Failure::Environment),
        Command::Function { name } => cloud_emulator::functions::function_main(&name)
            .map(|()| End::Done)
            .map_err(|error| Failure::Environment(error.to_string())),
        #[cfg(feature = "steel")]
        Command::Program { path } => crate::programs::program_main(&path)
            .map(|()| End::Done)
            .map_err(Failure::Environment),
        Command::RemoveContainers { run } => cloud_emulator::containers::remove_main(&run)
            .map(|_| End::Done)
            .map_err(|error| Failure::Environment(error.to_string())),
        Command::Reaper => {
            runtime::supervisor::reaper_main();
            Ok(End::Done)
        }
    }
}
