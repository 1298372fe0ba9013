//! The forecast of one scenario, in a few lines: `cargo run --release -p forecast --example plan -- FILE [RUNS] [THREADS]`.
//!
//! It is the engine alone, for benchmarks and for looking at; `firedrill forecast` has the reports.

use std::process::ExitCode;

use drill::scenario::{Durations, Scenario};
use forecast::plan::study::Phase;
use forecast::plan::{Question, Watch, study};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(file) = arguments.first() else {
        eprintln!("plan FILE [RUNS] [THREADS] [drilled]");
        return ExitCode::from(2);
    };
    let number = |at: usize, otherwise: u64| arguments.get(at).map_or(Ok(otherwise), |text| text.parse());
    let (Ok(runs), Ok(threads)) = (number(1, 10_000), number(2, 1)) else {
        eprintln!("RUNS and THREADS are whole numbers");
        return ExitCode::from(2);
    };
    let drilled = arguments.get(3).is_some();
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{file}: {error}");
            return ExitCode::from(2);
        }
    };
    let scenario = match Scenario::parse(file, &text) {
        Ok((scenario, _)) => scenario,
        Err(errors) => {
            eprintln!("{errors:#?}");
            return ExitCode::from(2);
        }
    };
    let question = Question {
        scenario: &scenario,
        file: file.clone(),
        sha256: String::new(),
        seed: 1,
        runs,
        until_ci: None,
        phase: if drilled { Phase::Written } else { Phase::Random },
        durations: if drilled {
            scenario.clock.durations
        } else {
            Durations::Draw
        },
        calibration: forecast::plan::calibration::Calibration::default(),
        threads: threads as usize,
        what_if: false,
    };
    let study = match study(&question, &Watch::default()) {
        Ok(study) => study,
        Err(refusals) => {
            for refusal in refusals {
                eprintln!(
                    "{file}:{}: {} ({})",
                    refusal.line.unwrap_or(0),
                    refusal.text,
                    refusal.help
                );
            }
            return ExitCode::from(2);
        }
    };
    println!("{} runs", study.runs);
    for target in &study.targets {
        let of = |percent| {
            let mut quantiles = target.figure.quantiles.iter();
            let found = quantiles
                .find(|one| one.percent == percent)
                .and_then(|one| one.value_s);
            found.map_or("beyond".to_owned(), |s| format!("{s:.0}"))
        };
        println!(
            "{:18} {:?} {:>7.0} s: {:5.1} % met ({:.1}-{:.1}), {} by the fault's end, {} unaffected; 5/50/95 %: {} {} {}",
            target.service,
            target.metric,
            target.target_s,
            target.chance * 100.0,
            target.chance_low * 100.0,
            target.chance_high * 100.0,
            target.met_by_fault_end,
            target.unaffected,
            of(5),
            of(50),
            of(95),
        );
    }
    for duration in &study.durations {
        let of = |percent| {
            let mut quantiles = duration.length.quantiles.iter();
            let found = quantiles
                .find(|one| one.percent == percent)
                .and_then(|one| one.value_s);
            found.map_or("beyond".to_owned(), |s| format!("{s:.0}"))
        };
        println!(
            "  {:18} {:24} ran {} failed {} on the way {:.2} share {:.2}; 5/50/95 %: {} {} {}",
            duration.name,
            duration.action,
            duration.runs,
            duration.failed,
            duration.critical,
            duration.share,
            of(5),
            of(50),
            of(95),
        );
    }
    for back in study.fleet.iter().flat_map(|fleet| &fleet.back) {
        println!(
            "  fleet {} %: median {:?}",
            back.percent, back.after.quantiles[2].value_s
        );
    }
    ExitCode::SUCCESS
}
