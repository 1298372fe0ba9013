//! A scenario after decoding: defaults filled in, names known to exist, units as types.
//!
//! Everything here is plain data. `line` is where an item stands in its file, for errors and findings.

mod cloud;
mod expectation;
mod load;
mod objectives;
mod response;
mod takes;

pub use cloud::*;
pub use expectation::*;
pub use load::*;
pub use objectives::*;
pub use response::*;
pub use takes::Takes;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::scenario::limits::SPEED;
use crate::units::Span;

/// One drill, as its file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// What breaks, in the order of the file; repeated faults stand there once for each time.
    pub faults: Vec<Fault>,
    /// What people are told in the course of the drill, in the order of the file.
    pub injects: Vec<Inject>,
    /// Who notices. It is there whenever the runbook has steps.
    pub detection: Option<Detection>,
    /// The recovery procedure; the order in which steps begin is that of [`Step::after`].
    pub runbook: Vec<Step>,
    /// Whom the drill may talk to beside itself.
    pub safety: Safety,
    /// Variables of the environment that `shell` steps get, and whose values no record shows.
    pub secrets: Vec<String>,
    /// How a drill is expected to end; without it: pass. Only `firedrill ci` heeds it.
    pub expect: Option<Expectation>,
}

impl Scenario {
    /// The seed of a run: `asked` (`--seed`), else the scenario's, else 1.
    pub fn seed_or(&self, asked: Option<u64>) -> u64 {
        asked.or(self.seed).unwrap_or(1)
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

    /// The time of the first fault, from drill 0, of those that have a time of their own.
    pub fn first_fault(&self) -> Option<Span> {
        self.faults.iter().filter_map(|fault| fault.at.clock()).min()
    }

    /// When an exercise without faults begins, from drill 0: with its first fault, which is told and not injected; without
    /// one with the first inject; without either at drill 0.
    pub fn exercise_begins(&self) -> Span {
        let inject = || self.injects.iter().map(|inject| inject.at).min();
        self.first_fault().or_else(inject).unwrap_or_default()
    }

    /// What is run of an exercise without faults: what is told stays, what breaks or notices is left out, and of a tabletop
    /// also the systems. A scenario of another kind is run as it is.
    pub fn as_exercised(&self) -> Scenario {
        let mut run = self.clone();
        if !self.exercise.is_without_faults() {
            return run;
        }
        run.faults.clear();
        run.detection = None;
        run.objectives.failback = None;
        // No script is run that would get them.
        run.secrets.clear();
        if self.exercise == Exercise::Tabletop {
            run.cloud.sections.clear();
            run.writers.clear();
            run.probes.clear();
            run.data.clear();
            run.fleet = None;
        }
        run
    }

    /// The step of this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.runbook.iter().find(|step| step.id == id)
    }

    /// Everything that has a name which `dns.failover` moves: buckets, functions, and `iot`.
    pub fn names(&self) -> Vec<&str> {
        self.cloud.names()
    }

    /// The region that a name points to at drill 0.
    pub fn home_of(&self, name: &str) -> Option<&str> {
        self.cloud.home_of(name)
    }

    /// What calls to the cloud cost in time: what AWS takes, where a bucket stands for a real one and nothing else is
    /// said.
    pub fn timing(&self) -> Timing {
        let stands_for = self.cloud.stores().any(|store| store.stands_for.is_some());
        self.clock
            .timing
            .unwrap_or(if stands_for { Timing::Aws } else { Timing::Loopback })
    }

    /// Whether `earlier` has ended whenever `step` begins.
    pub fn comes_before(&self, earlier: &str, step: &Step) -> bool {
        let mut open: Vec<&str> = step.after.iter().map(String::as_str).collect();
        let mut seen: Vec<&str> = Vec::new();
        while let Some(id) = open.pop() {
            if id == earlier {
                return true;
            }
            if !seen.contains(&id) {
                seen.push(id);
                open.extend(
                    self.step(id)
                        .into_iter()
                        .flat_map(|step| step.after.iter().map(String::as_str)),
                );
            }
        }
        false
    }
}

/// The id of the step that declares the disaster.
pub const DECLARE: &str = "declare";

/// The kind of exercise. `full_scale` is for real systems.
///
/// NIST SP 800-84 (section 2) and SP 800-34 revision 1 (section 3.5.3) tell discussion-based exercises from functional
/// ones: in a tabletop people discuss roles and responses to a scenario, and no equipment is deployed; in a functional
/// exercise they do what the plan says in a simulated operational environment. A walkthrough stands between them: people go
/// through the steps beside systems that work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exercise {
    /// People discuss the plan. Nothing is stood up but an empty cloud, and nothing breaks.
    Tabletop,
    /// People go through the steps beside a cloud that works. Steps that only read are taken; nothing breaks.
    Walkthrough,
    /// The disaster is acted out. Systems are emulated and faults injected, as in a functional exercise.
    Simulation,
    /// Systems are broken and recovered.
    Functional,
}

impl Exercise {
    /// Whether no fault is injected: the plan is gone through, and nothing is measured of a recovery.
    pub fn is_without_faults(self) -> bool {
        matches!(self, Exercise::Tabletop | Exercise::Walkthrough)
    }

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Exercise::Tabletop => "tabletop",
            Exercise::Walkthrough => "walkthrough",
            Exercise::Simulation => "simulation",
            Exercise::Functional => "functional",
        }
    }
}

/// How drill time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockSpec {
    /// The rate of drill time to wall time; default [`Speed::Auto`].
    pub speed: Speed,
    /// What bounds the rate, whatever the speed: 1 to 3600 drill seconds per wall second; default 3600.
    pub max_speed: u32,
    /// Which of a modelled duration's values a live drill takes.
    pub durations: Durations,
    /// What calls to the cloud cost in time; default see [`Scenario::timing`].
    pub timing: Option<Timing>,
}

impl ClockSpec {
    /// The highest rate that the drill may have.
    pub fn highest_rate(&self) -> u32 {
        match self.speed {
            Speed::Auto => self.max_speed,
            Speed::AtMost(rate) => rate.min(self.max_speed),
        }
    }
}

/// How fast drill time may pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speed {
    /// As fast as this machine keeps every figure within a hundredth of the smallest target.
    #[default]
    Auto,
    /// At this many drill seconds per wall second, 1 to 3600, wherever nothing slows it.
    AtMost(u32),
}

/// A text that is no speed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no speed: {allowed}", allowed = Speed::allowed())]
pub struct UnknownSpeed(String);

impl FromStr for Speed {
    type Err = UnknownSpeed;

    fn from_str(text: &str) -> Result<Speed, UnknownSpeed> {
        let allowed = || UnknownSpeed(text.to_owned());
        if text == "auto" {
            return Ok(Speed::Auto);
        }
        let rate = text.parse().map_err(|_| allowed())?;
        match u64::from(rate) {
            1..=SPEED => Ok(Speed::AtMost(rate)),
            _ => Err(allowed()),
        }
    }
}

impl Speed {
    /// What can be written, in words.
    pub fn allowed() -> String {
        format!("auto, or a whole number from 1 to {SPEED}")
    }
}

/// What calls to the cloud cost in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Timing {
    /// What they take here.
    #[default]
    Loopback,
    /// Beside that, what AWS takes for a call and for a byte, as modelled time of the step that makes them.
    Aws,
}

/// A drill may not send anything there. Its text is where it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an http:// URL on loopback, or of a host in `safety.allow_hosts`")]
pub struct NotPermitted;

impl Safety {
    /// Whether the drill may send something to this URL (`http://127.0.0.1:8080/hook`).
    ///
    /// # Errors
    /// If it may not.
    pub fn permits(&self, url: &str) -> Result<(), NotPermitted> {
        let rest = url.strip_prefix("http://").ok_or(NotPermitted)?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') || authority.is_empty() {
            return Err(NotPermitted);
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
            _ => (authority, None),
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let loopback =
            host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let listed = self.allow_hosts.iter().any(|known| {
            known == authority || (known == host && !known.contains(':')) || (port.is_none() && known == host)
        });
        if loopback || listed {
            Ok(())
        } else {
            Err(NotPermitted)
        }
    }
}

/// Whom the drill may talk to beside itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Safety {
    /// Hosts that are no loopback address, as `host` or `host:port`.
    pub allow_hosts: Vec<String>,
}

/// Which of a modelled duration's values is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durations {
    /// The 95th percentile, so that no seed makes a drill pass.
    #[default]
    P95,
    /// The median.
    P50,
    /// One draw from the seed.
    Draw,
}

impl Durations {
    /// All of them.
    pub const ALL: [Durations; 3] = [Durations::P95, Durations::P50, Durations::Draw];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Durations::P95 => "p95",
            Durations::P50 => "p50",
            Durations::Draw => "draw",
        }
    }
}

/// A text that is none of [`Durations`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of {all}", all = Durations::ALL.map(Durations::name).join(", "))]
pub struct UnknownDurations(String);

impl FromStr for Durations {
    type Err = UnknownDurations;

    fn from_str(text: &str) -> Result<Durations, UnknownDurations> {
        let found = Durations::ALL
            .into_iter()
            .find(|durations| durations.name() == text);
        found.ok_or_else(|| UnknownDurations(text.to_owned()))
    }
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
    /// No source (`assumed`, and when nothing is given).
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
