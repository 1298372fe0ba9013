//! What a cloud starts, as real processes: brokers, functions, Lambda's environments, containers. This executable is
//! also each of those programs.

mod containers;
mod functions;
mod iot_broker;
mod lambda;
mod registered;

use std::process::ExitCode;

use cloud_emulator::containers::{REMOVER, remove_main};
use cloud_emulator::functions::{FUNCTIONS, function_main};
use cloud_emulator::iot::broker_main;
use runtime::sandbox::sandbox_main;
use runtime::supervisor::reaper_main;
use test_harness::{Harness, Program};

/// A whole cloud starts its brokers as it would with our own program, so that `broker` is one of them.
const PROGRAMS: &[Program] = &[
    ("as-reaper", |_| {
        reaper_main();
        Ok(())
    }),
    ("as-sandbox", |_| Ok(sandbox_main()?)),
    ("as-broker", |arguments| Ok(broker_main(arguments)?)),
    ("broker", |arguments| Ok(broker_main(arguments)?)),
    ("as-function", |arguments| {
        Ok(function_main(&arguments[0], FUNCTIONS)?)
    }),
    ("as-echo", |_| {
        lambda::function::main();
        Ok(())
    }),
    ("as-starter", |arguments| {
        containers::child::starter_main(arguments);
        Ok(())
    }),
    (REMOVER, |arguments| Ok(remove_main(&arguments[0]).map(drop)?)),
];

/// Tests at once: many wait for containers, clients and processes to start.
const AT_ONCE: usize = 4;

fn main() -> ExitCode {
    Harness::new().programs(PROGRAMS).at_once(AT_ONCE).main()
}
