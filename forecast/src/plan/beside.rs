//! A drill shows one outcome; beside it stands how often many such disasters would meet each target.

use drill::report::{self, Chance, Judged};
use drill::scenario::{Durations, Scenario};

use super::calibration::Calibration;
use super::study::{Metric, Phase, Target};
use super::{Question, Watch, study};

/// Disasters that are simulated beside a drill.
const RUNS: u64 = 1_000;

/// Adds to each objective of a drill that reached its end how often it would be met. What the work of its steps took, and
/// what scripts changed, is as in the drill itself; what the scenario models is drawn. What cannot be simulated has none.
pub fn add(scenario: &Scenario, calibration: Calibration, judged: &mut Judged) {
    if !judged.report.complete || judged.report.objectives.is_empty() {
        return;
    }
    let question = Question {
        scenario,
        file: String::new(),
        sha256: String::new(),
        seed: judged.report.seed,
        runs: RUNS,
        until_ci: None,
        phase: Phase::Random,
        durations: Durations::Draw,
        calibration,
        // As many as are not missed: a report is written when nothing else is to be done.
        threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        what_if: false,
    };
    let Ok(study) = study(&question, &Watch::default()) else {
        return;
    };
    for objective in &mut judged.report.objectives {
        let metric = match objective.metric {
            report::Metric::Rto => Metric::Rto,
            report::Metric::Rpo => Metric::Rpo,
            report::Metric::Mtd => Metric::Mtd,
            report::Metric::Failback => Metric::Failback,
            report::Metric::Fleet | report::Metric::Protection => continue,
        };
        let mut targets = study.targets.iter();
        // A drill judges the return of each service, a forecast that of the slowest.
        let same = |target: &&Target| {
            target.metric == metric && (target.service == objective.service || metric == Metric::Failback)
        };
        objective.chance = targets.find(same).map(|target| chance(target, study.runs));
    }
}

fn chance(target: &Target, runs: u64) -> Chance {
    let of = |percent: u32| {
        let mut quantiles = target.figure.quantiles.iter();
        quantiles
            .find(|quantile| quantile.percent == percent)
            .and_then(|quantile| quantile.value_s)
    };
    Chance {
        runs,
        met: target.met,
        low: target.chance_low,
        high: target.chance_high,
        median_s: of(50),
        within_95_s: of(95),
    }
}
