//! The sandbox with real processes. This executable is also the reaper, the sandbox's first process and a
//! parent to be killed, so it needs a main of its own.

mod bench;
mod endpoints;
mod figures;
mod files;
mod processes;
mod shim;
mod users;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use runtime::sandbox::sandbox_main;
use runtime::supervisor::reaper_main;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("as-reaper") => reaper_main(),
        Some("as-sandbox") => sandbox_main(&args[2..]).unwrap(),
        Some("as-asker") => users::asker_main(),
        Some("as-parent") => processes::parent_main(),
        _ => return libtest_mimic::run(&Arguments::from_args(), trials()).exit_code(),
    }
    ExitCode::SUCCESS
}

fn trials() -> Vec<Trial> {
    [
        endpoints::trials(),
        figures::trials(),
        files::trials(),
        processes::trials(),
        shim::trials(),
        users::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
