//! The suite as Markdown: a row for each scenario, what is not as expected, and the details folded.
//!
//! A comment on a pull request holds 65,536 characters on the common hosts: where the details would not fit they are left to the
//! reports, and that is said.

use std::fmt::Write as _;

use baseline::statistics::median;
use baseline::{Call, Comparison, Timing};
use drill::report::{Objective, ObjectiveVerdict, Report};

use super::text::{verdicts, whys};
use super::{Drilled, State};
use crate::markdown::plain;
use crate::text;

/// So many characters are left for the details.
const LONGEST: usize = 60_000;

pub(super) fn render(suite: &[Drilled]) -> String {
    let mut text = heading(suite);
    text.push_str("\n| | Scenario | Verdict | Expected | Worst objective | Against the baseline |\n");
    text.push_str("|---|---|---|---|---|---|\n");
    for drilled in suite {
        text.push_str(&row(drilled));
    }
    for drilled in suite {
        let whys = whys(drilled);
        if drilled.state() == State::Expected && whys.is_empty() {
            continue;
        }
        let _ = write!(text, "\n**{}**\n\n", plain(&drilled.name));
        for why in whys {
            let _ = writeln!(text, "- {}", plain(&why));
        }
    }
    let details: Vec<String> = suite.iter().map(details).collect();
    let fits = text.len() + details.iter().map(String::len).sum::<usize>() < LONGEST;
    if fits {
        details.iter().for_each(|part| text.push_str(part))
    } else {
        text.push_str("\nThe details do not fit here: they stand in each drill's report.\n");
    }
    text
}

fn heading(suite: &[Drilled]) -> String {
    let is_unlike = |drilled: &&Drilled| !matches!(drilled.state(), State::Expected | State::Regression);
    let unlike = suite.iter().filter(is_unlike).count();
    let regressions = suite.iter().filter(|drilled| {
        let comparison = drilled.comparison.as_ref();
        comparison.is_some_and(Comparison::is_regression)
    });
    let of = match suite.len() {
        1 => "1 scenario".to_owned(),
        n => format!("{n} scenarios"),
    };
    match (unlike, regressions.count()) {
        (0, 0) => format!("## ✅ Firedrill: {of} as expected\n"),
        (0, slower) => format!("## ❌ Firedrill: {slower} of {of} with a regression\n"),
        (n, 0) => format!("## ❌ Firedrill: {n} of {of} not as expected\n"),
        (n, slower) => format!("## ❌ Firedrill: {n} of {of} not as expected; {slower} with a regression\n"),
    }
}

fn row(drilled: &Drilled) -> String {
    let state = drilled.state();
    let sign = match state {
        State::Expected => "✅",
        State::Inconclusive => "❔",
        State::Broken | State::Regression | State::Unexpected => "❌",
    };
    let because = drilled.expectation.because.as_ref();
    let missed = because
        .map(|because| because.missed.join(", "))
        .unwrap_or_default();
    let expected = match missed.as_str() {
        "" => drilled.expectation.verdict.key().to_owned(),
        missed => format!("{}: {missed}", drilled.expectation.verdict.key()),
    };
    let worst = drilled.worst().and_then(worst).map(|objective| {
        format!(
            "{}: {} of {}",
            text::objective_name(objective),
            text::achieved_with_error(objective),
            text::target(objective)
        )
    });
    let against = drilled.comparison.as_ref().map(|comparison| {
        if comparison.not_compared.is_some() {
            return "not compared".to_owned();
        }
        match (comparison.regressions().len(), comparison.improvements().len()) {
            (0, 0) => "no regression".to_owned(),
            (0, better) => format!("no regression; {better} better"),
            (1, _) => "1 regression".to_owned(),
            (n, _) => format!("{n} regressions"),
        }
    });
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    format!(
        "| {sign} | {} | {} | {} | {} | {} |\n",
        plain(&drilled.name),
        plain(&verdicts(drilled)),
        plain(&expected),
        plain(&or_dash(worst)),
        plain(&or_dash(against))
    )
}

/// The objective that is missed, or open, or nearest to its target.
fn worst(report: &Report) -> Option<&Objective> {
    let used = |objective: &Objective| {
        let figure = objective.actual_s.or(objective.at_least_s);
        figure.map_or(0.0, |figure| figure / objective.target_s.max(1e-9))
    };
    let rank = |objective: &Objective| match objective.verdict {
        ObjectiveVerdict::Fail => 2,
        ObjectiveVerdict::Inconclusive | ObjectiveVerdict::NotExercised => 1,
        ObjectiveVerdict::Pass | ObjectiveVerdict::Unaffected => 0,
    };
    let mut objectives = report.objectives.iter();
    let first = objectives.next()?;
    let worse =
        |a: &Objective, b: &Objective| rank(a).cmp(&rank(b)).then(used(a).total_cmp(&used(b))).is_gt();
    Some(objectives.fold(first, |worst, one| if worse(one, worst) { one } else { worst }))
}

fn details(drilled: &Drilled) -> String {
    let Some(report) = drilled.worst() else {
        return String::new();
    };
    let mut text = format!(
        "\n<details><summary>{}: {}</summary>\n\n",
        plain(&drilled.name),
        plain(&drilled.title)
    );
    text.push_str("| Objective | Target | Achieved | |\n|---|--:|--:|---|\n");
    for objective in &report.objectives {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            plain(&text::objective_name(objective)),
            plain(&text::target(objective)),
            plain(&text::achieved_with_error(objective)),
            plain(text::objective_verdict(objective.verdict))
        );
    }
    text.push_str(&steps(report, drilled.comparison.as_ref()));
    if let Some(comparison) = &drilled.comparison {
        for better in comparison.improvements() {
            let _ = writeln!(text, "- better: {}", plain(&better));
        }
    }
    text.push_str("\n</details>\n");
    text
}

fn steps(report: &Report, comparison: Option<&Comparison>) -> String {
    let ran: Vec<_> = report.steps.iter().filter(|step| step.end_s.is_some()).collect();
    if ran.is_empty() {
        return String::new();
    }
    let mut text =
        "\n| Step | Calls | Sequential waits | Modelled | Measured | Baseline | |\n|---|--:|--:|--:|--:|--:|---|\n".to_owned();
    for step in ran {
        let timing = comparison.and_then(|all| all.timings.iter().find(|timing| timing.step == step.id));
        let measured = timing.map_or(step.measured_s, |timing| median(&timing.now));
        let (before, call) = timing.map_or_else(Default::default, |timing| {
            (format!("{:.2} s", median(&timing.before)), call(timing))
        });
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {measured:.2} s | {before} | {} |",
            plain(&step.id),
            step.calls,
            step.sequential_waits,
            plain(&text::span(step.modelled_s)),
            plain(&call)
        );
    }
    text
}

/// The text about a step's times.
fn call(timing: &Timing) -> String {
    let share = timing
        .relative
        .map_or_else(String::new, |share| format!("{:+.0} %", share * 100.0));
    match &timing.call {
        Call::Slower => format!("slower: {share}"),
        Call::NotSlower => share,
        Call::TooFew(_) => format!("{share}; too few repeats to tell")
            .trim_start_matches("; ")
            .to_owned(),
        Call::Short => "too short to compare".to_owned(),
        Call::NotCompared(_) => format!("{share}; not compared")
            .trim_start_matches("; ")
            .to_owned(),
    }
}
