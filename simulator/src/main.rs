//! `firedrill`: finds out whether a disaster-recovery plan keeps its promises.
//!
//! ```text
//! cli ──► commands ──► conductor ──► journal, ledger, audit ──► drill::measures ──► reports
//! ```
//!
//! `commands` has one file per subcommand. `conductor` runs a drill; it is the only part that does I/O
//! while one runs.

#![forbid(unsafe_code)]

#[cfg(test)]
mod ci_files;
mod cli;
mod commands;
mod conductor;
mod details;
mod exit;
mod files;
mod machine;
mod metrics;
mod output;
mod people;
#[cfg(feature = "steel")]
mod programs;
mod progress;
mod run_folder;
mod runs;
mod temporary;
mod webhook;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    cli::start_logging(arguments.verbose);
    match commands::execute(arguments.command) {
        Ok(end) => end.code(),
        Err(failure) => {
            output::note(&failure);
            failure.code()
        }
    }
}
