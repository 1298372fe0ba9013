//! The course of the drill: a waterfall with the plan's windows, short parts on a scale of their own, notifications against
//! their deadlines, and a table of what happened when.

use drill::report::{Judged, Report, Seconds};
use maud::{Markup, html};

use super::course;
use super::figures::figure;
use super::section::section;
use super::table::{Row, cards, text as column, without_empty};
use super::verdict::badge;
use crate::charts;
use crate::text;
use crate::timeline::{self, Kind, Timeline};

/// The section.
pub(super) fn timeline(judged: &Judged) -> Markup {
    let content = html! {
        (recovery(judged))
        (zero(judged))
        (zooms(judged))
        (gaps(judged))
        (events(judged))
    };
    section("timeline", "Timeline", content)
}

/// Notifications, against their deadlines; nothing where no notification was due.
pub(super) fn notifications(judged: &Judged) -> Markup {
    if judged.report.messages.is_empty() {
        return html! {};
    }
    let content = html! {
        p class="small" { "The deadlines are those of the plan, as the scenario has them." }
        (course::messages(judged))
    };
    section("messages", "Notifications", content)
}

fn recovery(judged: &Judged) -> Markup {
    let beyond = charts::beyond(judged);
    let caption = html! {
        "A bar's fills are the shares of its time, in no order within the bar. "
        @if !beyond.is_empty() {
            "Beyond the right edge: " b { (beyond.join(", ")) } ". "
        }
        @if !judged.report.complete { b { "The run was interrupted: torn bars end where the records do." } }
    };
    figure(
        charts::recovery(judged),
        "No outage and no step was recorded.",
        caption,
    )
}

/// Where the charts' zero lies.
fn zero(judged: &Judged) -> Markup {
    let line = Timeline::new(&judged.report);
    html! {
        @if line.from_fault {
            p class="small" {
                "In all charts, 0 is the first fault, which was injected at " (text::span(line.zero))
                " of drill time; the records end " (text::span(timeline::end(judged))) " after it."
            }
        } @else if judged.report.drill_seconds > 0.0 {
            p class="small" { "No fault was injected: in all charts, 0 is the start of the drill." }
        }
    }
}

/// What is too short for the scale of the whole.
fn zooms(judged: &Judged) -> Markup {
    let (zooms, more) = charts::zooms(judged);
    html! {
        @for zoom in zooms {
            h3 { "Enlarged: the " (text::span(zoom.to - zoom.from)) " from " (text::span(zoom.from)) " on" }
            (figure(Some(zoom.chart), "", html! {}))
        }
        @if more > 0 { p class="small" { (text::plural(more as u64, "further part")) " with bars that short: the tables have them." } }
    }
}

/// Times of an outage in which nothing of the procedure ran.
fn gaps(judged: &Judged) -> Markup {
    let gaps = idle(judged);
    html! {
        @if !gaps.is_empty() {
            p class="small" { b { "Gaps: " }
                @for (n, gap) in gaps.iter().enumerate() {
                    @if n > 0 { "; " }
                    "from " (text::span(gap.from)) " to " (text::span(gap.to)) " no phase and no step ran, between "
                    (gap.before) " and " (gap.after)
                }
                "."
            }
        }
    }
}

struct Gap {
    from: Seconds,
    to: Seconds,
    before: String,
    after: String,
}

/// The longest gaps between phases, in order of time, of those that are a fiftieth of the whole or more.
fn idle(judged: &Judged) -> Vec<Gap> {
    const MOST: usize = 5;
    let mut rows: Vec<(Seconds, Seconds, String)> = timeline::rows(judged)
        .into_iter()
        .filter(|row| matches!(row.kind, Kind::Phase(..)))
        .filter_map(|row| Some((row.start?, row.known_to(timeline::end(judged)), row.name)))
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut gaps: Vec<Gap> = Vec::new();
    let Some((first, mut until, mut last)) = rows.first().cloned() else {
        return gaps;
    };
    for (from, to, name) in rows {
        if from > until {
            gaps.push(Gap {
                from: until,
                to: from,
                before: last.clone(),
                after: name.clone(),
            });
        }
        if to >= until {
            (until, last) = (to, name);
        }
    }
    gaps.retain(|gap| gap.to - gap.from > (until - first) / 50.0);
    gaps.sort_by(|a, b| (b.to - b.from).total_cmp(&(a.to - a.from)));
    gaps.truncate(MOST);
    gaps.sort_by(|a, b| a.from.total_cmp(&b.from));
    gaps
}

/// Something that happened.
struct Happened {
    at: Seconds,
    what: String,
    /// What the plan allowed, and whether it was kept.
    limit: Option<(String, Option<bool>)>,
}

/// Everything that happened, in order of time.
fn events(judged: &Judged) -> Markup {
    let line = Timeline::new(&judged.report);
    let all = happened(judged);
    if all.is_empty() {
        return html! {};
    }
    let row = |one: &Happened| {
        let kept = match one.limit.as_ref().map(|(_, kept)| *kept) {
            Some(Some(true)) => badge("good", "✔", "kept"),
            Some(Some(false)) => badge("bad", "✘", "missed"),
            Some(None) => badge("open", "?", "not judged"),
            None => html! {},
        };
        let since = line.at(one.at);
        Row::new(vec![
            html! {
                @if line.from_fault && since >= 0.0 { "+" }
                (text::span(since))
            },
            html! { (one.what) },
            html! { @if let Some((limit, _)) = &one.limit { (limit) " " (kept) } },
        ])
    };
    let rows: Vec<Row> = all.iter().map(row).collect();
    let since = if line.from_fault {
        "Since fault"
    } else {
        "Drill time"
    };
    let columns = vec![
        column(since),
        column("Event"),
        column("Window or deadline of the plan"),
    ];
    let (columns, rows) = without_empty(columns, rows, str::is_empty);
    html! {
        h3 { "What happened when" }
        div class="events" { (cards(&columns, &rows)) }
    }
}

fn happened(judged: &Judged) -> Vec<Happened> {
    let report = &judged.report;
    let mut all: Vec<Happened> = Vec::new();
    let mut add = |at: Option<Seconds>, what: String, limit: Option<(String, Option<bool>)>| {
        all.extend(at.map(|at| Happened { at, what, limit }));
    };
    for fault in &report.faults {
        let proven = if fault.proven { "proven" } else { "not proven" };
        add(
            fault.start_s,
            format!("Fault {} ({}), {proven}", fault.id, fault.action),
            None,
        );
        add(
            fault.end_s.filter(|_| fault.start_s.is_some()),
            format!("Fault {} ended", fault.id),
            None,
        );
    }
    let instant = |at: Option<drill::units::DrillTime>| at.map(drill::units::DrillTime::as_secs_f64);
    add(
        instant(judged.charts.detected),
        "Detected by monitoring".to_owned(),
        None,
    );
    add(
        instant(judged.charts.declared),
        "Disaster declared".to_owned(),
        None,
    );
    for incident in &report.incidents {
        let again = if incident.relapse { " again" } else { "" };
        add(
            Some(incident.start_s),
            format!("{} down{again}", incident.service),
            None,
        );
        let closed = format!("{} back, by {}", incident.service, text::closed_by(incident));
        add(incident.end_s, closed, None);
    }
    for step in &report.steps {
        let window = step.within_s.map(|[from, to]| {
            let text = format!("{} to {}", text::span(from), text::span(to));
            (text, step.in_time)
        });
        let length = step.start_s.zip(step.end_s).map(|(start, end)| end - start);
        // A step of an instant is one event.
        let short = length.is_some_and(|length| length < 1.0);
        add(
            step.start_s.filter(|_| !short),
            format!("Step {} began", step.id),
            None,
        );
        let took = length.map_or(String::new(), |length| format!(" after {}", text::span(length)));
        add(
            step.end_s,
            format!("Step {} {}{took}", step.id, text::outcome(step.outcome)),
            window,
        );
    }
    messages(report, &mut add);
    for moved in text::moves(report) {
        let what = format!(
            "{} moved from {} to {} by step {}",
            moved.names.join(", "),
            moved.from,
            moved.to,
            moved.by
        );
        add(Some(moved.at_s), what, None);
    }
    all.sort_by(|a, b| a.at.total_cmp(&b.at));
    all
}

fn messages(report: &Report, add: &mut impl FnMut(Option<Seconds>, String, Option<(String, Option<bool>)>)) {
    for message in &report.messages {
        let line = Timeline::new(report);
        let due = message
            .due_s
            .map(|due| format!("due at {}", text::span(line.at(due))));
        match message.at_s {
            Some(at) => add(
                Some(at),
                format!("{} told", message.to),
                due.map(|due| (due, message.in_time)),
            ),
            None => add(
                message.due_s,
                format!("{} not told", message.to),
                due.map(|due| (due, message.in_time)),
            ),
        }
    }
}
