//! What verdicts, metrics, outcomes and severities are called, and the signs that they have.

use drill::journal::ProtectionKind;
use drill::journal::StepOutcome;
use drill::report::{Metric, ObjectiveVerdict, Severity, Verdict};
use drill::scenario::Durations;

/// `RTO`, `RPO`, …
pub(crate) fn metric(metric: Metric) -> &'static str {
    match metric {
        Metric::Rto => "RTO",
        Metric::Rpo => "RPO",
        Metric::Mtd => "MTD",
        Metric::Fleet => "fleet",
        Metric::Failback => "failback",
        Metric::Protection => "protection",
    }
}

/// The metric as `report.json` writes it.
pub(crate) fn metric_key(metric: Metric) -> &'static str {
    metric.key()
}

/// What the metric is about, for those who do not speak in acronyms.
pub(crate) fn metric_in_full(metric: Metric) -> &'static str {
    match metric {
        Metric::Rto => "recovery time",
        Metric::Rpo => "recovery point (age of the lost data)",
        Metric::Mtd => "downtime in all",
        Metric::Fleet => "devices back",
        Metric::Failback => "return to the primary",
        Metric::Protection => "what protects is back",
    }
}

/// `PASS`, `FAIL`, `INCONCLUSIVE`.
pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail => "FAIL",
        Verdict::Inconclusive => "INCONCLUSIVE",
    }
}

/// The verdict as `report.json` writes it.
pub(crate) fn verdict_key(verdict: Verdict) -> &'static str {
    verdict.key()
}

/// A sign for the verdict that needs no colour.
pub(crate) fn verdict_sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✔",
        Verdict::Fail => "✘",
        Verdict::Inconclusive => "?",
    }
}

/// `met`, `missed`, …
pub(crate) fn objective_verdict(verdict: ObjectiveVerdict) -> &'static str {
    match verdict {
        ObjectiveVerdict::Pass => "met",
        ObjectiveVerdict::Fail => "missed",
        ObjectiveVerdict::Inconclusive => "inconclusive",
        ObjectiveVerdict::NotExercised => "not exercised",
        ObjectiveVerdict::Unaffected => "unaffected",
    }
}

/// A sign for an objective's verdict that needs no colour.
pub(crate) fn objective_sign(verdict: ObjectiveVerdict) -> &'static str {
    match verdict {
        ObjectiveVerdict::Pass | ObjectiveVerdict::Unaffected => "✔",
        ObjectiveVerdict::Fail => "✘",
        ObjectiveVerdict::Inconclusive | ObjectiveVerdict::NotExercised => "?",
    }
}

/// `critical`, `warning`, `note`.
pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// A sign for the severity that needs no colour.
pub(crate) fn severity_sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "✘",
        Severity::Warning => "!",
        Severity::Note => "i",
    }
}

/// `done`, `failed`, …
pub(crate) fn outcome(outcome: StepOutcome) -> &'static str {
    match outcome {
        StepOutcome::Done => "done",
        StepOutcome::Failed => "failed",
        StepOutcome::Skipped => "skipped",
        StepOutcome::GoneThrough => "gone through",
        StepOutcome::NotStarted => "not started",
        StepOutcome::Interrupted => "interrupted",
    }
}

/// What a kind of protection is called.
pub(crate) fn protection_kind(kind: ProtectionKind) -> &'static str {
    match kind {
        ProtectionKind::Versioning => "versioning",
        ProtectionKind::Replication => "replication",
        ProtectionKind::Copies => "copies",
        ProtectionKind::Concurrency => "concurrency",
        ProtectionKind::Version => "version in service",
    }
}

/// Which of a modelled duration's values was taken.
pub(crate) fn durations(durations: Durations) -> &'static str {
    match durations {
        Durations::P95 => "at the 95th percentile",
        Durations::P50 => "at the median",
        Durations::Draw => "drawn from the seed",
    }
}

/// `declare → restore → verify`; `none` of no step.
pub(crate) fn path(steps: &[String]) -> String {
    if steps.is_empty() {
        "none".to_owned()
    } else {
        steps.join(" → ")
    }
}
