//! Text of a run as a whole: its cloud, its seal, why it has its verdict.

use drill::report::{Report, StandsFor, Verdict};

use super::numbers::span;

/// What a larger fleet than the drilled one would do, if the report has it.
pub(crate) fn larger_fleet(report: &Report) -> Option<&StandsFor> {
    report.fleet.as_ref()?.stands_for.as_ref()
}

/// `seal e5b1f0c27d9a`: the beginning tells one run from another.
pub(crate) fn seal(report: &Report) -> String {
    match &report.seal {
        Some(seal) => format!("seal {}", seal.chars().take(12).collect::<String>()),
        None => "not sealed".to_owned(),
    }
}

/// `embedded`; with services that are elsewhere `embedded (s3: http://127.0.0.1:5000)`.
pub(crate) fn cloud(report: &Report) -> String {
    let routes: Vec<String> = report
        .routes
        .iter()
        .map(|route| format!("{}: {}", route.service, route.to))
        .collect();
    if routes.is_empty() {
        report.cloud.clone()
    } else {
        format!("{} ({})", report.cloud, routes.join(", "))
    }
}

/// The sentence below the verdict: the decisive reason, or what the verdict means.
pub(crate) fn why(report: &Report) -> String {
    match (report.reasons.first(), report.verdict) {
        (Some(reason), _) => reason.clone(),
        (None, Verdict::Pass) => "Every objective was met.".to_owned(),
        (None, Verdict::Fail) => "At least one objective was missed.".to_owned(),
        (None, Verdict::Inconclusive) => "The drill cannot tell.".to_owned(),
    }
}

/// What to say of a run that reached its end and has no seal.
pub(crate) const UNSEALED: &str = "the run came to its end, and there is no seal.sha256: it was killed before it was sealed, or \
     the seal was removed. Nothing shows that its records are as the drill left them.";

/// What to say of a run that did not reach its end.
pub(crate) fn partial(report: &Report) -> String {
    if report.lacks_seal {
        return format!("Not sealed: {}", UNSEALED);
    }
    format!(
        "Partial: the run ended before the drill did. The records stop at {} of drill time; what came after is \
         not known.",
        span(report.drill_seconds)
    )
}
