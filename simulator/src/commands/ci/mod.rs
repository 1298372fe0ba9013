//! `firedrill ci`: drills many scenarios as one suite, and holds them against what is expected and against a baseline.
//!
//! ```text
//!  paths ──► work: each scenario, N times ──► children: `firedrill run …`, several at once ──► report.json of each
//!                                                                                                 │
//!  baseline.json ──► compare ◄──────────────────────────────── observe ◄──────────────────────────┤
//!                       └──► Drilled ◄────────────────────────────────────────────────────────────┘
//!                               └──► junit.xml, summary.md, a line each on stdout, the exit code
//! ```
//!
//! A drill is a process of its own, as if a person had run it: what one does to this machine ends with it. With `--recorded`
//! the drills of an earlier suite are judged instead of new ones.

mod children;
mod drills;
mod recorded;
mod show;
mod work;

use std::path::PathBuf;

use ::baseline::{Baseline, Context, Recorded, Settings, compare, not_drilled, observe, repeats_needed};
use clap::Args;
use drill::report::{EMBEDDED, Report, Verdict};
use drill::scenario::Scenario;
use reports::suite::{self, Drilled, NoReport, State};

pub(crate) use self::recorded::{drilled_at_once, is_of_suite};
use self::work::Work;
use super::baseline_file::BaselineFile;
use super::run::threads;
use crate::exit::{End, Failure};
use crate::output;
use crate::run_folder;

/// What is to be drilled, how often, and what it is held against.
#[derive(Debug, Args)]
pub(crate) struct Ci {
    /// Scenario files, or folders of them.
    #[arg(value_name = "PATH", required_unless_present = "recorded")]
    pub(super) paths: Vec<PathBuf>,
    /// Hold the drills against what this file says of earlier ones: a regression ends with exit code 1.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write what the drills took into the baseline, instead of comparing them with it. Scenarios that were not drilled stay.
    #[arg(long, requires = "baseline")]
    update_baseline: bool,
    /// Drill each scenario so many times. Measured times are told from noise by repeats: 5 and more, for baseline and check.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(super) repeat: u32,
    /// So many drills at once; without it half as many as there are processors. Those with a large fleet run alone.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(super) jobs: Option<u32>,
    /// Write the suite as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a summary in Markdown, fit for a comment on a pull request.
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Where to put the runs, as `DIR/<scenario>/<n>`: a new or empty folder. Without it: `runs/ci/<time>`.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// The seed of every draw, for all scenarios; without it each scenario's own, else 1.
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Where their AWS is, as for `run`: `embedded`, `localstack`, or endpoints that run already.
    #[arg(long, default_value = EMBEDDED, value_name = "WHERE")]
    pub(super) cloud: String,
    /// The image of LocalStack, instead of localstack/localstack:4.14.0.
    #[arg(long, value_name = "IMAGE")]
    pub(super) localstack_image: Option<String>,
    /// Run shell steps and your functions without isolation, as for `run`.
    #[arg(long)]
    pub(super) unisolated: bool,
    /// Overwrite the files that --junit and --summary name, and the runs of an earlier suite in --out.
    #[arg(long)]
    pub(super) force: bool,
    /// Judge the drills that an earlier suite left in its --out, instead of new ones.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["paths", "repeat", "jobs", "out", "seed", "cloud", "localstack_image", "unisolated"])]
    recorded: Option<PathBuf>,
    /// How sure a regression of measured time must be: the chance that a suite without one is not called, in percent.
    #[arg(long, value_name = "PERCENT", default_value = "99", value_parser = percent(50.0, 99.9999))]
    confidence: f64,
    /// A step is called slower from this share on, in percent of what it took.
    #[arg(long, value_name = "PERCENT", default_value = "10", value_parser = percent(0.0, 1000.0))]
    effect: f64,
}

/// Parses a number of percent, with or without the sign.
fn percent(least: f64, most: f64) -> impl Fn(&str) -> Result<f64, String> + Clone + Send + Sync + 'static {
    move |text| {
        let number = text.trim().trim_end_matches('%').trim_end().parse::<f64>();
        let allowed = number.ok().filter(|number| (least..=most).contains(number));
        allowed.ok_or_else(|| format!("allowed: a number from {least} to {most}"))
    }
}

/// The drills of one scenario.
pub(super) struct OfScenario {
    pub(super) scenario: Scenario,
    pub(super) drilled: Drilled,
    pub(super) context: Context,
}

pub(crate) fn execute(arguments: &Ci) -> Result<End, Failure> {
    let files = [&arguments.junit, &arguments.summary];
    for file in files.into_iter().flatten() {
        run_folder::writable(file, arguments.force)?;
    }
    let file = match &arguments.baseline {
        Some(path) => Some(BaselineFile::open(path, arguments.update_baseline)?),
        None => None,
    };
    let (drilled, interrupted) = match &arguments.recorded {
        Some(folder) => (recorded::read(folder)?, false),
        None => {
            let work = Work::of(arguments)?;
            threads()?.block_on(drills::run(arguments, &work))?
        }
    };
    finish(arguments, file, drilled, interrupted)
}

/// Compares, writes and ends.
fn finish(
    arguments: &Ci,
    file: Option<BaselineFile>,
    mut all: Vec<OfScenario>,
    interrupted: bool,
) -> Result<End, Failure> {
    let now = observed(&all);
    if let Some(file) = file {
        match arguments.update_baseline {
            true if interrupted => {
                output::note("firedrill: the baseline stays as it was: not all drills ended")
            }
            true => update(file, &all, now, arguments)?,
            false => hold_against(file.baseline(), &now, arguments, &mut all),
        }
    }
    let suite: Vec<Drilled> = all.into_iter().map(|one| one.drilled).collect();
    if let Some(path) = &arguments.junit {
        run_folder::write(path, suite::junit(&suite).as_bytes())?;
    }
    if let Some(path) = &arguments.summary {
        run_folder::write(path, suite::markdown(&suite).as_bytes())?;
    }
    output::write(&suite::text(&suite))?;
    match interrupted {
        true => Ok(End::Interrupted),
        false => end(&suite),
    }
}

/// What the complete drills of each scenario took.
fn observed(all: &[OfScenario]) -> Baseline {
    let mut now = Baseline::default();
    for one in all {
        let complete: Vec<Report> = one
            .drilled
            .reports()
            .filter(|report| report.complete)
            .cloned()
            .collect();
        if let Some(recorded) = observe(&one.scenario, &complete, &one.context) {
            now.scenarios.insert(one.scenario.name.clone(), recorded);
        }
    }
    now
}

fn settings(arguments: &Ci) -> Settings {
    Settings {
        confidence: arguments.confidence / 100.0,
        effect: arguments.effect / 100.0,
        ..Settings::default()
    }
}

fn hold_against(baseline: &Baseline, now: &Baseline, arguments: &Ci, all: &mut [OfScenario]) {
    for name in not_drilled(baseline, now) {
        output::note(format_args!(
            "firedrill: the baseline has {name}, of which there is no whole drill now"
        ));
    }
    for comparison in compare(baseline, now, &settings(arguments)) {
        let of = all
            .iter_mut()
            .find(|one| one.scenario.name == comparison.scenario);
        if let Some(one) = of {
            one.drilled.comparison = Some(comparison);
        }
    }
}

/// What did not end as expected is no measure for later drills.
fn update(file: BaselineFile, all: &[OfScenario], now: Baseline, arguments: &Ci) -> Result<(), Failure> {
    let as_expected = |name: &String| {
        let one = all.iter().find(|one| one.scenario.name == *name);
        one.is_some_and(|one| one.drilled.state() == State::Expected)
    };
    let (kept, left_out): (Vec<(String, Recorded)>, Vec<_>) =
        now.scenarios.into_iter().partition(|(name, _)| as_expected(name));
    for (name, _) in left_out {
        output::note(format_args!(
            "firedrill: {name} is left out of the baseline: its drills did not end as expected"
        ));
    }
    if kept.is_empty() {
        output::note("firedrill: the baseline stays as it was: nothing ended as expected");
        return Ok(());
    }
    let newer = Baseline {
        scenarios: kept.into_iter().collect(),
        ..Baseline::default()
    };
    if let Some(needed) = repeats_needed(&newer, &settings(arguments)) {
        output::note(format_args!(
            "firedrill: with so few repeats no step can be called slower by what its work takes: record and check with --repeat \
             {needed} or more"
        ));
    }
    file.update(newer)
}

/// The exit code: what was shown to be wrong goes before what could not be shown.
fn end(suite: &[Drilled]) -> Result<End, Failure> {
    let state = suite.iter().map(Drilled::state).max().unwrap_or(State::Expected);
    let without: Vec<&NoReport> = suite.iter().flat_map(Drilled::without_report).collect();
    match state {
        State::Unexpected | State::Regression => Ok(End::Judged(Verdict::Fail)),
        State::Broken => {
            let drills = match without.len() {
                1 => "a drill".to_owned(),
                n => format!("{n} drills"),
            };
            let message = format!("{drills} came to no report");
            // The child has told what is wrong; bad input is nobody's machine's fault.
            match without.iter().all(|none| none.exit == Some(2)) {
                true => Err(Failure::Input(format!("firedrill: {message}"))),
                false => Err(Failure::Environment(message)),
            }
        }
        State::Inconclusive => Ok(End::Judged(Verdict::Inconclusive)),
        State::Expected => Ok(End::Judged(Verdict::Pass)),
    }
}
