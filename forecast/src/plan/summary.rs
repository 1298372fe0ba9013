//! Summaries of many runs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use drill::scenario::{Check, OnFailure, ProtectionObjective, Shell, Timing, Wait};

use super::model::Model;
use super::outcome::{self, RunOutcome, TargetSpec};
use super::question::{Question, Watch};
use super::run::Setting;
use super::runs::runs;
use super::statistics;
use super::study::{self, Assumption};

/// Runs that a change of one duration is tried on, at most.
const TRIED: u64 = 1_000;

/// What changes no figure in so many runs is not tried on more.
const SCREENED: u64 = 100;

fn of_target(outcomes: &[RunOutcome], at: usize) -> Vec<Option<i64>> {
    outcomes.iter().map(|outcome| outcome.figures[at].us).collect()
}

fn service_name(question: &Question<'_>, target: &TargetSpec<'_>) -> String {
    let services = &question.scenario.objectives.services;
    target
        .service
        .map_or_else(|| "*".to_owned(), |at| services[at].name.clone())
}

pub(super) fn targets(
    question: &Question<'_>,
    targets: &[TargetSpec<'_>],
    outcomes: &[RunOutcome],
) -> Vec<study::Target> {
    let told = |(at, target): (usize, &TargetSpec<'_>)| {
        let count = |such: fn(&outcome::Figure) -> bool| {
            outcomes
                .iter()
                .filter(|outcome| such(&outcome.figures[at]))
                .count() as u64
        };
        let (met, all) = (count(|figure| figure.met), outcomes.len() as u64);
        let (chance_low, chance_high) = statistics::wilson(met, all);
        study::Target {
            service: service_name(question, target),
            metric: target.metric,
            target_s: target.target.as_secs_f64(),
            source: target.source.to_string(),
            untouched: target.untouched,
            met,
            met_by_fault_end: count(|figure| figure.by_fault_end),
            unaffected: count(|figure| figure.unaffected),
            chance: if all == 0 { 0.0 } else { met as f64 / all as f64 },
            chance_low,
            chance_high,
            figure: statistics::distribution(&of_target(outcomes, at)),
        }
    };
    targets.iter().enumerate().map(told).collect()
}

/// The name of a duration: 0 is detection, then the steps.
fn duration_name<'a>(model: &Model<'a>, at: usize) -> &'a str {
    at.checked_sub(1)
        .map_or("detection", |step| &model.steps[step].id)
}

pub(super) fn durations(
    question: &Question<'_>,
    model: &Model<'_>,
    targets: &[TargetSpec<'_>],
    outcomes: &[RunOutcome],
) -> Vec<study::Duration> {
    if question.scenario.detection.is_none() {
        return Vec::new();
    }
    let all = outcomes.len().max(1) as f64;
    let rtos = targets
        .iter()
        .enumerate()
        .filter(|(_, target)| target.metric == study::Metric::Rto);
    let rtos: Vec<(String, Vec<Option<i64>>)> = rtos
        .map(|(at, target)| (service_name(question, target), of_target(outcomes, at)))
        .collect();
    let told = |at: usize| {
        let lengths: Vec<Option<i64>> = outcomes.iter().map(|outcome| outcome.lengths[at]).collect();
        let on_way: Vec<f64> = outcomes
            .iter()
            .filter_map(|outcome| outcome.critical[at])
            .collect();
        study::Duration {
            name: duration_name(model, at).to_owned(),
            action: at
                .checked_sub(1)
                .map_or("detection", |step| model.steps[step].action.name())
                .to_owned(),
            basis: basis(question, model, at),
            length: statistics::distribution(&lengths),
            runs: outcomes.iter().filter(|outcome| outcome.ran[at]).count() as u64,
            failed: outcomes.iter().filter(|outcome| outcome.failed[at]).count() as u64,
            critical: on_way.len() as f64 / all,
            // Of none it is a negative zero.
            share: on_way.iter().sum::<f64>() / all + 0.0,
            correlations: rtos
                .iter()
                .map(|(service, figures)| study::Correlation {
                    service: service.clone(),
                    rank: statistics::spearman(&lengths, figures),
                })
                .collect(),
        }
    };
    (0..=model.steps.len()).map(told).collect()
}

/// The source of a duration, as text.
fn basis(question: &Question<'_>, model: &Model<'_>, at: usize) -> String {
    let Some(step) = at.checked_sub(1).map(|step| model.steps[step]) else {
        let detection = question.scenario.detection.as_ref();
        return detection.map_or_else(String::new, |detection| {
            format!(
                "{} of probe {}, asked every {}",
                detection.failing, detection.probe, detection.every
            )
        });
    };
    let mut parts = Vec::new();
    if let Some(takes) = &step.takes {
        parts.push(format!("{}, {}", takes.describe(), step.source));
    }
    let action = &step.action;
    if let Some(wait) = action.get::<Wait>() {
        parts.push(format!("waits {}", wait.for_));
    } else if let Some(check) = action.get::<Check>() {
        parts.push(format!("waits for {}", check.probe));
    } else if action.works() {
        if question
            .calibration
            .steps
            .get(&step.id)
            .is_some_and(|past| !past.is_empty())
        {
            parts.push("work as in past runs".to_owned());
        } else if question.scenario.timing() == Timing::Aws {
            parts.push("what its calls take at AWS".to_owned());
        }
    }
    if parts.is_empty() {
        "no time".to_owned()
    } else {
        parts.join("; ")
    }
}

pub(super) fn what_if(
    question: &Question<'_>,
    setting: &Setting<'_, '_>,
    targets: &[TargetSpec<'_>],
    outcomes: &[RunOutcome],
    watch: &Watch,
) -> Vec<study::WhatIf> {
    let tried = (outcomes.len() as u64).min(TRIED);
    let all_before = &outcomes[..tried as usize];
    let mut found = Vec::new();
    if question.scenario.detection.is_none() {
        return found;
    }
    // That of a what-if does not count as a run.
    let uncounted = |watch: &Watch| Watch {
        done: AtomicU64::new(0),
        stop: AtomicBool::new(watch.stop.load(Ordering::Relaxed)),
    };
    for at in 0..=setting.model.steps.len() {
        // What never takes any time cannot be halved.
        if all_before
            .iter()
            .all(|outcome| outcome.lengths[at].is_none_or(|us| us == 0))
        {
            continue;
        }
        for factor in [0.5, 2.0] {
            if watch.stop.load(Ordering::Relaxed) {
                return found;
            }
            let changed = Setting {
                change: Some((at, factor)),
                ..*setting
            };
            let sample = tried.min(SCREENED);
            let mut after = runs(question, &changed, targets, 0..sample, &uncounted(watch));
            let same = |(a, b): (&RunOutcome, &RunOutcome)| {
                let mut figures = a.figures.iter().zip(&b.figures);
                figures.all(|(a, b)| a.us == b.us && a.met == b.met)
            };
            if !all_before.iter().zip(&after).all(same) {
                after.extend(runs(
                    question,
                    &changed,
                    targets,
                    sample..tried,
                    &uncounted(watch),
                ));
            }
            let before = &all_before[..after.len()];
            for (target, spec) in targets.iter().enumerate() {
                let chance = |outcomes: &[RunOutcome]| {
                    let met = outcomes
                        .iter()
                        .filter(|outcome| outcome.figures[target].met)
                        .count();
                    met as f64 / outcomes.len().max(1) as f64
                };
                let median = |outcomes: &[RunOutcome]| {
                    statistics::quantile(&of_target(outcomes, target), 50).map(statistics::seconds)
                };
                found.push(study::WhatIf {
                    duration: duration_name(setting.model, at).to_owned(),
                    factor,
                    service: service_name(question, spec),
                    metric: spec.metric,
                    runs: after.len() as u64,
                    before: chance(before),
                    after: chance(&after),
                    median_before_s: median(before),
                    median_after_s: median(&after),
                });
            }
        }
    }
    found
}

pub(super) fn worst(
    question: &Question<'_>,
    model: &Model<'_>,
    targets: &[TargetSpec<'_>],
    outcomes: &[RunOutcome],
) -> Vec<study::WorstRun> {
    /// At most so many are reported.
    const TOLD: usize = 10;
    const CAUSES: usize = 3;
    /// What is longer than its median by less than this part of it explains nothing.
    const NOTEWORTHY: i64 = 10;
    let mut order: Vec<&RunOutcome> = outcomes
        .iter()
        .filter(|outcome| outcome.longest.is_some())
        .collect();
    let length = |outcome: &RunOutcome| outcome.longest.map_or(0, |(_, us)| us.unwrap_or(i64::MAX));
    order.sort_by_key(|outcome| std::cmp::Reverse(length(outcome)));
    order.truncate(TOLD);
    let medians: Vec<Option<i64>> = (0..=model.steps.len())
        .map(|at| {
            let lengths: Vec<Option<i64>> = outcomes.iter().map(|outcome| outcome.lengths[at]).collect();
            statistics::quantile(&lengths, 50)
        })
        .collect();
    let told = |outcome: &&RunOutcome| {
        let (service, us) = outcome.longest.unwrap_or((0, None));
        let missed = targets
            .iter()
            .zip(&outcome.figures)
            .filter(|(_, figure)| !figure.met);
        let metric = |metric| match metric {
            study::Metric::Rto => "rto",
            study::Metric::Rpo => "rpo",
            study::Metric::Mtd => "mtd",
            study::Metric::Failback => "failback",
        };
        let mut extremes: Vec<(f64, usize, i64, i64)> = (0..=model.steps.len())
            .filter_map(|at| {
                // What was not on its way did not make it longer.
                outcome.critical[at]?;
                let (value, median) = (outcome.lengths[at]?, medians[at]?);
                (value > median + median / NOTEWORTHY && median > 0)
                    .then(|| (value as f64 / median as f64, at, value, median))
            })
            .collect();
        extremes.sort_by(|a, b| b.0.total_cmp(&a.0));
        extremes.truncate(CAUSES);
        study::WorstRun {
            seed: outcome.seed,
            service: question.scenario.objectives.services[service].name.clone(),
            down_s: us.map(statistics::seconds),
            missed: missed
                .map(|(target, _)| format!("{} {}", service_name(question, target), metric(target.metric)))
                .collect(),
            because: extremes
                .into_iter()
                .map(|(_, at, value, median)| study::Extreme {
                    name: duration_name(model, at).to_owned(),
                    value_s: statistics::seconds(value),
                    median_s: statistics::seconds(median),
                })
                .collect(),
        }
    };
    order.iter().map(told).collect()
}

pub(super) fn fleet(model: &Model<'_>, outcomes: &[RunOutcome]) -> Option<study::Fleet> {
    let fleet = model.fleet.as_ref()?;
    let away: Vec<[Option<i64>; 4]> = outcomes.iter().filter_map(|outcome| outcome.fleet).collect();
    if away.is_empty() {
        return None;
    }
    let back = crate::storm::SHARES.iter().enumerate().map(|(at, percent)| {
        let after: Vec<Option<i64>> = away.iter().map(|back| back[at]).collect();
        study::BackAfter {
            percent: *percent,
            after: statistics::distribution(&after),
        }
    });
    Some(study::Fleet {
        devices: u64::from(fleet.fleet.devices),
        connects_per_second: fleet.connects_per_second,
        profile: fleet.profile.name.to_owned(),
        back: back.collect(),
    })
}

/// What goes wrong in some of the runs beside the targets.
pub(super) fn findings(model: &Model<'_>, outcomes: &[RunOutcome]) -> Vec<study::Finding> {
    let mut found = Vec::new();
    let mut add = |runs: usize, text: String, line: Option<u32>| {
        if runs > 0 {
            found.push(study::Finding {
                text,
                runs: runs as u64,
                line,
            });
        }
    };
    for (at, step) in model.steps.iter().enumerate() {
        let runs = outcomes.iter().filter(|outcome| outcome.failed[at + 1]).count();
        let ends = match step.on_failure {
            OnFailure::Abort => ", and what comes after it is not begun",
            OnFailure::Continue | OnFailure::Retry => "",
        };
        add(runs, format!("step {} fails{ends}", step.id), Some(step.line));
    }
    if model.scenario.objectives.protection == ProtectionObjective::Judge {
        for (at, bucket) in model.stores.iter().enumerate() {
            let runs = outcomes
                .iter()
                .filter(|outcome| outcome.unprotected.contains(&at))
                .count();
            let text = format!(
                "{} {} is without its declared copies or versions at the end: a drill fails on that",
                bucket.kind.noun, bucket.label
            );
            add(runs, text, Some(bucket.line));
        }
    }
    found
}

/// What the model takes for granted of this scenario.
pub(super) fn assumptions(question: &Question<'_>, model: &Model<'_>) -> Vec<Assumption> {
    let scenario = question.scenario;
    let mut told = Vec::new();
    let mut say = |text: String, line: Option<u32>| told.push(Assumption { text, line });
    for step in &model.steps {
        if !step.action.is::<Shell>() {
            continue;
        }
        match question
            .calibration
            .steps
            .get(&step.id)
            .filter(|past| !past.is_empty())
        {
            Some(past) => say(
                format!(
                    "step {} puts right the same share of what is left to be put right as in {}, and fails as often",
                    step.id,
                    match past.len() {
                        1 => "one recorded drill".to_owned(),
                        n => format!("{n} recorded drills"),
                    }
                ),
                Some(step.line),
            ),
            None if !model.by_scripts => say(
                format!(
                    "step {} runs commands of your own: they are taken to change nothing, since other steps put things right; \
                     only a drill shows what they do",
                    step.id
                ),
                Some(step.line),
            ),
            None => say(
                format!(
                    "step {} runs commands of your own: they are taken to work, and to put back whatever is left to be put \
                     back when they end; only a drill shows whether they do",
                    step.id
                ),
                Some(step.line),
            ),
        }
    }
    if scenario.timing() == Timing::Loopback && model.steps.iter().any(|step| step.action.works()) {
        say(
            "the work of steps takes no time, since no bucket has `stands_for` and `timing` is not aws"
                .to_owned(),
            None,
        );
    }
    for writer in scenario.writers.iter().filter(|writer| writer.deletes.is_some()) {
        say(
            format!("writer {} deletes nothing: its deletes are left out", writer.name),
            Some(writer.line),
        );
    }
    if scenario.objectives.protection == ProtectionObjective::Judge {
        say(
            "whether all copies have arrived at the end, and whether functions are as declared, is not forecast; a drill judges it"
                .to_owned(),
            None,
        );
    }
    say(
        "what is done within seconds takes none: moving a name, starting a broker; what devices need for TLS, Wi-Fi and their \
         boot is left out"
            .to_owned(),
        None,
    );
    told
}
