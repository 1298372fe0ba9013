//! Incidents: from the fault that turned a service red to the first window in which health holds.
//!
//! ```text
//!  fault   first red          first green          stable_for
//!    │        │  red  red  red  │ green green green │
//!    ├────────┴─────────────────┤                   └ confirmed here
//!    └───────── incident ───────┘
//! ```
//!
//! When a red is over is what [`crate::recovery`] says.
//!
//! A red that comes after an incident has closed is another incident, a relapse. Unless a new fault made
//! it, it begins at its own first red; when before that it really began is unknown, and its error says so.
//!
//! What begins once services are on their way home belongs to the failback, whose limits are its own.

use super::case::Case;
use super::closing::{self, Closing};
use super::injection::Injection;
use super::paths::Path;
use super::timeline::ProbeResult;
use crate::journal::Health;
use crate::recovery::{Observed, Red, Stability};
use crate::report::ClosedBy;
use crate::scenario::{Effect, Probe, ServiceObjective};
use crate::units::{DrillTime, Span};

/// A time during which a service was red.
#[derive(Clone, Debug)]
pub(crate) struct Incident<'a> {
    pub(crate) service: &'a ServiceObjective,
    /// The fault that turned it red; `None` if none did since it was last green.
    pub(crate) fault: Option<Injection<'a>>,
    pub(crate) start: DrillTime,
    /// The start of the first window in which health held.
    pub(crate) end: Option<DrillTime>,
    /// Up to here it surely lasted; its end, if that is known.
    pub(crate) until: DrillTime,
    /// It came after an incident of the same service had closed.
    pub(crate) relapse: bool,
    pub(crate) closing: Option<Closing<'a>>,
    /// When it seemed to be over for the first time, if it was not.
    pub(crate) unstable: Option<Stability>,
    /// How stable the service was once it was back; once it seemed to be, where it never was.
    pub(crate) after: Option<Stability>,
    /// Why results in its course were red, the most frequent reason first.
    pub(crate) reasons: Vec<Reason<'a>>,
    /// Within this span before its end, and before its start where no fault dates it, nothing is known of the
    /// service.
    pub(crate) blur: Span,
    /// It was not over when the first fault was injected: it belongs to the disaster.
    pub(crate) counts: bool,
    /// It began in the course of the failback.
    pub(crate) failback: bool,
}

/// Why results were red.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reason<'a> {
    /// As the first of them said it.
    pub(crate) text: &'a str,
    pub(crate) count: u64,
}

impl Incident<'_> {
    /// What closed it.
    pub(crate) fn closed_by(&self) -> Option<ClosedBy> {
        self.closing.map(|closing| closing.by)
    }

    /// A step of the plan closed it.
    pub(crate) fn by_the_plan(&self) -> bool {
        self.closed_by() == Some(ClosedBy::Step)
    }

    /// How long it lasted, or at least lasted.
    pub(crate) fn length(&self) -> Span {
        (self.until - self.start).at_least_zero()
    }

    /// Its provider repaired it, and not the plan.
    pub(crate) fn provider_bound(&self) -> bool {
        self.closed_by() == Some(ClosedBy::FaultEnd)
    }
}

/// Every incident of every service, in the order of the services, then of time.
pub(crate) fn find<'a>(case: &Case<'a>) -> Vec<Incident<'a>> {
    let of_service = |service: &'a ServiceObjective| {
        let probe = case.scenario.probe(&service.probe);
        probe.map_or_else(Vec::new, |probe| Finder { case, service, probe }.find())
    };
    case.scenario
        .objectives
        .services
        .iter()
        .flat_map(of_service)
        .collect()
}

/// What stands for the reason of a result that has none in the journal.
const UNTOLD: &str = "no reason was recorded";

impl Reason<'_> {
    /// Whether it says anything.
    pub(crate) fn is_told(&self) -> bool {
        self.text != UNTOLD
    }
}

/// Why results of a probe from `from` to before `to` were red, the most frequent reason first. Of an object the reason is
/// what follows its key.
pub(crate) fn reasons_of<'a>(
    case: &Case<'a>,
    probe: &Probe,
    from: DrillTime,
    to: DrillTime,
) -> Vec<Reason<'a>> {
    let of_values = probe.kind.sample().is_some();
    let looks = case.timeline.looks(&probe.name);
    let red = looks
        .iter()
        .filter(|look| look.health == Health::Red && look.at >= from && look.at < to);
    let mut found: Vec<(String, Reason<'a>)> = Vec::new();
    for text in red.map(|look| look.reason.unwrap_or(UNTOLD)) {
        let kind = match text.split_once(": ") {
            Some((_, kind)) if of_values => kind,
            _ => text,
        };
        // Numbers differ from result to result.
        let kind = kind.replace(|c: char| c.is_ascii_digit(), "");
        match found.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, reason)) => reason.count += 1,
            None => found.push((kind, Reason { text, count: 1 })),
        }
    }
    found.sort_by_key(|(_, reason)| std::cmp::Reverse(reason.count));
    found.into_iter().map(|(_, reason)| reason).collect()
}

struct Finder<'c, 'a> {
    case: &'c Case<'a>,
    service: &'a ServiceObjective,
    probe: &'a Probe,
}

impl<'a> Finder<'_, 'a> {
    fn looks(&self) -> &[ProbeResult<'a>] {
        self.case.timeline.looks(&self.probe.name)
    }

    fn find(&self) -> Vec<Incident<'a>> {
        let Finder { case, probe, .. } = self;
        let injections: Vec<DrillTime> = case.injections.iter().map(|injection| injection.at).collect();
        let (home, end) = (case.failback_began(), case.timeline.end);
        let observed = Observed::new(case.scenario, probe, self.looks(), &injections, home, end);
        let mut found: Vec<Incident<'a>> = Vec::new();
        for red in observed.reds() {
            found.push(self.incident(red, found.last()));
        }
        found
    }

    fn incident(&self, red: Red, before: Option<&Incident<'a>>) -> Incident<'a> {
        let (first_red, closed) = (red.first, red.closed);
        let fault = self.cause(first_red, before.and_then(|before| before.end));
        let unseen = if fault.is_none() {
            self.unseen_before(first_red)
        } else {
            Span::ZERO
        };
        let end = closed.end;
        let first_injection = self.case.first_injection();
        let start = fault.map_or(first_red, |injection| injection.at);
        let mut incident = Incident {
            service: self.service,
            fault,
            start,
            end,
            until: red.until.max(start),
            relapse: false,
            closing: None,
            unstable: closed.unstable,
            after: closed.after,
            reasons: Vec::new(),
            blur: self.probe.every + unseen,
            counts: first_injection.is_some_and(|injection| end.is_none_or(|end| end > injection)),
            failback: self.case.failback_began().is_some_and(|began| start >= began),
        };
        incident.relapse = before.is_some_and(|before| before.counts) && !incident.failback;
        if let Some(end) = end {
            incident.blur = self.blur(end) + unseen;
            incident.closing = Some(closing::closing(self.case, self.probe, start, end));
        }
        incident.reasons = reasons_of(self.case, self.probe, start, incident.until + Span::from_us(1));
        incident
    }

    /// The fault that turned the service red: of those that were injected since it was last seen green the first, else the latest,
    /// of those that can turn red what its probe's client went through when it was. Faults from before the last incident
    /// closed, or from before a green that was seen on the way home, are none.
    fn cause(&self, red: DrillTime, closed: Option<DrillTime>) -> Option<Injection<'a>> {
        let since = self.green_on_the_way_home(red).max(closed);
        let due = |injection: &&Injection<'a>| {
            injection.at <= red && since.is_none_or(|since| injection.at >= since)
        };
        let path = self.path_at(red);
        let reddens = |injection: &&Injection<'a>| self.case.impacts(injection, &path, Effect::turns_red);
        let mut suspects = self.case.injections.iter().filter(due).filter(reddens);
        let green = self.last_green(red).map(|look| look.began);
        let newer = |injection: &&Injection<'a>| green.is_none_or(|green| injection.at > green);
        let latest = suspects.clone().map(|injection| injection.at).max()?;
        let first_newer = suspects.clone().find(newer);
        first_newer
            .or_else(|| suspects.find(|injection| injection.at == latest))
            .copied()
    }

    /// What the probe's client went through at `at`: as at its last result up to then.
    fn path_at(&self, at: DrillTime) -> Path<'a> {
        match self.looks().iter().rfind(|look| look.at <= at) {
            Some(look) if look.via.is_some() => self.case.path_of_probe(self.probe, look),
            _ => self.case.path_of_probe(self.probe, at),
        }
    }

    /// The last result before `red` that was green.
    fn last_green(&self, red: DrillTime) -> Option<&ProbeResult<'a>> {
        let before = self.looks().iter().rev().skip_while(|look| look.at >= red);
        before.clone().find(|look| look.health == Health::Green)
    }

    /// The beginning of a green look before `red` that began after the failback did.
    fn green_on_the_way_home(&self, red: DrillTime) -> Option<DrillTime> {
        let home = self.case.failback_began()?;
        let green = self.last_green(red)?.began;
        (green >= home).then_some(green)
    }

    /// How long before `red` the service was last seen green.
    fn unseen_before(&self, red: DrillTime) -> Span {
        self.last_green(red)
            .map_or(self.probe.every, |look| red - look.began)
    }

    /// The span before `end` in which there is no result: the probe's interval, or more where results
    /// are unknown.
    fn blur(&self, end: DrillTime) -> Span {
        let mut before = self
            .looks()
            .iter()
            .rev()
            .skip_while(|look| look.at >= end)
            .peekable();
        let unknown = before.peek().is_some_and(|look| look.health == Health::Unknown);
        let known = before.find(|look| look.health != Health::Unknown);
        match known {
            Some(look) if unknown => (end - look.at).max(self.probe.every),
            _ => self.probe.every,
        }
    }
}
