//! `firedrill forecast`: how likely a plan is to meet its targets, and why, simulated.

use std::sync::atomic::Ordering;

use forecast::plan::study::Phase;
use forecast::plan::{self, Question, Watch};
use runtime::wall;

use crate::cli::Forecast;
use crate::commands::study::{self, Told};
use crate::commands::watched::{self, Count};
use crate::commands::{calibrate, source};
use crate::exit::{End, Failure};
use crate::output;
use crate::run_folder::{self, RunFolder};

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
