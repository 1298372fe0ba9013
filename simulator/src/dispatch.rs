//! From the command line to the command.

use crate::cli::Command;
use crate::commands::{
    capacity, check, ci, cloud, compare, doctor, evidence, explain, findings, forecast, history, list, mqtt,
    new, ready, report, run, schema, verify,
};
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
        Command::Explain(arguments) => explain::execute(&arguments),
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
        Command::Function { name } => {
            cloud_emulator::functions::function_main(&name, &crate::systems::functions())
                .map(|()| End::Done)
                .map_err(|error| Failure::Environment(error.to_string()))
        }
        Command::Program { path } => crate::programs::program_main(&path).map(|()| End::Done),
        Command::RemoveContainers { run } => cloud_emulator::containers::remove_main(&run)
            .map(|_| End::Done)
            .map_err(|error| Failure::Environment(error.to_string())),
        Command::Reaper => {
            runtime::supervisor::reaper_main();
            Ok(End::Done)
        }
    }
}
