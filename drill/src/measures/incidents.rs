//! Incidents: from the fault that turned a service red to the first window in which health holds.
//!
//! ```text
//!  fault   first red          first green          stable_for
//!    │        │  red  red  red  │ green green green │
//!    ├────────┴─────────────────┤                   └ confirmed here
//!    └───────── incident ───────┘
//! ```
//!
//! Back means back: from there to the end of `observe_for` no more single results are red than the steady state before
//! the first fault had, by more than one. Else the service is unstable, and the incident is open until it is not.
//!
//! A red that comes after an incident has closed is another incident, a relapse. Unless a new fault made
//! it, it begins at its own first red; when before that it really began, nobody knows, and its error says so.
//!
//! What begins once services are on their way home belongs to the failback, whose limits are its own.

use super::case::{Case, Strike};
use super::closing::{self, Closing};
use super::health::{self, Change};
use super::paths::Path;
use super::timeline::Look;
use crate::journal::Health;
use crate::report::ClosedBy;
use crate::scenario::{Effect, Probe, ProbeKind, ServiceObjective};
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
    /// It was not over when the first fault struck: it belongs to the disaster.
    pub(crate) counts: bool,
    /// It began in the course of the failback.
    pub(crate) failback: bool,
}

/// How many of the single results from an instant on were red.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stability {
    pub(crate) from: DrillTime,
    pub(crate) red: u64,
    /// Of so many that told anything.
    pub(crate) known: u64,
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

/// How a red ended, if it did.
#[derive(Clone, Copy, Debug, Default)]
struct Closed {
    end: Option<DrillTime>,
    unstable: Option<Stability>,
    after: Option<Stability>,
}

/// Why results of a probe from `from` to before `to` were red, the most frequent reason first. Of an object the reason is
/// what follows its key.
pub(crate) fn reasons_of<'a>(
    case: &Case<'a>,
    probe: &Probe,
    from: DrillTime,
    to: DrillTime,
) -> Vec<Reason<'a>> {
    let of_objects = matches!(probe.kind, ProbeKind::S3GetObject(_));
    let looks = case.timeline.looks(&probe.name);
    let red = looks
        .iter()
        .filter(|look| look.health == Health::Red && look.at >= from && look.at < to);
    let mut found: Vec<(String, Reason<'a>)> = Vec::new();
    for text in red.map(|look| look.reason.unwrap_or(UNTOLD)) {
        let kind = match text.split_once(": ") {
            Some((_, kind)) if of_objects => kind,
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
    fn looks(&self) -> &[Look<'a>] {
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
            let closed = self.close(&changes, at);
            found.push(self.incident(&changes, at, closed, found.last()));
            at = match closed.end {
                // The next red state after that.
                Some(end) => changes.partition_point(|change| change.at <= end),
                None => changes.len(),
            };
        }
        found
    }

    /// How the red that begins with change `red` ended.
    fn close(&self, changes: &[Change], red: usize) -> Closed {
        let mut closed = Closed::default();
        for at in self.turns(changes, red) {
            if !self.holds(changes, at) {
                continue;
            }
            let after = self.stability(at);
            closed.after = closed.after.or(Some(after));
            if self.is_stable(&after) && (closed.unstable.is_none() || self.observed(at)) {
                return Closed {
                    end: Some(at),
                    after: Some(after),
                    ..closed
                };
            }
            closed.unstable = closed.unstable.or(Some(after));
        }
        closed
    }

    /// When the service may have been back after it turned red with change `red`: at each green state, and at each
    /// green result in it that follows a red one.
    fn turns(&self, changes: &[Change], red: usize) -> Vec<DrillTime> {
        let mut turns = Vec::new();
        for (n, change) in changes
            .iter()
            .enumerate()
            .skip(red)
            .filter(|(_, change)| change.green)
        {
            turns.push(change.at);
            let until = changes.get(n + 1).map_or(DrillTime::MAX, |next| next.at);
            let known = self.looks().iter().filter(|look| look.health != Health::Unknown);
            let within = known.filter(|look| look.at >= change.at && look.at < until);
            let mut was_red = false;
            for look in within {
                if was_red && look.health == Health::Green {
                    turns.push(look.at);
                }
                was_red = look.health == Health::Red;
            }
        }
        turns
    }

    /// Whether the green from `at` on holds for `stable_for`.
    fn holds(&self, changes: &[Change], at: DrillTime) -> bool {
        let held_to = at + self.case.scenario.stable_for;
        match changes.iter().find(|change| !change.green && change.at > at) {
            Some(next) => next.at >= held_to,
            None => self.seen_to(at) >= held_to && self.case.timeline.end >= held_to,
        }
    }

    /// Whether the service was observed for `observe_for` after `at`.
    fn observed(&self, at: DrillTime) -> bool {
        let to = self.observed_to(at);
        self.seen_to(at) >= to && self.case.timeline.end >= to
    }

    /// Up to when a green after `at` tells of the service.
    fn seen_to(&self, at: DrillTime) -> DrillTime {
        let greens = self.looks().iter().rev();
        let mut last = greens.filter(|look| look.health == Health::Green);
        last.next().map_or(at, |look| look.at) + self.probe.every + self.probe.timeout
    }

    /// Up to when what is red after `at` tells of a recovery that did not hold: to the end of `observe_for`, or to the
    /// next fault, or to the beginning of the return home.
    fn observed_to(&self, at: DrillTime) -> DrillTime {
        let new = self
            .case
            .strikes
            .iter()
            .map(|strike| strike.at)
            .find(|strike| *strike > at);
        let home = self.case.failback_began().filter(|home| *home > at);
        let ends = [Some(at + self.case.scenario.observe_for), new, home];
        ends.into_iter().flatten().min().unwrap_or(at)
    }

    fn stability(&self, from: DrillTime) -> Stability {
        self.count(from, self.observed_to(from))
    }

    fn count(&self, from: DrillTime, to: DrillTime) -> Stability {
        let within = self.looks().iter().filter(|look| look.at >= from && look.at < to);
        let known = within.filter(|look| look.health != Health::Unknown);
        let mut count = Stability {
            from,
            red: 0,
            known: 0,
        };
        for look in known {
            count.known += 1;
            count.red += u64::from(look.health == Health::Red);
        }
        count
    }

    /// No more of these results are red than in the steady state, with a margin of one.
    fn is_stable(&self, after: &Stability) -> bool {
        let first = self.case.first_strike().unwrap_or(DrillTime::MAX);
        let steady = self.count(DrillTime::ZERO, first);
        let beyond = u128::from(after.red.saturating_sub(1));
        beyond * u128::from(steady.known.max(1)) <= u128::from(steady.red) * u128::from(after.known)
    }

    fn incident(
        &self,
        changes: &[Change],
        red: usize,
        closed: Closed,
        before: Option<&Incident<'a>>,
    ) -> Incident<'a> {
        let first_red = changes[red].at;
        let fault = self.cause(first_red, before.and_then(|before| before.end));
        let unseen = if fault.is_none() {
            self.unseen_before(first_red)
        } else {
            Span::ZERO
        };
        let end = closed.end;
        let first_strike = self.case.first_strike();
        let start = fault.map_or(first_red, |strike| strike.at);
        let mut incident = Incident {
            service: self.service,
            fault,
            start,
            end,
            until: end.unwrap_or_else(|| self.open_until(changes, closed)).max(start),
            relapse: false,
            closing: None,
            unstable: closed.unstable,
            after: closed.after,
            reasons: Vec::new(),
            blur: self.probe.every + unseen,
            counts: first_strike.is_some_and(|strike| end.is_none_or(|end| end > strike)),
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

    /// The fault that turned the service red: of those that struck since it was last seen green the first, else the latest,
    /// of those that can turn red what its probe's client went through when it was. Faults from before the last incident
    /// closed, or from before a green that was seen on the way home, are none.
    fn cause(&self, red: DrillTime, closed: Option<DrillTime>) -> Option<Strike<'a>> {
        let since = self.green_on_the_way_home(red).max(closed);
        let due = |strike: &&Strike<'a>| strike.at <= red && since.is_none_or(|since| strike.at >= since);
        let path = self.path_at(red);
        let reddens = |strike: &&Strike<'a>| self.case.hurts(strike, &path, Effect::turns_red);
        let mut suspects = self.case.strikes.iter().filter(due).filter(reddens);
        let green = self.last_green(red).map(|look| look.began);
        let newer = |strike: &&Strike<'a>| green.is_none_or(|green| strike.at > green);
        let latest = suspects.clone().map(|strike| strike.at).max()?;
        let first_newer = suspects.clone().find(newer);
        first_newer
            .or_else(|| suspects.find(|strike| strike.at == latest))
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
    fn last_green(&self, red: DrillTime) -> Option<&Look<'a>> {
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

    /// Up to when an incident that never closed surely lasted: to the green that was not confirmed, or to the last red.
    fn open_until(&self, changes: &[Change], closed: Closed) -> DrillTime {
        match changes.last() {
            Some(last) if last.green && closed.unstable.is_none() => last.at,
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
