//! The cases of one scenario: of several drills the worst counts, and the case says how many of them it is.

use std::time::Duration;

use drill::report::{DataSet, Objective, ObjectiveVerdict, Report, Seconds, Step, Verdict};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus};

use crate::suite::{Drilled, NoReport};
use crate::text;

/// How a case ends, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Success,
    Skipped,
    Error,
    Failure,
}

/// One case.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) end: End,
    /// The kind of its end (`missed`).
    ty: &'static str,
    /// What was found, in one line.
    message: String,
    /// Why, a line each.
    details: Vec<String>,
    time: Option<Duration>,
}

/// The result of one drill for a case.
struct Found {
    end: End,
    ty: &'static str,
    message: String,
    details: Vec<String>,
}

impl Found {
    fn new(end: End, ty: &'static str, message: String) -> Found {
        Found {
            end,
            ty,
            message,
            details: Vec::new(),
        }
    }
}

impl Case {
    /// Of what each drill says the worst; of several drills with how many of them say it.
    fn worst(name: String, found: Vec<Found>) -> Option<Case> {
        let drills = found.len();
        let worst = found.iter().map(|found| found.end).max()?;
        let same = found.iter().filter(|found| found.end == worst).count();
        let first = found.into_iter().find(|found| found.end == worst)?;
        let message = match drills {
            1 => first.message,
            _ => format!("in {same} of {drills} drills: {}", first.message),
        };
        Some(Case {
            name,
            end: first.end,
            ty: first.ty,
            message,
            details: first.details,
            time: Some(Duration::ZERO),
        })
    }

    /// As the output of the suite has it.
    pub(super) fn line(&self) -> String {
        let end = match self.end {
            End::Success => "ok",
            End::Skipped => "noted",
            End::Error => "open",
            End::Failure => "FAILED",
        };
        text::one_line(&format!("{end}: {}: {}", self.name, self.message))
    }

    pub(super) fn into_junit(self, classname: &str) -> TestCase {
        let mut status = match self.end {
            End::Success => TestCaseStatus::success(),
            End::Skipped => TestCaseStatus::skipped(),
            End::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
            End::Failure => TestCaseStatus::non_success(NonSuccessKind::Failure),
        };
        if self.end != End::Success {
            status
                .set_type(self.ty)
                .set_message(text::one_line(&self.message));
            if !self.details.is_empty() {
                let details: Vec<String> = self.details.iter().map(|line| text::one_line(line)).collect();
                status.set_description(details.join("\n"));
            }
        }
        let mut case = TestCase::new(text::one_line(&self.name), status);
        case.set_classname(classname);
        case.time = self.time;
        case
    }
}

/// All cases of a scenario.
pub(super) fn cases(drilled: &Drilled) -> Vec<Case> {
    let mut cases = vec![of_drill(drilled)];
    let reports: Vec<&Report> = drilled.reports().collect();
    // Objectives, steps and data sets are those of the scenario, the same in each of its drills.
    let Some(first) = reports.first() else {
        return cases;
    };
    for objective in &first.objectives {
        let found = reports.iter().filter_map(|report| {
            let key = objective.key();
            let objective = report.objectives.iter().find(|one| one.key() == key)?;
            Some(of_objective(drilled, report, objective))
        });
        cases.extend(Case::worst(objective.key(), found.collect()));
    }
    for step in first.steps.iter().filter(|step| step.within_s.is_some()) {
        let found = reports.iter().filter_map(|report| {
            let step = report.steps.iter().find(|one| one.id == step.id)?;
            Some(of_window(report, step))
        });
        cases.extend(Case::worst(format!("step {} window", step.id), found.collect()));
    }
    for step in &first.steps {
        let found = reports.iter().filter_map(|report| {
            let mut open = text::not_performed(report);
            open.find(|one| one.id == step.id).map(of_step)
        });
        cases.extend(Case::worst(
            format!("step {} performed", step.id),
            found.collect(),
        ));
    }
    for data in &first.data {
        let found = reports.iter().filter_map(|report| {
            let data = report.data.iter().find(|one| one.name == data.name)?;
            Some(of_data(drilled, report, data))
        });
        cases.extend(Case::worst(format!("data {}", data.name), found.collect()));
    }
    cases.extend(against_baseline(drilled));
    cases
}

/// Whether the drills came to their expected verdict.
fn of_drill(drilled: &Drilled) -> Case {
    let found = drilled.drills.iter().map(|drill| match &drill.result {
        Ok(report) => verdict(drilled, report),
        Err(none) => no_report(none),
    });
    let case = Case::worst("drill".to_owned(), found.collect());
    let case = case.unwrap_or_else(|| Case {
        name: "drill".to_owned(),
        end: End::Error,
        ty: "no_report",
        message: "no drill was run".to_owned(),
        details: Vec::new(),
        time: None,
    });
    Case {
        time: duration(drilled.wall_s()),
        ..case
    }
}

fn no_report(none: &NoReport) -> Found {
    let exit = match none.exit {
        Some(code) => format!("it ended with exit code {code}"),
        None => "a signal ended it".to_owned(),
    };
    Found {
        details: none.why.lines().map(str::to_owned).collect(),
        ..Found::new(End::Error, "no_report", format!("it came to no report: {exit}"))
    }
}

fn verdict(drilled: &Drilled, report: &Report) -> Found {
    let why = drilled.unfulfilled(report);
    let verdict = text::verdict_key(report.verdict);
    if why.is_empty() {
        return Found::new(End::Success, verdict, format!("{verdict}, as expected"));
    }
    let message = if report.complete {
        why.join(" ")
    } else {
        text::partial(report)
    };
    // What was not shown is an error; what was shown to be otherwise is a failure.
    let open = !report.complete || report.verdict == Verdict::Inconclusive;
    let (end, ty) = if open {
        (End::Error, text::verdict_key(Verdict::Inconclusive))
    } else {
        (End::Failure, "unexpected")
    };
    Found {
        details: report.reasons.clone(),
        ..Found::new(end, ty, message)
    }
}

/// What is expected of one objective.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Met,
    Missed,
    Open,
    /// The scenario leaves it open whether it is met.
    MetOrOpen,
}

fn expected(drilled: &Drilled, objective: &Objective) -> Expected {
    let key = objective.key();
    let because = drilled.expectation.because.as_ref();
    let open = because.and_then(|because| because.open.as_ref());
    if because.is_some_and(|because| because.missed.contains(&key)) {
        return Expected::Missed;
    }
    match open {
        Some(open) if open.contains(&key) => Expected::Open,
        Some(_) => Expected::Met,
        None if drilled.expectation.verdict == Verdict::Pass => Expected::Met,
        None => Expected::MetOrOpen,
    }
}

fn of_objective(drilled: &Drilled, report: &Report, objective: &Objective) -> Found {
    let expected = expected(drilled, objective);
    let figures = format!(
        "target {}, achieved {}",
        text::target(objective),
        text::achieved_with_error(objective)
    );
    let name = text::objective_name(objective);
    let mut found = match (objective.verdict, expected) {
        (ObjectiveVerdict::Pass | ObjectiveVerdict::Unaffected, Expected::Met | Expected::MetOrOpen) => {
            return Found::new(End::Success, "met", format!("{name} met: {figures}"));
        }
        (ObjectiveVerdict::Fail, Expected::Missed) => {
            return Found::new(
                End::Success,
                "missed",
                format!("{name} missed, as expected: {figures}"),
            );
        }
        (
            ObjectiveVerdict::Inconclusive | ObjectiveVerdict::NotExercised,
            Expected::Open | Expected::MetOrOpen,
        ) => {
            let why = text::why_open(report, objective);
            return Found::new(End::Success, "open", format!("{name} open, as expected: {why}"));
        }
        (ObjectiveVerdict::Fail, _) => {
            Found::new(End::Failure, "missed", format!("{name} missed: {figures}"))
        }
        (ObjectiveVerdict::Inconclusive, _) => {
            Found::new(End::Error, "inconclusive", text::why_open(report, objective))
        }
        (ObjectiveVerdict::NotExercised, _) => {
            Found::new(End::Error, "not_exercised", text::why_open(report, objective))
        }
        (_, Expected::Missed | Expected::Open) => {
            let otherwise = if expected == Expected::Missed {
                "missed"
            } else {
                "open"
            };
            let message = format!("{name} is expected to be {otherwise}, and was met: {figures}");
            Found::new(End::Failure, "unexpectedly_met", message)
        }
    };
    found.details = causes(report, objective);
    found
}

/// What was found of an objective's service, the most severe first; of none, why the drill has its verdict.
fn causes(report: &Report, objective: &Objective) -> Vec<String> {
    let of_service = report
        .findings
        .iter()
        .filter(|finding| finding.service.as_ref() == Some(&objective.service));
    let found: Vec<String> = of_service.map(|finding| finding.text.clone()).collect();
    if found.is_empty() {
        report.reasons.clone()
    } else {
        found
    }
}

fn of_window(report: &Report, step: &Step) -> Found {
    if report.exercise.is_some() {
        let message = "the windows of an exercise without faults are not judged".to_owned();
        return Found::new(End::Skipped, "window_open", message);
    }
    let end = step.within_s.map_or_else(String::new, |[_, to]| text::span(to));
    match (step.in_time, step.late_s) {
        (Some(true), _) => Found::new(End::Success, "in_time", format!("done within {end}")),
        (Some(false), Some(late)) => {
            let message = format!(
                "its window of {end} was missed by {}; no verdict rests on windows",
                text::span(late)
            );
            Found::new(End::Skipped, "window_missed", message)
        }
        (Some(false), None) => {
            let message = format!("it was not done within {end}; no verdict rests on windows");
            Found::new(End::Skipped, "window_missed", message)
        }
        (None, _) => {
            let message =
                format!("whether it was done within {end} cannot be told; no verdict rests on windows");
            Found::new(End::Skipped, "window_open", message)
        }
    }
}

/// A step that people did not perform, which no verdict shows by itself.
fn of_step(step: &Step) -> Found {
    let why = match &step.performed {
        Some(performed) => text::performed(performed),
        None => step
            .error
            .clone()
            .unwrap_or_else(|| "its end was not confirmed".to_owned()),
    };
    let message = format!("people did not perform it: {why}");
    Found::new(End::Skipped, "step_not_performed", message)
}

fn of_data(drilled: &Drilled, report: &Report, data: &DataSet) -> Found {
    let damaged = data
        .lost
        .saturating_add(data.corrupted)
        .saturating_add(data.stale);
    let mut message = format!(
        "{damaged} of {} writes damaged ({} lost, {} corrupted, {} stale)",
        data.counted, data.lost, data.corrupted, data.stale
    );
    if data.unknown > 0 {
        message.push_str(&format!("; {} could not be read", data.unknown));
    }
    let judged_on_it = |objective: &&Objective| {
        let points = &mut drilled.recovery_points.iter();
        objective.metric == drill::report::Metric::Rpo
            && points.any(|(service, name)| *service == objective.service && *name == data.name)
    };
    let of_rpo = report.objectives.iter().filter(judged_on_it);
    let found = of_rpo.map(|objective| of_objective(drilled, report, objective));
    let worst = found.max_by_key(|found| found.end);
    match worst {
        Some(rpo) => Found {
            message: format!("{message}; {}", rpo.message),
            ..rpo
        },
        None if damaged == 0 && data.unknown == 0 => Found::new(End::Success, "whole", message),
        None => Found::new(
            End::Skipped,
            "not_judged",
            format!("{message}; no RPO is judged on it"),
        ),
    }
}

fn against_baseline(drilled: &Drilled) -> Option<Case> {
    let comparison = drilled.comparison.as_ref()?;
    let regressions = comparison.regressions();
    let found = match (regressions.len(), &comparison.not_compared) {
        (_, Some(why)) => Found::new(End::Error, "not_compared", why.clone()),
        (0, None) => {
            let notes = comparison.notes.join(" ");
            let message = format!("no regression is called. {notes}");
            Found::new(End::Success, "same", message.trim_end().to_owned())
        }
        (n, None) => Found {
            details: regressions[1..]
                .iter()
                .chain(&comparison.notes)
                .cloned()
                .collect(),
            ..Found::new(
                End::Failure,
                "regression",
                match n {
                    1 => regressions[0].clone(),
                    _ => format!("{n} regressions; {}", regressions[0]),
                },
            )
        },
    };
    Case::worst("baseline".to_owned(), vec![found])
}

/// A time that JUnit can hold, if it is one.
pub(super) fn duration(seconds: Seconds) -> Option<Duration> {
    Some(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}
