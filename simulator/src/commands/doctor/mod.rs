//! `firedrill doctor`: checks the prerequisites for drills on this machine.
//!
//! ```text
//!   machine (files, memory, disk) ─┐
//!   network (ports, tracking) ─────┤
//!   programs (sandbox, aws, …) ────┼─► findings ─► table or JSON ─► exit code
//!   docker (engine, image) ────────┘
//! ```
//!
//! Every check tries what a drill would do, has a time limit, and leaves nothing behind. Only what a drill on the
//! embedded cloud cannot do without decides the exit code.

mod docker;
mod finding;
mod machine;
mod network;
mod programs;
mod show;

use clap::Args;

use self::finding::{Finding, State};
use super::threads::threads;
use crate::exit::{End, Failure};
use crate::output;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Print JSON, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn execute(arguments: &Doctor) -> Result<End, Failure> {
    let findings = threads()?.block_on(examine());
    let lacking: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.is_in_the_way())
        .map(|finding| finding.name)
        .collect();
    if arguments.json {
        output::write(&show::json(&findings, lacking.is_empty())?)?
    } else {
        output::write(&show::text(&findings, output::columns()))?
    }
    if lacking.is_empty() {
        Ok(End::Done)
    } else {
        Err(Failure::Environment(format!(
            "this machine cannot run a drill yet: {}",
            lacking.join(", ")
        )))
    }
}

/// Every check. Those that wait for something do so side by side.
async fn examine() -> Vec<Finding> {
    let (engine, programs) = tokio::join!(docker::examine(), programs::examine());
    let mut findings = vec![
        machine::open_files(),
        network::ports(),
        machine::processors(),
        machine::memory(),
        machine::disk(),
    ];
    findings.extend(network::tracking());
    findings.extend(programs);
    findings.extend(engine);
    findings
}
