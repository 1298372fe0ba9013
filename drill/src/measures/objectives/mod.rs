//! Every objective of the scenario against what was achieved.
//!
//! ```text
//!  incidents ──► RTO (worst incident), MTD (sum of red time + wrt) ──┐
//!       └─────► failback (red time, names, losses on the way home) ──┼──► Assessed
//!  data ───────► RPO (recovery point of the data set) ───────────────┘
//! ```
//!
//! A figure that is exact to ± e meets its target if all of it does, misses it if none of it does, and
//! tells nothing in between.

mod exercise;
mod failback;
mod mtd;
mod not_performed;
mod protection;
mod rpo;
mod rto;

pub(crate) use self::exercise::not_exercised;
pub(crate) use self::protection::protections;
use super::case::Case;
use super::data::Data;
use super::incidents::Incident;
use super::provenance::Shares;
use crate::journal::EndReason;
use crate::report::{Metric, Objective, ObjectiveVerdict};
use crate::scenario::Source;
use crate::units::{DrillTime, Span};

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
    fn of(incident: &Incident<'_>, from: DrillTime) -> BasisSpan {
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
    fn sharper(self, by: Span) -> Figure {
        let error = (self.error - by).at_least_zero();
        Figure { error, ..self }
    }

    /// `24m 12s ± 31s`, `at least 8h`.
    fn words(self) -> String {
        match (self.at_least, self.error) {
            (true, _) => format!("at least {}", self.length),
            (false, Span::ZERO) => self.length.to_string(),
            (false, error) => format!("{} ± {error}", self.length),
        }
    }
}

/// Judges all of them, in the order of the file: of each service RTO, RPO and its own MTD, then the
/// drill's MTD and its failback. What was red on the way home counts for the MTDs and the failback alone.
pub(crate) fn assess(case: &Case<'_>, incidents: &[Incident<'_>], data: &[Data<'_>]) -> Vec<Assessed> {
    let mut assessed = Vec::new();
    for service in &case.scenario.objectives.services {
        let all: Vec<&Incident<'_>> = incidents
            .iter()
            .filter(|incident| incident.counts && incident.service.name == service.name)
            .collect();
        let of_service: Vec<&Incident<'_>> = all
            .iter()
            .copied()
            .filter(|incident| !incident.failback)
            .collect();
        if let Some(target) = service.rto {
            assessed.push(rto::assess(case, service, target, &of_service));
        }
        if let Some(target) = service.rpo {
            let data = data
                .iter()
                .find(|data| Some(&data.spec.name) == service.data.as_ref());
            assessed.push(rpo::assess(case, service, target, &of_service, data));
        }
        if let Some(target) = service.mtd {
            assessed.push(mtd::assess(
                case,
                &service.name,
                &[service],
                target,
                &service.source,
                &all,
            ));
        }
    }
    assessed.extend(mtd::of_the_drill(case, incidents));
    assessed.extend(failback::assess(case, incidents, data));
    assessed.extend(protection::assess(case));
    not_performed::mark(case, &mut assessed);
    assessed
}

/// An objective of which nothing is known yet.
fn blank(service: &str, metric: Metric, target: Span, source: &Source) -> Objective {
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
fn fill(objective: &mut Objective, figure: Figure, shares: Shares) {
    let seconds = shares.in_seconds();
    objective.actual_s = Some(seconds.whole);
    objective.at_least_s = figure.at_least.then_some(seconds.whole);
    objective.measured_s = seconds.measured;
    objective.modelled_s = seconds.modelled;
    objective.observed_s = seconds.observed;
    objective.error_s = figure.error.as_secs_f64();
}

/// Whether services that are still red have failed by that alone.
fn gave_up(case: &Case<'_>) -> bool {
    case.timeline.finished == Some(EndReason::GaveUp)
}

/// What makes the health of a probe unreliable, in words.
fn saturated(case: &Case<'_>, probe: &str) -> Option<String> {
    let through_rule = case.scenario.probe(probe).and_then(|probe| match &probe.kind {
        crate::scenario::ProbeKind::PathTelemetry(path) => Some(path.rule.as_str()),
        crate::scenario::ProbeKind::S3GetObject(_) | crate::scenario::ProbeKind::LambdaInvoke(_) => None,
    });
    let rests_on = |what: &str| match what.split_once(' ') {
        Some(("probe", name)) => name == probe,
        Some(("rule", name)) => through_rule == Some(name),
        Some(("writer", _)) => false,
        None if what == "fleet" => through_rule.is_some(),
        _ => true,
    };
    let (what, _) = case.timeline.saturated.iter().find(|(what, _)| rests_on(what))?;
    Some(format!("{what} was at its limit"))
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
