//! What the modelled return means for the RTOs that rest on it: those of services whose probe asks for a share of the devices.

use drill::report::{Finding, Report, Seconds, Severity};
use drill::scenario::{Expect, PathTelemetry, Scenario, ServiceObjective, Source};
use drill::units::{Fraction, Span};

use super::text::plural;
use super::{Model, Modelled, Validation};
use crate::storm::{SHARES, Storm};

/// What follows for a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    Met,
    Missed,
    /// The quota alone takes longer.
    MissedByQuota,
    /// The target lies within the error.
    Unclear,
    /// There is no error to go by.
    Unvalidated,
}

/// Times of a share of the devices, counted as the RTO is.
struct Figures {
    after: Option<Span>,
    /// `after` is exact to ± this.
    error: Option<Span>,
    /// No policy has the share back before.
    floor: Span,
}

impl Model {
    /// A finding for each RTO that rests on devices being back. No verdict rests on any of them.
    pub(super) fn findings(&self, scenario: &Scenario, report: &Report) -> Vec<Finding> {
        let services = scenario.objectives.services.iter();
        let finding = |service: &ServiceObjective| {
            let probe = scenario.probe(&service.probe)?;
            let path = probe.kind.get::<PathTelemetry>()?;
            if service.expect == Expect::Unaffected {
                return None;
            }
            self.finding(report, service, path.devices?)
        };
        services.filter_map(finding).collect()
    }

    fn finding(&self, report: &Report, service: &ServiceObjective, share: Fraction) -> Option<Finding> {
        let (modelled, target) = (self.storm.as_ref()?, service.rto?);
        let fault = report.fleet.as_ref()?.disconnected_by.as_ref()?;
        let since_fault = counted_from(report, service)?;
        let figures = self.figures(modelled, share, since_fault)?;
        let means = self.means(modelled, &figures, target, since_fault);
        let percent = format!("{} %", f64::from(share.as_millionths()) / 1e4);
        let from = match service.expect {
            Expect::RideOut => "the end of the fault",
            _ => "the fault",
        };
        let back = match figures.after {
            Some(after) => {
                let error = figures.error.map_or(String::new(), |error| format!(" ± {error}"));
                format!("{percent} of them would have a session {after}{error} after {from}")
            }
            None => self.not_back(&percent),
        };
        let rto = format!("the RTO of {} ({target})", service.name);
        Some(Finding {
            severity: match means {
                Means::Missed | Means::MissedByQuota => Severity::Warning,
                _ => Severity::Note,
            },
            kind: "larger_fleet".to_owned(),
            text: format!(
                "With {}, {back}: {}. This is modelled, and does not enter the verdict.",
                plural(self.report.devices),
                means.outcome(&rto, figures.floor)
            ),
            step: None,
            service: Some(service.name.clone()),
            fault: Some(fault.clone()),
            about: None,
            source: matches!(service.source, Source::Plan { .. }).then(|| service.source.to_string()),
        })
    }

    fn figures(&self, modelled: &Modelled, share: Fraction, since_fault: Span) -> Option<Figures> {
        let later = modelled.later - since_fault;
        let after = modelled.back(share).map(|after| (after + later).at_least_zero());
        // Before the endpoint opened nothing is modelled.
        let opens = self.loss.opens_after? - since_fault;
        let error = self.report.validation_error.zip(after).map(|(error, after)| {
            let modelled = (after - opens).at_least_zero().as_secs_f64();
            span(modelled * error)
        });
        let floor = modelled.floor(share) + later - self.loss.learnt_after;
        Some(Figures {
            after,
            error,
            // Counts of devices round to the nearest: a figure at the floor may lie a moment before it.
            floor: after.map_or(floor, |after| floor.min(after)),
        })
    }

    fn means(&self, modelled: &Modelled, figures: &Figures, target: Span, since_fault: Span) -> Means {
        match (figures.after, figures.error) {
            _ if matches!(self.validation, Validation::TooShort | Validation::Contradicted) => {
                Means::Unvalidated
            }
            (Some(after), Some(error)) if after - error > target => Means::Missed,
            // Whatever the error of the model: no device comes in past the quota.
            _ if figures.floor > target => Means::MissedByQuota,
            (Some(after), Some(error)) if after + error <= target => Means::Met,
            (Some(_), _) => Means::Unclear,
            // It is not known what comes after the time that was modelled.
            (None, _) if modelled.outcome.waiting > 0 && modelled.storm.give_up <= target + since_fault => {
                Means::Unclear
            }
            (None, _) => Means::Missed,
        }
    }
}

/// How long after the fault an RTO counts: a service rides a fault out from the fault's end on. None if that never came.
fn counted_from(report: &Report, service: &ServiceObjective) -> Option<Span> {
    if service.expect != Expect::RideOut {
        return Some(Span::ZERO);
    }
    let fleet = report.fleet.as_ref()?;
    let mut faults = report.faults.iter();
    let fault = faults.find(|fault| Some(&fault.id) == fleet.disconnected_by.as_ref())?;
    Some(span(fault.end_s? - fleet.disconnected_at_s?))
}

impl Means {
    fn outcome(self, rto: &str, floor: Span) -> String {
        match self {
            Means::Met => format!("{rto} would be met, as far as devices go"),
            Means::Missed => format!("{rto} would be missed"),
            Means::MissedByQuota => {
                format!("{rto} would be missed, since with this quota no policy has them back before {floor}")
            }
            Means::Unclear => format!("whether {rto} would be met cannot be told within the error"),
            Means::Unvalidated => format!(
                "whether {rto} would be met cannot be told, since the model is not validated by this drill"
            ),
        }
    }
}

impl Modelled {
    /// When this share is back, from the first loss of a session: exact where the engine has it, else to the second.
    pub(super) fn back(&self, share: Fraction) -> Option<Span> {
        let known = SHARES
            .iter()
            .position(|percent| percent * 10_000 == u64::from(share.as_millionths()));
        if let Some(known) = known {
            return self.outcome.back_after[known];
        }
        let wanted = self.devices_of(share);
        let mut back = 0;
        let second = self.outcome.seconds.iter().position(|second| {
            back += second.accepted;
            back >= wanted
        });
        Some(Span::from_secs(i64::try_from(second? + 1).ok()?))
    }

    /// No policy has this share back before, from the first loss of a session.
    fn floor(&self, share: Fraction) -> Span {
        let part = Storm {
            devices: self.devices_of(share),
            ..self.storm.clone()
        };
        part.floor()
    }

    /// So many devices are at least this share.
    fn devices_of(&self, share: Fraction) -> u64 {
        let parts = u128::from(self.storm.devices) * u128::from(share.as_millionths());
        u64::try_from(parts.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

fn span(seconds: Seconds) -> Span {
    Span::from_millis((seconds * 1_000.0).round() as i64)
}
