//! The command line of `firedrill ci`.

use std::path::PathBuf;

use ::baseline::MOST_REPEATS;
use clap::Args;
use drill::report::EMBEDDED;

/// What is to be drilled, how often, and what it is held against.
#[derive(Debug, Args)]
pub(crate) struct Ci {
    /// Scenario files, or folders of them.
    #[arg(value_name = "PATH", required_unless_present = "recorded")]
    pub(super) paths: Vec<PathBuf>,
    /// Hold the drills against what this file says of earlier ones: a regression ends with exit code 1.
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Write what the drills took into the baseline, instead of comparing them with it. Scenarios that were not drilled stay.
    #[arg(long, requires = "baseline")]
    pub(super) update_baseline: bool,
    /// Drill each scenario so many times. Measured times are told from noise by repeats: 5 and more, for baseline and check.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_REPEATS)))]
    pub(super) repeat: u32,
    /// So many drills at once; without it half as many as there are processors. Those with a large fleet run alone.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(super) jobs: Option<u32>,
    /// Write the suite as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Write a summary in Markdown, fit for a comment on a pull request.
    #[arg(long, value_name = "FILE")]
    pub(super) summary: Option<PathBuf>,
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
    pub(super) recorded: Option<PathBuf>,
    /// How sure a regression of measured time must be: the chance that a suite without one is not called, in percent.
    #[arg(long, value_name = "PERCENT", default_value = "99", value_parser = percent(50.0, 99.9999))]
    pub(super) confidence: f64,
    /// A step is called slower from this share on, in percent of what it took.
    #[arg(long, value_name = "PERCENT", default_value = "10", value_parser = percent(0.0, 1000.0))]
    pub(super) effect: f64,
}

/// Parses a number of percent, with or without the sign.
fn percent(least: f64, most: f64) -> impl Fn(&str) -> Result<f64, String> + Clone + Send + Sync + 'static {
    move |text| {
        let number = text.trim().trim_end_matches('%').trim_end().parse::<f64>();
        let allowed = number.ok().filter(|number| (least..=most).contains(number));
        allowed.ok_or_else(|| format!("allowed: a number from {least} to {most}"))
    }
}
