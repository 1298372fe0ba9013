//! A scenario after decoding: defaults filled in, names known to exist, units as types.
//!
//! Everything here is plain data. `line` is where an item stands in its file, for errors and findings.

mod cloud;
mod load;
mod objectives;
mod response;

pub use crate::scenario::actions::*;
pub use crate::scenario::faults::*;
pub use cloud::*;
pub use load::*;
pub use objectives::*;
pub use response::*;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::units::Span;

/// One drill, as its file says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// The version of the format; 1.
    pub version: u32,
    /// A short name, which is also that of its runs' folder.
    pub name: String,
    /// What happens, in a sentence.
    pub title: String,
    /// The system whose plan is drilled.
    pub system: String,
    /// The plan, and which part of it.
    pub source: Option<String>,
    /// The kind of exercise (NIST SP 800-34).
    pub exercise: Exercise,
    /// The seed that the scenario asks for; see [`Scenario::seed_or`].
    pub seed: Option<u64>,
    /// What is to be achieved.
    pub objectives: Objectives,
    /// How drill time passes.
    pub clock: ClockSpec,
    /// For how long health must hold for an incident to be closed; default 5m.
    pub stable_for: Span,
    /// For how long services are watched after they are green; default 10m, at least `stable_for`.
    pub observe_for: Span,
    /// When open services fail, counted from the first fault; default the MTD.
    pub give_up: Span,
    /// How long an audit waits for what is under way; default 5m.
    pub drain_timeout: Span,
    /// From what age on an arrival counts as delayed; default 60s.
    pub late_after: Span,
    /// What is stood up.
    pub cloud: Cloud,
    /// What losses are counted on: every data set that a service names, in the order of the services.
    pub data: Vec<DataSet>,
    /// Who writes objects while the drill runs.
    pub writers: Vec<Writer>,
    /// The devices, if there are any.
    pub fleet: Option<Fleet>,
    /// How health is asked for.
    pub probes: Vec<Probe>,
    /// For how long all probes must be green before the first fault; default 10m.
    pub steady_hold: Span,
    /// What breaks, in the order of the file.
    pub faults: Vec<Fault>,
    /// Who notices. It is there whenever the runbook has steps.
    pub detection: Option<Detection>,
    /// The recovery procedure, step after step.
    pub runbook: Vec<Step>,
}

impl Scenario {
    /// The seed of a run: `asked` (`--seed`), else the scenario's, else 1.
    pub fn seed_or(&self, asked: Option<u64>) -> u64 {
        asked.or(self.seed).unwrap_or(1)
    }

    /// The bucket labelled `label`.
    pub fn bucket(&self, label: &str) -> Option<&Bucket> {
        self.cloud.buckets.iter().find(|bucket| bucket.label == label)
    }

    /// The probe named `name`.
    pub fn probe(&self, name: &str) -> Option<&Probe> {
        self.probes.iter().find(|probe| probe.name == name)
    }

    /// The data set named `name`.
    pub fn data_set(&self, name: &str) -> Option<&DataSet> {
        self.data.iter().find(|data| data.name == name)
    }

    /// The step whose end is the declaration of the disaster.
    pub fn declaration(&self) -> Option<&Step> {
        self.runbook.iter().find(|step| step.id == DECLARE)
    }

    /// The time of the first fault, from drill 0.
    pub fn first_fault(&self) -> Option<Span> {
        self.faults.iter().map(|fault| fault.at).min()
    }
}

/// The id of the step that declares the disaster.
pub const DECLARE: &str = "declare";

/// The kind of exercise, in NIST SP 800-34's terms. `full_scale` is for real systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exercise {
    /// People talk the plan through.
    Tabletop,
    /// People go through its steps.
    Walkthrough,
    /// The disaster is acted out, without systems.
    Simulation,
    /// Systems are broken and recovered.
    Functional,
}

/// How drill time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockSpec {
    /// The highest rate of drill time to wall time, 1 to 3600; default 120.
    pub speed: u32,
    /// Which of a modelled duration's values a live drill takes.
    pub durations: Durations,
}

/// Which of a modelled duration's values is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Durations {
    /// The 95th percentile, so that no seed makes a drill pass.
    #[default]
    P95,
    /// The median.
    P50,
    /// One draw from the seed.
    Draw,
}

/// Where a target, a window or a duration comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// Lines of the plan (`plan:44`, `plan:44-45`).
    Plan {
        /// The first line.
        first: u32,
        /// The last line.
        last: u32,
    },
    /// A vendor says so (`vendor`, `vendor: S3 RTC SLA`).
    Vendor(Option<String>),
    /// A past run showed it (`past_run`, `past_run: 2026-07`).
    PastRun(Option<String>),
    /// Nobody said so (`assumed`, and when nothing is given).
    #[default]
    Assumed,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |f: &mut fmt::Formatter<'_>, kind: &str, name: &Option<String>| match name {
            Some(name) => write!(f, "{kind}: {name}"),
            None => f.write_str(kind),
        };
        match self {
            Source::Plan { first, last } if first == last => write!(f, "plan:{first}"),
            Source::Plan { first, last } => write!(f, "plan:{first}-{last}"),
            Source::Vendor(name) => named(f, "vendor", name),
            Source::PastRun(name) => named(f, "past_run", name),
            Source::Assumed => f.write_str("assumed"),
        }
    }
}

/// `n of of`: 14 of 20, 3 of 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountOf {
    /// How many, at least 1 and at most `of`.
    pub n: u32,
    /// Of how many.
    pub of: u32,
}

impl fmt::Display for CountOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.n, self.of)
    }
}
