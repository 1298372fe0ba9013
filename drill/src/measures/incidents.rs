//! Incidents: from the fault that turned a service red to the first window in which health holds.
//!
//! ```text
//!  fault   first red          first green          stable_for
//!    │        │  red  red  red  │ green green green │
//!    ├────────┴─────────────────┤                   └ confirmed here
//!    └───────── incident ───────┘
//! ```
//!
//! A red that comes after an incident has closed is another incident, a relapse. Unless a new fault made
//! it, it begins at its own first red; when before that it really began, nobody knows, and its error says so.
//!
//! What begins once services are on their way home belongs to the failback, whose limits are its own.

use super::case::{Case, Strike};
use super::closing;
use super::health::{self, Change};
use super::paths;
use super::timeline::Look;
use crate::journal::Health;
use crate::report::ClosedBy;
use crate::scenario::{Effect, Probe, ServiceObjective};
use crate::units::{DrillTime, Span};

/// A time during which a service was red.
#[derive(Clone, Debug)]
pub(crate) struct Incident<'a> {
    pub(crate) service: &'a ServiceObjective,
    /// The fault that turned it red; `None` if none did since it was last green.
    pub(crate) fault: Option<Strike<'a>>,
    pub(crate) start: DrillTime,
    /// The start of the first window in which health held.
    pub(crate) end: Option<DrillTime>,
    /// Up to here it surely lasted; its end, if that is known.
    pub(crate) until: DrillTime,
    /// It came after an incident of the same service had closed.
    pub(crate) relapse: bool,
    pub(crate) closed_by: Option<ClosedBy>,
    /// Within this span before its end, and before its start where no fault dates it, nothing is known of the
    /// service.
    pub(crate) blur: Span,
    /// It was not over when the first fault struck: it belongs to the disaster.
    pub(crate) counts: bool,
    /// It began in the course of the failback.
    pub(crate) failback: bool,
}

impl Incident<'_> {
    /// How long it lasted, or at least lasted.
    pub(crate) fn length(&self) -> Span {
        (self.until - self.start).at_least_zero()
    }

    /// Its provider repaired it, and not the plan.
    pub(crate) fn provider_bound(&self) -> bool {
        self.closed_by == Some(ClosedBy::FaultEnd)
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

struct Finder<'c, 'a> {
    case: &'c Case<'a>,
    service: &'a ServiceObjective,
    probe: &'a Probe,
}

impl<'a> Finder<'_, 'a> {
    fn looks(&self) -> &[Look] {
        self.case.timeline.looks(&self.probe.name)
    }

    fn find(&self) -> Vec<Incident<'a>> {
        let changes = health::changes(self.looks(), self.probe.debounce);
        let mut found: Vec<Incident<'a>> = Vec::new();
        let mut at = 0;
        while let Some(change) = changes.get(at) {
            if change.green {
                at += 1;
                continue;
            }
            let closing = (at..changes.len()).find(|n| changes[*n].green && self.holds(&changes, *n));
            found.push(self.incident(&changes, at, closing, found.last()));
            at = closing.unwrap_or(changes.len());
        }
        found
    }

    /// Whether the green that begins with change `n` holds for `stable_for`.
    fn holds(&self, changes: &[Change], n: usize) -> bool {
        let held_to = changes[n].at + self.case.scenario.stable_for;
        match changes.get(n + 1) {
            Some(next) => next.at >= held_to,
            None => {
                let greens = self.looks().iter().rev();
                let last = greens
                    .filter(|look| look.health == Health::Green)
                    .map(|look| look.at)
                    .next();
                let seen_to = last.unwrap_or(changes[n].at) + self.probe.every + self.probe.timeout;
                seen_to >= held_to && self.case.timeline.end >= held_to
            }
        }
    }

    fn incident(
        &self,
        changes: &[Change],
        red: usize,
        closing: Option<usize>,
        before: Option<&Incident<'a>>,
    ) -> Incident<'a> {
        let first_red = changes[red].at;
        let fault = self.cause(first_red, before.and_then(|before| before.end));
        let unseen = if fault.is_none() {
            self.unseen_before(first_red)
        } else {
            Span::ZERO
        };
        let end = closing.map(|n| changes[n].at);
        let first_strike = self.case.first_strike();
        let start = fault.map_or(first_red, |strike| strike.at);
        let mut incident = Incident {
            service: self.service,
            fault,
            start,
            end,
            until: end.unwrap_or_else(|| self.open_until(changes)).max(start),
            relapse: false,
            closed_by: None,
            blur: self.probe.every + unseen,
            counts: first_strike.is_some_and(|strike| end.is_none_or(|end| end > strike)),
            failback: self.case.failback_began().is_some_and(|began| start >= began),
        };
        incident.relapse = before.is_some_and(|before| before.counts) && !incident.failback;
        if let Some(end) = end {
            incident.blur = self.blur(end) + unseen;
            incident.closed_by = closing::closed_by(self.case, self.probe, start, end);
        }
        incident
    }

    /// The fault that turned the service red. Of those that struck since it was last seen green it is the
    /// first, else the latest: of those that hurt what its probe goes through; else of those that damage
    /// anything; else of all. Faults from before the last incident closed, or from before a green that was seen
    /// on the way home, are none; and none is where no fault ever came near the path.
    fn cause(&self, red: DrillTime, closed: Option<DrillTime>) -> Option<Strike<'a>> {
        let since = self.green_on_the_way_home(red).max(closed);
        let due = |strike: &&Strike<'a>| strike.at <= red && since.is_none_or(|since| strike.at >= since);
        let due: Vec<&Strike<'a>> = self.case.strikes.iter().filter(due).collect();
        let met = |strike: &&Strike<'a>| {
            let went = self.case.paths_between(self.probe, strike.at, red);
            self.case.hurts(strike, &went, |_| true)
        };
        if !due.iter().any(met) {
            return None;
        }
        let tier = due.iter().map(|strike| self.tier(strike, red)).max()?;
        let mut suspects = due.into_iter().filter(|strike| self.tier(strike, red) == tier);
        let green = self.last_green(red).map(|look| look.began);
        let latest = suspects.clone().map(|strike| strike.at).max()?;
        let newer = |strike: &&Strike<'a>| green.is_none_or(|green| strike.at > green);
        let first_newer = suspects.clone().find(newer);
        first_newer
            .or_else(|| suspects.find(|strike| strike.at == latest))
            .copied()
    }

    /// How likely it is that a fault turned the service red.
    fn tier(&self, strike: &Strike<'a>, red: DrillTime) -> u8 {
        let at_the_strike = self.case.path_of_probe(self.probe, strike.at);
        let ended = self.case.fault_run(strike.fault).and_then(|run| run.ended);
        let stands = ended.is_none_or(|(at, _)| at > red);
        let now = if stands {
            self.case.path_of_probe(self.probe, red)
        } else {
            Vec::new()
        };
        let reddens = |path: &[_]| self.case.hurts(strike, path, Effect::turns_red);
        match () {
            () if reddens(&at_the_strike) || reddens(&now) => 2,
            () if paths::breaks_anything(self.case.scenario, strike) => 1,
            () => 0,
        }
    }

    /// The last result before `red` that was green.
    fn last_green(&self, red: DrillTime) -> Option<&Look> {
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

    /// Up to when an incident that never closed surely lasted: to the green that was not confirmed, or
    /// to the last red.
    fn open_until(&self, changes: &[Change]) -> DrillTime {
        match changes.last() {
            Some(last) if last.green => last.at,
            _ => {
                let last_red = self.looks().iter().rev().find(|look| look.health == Health::Red);
                last_red.map_or(self.case.timeline.end, |look| look.at)
            }
        }
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
