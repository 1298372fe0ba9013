//! The suite as lines of plain text: one for each scenario, and below it what is not as expected.

use super::{Drilled, State};
use crate::text;

pub(super) fn render(suite: &[Drilled]) -> String {
    let mut text = String::new();
    let width = suite
        .iter()
        .map(|drilled| drilled.name.chars().count())
        .max()
        .unwrap_or(0);
    for drilled in suite {
        let name = text::one_line(&drilled.name);
        let line = format!(
            "{:<12} {name:<width$}  {}",
            sign(drilled.state()),
            verdicts(drilled)
        );
        text.push_str(text::one_line(&line).trim_end());
        text.push('\n');
        for why in whys(drilled) {
            text.push_str(&format!("             {}\n", text::one_line(&why)));
        }
    }
    text
}

/// The state in one word, without colour.
pub(super) fn sign(state: State) -> &'static str {
    match state {
        State::Expected => "ok",
        State::Inconclusive => "INCONCLUSIVE",
        State::Broken => "BROKEN",
        State::Regression => "REGRESSION",
        State::Unexpected => "UNEXPECTED",
    }
}

/// `fail, as expected (3 drills)`, `pass in 2, fail in 1 of 3 drills; expected: pass`.
pub(super) fn verdicts(drilled: &Drilled) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let all = drilled.drills.iter().map(|drill| match &drill.result {
        Ok(report) => report.verdict.key(),
        Err(_) => "no report",
    });
    for verdict in all {
        match counts.iter_mut().find(|(known, _)| *known == verdict) {
            Some((_, count)) => *count += 1,
            None => counts.push((verdict, 1)),
        }
    }
    let drills = match drilled.drills.len() {
        1 => "1 drill".to_owned(),
        n => format!("{n} drills"),
    };
    let expected = drilled.expectation.verdict.key();
    match counts[..] {
        [(verdict, _)] if verdict == expected && drilled.state() != State::Unexpected => {
            format!("{verdict}, as expected ({drills})")
        }
        [(verdict, _)] => format!("{verdict} ({drills}); expected: {expected}"),
        _ => {
            let counted: Vec<String> = counts
                .iter()
                .map(|(verdict, n)| format!("{verdict} in {n}"))
                .collect();
            format!("{} of {drills}; expected: {expected}", counted.join(", "))
        }
    }
}

/// What is not as expected, and what became worse, a sentence each.
pub(super) fn whys(drilled: &Drilled) -> Vec<String> {
    let mut whys: Vec<String> = Vec::new();
    for report in drilled.reports() {
        let further = drilled.unfulfilled(report);
        whys.extend(further);
    }
    for none in drilled.without_report() {
        let last = none.why.lines().rfind(|line| !line.trim().is_empty());
        let exit = none
            .exit
            .map_or("ended by a signal".to_owned(), |code| format!("exit code {code}"));
        whys.push(format!(
            "No report ({exit}): {}",
            last.unwrap_or("it said nothing")
        ));
    }
    if let Some(comparison) = &drilled.comparison {
        whys.extend(comparison.regressions());
        whys.extend(comparison.notes.iter().cloned());
    }
    let mut seen = std::collections::BTreeSet::new();
    whys.retain(|why| seen.insert(why.clone()));
    whys
}
