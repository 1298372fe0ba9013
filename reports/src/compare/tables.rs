//! The comparison as tables of text, for terminal and page alike.

use drill::journal::StepOutcome;
use drill::report::{DataSet, Metric, Objective, Seconds, Step};
use drill::units::ByteSize;

use super::comparison::{Comparison, Pair};
use crate::text;

/// Figures of both runs under one heading.
pub(super) struct Table {
    pub(super) heading: String,
    /// Remarks on the whole table.
    pub(super) note: Option<String>,
    pub(super) rows: Vec<Row>,
}

/// One figure of both runs.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) a: String,
    pub(super) b: String,
    /// Of the second run against the first; empty where both are the same.
    pub(super) change: String,
}

impl Row {
    /// Of texts that are the same or not.
    fn new(name: &str, a: impl Into<String>, b: impl Into<String>) -> Row {
        let (a, b) = (a.into(), b.into());
        let change = if a == b { "" } else { "changed" };
        Row::with(name, a, b, change)
    }

    pub(super) fn with(name: &str, a: String, b: String, change: impl Into<String>) -> Row {
        Row {
            name: name.to_owned(),
            a,
            b,
            change: change.into(),
        }
    }

    fn seconds(name: &str, a: Option<Seconds>, b: Option<Seconds>) -> Row {
        let shown = |s: Option<Seconds>| s.map_or("–".to_owned(), text::span);
        let change = match (a, b) {
            (Some(a), Some(b)) => difference(a, b, text::span),
            _ => String::new(),
        };
        Row::with(name, shown(a), shown(b), change)
    }

    fn count(name: &str, a: Option<u64>, b: Option<u64>) -> Row {
        Row::number(name, a, b, text::count)
    }

    fn number(name: &str, a: Option<u64>, b: Option<u64>, word: fn(u64) -> String) -> Row {
        let shown = |n: Option<u64>| n.map_or("–".to_owned(), word);
        let change = match (a, b) {
            (Some(a), Some(b)) => difference(a as f64, b as f64, |n| word(n as u64)),
            _ => String::new(),
        };
        Row::with(name, shown(a), shown(b), change)
    }
}

/// `+ 15s (+ 12 %)`; empty where there is none.
pub(super) fn difference(a: f64, b: f64, word: impl Fn(f64) -> String) -> String {
    let by = b - a;
    if by == 0.0 || word(by.abs()) == word(0.0) {
        return String::new();
    }
    let sign = if by < 0.0 { "−" } else { "+" };
    let share = if a > 0.0 {
        format!(" ({sign} {})", text::share(by.abs(), a))
    } else {
        String::new()
    };
    format!("{sign} {}{share}", word(by.abs()))
}

/// The verdict and each objective.
pub(super) fn objectives(comparison: &Comparison) -> Table {
    let mut rows = vec![Row::new(
        "verdict",
        text::verdict(comparison.a.verdict),
        text::verdict(comparison.b.verdict),
    )];
    for pair in &comparison.objectives {
        objective(pair, &mut rows);
    }
    Table {
        heading: "Objectives".to_owned(),
        note: unmatched(&comparison.objectives, "objective"),
        rows,
    }
}

fn objective(pair: &Pair<Objective>, rows: &mut Vec<Row>) {
    let told = |objective: &Option<Objective>, word: fn(&Objective) -> String| {
        objective.as_ref().map_or("–".to_owned(), word)
    };
    let word: fn(&Objective) -> String = text::achieved_with_error;
    let (a, b) = (told(&pair.a, word), told(&pair.b, word));
    rows.push(Row::with(&pair.name, a, b, figure_change(pair)));
    let verdict: fn(&Objective) -> String = |objective| {
        format!(
            "{} {}",
            text::objective_sign(objective.verdict),
            text::objective_verdict(objective.verdict)
        )
    };
    rows.push(Row::new(
        "  verdict",
        told(&pair.a, verdict),
        told(&pair.b, verdict),
    ));
    let (target_a, target_b) = (told(&pair.a, text::target), told(&pair.b, text::target));
    if target_a != target_b {
        rows.push(Row::new("  target", target_a, target_b));
    }
}

/// By how much an objective's figure changed, if both are known, and whether both are as exact as that.
fn figure_change(pair: &Pair<Objective>) -> String {
    let (Some(a), Some(b)) = (&pair.a, &pair.b) else {
        return String::new();
    };
    if a.metric == Metric::Protection {
        return String::new();
    }
    let known = |objective: &Objective| match objective.at_least_s {
        Some(_) => None,
        None => objective.actual_s,
    };
    let (Some(before), Some(after)) = (known(a), known(b)) else {
        return if text::achieved(a) == text::achieved(b) {
            String::new()
        } else {
            "not known how much".to_owned()
        };
    };
    let difference = difference(before, after, text::span);
    let within = (after - before).abs() <= a.error_s + b.error_s;
    if within && !difference.is_empty() {
        format!("{difference}, within the error of both")
    } else {
        difference
    }
}

/// A table for each step.
pub(super) fn steps(comparison: &Comparison) -> Vec<Table> {
    let path = &comparison.critical_path;
    let step = |pair: &Pair<Step>| {
        let on = (path.a.contains(&pair.name), path.b.contains(&pair.name));
        let on_path = match on {
            (true, true) => Some("On the critical path of both.".to_owned()),
            (true, false) => Some("On the critical path of A only.".to_owned()),
            (false, true) => Some("On the critical path of B only.".to_owned()),
            (false, false) => None,
        };
        let only = match (&pair.a, &pair.b) {
            (Some(_), None) => Some("In A only.".to_owned()),
            (None, Some(_)) => Some("In B only.".to_owned()),
            _ => None,
        };
        let notes: Vec<String> = only.into_iter().chain(on_path).collect();
        let action = pair
            .a
            .as_ref()
            .or(pair.b.as_ref())
            .map(|step| step.action.as_str());
        Table {
            heading: format!("Step {} ({})", pair.name, action.unwrap_or_default()),
            note: (!notes.is_empty()).then(|| notes.join(" ")),
            rows: step_rows(pair),
        }
    };
    comparison.steps.iter().map(step).collect()
}

fn step_rows(pair: &Pair<Step>) -> Vec<Row> {
    let (a, b) = (pair.a.as_ref(), pair.b.as_ref());
    let seconds = |name, of: fn(&Step) -> Option<Seconds>| Row::seconds(name, a.and_then(of), b.and_then(of));
    let count = |name, of: fn(&Step) -> u64| Row::count(name, a.map(of), b.map(of));
    let told = |step: Option<&Step>, word: fn(&Step) -> Option<String>| {
        step.and_then(word).unwrap_or("–".to_owned())
    };
    let text = |name, word: fn(&Step) -> Option<String>| Row::new(name, told(a, word), told(b, word));
    let always = [
        text("outcome", |step| Some(text::outcome(step.outcome).to_owned())),
        seconds("took", |step| Some(step.end_s? - step.start_s?)),
        seconds("measured", |step| begun(step, step.measured_s)),
        seconds("modelled", |step| begun(step, step.modelled_s)),
        count("calls", |step| step.calls),
        Row::number("bytes", a.map(|s| s.bytes), b.map(|s| s.bytes), |n| {
            ByteSize(n).to_string()
        }),
    ];
    // What most steps do not have stands there only where one of both has it.
    let seldom = [
        seconds("observed", |step| begun(step, step.observed_s)),
        count("retries", |step| step.retries),
        count("attempts", |step| step.attempts.saturating_sub(1)),
        text("window", text::window),
        text("error", |step| step.error.clone()),
    ];
    let is_there = |row: &Row| {
        ![&row.a, &row.b]
            .iter()
            .all(|cell| ["0", "0s", "–"].contains(&cell.as_str()))
    };
    let seldom = seldom
        .into_iter()
        .filter(is_there)
        .map(|row| match row.name.as_str() {
            "attempts" => Row {
                name: "further attempts".to_owned(),
                ..row
            },
            _ => row,
        });
    always.into_iter().chain(seldom).collect()
}

/// Of a step that began.
fn begun(step: &Step, seconds: Seconds) -> Option<Seconds> {
    (step.outcome != StepOutcome::NotStarted).then_some(seconds)
}

/// A table for each data set.
pub(super) fn data(comparison: &Comparison) -> Vec<Table> {
    let set = |pair: &Pair<DataSet>| {
        let (a, b) = (pair.a.as_ref(), pair.b.as_ref());
        let count = |name, of: fn(&DataSet) -> u64| Row::count(name, a.map(of), b.map(of));
        let rpa = |set: Option<&DataSet>| set.map_or("–".to_owned(), text::rpa);
        let rpa_s = |set: Option<&DataSet>| set.filter(|set| set.rpa_at_least_s.is_none())?.rpa_s;
        let change = match (rpa_s(a), rpa_s(b)) {
            (Some(a), Some(b)) => difference(a, b, text::span),
            _ => String::new(),
        };
        let rows = vec![
            count("writes counted", |set| set.counted),
            count("lost", |set| set.lost),
            count("corrupted", |set| set.corrupted),
            count("stale", |set| set.stale),
            count("of unknown fate", |set| set.unknown),
            count("delayed", |set| set.delayed),
            Row::with("recovery point", rpa(a), rpa(b), change),
        ];
        Table {
            heading: format!("Data set {}", pair.name),
            note: match (a, b) {
                (Some(_), None) => Some("In A only.".to_owned()),
                (None, Some(_)) => Some("In B only.".to_owned()),
                _ => None,
            },
            rows,
        }
    };
    comparison.data.iter().map(set).collect()
}

/// What was drawn otherwise.
pub(super) fn draws(comparison: &Comparison) -> Option<Table> {
    let rows: Vec<Row> = comparison
        .draws
        .iter()
        .map(|drawn| Row::new(&drawn.what, &drawn.a, &drawn.b))
        .collect();
    (!rows.is_empty()).then(|| Table {
        heading: "What was drawn otherwise".to_owned(),
        note: None,
        rows,
    })
}

/// `In A only: objective x RTO.`
fn unmatched<T>(pairs: &[Pair<T>], thing: &str) -> Option<String> {
    let only = |which: &str, is_there: fn(&Pair<T>) -> bool| {
        let names: Vec<&str> = pairs
            .iter()
            .filter(|pair| !is_there(pair))
            .map(|pair| pair.name.as_str())
            .collect();
        (!names.is_empty()).then(|| format!("In {which} only: {thing} {}.", names.join(", ")))
    };
    let both: Vec<String> = [
        only("A", |pair| pair.b.is_some()),
        only("B", |pair| pair.a.is_some()),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!both.is_empty()).then(|| both.join(" "))
}
