//! The command line of `firedrill findings`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::runs::RunsFolder;

#[derive(Debug, Args)]
pub(crate) struct Findings {
    /// Only findings of drills of this scenario.
    #[arg(long, value_name = "NAME")]
    pub(super) scenario: Option<String>,
    /// Also what is closed or accepted, and notes.
    #[arg(long)]
    pub(super) all: bool,
    /// Add what is new (critical findings, warnings and missed targets) to the register, and write down which run saw or
    /// retested what. Everything else in the file stays as it is.
    #[arg(long)]
    pub(super) update: bool,
    /// Print JSON, for programs.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) places: Places,
    #[command(subcommand)]
    pub(super) action: Option<Action>,
}

/// Where runs and the register are.
#[derive(Debug, Args)]
pub(super) struct Places {
    #[command(flatten)]
    pub(super) runs: RunsFolder,
    /// The register; without it `findings.yaml` in this folder.
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) register: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Say who sees to a finding, and by when.
    Assign(Assign),
    /// Close a finding that a later drill exercised and did not find again.
    Close(Close),
}

#[derive(Debug, Args)]
pub(super) struct Assign {
    /// The finding, as F-001.
    pub(super) id: String,
    /// Who sees to it.
    #[arg(long, value_name = "NAME", required_unless_present = "due")]
    pub(super) owner: Option<String>,
    /// By when, as 2026-12-31.
    #[arg(long, value_name = "DATE")]
    pub(super) due: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Close {
    /// The finding, as F-001.
    pub(super) id: String,
    /// The drill that exercised it and did not find it again: as `firedrill history` shows it, or its folder.
    #[arg(long, value_name = "RUN")]
    pub(super) by: String,
}
