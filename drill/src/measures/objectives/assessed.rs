//! An objective that was judged, and what its figure was made of.

use crate::journal::{Component, EndReason};
use crate::measures::case::Case;
use crate::measures::incidents::Incident;
use crate::measures::provenance::Shares;
use crate::report::{Metric, Objective, ObjectiveVerdict};
use crate::scenario::Source;
use crate::units::{DrillTime, Span};

/// The name under which the drill's own MTD stands.
pub(super) const THE_DRILL: &str = "*";

/// An objective, judged.
#[derive(Clone, Debug)]
pub(crate) struct Assessed {
    pub(crate) objective: Objective,
    /// A sentence that says what was found.
    pub(crate) why: String,
    /// What modelled durations could change, where the figure is exact.
    pub(crate) basis: Option<Basis>,
}

/// What a recovery time was made of.
#[derive(Clone, Debug)]
pub(crate) struct Basis {
    pub(crate) figure: Figure,
    pub(crate) target: Span,
    /// The times that it is the sum of.
    pub(crate) spans: Vec<BasisSpan>,
}

/// A time that a figure counts, and the step that ended it, if one did.
#[derive(Clone, Debug)]
pub(crate) struct BasisSpan {
    pub(crate) from: DrillTime,
    pub(crate) to: DrillTime,
    pub(crate) closed_by: Option<String>,
}

impl BasisSpan {
    /// The time from `from` to the end of an incident.
    pub(super) fn from_incident(incident: &Incident<'_>, from: DrillTime) -> BasisSpan {
        let closing = incident.closing.filter(|_| incident.by_the_plan());
        BasisSpan {
            from,
            to: incident.until,
            closed_by: closing.and_then(|closing| closing.step).map(str::to_owned),
        }
    }
}

/// What was achieved, and how exactly that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) length: Span,
    /// It is `length` or more.
    pub(crate) at_least: bool,
    /// ± this.
    pub(crate) error: Span,
}

impl Figure {
    /// Whether it meets `target`.
    pub(crate) fn verdict(self, target: Span) -> ObjectiveVerdict {
        if self.length - self.error > target {
            ObjectiveVerdict::Fail
        } else if self.length + self.error <= target && !self.at_least {
            ObjectiveVerdict::Pass
        } else {
            ObjectiveVerdict::Inconclusive
        }
    }

    /// The same, had one cause of its error not been.
    pub(super) fn sharper(self, by: Span) -> Figure {
        let error = (self.error - by).at_least_zero();
        Figure { error, ..self }
    }

    /// `24m 12s ± 31s`, `at least 8h`.
    pub(super) fn describe(self) -> String {
        match (self.at_least, self.error) {
            (true, _) => format!("at least {}", self.length),
            (false, Span::ZERO) => self.length.to_string(),
            (false, error) => format!("{} ± {error}", self.length),
        }
    }
}

/// An objective of which nothing is known yet.
pub(super) fn blank(service: &str, metric: Metric, target: Span, source: &Source) -> Objective {
    Objective {
        service: service.to_owned(),
        metric,
        target_s: target.as_secs_f64(),
        actual_s: None,
        at_least_s: None,
        actual_from_declaration_s: None,
        measured_s: 0.0,
        modelled_s: 0.0,
        observed_s: 0.0,
        error_s: 0.0,
        source: Some(source.to_string()),
        verdict: ObjectiveVerdict::Inconclusive,
        decided_by_emulator: None,
        chance: None,
    }
}

/// Fills in a figure and its parts.
pub(super) fn fill(objective: &mut Objective, figure: Figure, shares: Shares) {
    let seconds = shares.in_seconds();
    objective.actual_s = Some(seconds.whole);
    objective.at_least_s = figure.at_least.then_some(seconds.whole);
    objective.measured_s = seconds.measured;
    objective.modelled_s = seconds.modelled;
    objective.observed_s = seconds.observed;
    objective.error_s = figure.error.as_secs_f64();
}

/// Whether services that are still red have failed by that alone.
pub(super) fn gave_up(case: &Case<'_>) -> bool {
    case.timeline.finished == Some(EndReason::GaveUp)
}

/// What makes the health of a probe unreliable, in words.
pub(super) fn saturated(case: &Case<'_>, probe: &str) -> Option<String> {
    let through_rule = case.scenario.probe(probe).and_then(|probe| probe.kind.rule());
    let rests_on = |what: &Component| match what {
        Component::Probe(name) => name == probe,
        Component::Rule(name) => through_rule == Some(name.as_str()),
        Component::Fleet => through_rule.is_some(),
        Component::Function(_) | Component::Other(_) => true,
    };
    let (component, _) = case
        .timeline
        .saturated
        .iter()
        .find(|(component, _)| rests_on(component))?;
    Some(format!("{component} was saturated"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ObjectiveVerdict::{Fail, Inconclusive, Pass};

    #[test]
    fn only_a_target_within_the_error_is_inconclusive() {
        let s = Span::from_secs;
        let verdict = |length, error, at_least| {
            Figure {
                length: s(length),
                at_least,
                error: s(error),
            }
            .verdict(s(100))
        };
        assert_eq!(verdict(100, 0, false), Pass);
        assert_eq!(verdict(101, 0, false), Fail);
        assert_eq!(verdict(90, 10, false), Pass);
        assert_eq!(verdict(91, 10, false), Inconclusive);
        assert_eq!(verdict(110, 10, false), Inconclusive);
        assert_eq!(verdict(111, 10, false), Fail);
        assert_eq!(verdict(50, 0, true), Inconclusive);
        assert_eq!(verdict(101, 0, true), Fail);
    }
}
