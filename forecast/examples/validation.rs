//! The first part of `docs/forecast-validation.md`, which `benches/forecast.py` makes anew.

use std::process::ExitCode;

use forecast::validation;

const TOP: &str = "# Forecasts against what is known

Made by `benches/forecast.py`. The first table is simulated alone, seed 1, and has the same bytes each time
(`cargo run --release -p forecast --example validation`); a test holds every case to what it may be off. The others rest on live
drills, whose times differ a little from run to run.

Each figure that is known has been found without Firedrill: by a closed formula, or by an experiment that others published.
What is simulated comes from the engines that `firedrill capacity` uses, or from the same agenda of events, draws and reconnect
policies.

";

const BOTTOM: &str = "
What devices on virtual time do, each a whole state machine of the fleet emulator, is held against the engine by
`fleet-emulator/tests/fleet/storm.rs`: to the millisecond and the attempt without chance, within 4 % with it.
";

fn main() -> ExitCode {
    let cases = validation::cases(1);
    print!("{TOP}{}{BOTTOM}", validation::table(&cases));
    ExitCode::from(u8::from(!cases.iter().all(validation::Case::holds)))
}
