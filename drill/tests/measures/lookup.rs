//! What a report has of one thing.

use drill::report::{Finding, Incident, Metric, Objective, Report};

pub(crate) fn objective<'r>(report: &'r Report, service: &str, metric: Metric) -> &'r Objective {
    let wanted = |objective: &&Objective| objective.service == service && objective.metric == metric;
    report
        .objectives
        .iter()
        .find(wanted)
        .unwrap_or_else(|| panic!("no such objective: {:#?}", report.objectives))
}

pub(crate) fn rto(report: &Report) -> &Objective {
    objective(report, "delivery", Metric::Rto)
}

pub(crate) fn rpo(report: &Report) -> &Objective {
    objective(report, "delivery", Metric::Rpo)
}

pub(crate) fn mtd(report: &Report) -> &Objective {
    objective(report, "*", Metric::Mtd)
}

/// The only incident.
pub(crate) fn incident(report: &Report) -> &Incident {
    assert_eq!(report.incidents.len(), 1, "{:#?}", report.incidents);
    &report.incidents[0]
}

/// The first finding whose text has all of these in it.
pub(crate) fn find<'r>(report: &'r Report, words: &[&str]) -> &'r Finding {
    let wanted = |finding: &&Finding| words.iter().all(|word| finding.text.contains(word));
    report
        .findings
        .iter()
        .find(wanted)
        .unwrap_or_else(|| panic!("{words:?} is in none of {:#?}", report.findings))
}

pub(crate) fn reasons(report: &Report) -> String {
    report.reasons.join("\n")
}
