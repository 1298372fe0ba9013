//! `firedrill`: finds out whether a disaster-recovery plan keeps its promises.
//!
//! ```text
//! cli ──► commands ──► conductor ──► journal, ledger, audit ──► drill::measures ──► reports
//! ```
//!
//! `commands` has one file per subcommand, `dispatch` chooses one. `conductor` runs a drill; it is the only part that does
//! I/O while one runs, and what it does with a service of the cloud is in `services`, a room each.

#![forbid(unsafe_code)]

mod calibration;
#[cfg(test)]
mod ci_files;
mod cli;
mod commands;
mod conductor;
mod details;
mod dispatch;
mod exit;
mod files;
mod hints;
mod judge;
mod machine;
mod metrics;
mod output;
mod people;
mod programs;
mod progress;
mod run_files;
mod run_folder;
mod runs;
mod services;
mod source;
mod suite_file;
mod systems;
mod temporary;
mod webhook;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    cli::start_logging(arguments.verbose);
    match dispatch::execute(arguments.command) {
        Ok(end) => end.code(),
        Err(failure) => {
            output::note(&failure);
            failure.code()
        }
    }
}
