//! Targets that contradict each other, and what the recovery times rest on.

use super::{Evidence, finding, plan_line};
use crate::journal::StepOutcome;
use crate::measures::basis;
use crate::measures::case::Case;
use crate::measures::incidents::Incident;
use crate::measures::phases;
use crate::measures::provenance::{self, Shares};
use crate::report::{Finding, Severity};
use crate::scenario::{ServiceObjective, Source, Step};
use crate::units::{DrillTime, Span};

pub(super) fn findings(evidence: &Evidence<'_, '_>) -> Vec<Finding> {
    let case = evidence.case;
    let services = &case.scenario.objectives.services;
    let mut findings: Vec<Finding> = services
        .iter()
        .filter_map(|service| contradiction(case, service))
        .collect();
    let counted = evidence
        .incidents
        .iter()
        .filter(|incident| incident.counts && incident.service.rto.is_some());
    findings.extend(counted.filter_map(|incident| parts(evidence, incident)));
    findings
}

/// A downtime below the time that recovery is allowed to take cannot be kept by a plan that uses it.
fn contradiction(case: &Case<'_>, service: &ServiceObjective) -> Option<Finding> {
    let objectives = &case.scenario.objectives;
    let rto = service.rto?;
    let (mtd, source) = match service.mtd {
        Some(mtd) => (mtd, &service.source),
        None => (objectives.mtd, &objectives.source),
    };
    let needed = rto + objectives.wrt;
    (mtd < needed).then(|| {
        let wrt = match objectives.wrt {
            Span::ZERO => String::new(),
            wrt => format!(" plus the work recovery time of {wrt}"),
        };
        let text = format!(
            "The plan contradicts itself: {} may take its RTO of {rto}{wrt} to recover, yet is tolerated to be down \
             for {mtd} only.",
            service.name
        );
        Finding {
            service: Some(service.name.clone()),
            source: plan_line(source),
            ..finding(Severity::Warning, "targets_contradict", text)
        }
    })
}

/// The modelled time of a step in the course of an incident.
struct StepPart<'a> {
    step: &'a Step,
    length: Span,
    /// What of it is charged for the step's calls.
    for_calls: Span,
}

impl StepPart<'_> {
    /// In words, each with where it comes from.
    fn texts(&self) -> Vec<String> {
        let (step, stated) = (self.step, self.length - self.for_calls);
        let mut texts = Vec::new();
        if stated > Span::ZERO {
            // Without a stated duration, nothing was assumed.
            let from = if step.source == Source::Assumed && !basis::states_duration(step) {
                "around its work".to_owned()
            } else {
                step.source.to_string()
            };
            texts.push(format!("{} {stated} ({from})", step.id));
        }
        if self.for_calls > Span::ZERO {
            texts.push(format!("{} {} (for its calls)", step.id, self.for_calls));
        }
        texts
    }
}

/// The modelled times of steps between two instants; what went on beside something else counts once.
fn of_steps<'a>(case: &Case<'a>, start: DrillTime, end: DrillTime) -> Vec<StepPart<'a>> {
    let mut covered: Vec<(DrillTime, DrillTime)> = Vec::new();
    let mut parts = Vec::new();
    for step in &case.scenario.runbook {
        let Some(run) = case.step_run(step) else { continue };
        let Some((_, ended)) = run.ended else { continue };
        let within = |(from, to): (DrillTime, DrillTime)| (from.max(start), to.min(end));
        let before = provenance::union(covered.clone());
        let spans = provenance::modelled(run).into_iter().map(within);
        covered.extend(spans.filter(|(from, to)| from < to));
        let length = provenance::union(covered.clone()) - before;
        if length > Span::ZERO && ended.outcome != StepOutcome::NotStarted {
            parts.push(StepPart {
                step,
                length,
                for_calls: ended.charged.min(length),
            });
        }
    }
    parts
}

/// What an incident's time was made of, and which part of it is not demonstrated.
fn parts(evidence: &Evidence<'_, '_>, incident: &Incident<'_>) -> Option<Finding> {
    let case = evidence.case;
    let end = incident.end?;
    let shares = Shares::between(case, incident.start, end);
    let mut modelled = Vec::new();
    let mut told = Span::ZERO;
    let begin = phases::begin(case, evidence.incidents);
    if let (Some(from), Some(detected)) = (
        begin.filter(|from| *from >= incident.start),
        case.timeline.detected,
    ) && detected <= end
    {
        let length = (detected - from).at_least_zero();
        told += length;
        modelled.push(format!("detection {length}"));
    }
    let assumed = basis::assumed(case, &[(incident.start, end)]).min(shares.modelled);
    let mut charged = Span::ZERO;
    for part in of_steps(case, incident.start, end) {
        told += part.length;
        charged += part.for_calls;
        modelled.extend(part.texts());
    }
    let waiting = (shares.modelled - told).at_least_zero();
    if waiting > Span::ZERO {
        modelled.push(format!("waiting {waiting}"));
    }
    let text = format!(
        "The {} until {} was back are {} of work done here, {} observed and {} modelled: {}. Of the modelled time {} \
         {} assumed.",
        incident.length(),
        incident.service.name,
        shares.measured,
        shares.observed,
        shares.modelled,
        if modelled.is_empty() {
            "nothing".to_owned()
        } else {
            modelled.join(", ")
        },
        if assumed == Span::ZERO {
            "none".to_owned()
        } else {
            assumed.to_string()
        },
        if assumed == Span::ZERO { "is" } else { "are" },
    );
    let text = match charged {
        Span::ZERO => text,
        charged => format!(
            "{text} {charged} of it are charged for calls and bytes (timing: aws), by what AWS says of S3's latency and \
             throughput and by assumptions where it says nothing; the steps' details say for what."
        ),
    };
    Some(Finding {
        service: Some(incident.service.name.clone()),
        ..finding(Severity::Note, "recovery_time_parts", text)
    })
}
