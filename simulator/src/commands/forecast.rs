//! `firedrill forecast`: how likely a plan is to meet its targets, and why, simulated.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use clap::Args;
use drill::scenario::Durations;
use forecast::plan::study::Phase;
use forecast::plan::{self, Question, Watch};
use runtime::wall;

use super::study::Simulated;
use crate::commands::calibrate;
use crate::commands::study::{self, Told};
use crate::commands::watched::{self, Count};
use crate::exit::{End, Failure};
use crate::run_folder::{self, RunFolder};
use crate::{output, source};

#[derive(Debug, Args)]
pub(crate) struct Forecast {
    /// The scenario file.
    pub(crate) scenario: PathBuf,
    /// How many disasters are simulated, at most.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) runs: u64,
    /// Simulate no more once each chance is known to so much to either side, with a confidence of 95 %: `1%`.
    #[arg(long, value_name = "PERCENT")]
    pub(crate) until_ci: Option<String>,
    /// Take what steps do and how long their work takes from a recorded drill of this scenario: its folder
    /// (`runs/<scenario>/latest`). Several drills: the option once for each.
    #[arg(long, value_name = "RUN")]
    pub(crate) calibrate: Vec<PathBuf>,
    /// When faults are injected: `random`, at a moment that is drawn within one interval of probes and monitoring, or `written`, as
    /// in a drill.
    #[arg(long, value_name = "WHEN", default_value = "random")]
    pub(crate) phase: String,
    /// Which of a modelled duration's values is taken: `draw`, or the same each time, as drills do: `p95` or `p50`.
    #[arg(long, value_name = "VALUE", default_value = "draw")]
    pub(crate) durations: Durations,
    #[command(flatten)]
    pub(crate) simulated: Simulated,
}

pub(crate) fn execute(arguments: &Forecast) -> Result<End, Failure> {
    let source = source::read(&arguments.scenario, None)?;
    source.warnings.iter().for_each(output::note);
    let file = arguments.scenario.display().to_string();
    let seed = source.scenario.seed_or(arguments.simulated.seed);
    let sha256 = source::sha256_hex(source.text.as_bytes());
    let (calibration, observed) = calibrate::read(&arguments.calibrate, &source.scenario, &sha256)?;
    let scenario = calibrate::with_observed(&source.scenario, &observed);
    let question = Question {
        scenario: &scenario,
        file: file.clone(),
        sha256: sha256.clone(),
        seed,
        runs: arguments.runs,
        until_ci: arguments.until_ci.as_deref().map(share).transpose()?,
        phase: phase(&arguments.phase)?,
        durations: arguments.durations,
        calibration,
        threads: watched::threads(arguments.simulated.threads),
        what_if: true,
    };
    let refusals = plan::refusals(question.scenario, &question.calibration);
    if !refusals.is_empty() {
        return Err(refused(&file, &refusals));
    }
    // What cannot be written is found before anything is simulated.
    let folder = RunFolder::create(
        arguments.simulated.out.as_deref(),
        &run_folder::default_runs(),
        &format!("{}/forecast", source.scenario.name),
        wall::now_us(),
        seed,
    )?;
    study::prepare(arguments.simulated.charts.as_deref())?;
    let watch = Watch::default();
    let count = Count {
        of: arguments.runs,
        names: ["disaster", "disasters"],
    };
    let so_far = || watch.done.load(Ordering::Relaxed);
    let study = watched::watched(count, &so_far, &watch.stop, || plan::study(&question, &watch));
    let study = study.map_err(|refusals| refused(&file, &refusals))?;
    let told = Told {
        name: "forecast",
        json: reports::forecast::json(&study),
        csv: reports::forecast::csv(&study),
        html: reports::forecast::html(&study),
        pictures: reports::forecast::pictures(&study),
        summary: &|columns| reports::forecast::terminal(&study, columns),
    };
    study::write(&told, &folder, arguments.simulated.charts.as_deref())?;
    Ok(if study.complete {
        End::Done
    } else {
        End::Interrupted
    })
}

/// Every refusal with the line that it is about, and what would help.
fn refused(file: &str, refusals: &[plan::Refusal]) -> Failure {
    let told = refusals.iter().map(|refusal| {
        let at = refusal
            .line
            .map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"));
        format!("{at}: {}; what would help: {}", refusal.text, refusal.help)
    });
    Failure::Input(told.collect::<Vec<_>>().join("\n"))
}

/// `1%`, `0.5 %`.
fn share(text: &str) -> Result<f64, Failure> {
    let number = text
        .strip_suffix('%')
        .map(str::trim)
        .and_then(|number| number.parse::<f64>().ok());
    let percent = number.filter(|percent| (0.05..=50.0).contains(percent));
    percent
        .map(|percent| percent / 100.0)
        .ok_or_else(|| Failure::Input(format!("--until-ci {text}: allowed: from 0.05% to 50%, as 1%")))
}

fn phase(text: &str) -> Result<Phase, Failure> {
    match text {
        "random" => Ok(Phase::Random),
        "written" => Ok(Phase::Written),
        _ => Err(Failure::Input(format!(
            "--phase {text}: allowed: random, written"
        ))),
    }
}
