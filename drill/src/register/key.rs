//! What stays the same of a finding from drill to drill.

use sha2::{Digest, Sha256};

use crate::report::{Finding, Metric, Objective, ObjectiveVerdict, Report, Severity};
use crate::units::Span;

/// Letters of a text that a key shows.
const SHOWN: usize = 40;

/// What a key calls a text without a subject, in the reports of versions that told no kinds.
const OF_A_TEXT: &str = "text";

/// The key of a finding: the same in every drill of `scenario` that finds it.
///
/// ```text
///   s3-bucket-loss/step_failed/step=contain          scenario, kind, what it is about
///   s3-bucket-loss/still_red/service=a,fault=loss
///   s3-bucket-loss/writes_lost/of=programs
///   s3-bucket-loss/warning/the-broker-was-…-1f2e3d4c  where it is about nothing that has a name: its text without numbers
/// ```
///
/// Reports of versions that told no kinds have only texts: `scenario/text/…`.
pub fn key(scenario: &str, finding: &Finding) -> String {
    if finding.kind.is_empty() {
        return text_key(scenario, OF_A_TEXT, &finding.text);
    }
    let named = [
        ("step", &finding.step),
        ("service", &finding.service),
        ("fault", &finding.fault),
    ];
    let subject = match &finding.about {
        Some(about) => format!("of={about}"),
        None => {
            let named = named
                .iter()
                .filter_map(|(name, value)| Some(format!("{name}={}", (*value).as_ref()?)));
            named.collect::<Vec<_>>().join(",")
        }
    };
    if subject.is_empty() {
        text_key(scenario, &finding.kind, &finding.text)
    } else {
        format!("{scenario}/{}/{subject}", finding.kind)
    }
}

/// A key of a text: its first words for people, and a digest of all of it without its numbers.
fn text_key(scenario: &str, kind: &str, text: &str) -> String {
    let plain = without_numbers(text);
    let digest = hex::encode(&Sha256::digest(plain.as_bytes())[..4]);
    let mut words = String::new();
    for c in plain.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => words.push(c.to_ascii_lowercase()),
            _ if !words.is_empty() && !words.ends_with('-') => words.push('-'),
            _ => {}
        }
        if words.len() >= SHOWN {
            break;
        }
    }
    format!("{scenario}/{kind}/{}-{digest}", words.trim_end_matches('-'))
}

/// A text with each run of numbers and their units as one `#`: `7d 20h 51m` and `3m` are alike in it.
fn without_numbers(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let mut plain = String::new();
        let mut digits = false;
        for c in word.chars() {
            match c {
                c if c.is_ascii_digit() => {
                    if !digits {
                        plain.push('#');
                    }
                    digits = true;
                }
                '.' | ',' | ':' if digits => {}
                c => {
                    digits = false;
                    plain.push(c);
                }
            }
        }
        let number = is_number(&plain);
        match out.last_mut() {
            Some(last) if number && last == "#" => {}
            _ if number => out.push("#".to_owned()),
            _ => out.push(plain),
        }
    }
    out.join(" ")
}

/// `#`, `#ms`, `(#h`: a number with its unit and what stands around it.
fn is_number(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '#');
    let unit = word.strip_prefix('#');
    unit.is_some_and(|unit| matches!(unit, "" | "us" | "ms" | "s" | "m" | "min" | "h" | "d" | "%"))
}

/// Something that a drill found and that a register can follow: a finding, or an objective that was missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// Its [`key`].
    pub key: String,
    /// How much it matters: a missed objective is critical.
    pub severity: Severity,
    /// What it says.
    pub text: String,
    /// The step that it is about.
    pub step: Option<String>,
    /// The service that it is about.
    pub service: Option<String>,
    /// The fault that it is about.
    pub fault: Option<String>,
}

/// Everything in a report that a register can follow, each key once (the first of a key is the most severe), the most severe
/// first: missed objectives, then findings.
pub fn tracked(report: &Report) -> Vec<Tracked> {
    let scenario = &report.scenario.name;
    let missed = report
        .objectives
        .iter()
        .filter(|objective| objective.verdict == ObjectiveVerdict::Fail)
        .map(|objective| missed(scenario, objective));
    let found = report.findings.iter().map(|finding| Tracked {
        key: key(scenario, finding),
        severity: finding.severity,
        text: finding.text.clone(),
        step: finding.step.clone(),
        service: finding.service.clone(),
        fault: finding.fault.clone(),
    });
    let mut all: Vec<Tracked> = Vec::new();
    for one in missed.chain(found) {
        if !all.iter().any(|known| known.key == one.key) {
            all.push(one);
        }
    }
    all
}

/// The kind of an objective that was missed.
pub(super) const OBJECTIVE_MISSED: &str = "objective_missed";

fn missed(scenario: &str, objective: &Objective) -> Tracked {
    let span = |seconds: f64| Span::from_millis((seconds * 1_000.0).round() as i64);
    let name = objective.metric.key();
    let service = &objective.service;
    let of = match service.as_str() {
        "*" => "the drill",
        service => service,
    };
    let text = match (objective.metric, objective.actual_s, objective.at_least_s) {
        (Metric::Protection, ..) => format!("Protections of {of} are missing at the end."),
        (_, _, Some(least)) => format!(
            "The {} of {of} ({}) is missed: at least {}.",
            name.to_uppercase(),
            span(objective.target_s),
            span(least)
        ),
        (_, Some(actual), None) => format!(
            "The {} of {of} ({}) is missed: {}.",
            name.to_uppercase(),
            span(objective.target_s),
            span(actual)
        ),
        (_, None, None) => format!(
            "The {} of {of} ({}) is missed.",
            name.to_uppercase(),
            span(objective.target_s)
        ),
    };
    Tracked {
        key: format!("{scenario}/{OBJECTIVE_MISSED}/service={service},of={name}"),
        severity: Severity::Critical,
        text,
        step: None,
        service: (service != "*").then(|| service.clone()),
        fault: None,
    }
}

/// What a key is about: `step` and its id, say.
pub(super) type Subjects<'k> = Vec<(&'k str, &'k str)>;

/// The parts of a key: scenario, kind, and what it is about; of a key that rests on a text there is nothing that it is about.
pub(super) fn parts(key: &str) -> Option<(&str, &str, Subjects<'_>)> {
    let mut parts = key.splitn(3, '/');
    let (scenario, kind, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let subjects: Option<Subjects<'_>> = rest.split(',').map(|part| part.split_once('=')).collect();
    Some((scenario, kind, subjects.unwrap_or_default()))
}
