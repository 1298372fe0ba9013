//! Findings and their words.

use crate::measures::case::Case;
use crate::report::{Finding, Severity};
use crate::scenario::{Source, Step};

/// A finding about the drill as a whole.
pub(crate) fn finding(severity: Severity, kind: &str, text: String) -> Finding {
    Finding {
        severity,
        kind: kind.to_owned(),
        text,
        step: None,
        service: None,
        fault: None,
        about: None,
        source: None,
    }
}

/// A finding that its kind and this identify: a data set, a bucket, a function, a probe.
pub(crate) fn about(severity: Severity, kind: &str, what: &str, text: String) -> Finding {
    Finding {
        about: Some(what.to_owned()),
        ..finding(severity, kind, text)
    }
}

/// A finding about a step, with the line of the plan where the scenario names it.
pub(crate) fn about_step(severity: Severity, kind: &str, step: &Step, text: String) -> Finding {
    Finding {
        step: Some(step.id.clone()),
        source: plan_line(&step.source),
        ..finding(severity, kind, text)
    }
}

/// Whether a step was taken to its end, well or not.
pub(crate) fn ran(case: &Case<'_>, step: &Step) -> bool {
    let end = case.step_run(step).and_then(|run| run.ended);
    end.is_some_and(|(_, end)| end.outcome.is_an_end())
}

/// `plan:151`, if it is the plan that says so.
pub(crate) fn plan_line(source: &Source) -> Option<String> {
    matches!(source, Source::Plan { .. }).then(|| source.to_string())
}

/// `1 write`, `47 writes`.
pub(crate) fn count(n: u64, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

/// A text as a sentence: with a full stop, unless it has one.
pub(crate) fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}
