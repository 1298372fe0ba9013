//! The subcommands, a file each.

mod check;
mod cloud;
mod doctor;
mod list;
mod mqtt;
mod report;
mod run;
mod schema;
mod source;

use crate::cli::Command;
use crate::exit::{End, Failure};

/// Does what was asked for.
pub(crate) fn execute(command: Command) -> Result<End, Failure> {
    match command {
        Command::Run(arguments) => run::execute(&arguments),
        Command::Check(arguments) => check::execute(&arguments),
        Command::List(arguments) => list::execute(&arguments),
        Command::Schema => schema::execute(),
        Command::Report(arguments) => report::execute(&arguments),
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
