//! What a drill is run with, and what it needs of the machine before anything is made or started.

use std::path::PathBuf;

use cloud_emulator::cloud::{Provider, RunKeys, addresses};
use drill::journal::ReadinessCheck;
use drill::plan::Plan;
use drill::scenario::{ClockSpec, Scenario};
use runtime::preflight;

use super::runbook::shell::Secrets;
use crate::exit::Failure;
use crate::metrics::Metrics;
use crate::people::People;
use crate::run_folder::RunFolder;

/// Open files beside those of devices: records, gateways, clients, the broker's pipes.
pub(crate) const FILES: u64 = 512;

/// Open files of this process for one device.
pub(crate) const FILES_PER_DEVICE: u64 = 1;

/// What a drill is run with.
pub(crate) struct Request<'a> {
    pub(crate) scenario: Scenario,
    pub(crate) scenario_sha256: String,
    /// SHA-256 (hex) of `details.json`, if the run has one.
    pub(crate) details_sha256: Option<String>,
    pub(crate) plan: Plan,
    pub(crate) seed: u64,
    /// How fast drill time may pass, and which durations the plan has.
    pub(crate) pacing: ClockSpec,
    pub(crate) folder: &'a RunFolder,
    /// Where the scenario's file lies.
    pub(crate) scenario_folder: PathBuf,
    pub(crate) port: Option<u16>,
    /// Whether scripts are isolated.
    pub(crate) isolated: bool,
    /// What everybody signs with.
    pub(crate) keys: RunKeys,
    /// What scripts get of this program's environment, and no record shows.
    pub(crate) secrets: Secrets,
    /// Where its AWS is.
    pub(crate) provider: Provider,
    /// Where the drill's metrics are served, if anywhere.
    pub(crate) metrics: Option<&'a Metrics>,
    /// What was found of what this machine has for the runbook.
    pub(crate) machine: Vec<ReadinessCheck>,
    /// Who performs the human steps, if people do.
    pub(crate) people: Option<People>,
}

/// Checks what a drill needs of the machine, before anything is made or started.
///
/// # Errors
/// One clear sentence.
pub(crate) fn prepare(scenario: &Scenario, port: Option<u16>) -> Result<(), Failure> {
    let environment = |error: preflight::PreflightError| Failure::Environment(error.to_string());
    let devices = scenario
        .fleet
        .as_ref()
        .map_or(0, |fleet| u64::from(fleet.devices));
    preflight::open_files("this drill", FILES + FILES_PER_DEVICE * devices).map_err(environment)?;
    let ports = port
        .map(|port| addresses(scenario, Some(port)))
        .unwrap_or_default();
    if let Some(port) = port
        && usize::from(u16::MAX - port) + 1 < ports.len()
    {
        return Err(Failure::Input(format!(
            "--port {port}: this scenario listens on {} ports from there on, and the last one is {}",
            ports.len(),
            u16::MAX
        )));
    }
    for address in ports {
        preflight::port_free(address).map_err(environment)?;
    }
    Ok(())
}
