//! What happened on one line of time: the rows of the recovery's waterfall and the marks above it.
//!
//! ```text
//!  Judged ──► Timeline (zero: the first fault) ──► rows: outages, phases, steps never taken
//!                                              └─► marks: faults, detection, declaration
//! ```
//!
//! The terminal and the page draw the same rows. All seconds here count from [`Timeline::zero`].

use drill::journal::StepOutcome;
use drill::report::{ClosedBy, Incident, Judged, Phase, Seconds, Step};

mod line;
mod marks;

pub(crate) use line::Timeline;
pub(crate) use marks::{Instant, Mark, deadlines, instants};

/// Where the time of a row came from, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Parts {
    /// Work done here.
    pub(crate) measured: Seconds,
    /// Time that stands for something that did not happen here.
    pub(crate) modelled: Seconds,
    /// Time that a person took.
    pub(crate) observed: Seconds,
}

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A service was red.
    Outage(Option<ClosedBy>),
    /// A part of the recovery; if it is a step, how it ended.
    Phase(Parts, Option<StepOutcome>),
    /// A step that never began.
    NotStarted,
}

/// A row of the waterfall.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// The phase, the step, or the service that was down.
    pub(crate) name: String,
    /// When it began; `None` if it never did.
    pub(crate) start: Option<Seconds>,
    /// When it ended, if it did.
    pub(crate) end: Option<Seconds>,
    /// Up to when it surely lasted, of an outage that did not end.
    pub(crate) until: Option<Seconds>,
    /// The window for its end.
    pub(crate) window: Option<(Seconds, Seconds)>,
    /// What it is.
    pub(crate) kind: Kind,
}

impl Row {
    /// Up to when it lasted, as far as that is known at `now`.
    pub(crate) fn known_to(&self, now: Seconds) -> Seconds {
        self.end.or(self.until).unwrap_or(now)
    }

    /// Its length, as far as it is known at `now`.
    pub(crate) fn length(&self, now: Seconds) -> Seconds {
        self.start
            .map_or(0.0, |start| (self.known_to(now) - start).max(0.0))
    }

    /// What stands beside its bar.
    pub(crate) fn caption(&self, now: Seconds) -> String {
        let length = crate::text::span(self.length(now));
        let open = self.end.is_none();
        match self.kind {
            _ if self.start.is_none() => "not started".to_owned(),
            Kind::Phase(_, Some(StepOutcome::Interrupted)) => format!("at least {length}, interrupted"),
            _ if open => format!("at least {length}, open"),
            Kind::Outage(Some(ClosedBy::FaultEnd)) => format!("{length}, fault's own end"),
            Kind::Phase(_, Some(StepOutcome::Failed)) => format!("{length} ✘ failed"),
            Kind::Phase(_, Some(StepOutcome::Skipped)) => format!("{length} ✘ skipped"),
            Kind::Phase(_, Some(StepOutcome::GoneThrough)) => format!("{length}, gone through"),
            _ => length,
        }
    }
}

/// All rows: outages first, then the phases in their order, then the steps that have none. A step's phase
/// is the last of its name: those that are no steps come first, or are called otherwise.
pub(crate) fn rows(judged: &Judged) -> Vec<Row> {
    let line = Timeline::new(&judged.report);
    let report = &judged.report;
    let mut rows: Vec<Row> = report.incidents.iter().map(|i| outage(line, i)).collect();
    let phase_of = |step: &Step| report.phases.iter().rposition(|phase| phase.name == step.id);
    for (index, phase) in report.phases.iter().enumerate() {
        let step = report.steps.iter().find(|step| phase_of(step) == Some(index));
        rows.push(phase_row(judged, line, phase, step));
    }
    let without = report.steps.iter().filter(|step| phase_of(step).is_none());
    rows.extend(without.map(|step| step_row(judged, line, step)));
    rows
}

fn outage(line: Timeline, incident: &Incident) -> Row {
    let again = if incident.relapse { " down again" } else { " down" };
    Row {
        name: format!("{}{again}", incident.service),
        start: Some(line.at(incident.start_s)),
        end: incident.end_s.map(|s| line.at(s)),
        until: Some(line.at(incident.until_s)),
        window: None,
        kind: Kind::Outage(incident.closed_by),
    }
}

fn phase_row(judged: &Judged, line: Timeline, phase: &Phase, step: Option<&Step>) -> Row {
    let parts = Parts {
        measured: phase.measured_s,
        modelled: phase.modelled_s,
        observed: phase.observed_s,
    };
    Row {
        name: phase.name.clone(),
        start: Some(line.at(phase.start_s)),
        end: phase.end_s.map(|s| line.at(s)),
        until: None,
        window: step.and_then(|step| window(judged, line, step)),
        kind: Kind::Phase(parts, step.map(|s| s.outcome)),
    }
}

fn step_row(judged: &Judged, line: Timeline, step: &Step) -> Row {
    let parts = Parts {
        measured: step.measured_s,
        modelled: step.modelled_s,
        observed: step.observed_s,
    };
    let kind = match step.start_s {
        Some(_) => Kind::Phase(parts, Some(step.outcome)),
        None => Kind::NotStarted,
    };
    Row {
        name: step.id.clone(),
        start: step.start_s.map(|s| line.at(s)),
        end: step.end_s.map(|s| line.at(s)),
        until: None,
        window: window(judged, line, step),
        kind,
    }
}

fn window(judged: &Judged, line: Timeline, step: &Step) -> Option<(Seconds, Seconds)> {
    let window = judged.charts.windows.iter().find(|w| w.step == step.id)?;
    Some((
        line.at(window.opens.as_secs_f64()),
        line.at(window.closes.as_secs_f64()),
    ))
}

/// When the drill, or what is known of it, ended.
pub(crate) fn end(judged: &Judged) -> Seconds {
    let line = Timeline::new(&judged.report);
    line.at(judged.charts.end.as_secs_f64().max(judged.report.drill_seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn a_step_is_in_the_row_of_its_phase_and_in_no_other() {
        let mut judged = fixtures::passing();
        judged.report.phases[1].start_s -= 60.0;
        let rows = rows(&judged);
        assert_eq!(
            rows.len(),
            1 + judged.report.phases.len(),
            "no step has a row beside its phase's"
        );
        let kind = |name: &str| rows.iter().find(|row| row.name == name).unwrap().kind;
        assert!(matches!(kind("declare"), Kind::Phase(_, Some(StepOutcome::Done))));
        assert!(matches!(kind("verify"), Kind::Phase(_, Some(StepOutcome::Done))));
        assert!(matches!(kind("verify health"), Kind::Phase(_, None)));
    }

    #[test]
    fn unstarted_and_unfinished_items_are_marked() {
        let judged = fixtures::interrupted();
        let rows = rows(&judged);
        let caption = |name: &str| {
            rows.iter()
                .rfind(|r| r.name == name)
                .unwrap()
                .caption(end(&judged))
        };
        assert_eq!(caption("program-delivery down"), "at least 26m 40s, open");
        assert_eq!(caption("restore"), "at least 1m 40s, interrupted");
        assert_eq!(caption("protect"), "not started");
    }

    #[test]
    fn an_outages_bar_is_as_long_as_its_figure() {
        for (name, judged) in fixtures::all() {
            let now = end(&judged);
            let rows = rows(&judged);
            let outages = rows.iter().filter(|row| matches!(row.kind, Kind::Outage(_)));
            for (row, incident) in outages.zip(&judged.report.incidents) {
                let length = incident.until_s - incident.start_s;
                assert!((row.length(now) - length).abs() < 0.001, "{name}: {incident:?}");
                let words = crate::text::incident_length(incident);
                assert!(row.caption(now).starts_with(&words), "{name}: {words} of {row:?}");
                let objectives = judged.report.objectives.iter();
                let mut bounds = objectives
                    .filter(|one| one.service == incident.service)
                    .filter_map(|one| {
                        let rto = one.metric == drill::report::Metric::Rto;
                        one.at_least_s.filter(|_| rto)
                    });
                let open = incident.end_s.is_none() && judged.report.incidents.len() == 1;
                if let Some(bound) = bounds.next().filter(|_| open) {
                    assert!((bound - length).abs() < 0.001, "{name}: {bound} is not {length}");
                }
            }
        }
    }
}
