//! Whether a judged drill ended as its scenario expects, and if not, why: pure, for continuous integration.
//!
//! ```text
//!   scenario: expect {verdict, because} ─┐
//!                                        ├──► unfulfilled: a sentence for each difference, none if all is as expected
//!   Report ──────────────────────────────┘
//! ```
//!
//! A plan that is known to fail is drilled to see that it still fails *for the reason that is known*. A failure for another
//! reason is a difference, and so is a drill that does better than expected: the expectation is then out of date.

use std::collections::BTreeSet;

use crate::journal::StepOutcome;
use crate::report::{Finding, Metric, Objective, ObjectiveVerdict, Report, Severity, Verdict};
use crate::scenario::{Because, Expectation};

/// What a drill is expected to do where its scenario says nothing.
pub const PASS: Expectation = Expectation {
    verdict: Verdict::Pass,
    because: None,
    line: 0,
};

impl Metric {
    /// As scenarios and `report.json` write it: `rto`.
    pub fn key(self) -> &'static str {
        match self {
            Metric::Rto => "rto",
            Metric::Rpo => "rpo",
            Metric::Mtd => "mtd",
            Metric::Fleet => "fleet",
            Metric::Failback => "failback",
            Metric::Protection => "protection",
        }
    }
}

impl Verdict {
    /// As scenarios and `report.json` write it: `pass`.
    pub fn key(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Inconclusive => "inconclusive",
        }
    }
}

impl Objective {
    /// How an expectation names it: `program-delivery rto`, `* mtd`.
    pub fn key(&self) -> String {
        format!("{} {}", self.service, self.metric.key())
    }

    /// Whether the drill could not tell whether it is met.
    pub fn is_open(&self) -> bool {
        matches!(
            self.verdict,
            ObjectiveVerdict::Inconclusive | ObjectiveVerdict::NotExercised
        )
    }
}

/// Why a drill did not end as expected, a sentence each; empty if it did.
pub fn unfulfilled(expectation: &Expectation, report: &Report) -> Vec<String> {
    let mut why = Vec::new();
    if !report.complete {
        why.push("The run did not come to its end.".to_owned());
    }
    if report.verdict != expectation.verdict {
        why.push(format!(
            "The verdict is {}, and {} is expected.",
            report.verdict.key(),
            expectation.verdict.key()
        ));
    }
    if report
        .exercise
        .as_ref()
        .is_some_and(|exercise| !exercise.complete)
    {
        why.push("The exercise was not gone through to its end.".to_owned());
    }
    match &expectation.because {
        Some(because) => reasons(because, report, &mut why),
        // Without `because` a pass or an open verdict names no step; `check` refuses a failure without one.
        None if expectation.verdict == Verdict::Fail => {
            why.push("The scenario does not say for which reason the drill is expected to fail.".to_owned());
        }
        None => {}
    }
    why
}

fn reasons(because: &Because, report: &Report, why: &mut Vec<String>) {
    let missed = |objective: &&Objective| objective.verdict == ObjectiveVerdict::Fail;
    let found = named(report.objectives.iter().filter(missed));
    differences(&because.missed, &found, "missed", why);
    if let Some(open) = &because.open {
        let found = named(report.objectives.iter().filter(|objective| objective.is_open()));
        differences(open, &found, "open", why);
    }
    if let Some(steps) = &because.steps {
        differing_steps(steps, report, why);
    }
    for (step, text) in &because.errors {
        why.extend(other_error(step, text, report));
    }
}

/// That a step did not fail with this error.
fn other_error(id: &str, text: &str, report: &Report) -> Option<String> {
    let step = report.steps.iter().find(|step| step.id == id);
    let error = step.and_then(|step| step.error.as_deref());
    let of_step =
        |finding: &&Finding| finding.severity == Severity::Critical && finding.step.as_deref() == Some(id);
    let mut said = report
        .findings
        .iter()
        .filter(of_step)
        .map(|finding| finding.text.as_str());
    if error.is_some_and(|error| error.contains(text)) || said.any(|said| said.contains(text)) {
        return None;
    }
    Some(format!(
        "Step {id} is expected to fail with {text:?}: {}.",
        error.map_or("it has no error".to_owned(), |error| format!(
            "its error is {error}"
        ))
    ))
}

fn named<'a>(objectives: impl Iterator<Item = &'a Objective>) -> BTreeSet<String> {
    objectives.map(Objective::key).collect()
}

fn differences(expected: &[String], found: &BTreeSet<String>, word: &str, why: &mut Vec<String>) {
    let absent = expected.iter().filter(|name| !found.contains(*name));
    why.extend(absent.map(|name| format!("{name} is expected to be {word}, and is not.")));
    let further = found.iter().filter(|name| !expected.contains(name));
    why.extend(further.map(|name| format!("{name} is {word}, which is not expected.")));
}

fn differing_steps(expected: &[String], report: &Report, why: &mut Vec<String>) {
    let failed = |id: &str| {
        let step = report.steps.iter().find(|step| step.id == id);
        step.is_some_and(|step| step.outcome == StepOutcome::Failed)
    };
    let criticised = |id: &str| {
        let mut critical = report
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Critical);
        critical.any(|finding| finding.step.as_deref() == Some(id))
    };
    for id in expected {
        if !failed(id) && !criticised(id) {
            why.push(format!(
                "Step {id} is expected to fail: it did not, and no critical finding names it."
            ));
        }
    }
    for step in report
        .steps
        .iter()
        .filter(|step| step.outcome == StepOutcome::Failed)
    {
        if !expected.contains(&step.id) {
            let error = step.error.as_deref().unwrap_or("no error was recorded");
            why.push(format!(
                "Step {} failed, which is not expected: {error}.",
                step.id
            ));
        }
    }
}
