//! The readiness score: a plain share of counts. It is a convention of this tool and no standard's, so that its formula and
//! every count stand beside it.
//!
//! ```text
//!             objectives met + steps in their windows + protections held + faults proven + findings closed
//!  score = ───────────────────────────────────────────────────────────────────────────────────────────────────
//!           objectives judged + steps with a window + protections judged + faults injected + findings that ask
//!                                                                                             for a change
//! ```

use drill::report::{ObjectiveVerdict, Report, Severity, Verdict};

use crate::text;

/// How the formula is printed.
pub(crate) const FORMULA: &str = "(objectives met + steps in their windows + protections held + faults proven + \
     findings closed) ÷ (objectives judged + steps whose window was judged + protections judged + faults injected + \
     critical findings and warnings)";

/// One term of the score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    /// What is counted.
    pub(crate) name: &'static str,
    /// How many are as they should be.
    pub(crate) good: u64,
    /// Of how many.
    pub(crate) of: u64,
    /// How many are not counted, and why.
    pub(crate) left_out: Option<(u64, &'static str)>,
}

/// The terms of a drill.
pub(crate) fn terms(report: &Report) -> Vec<Term> {
    use ObjectiveVerdict::{Fail, Pass, Unaffected};
    let n = |count: usize| count as u64;
    let objectives = report.objectives.iter();
    let met = objectives
        .clone()
        .filter(|one| matches!(one.verdict, Pass | Unaffected))
        .count();
    let judged = objectives
        .clone()
        .filter(|one| matches!(one.verdict, Pass | Unaffected | Fail))
        .count();
    let windows = report.steps.iter().filter_map(|step| step.in_time);
    let protections = report.protections.iter().filter(|one| one.excused.is_none());
    let held = protections.clone().filter_map(|one| one.holds);
    let injected = report.faults.iter().filter(|fault| fault.start_s.is_some());
    let asking = report
        .findings
        .iter()
        .filter(|finding| finding.severity != Severity::Note);
    let left_out = |count: usize, why| (count > 0).then_some((n(count), why));
    vec![
        Term {
            name: "objectives met",
            good: n(met),
            of: n(judged),
            left_out: left_out(report.objectives.len() - judged, "not judged"),
        },
        Term {
            name: "steps done in their windows",
            good: n(windows.clone().filter(|in_time| *in_time).count()),
            of: n(windows.count()),
            left_out: left_out(
                report.steps.iter().filter(|step| step.in_time.is_none()).count(),
                "without a window that was judged",
            ),
        },
        Term {
            name: "protections held at the end",
            good: n(held.clone().filter(|holds| *holds).count()),
            of: n(held.clone().count()),
            left_out: left_out(report.protections.len() - held.count(), "not judged"),
        },
        Term {
            name: "faults proven",
            good: n(injected.clone().filter(|fault| fault.proven).count()),
            of: n(injected.clone().count()),
            left_out: left_out(report.faults.len() - injected.count(), "never injected"),
        },
        Term {
            name: "critical findings and warnings closed",
            good: n(asking
                .clone()
                .filter(|finding| is_closed(report, finding))
                .count()),
            of: n(asking.count()),
            left_out: left_out(
                report
                    .findings
                    .iter()
                    .filter(|finding| finding.severity == Severity::Note)
                    .count(),
                "notes, which ask for nothing",
            ),
        },
    ]
}

/// Whether a finding is closed, as the register of findings says, and was not found again since. Without one none is.
fn is_closed(report: &Report, finding: &drill::report::Finding) -> bool {
    text::tracked(report, finding).is_some_and(|one| text::status(report, one) == "closed")
}

/// The sums of all terms; `None` if the drill is inconclusive, since a score of the judged part would be misleading.
pub(crate) fn sums(report: &Report) -> Option<(u64, u64)> {
    let terms = terms(report);
    let (good, of) = terms
        .iter()
        .fold((0, 0), |(good, of), term| (good + term.good, of + term.of));
    (report.verdict != Verdict::Inconclusive && report.complete && of > 0).then_some((good, of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;
    use drill::details::{RegisterCopy, RegisteredFinding};
    use drill::report::{Finding, Judged};

    #[test]
    fn the_terms_of_the_main_drill() {
        let report = fixtures::passing().report;
        let counts: Vec<(u64, u64)> = terms(&report).iter().map(|term| (term.good, term.of)).collect();
        assert_eq!(counts, [(5, 5), (4, 4), (2, 2), (2, 2), (0, 0)]);
        assert_eq!(sums(&report), Some((13, 13)));
    }

    #[test]
    fn misses_and_open_findings_count_against_it() {
        let report = fixtures::as_written().report;
        let counts: Vec<(u64, u64)> = terms(&report).iter().map(|term| (term.good, term.of)).collect();
        assert_eq!(counts, [(2, 4), (1, 1), (2, 2), (2, 2), (0, 3)]);
        assert_eq!(sums(&report), Some((7, 12)));
    }

    /// The drill as written, with its first finding in a register that was read at this time.
    fn registered(read_at: &str, change: impl Fn(&mut RegisteredFinding)) -> Report {
        let mut report = fixtures::as_written().report;
        let asks = |finding: &&Finding| finding.severity != Severity::Note;
        let first = report.findings.iter().find(asks).expect("a finding");
        let mut one = RegisteredFinding {
            key: drill::register::key(&report.scenario.name, first),
            id: "F-001".to_owned(),
            status: "closed".to_owned(),
            owner: None,
            due: None,
            remedy: None,
            retested_by: None,
            last_seen_at: None,
            closed_on: Some("2000-01-01".to_owned()),
        };
        change(&mut one);
        let details = report.details.get_or_insert_default();
        details.register = Some(RegisterCopy {
            file: "findings.yaml".to_owned(),
            sha256: String::new(),
            read_at: read_at.to_owned(),
            findings: vec![one],
        });
        report
    }

    #[test]
    fn closed_finding_found_again_is_reopened() {
        let closed = |report: &Report| terms(report)[4].good;
        let earlier = registered("2000-01-02T00:00:00Z", |_| {});
        assert_eq!(closed(&earlier), 0);
        let page = crate::html::render(&Judged {
            report: earlier,
            ..fixtures::as_written()
        });
        assert!(page.contains("F-001, reopened") && !page.contains("F-001, closed"));
        // Read after the drill, of a register that does not know of it.
        assert_eq!(closed(&registered("2100-01-01T00:00:00Z", |_| {})), 0);
        // Closed since.
        let later = |one: &mut RegisteredFinding| one.closed_on = Some("2099-01-01".to_owned());
        assert_eq!(closed(&registered("2100-01-01T00:00:00Z", later)), 1);
        let knows = |one: &mut RegisteredFinding| one.last_seen_at = Some("2099-01-01T00:00:00Z".to_owned());
        assert_eq!(closed(&registered("2100-01-01T00:00:00Z", knows)), 1);
    }

    #[test]
    fn inconclusive_drill_has_no_score() {
        assert_eq!(sums(&fixtures::empty().report), None);
        let mut report = fixtures::passing().report;
        report.verdict = Verdict::Inconclusive;
        assert_eq!(sums(&report), None);
    }
}
