//! The flags that say who takes part and which plan is drilled.

use std::path::PathBuf;

use clap::Args;
use drill::details::Person;

/// What `run` and `report` are told of a drill's people and plan.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Details of the drill, for the report")]
pub(crate) struct DetailFlags {
    /// A file (`drill.yaml`) with the people, the plan, its scenarios, and the scope of the drill.
    #[arg(long, value_name = "FILE")]
    pub(crate) details: Option<PathBuf>,
    /// The recovery plan's file: its hash goes into the report, and a copy of it into the run's folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// The plan's version, as its authors call it.
    #[arg(long, value_name = "TEXT")]
    pub(crate) plan_version: Option<String>,
    /// A participant, as "NAME: ROLE"; repeat the option for each.
    #[arg(long, value_name = "NAME: ROLE")]
    pub(crate) participant: Vec<Person>,
    /// Who prepared the drill, as "NAME: ROLE".
    #[arg(long, value_name = "NAME: ROLE")]
    pub(crate) prepared_by: Option<Person>,
    /// Who approved, as "NAME: ROLE"; the option once for each.
    #[arg(long, value_name = "NAME: ROLE")]
    pub(crate) approved_by: Vec<Person>,
    /// The register of findings, whose owners, dates and retests the report shows; without it, a drill takes `findings.yaml`
    /// in this folder if it is there.
    #[arg(long, value_name = "FILE")]
    pub(crate) register: Option<PathBuf>,
}

impl DetailFlags {
    /// Whether none of them is given.
    pub(crate) fn are_absent(&self) -> bool {
        self.details.is_none()
            && self.plan.is_none()
            && self.plan_version.is_none()
            && self.participant.is_empty()
            && self.prepared_by.is_none()
            && self.approved_by.is_empty()
            && self.register.is_none()
    }
}
