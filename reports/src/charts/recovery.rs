//! The recovery as a waterfall: outages, phases and steps over time, against their windows and targets.
//!
//! A bar is filled by where its time came from: the parts are shares of the bar, in no order of time.

use drill::report::{Judged, Seconds};
use maud::{Markup, html};

use super::axis::{AXIS, axis, grid, row_name};
use super::chart::Chart;
use super::layout::{LEFT, RIGHT, WIDTH};
use super::symbols::{ChartSymbols, mark_legend};
use crate::svg::scale::Scale;
use crate::svg::{self, Anchor, Fill, area, labels};
use crate::timeline::{self, Instant, Kind, Parts, Row, Timeline};

const ROW: f64 = 25.0;
/// The height of a bar.
pub(crate) const BAR: f64 = 15.0;
/// Between outages and phases.
const BREAK: f64 = 10.0;

/// The waterfall; nothing where nothing happened.
pub(crate) fn recovery(judged: &Judged) -> Option<Chart> {
    let rows = timeline::rows(judged);
    if rows.is_empty() {
        return None;
    }
    let now = timeline::end(judged);
    let x = scale(judged, &rows, now);
    let description = "Recovery over time: outages, phases and steps against their windows and targets";
    let title = Timeline::new(&judged.report).title();
    Some(waterfall(&rows, &marks(judged), x, now, (description, title)))
}

/// Rows as bars on a scale whose zero lies at `from`.
pub(super) fn waterfall_from(judged: &Judged, rows: &[Row], x: Scale, from: Seconds) -> Chart {
    let mut instants = marks(judged);
    instants.iter_mut().for_each(|instant| instant.at -= from);
    let description = "Short phases and steps of the recovery on a scale of their own";
    let now = timeline::end(judged) - from;
    waterfall(rows, &instants, x, now, (description, "drill time from there"))
}

/// Rows as bars on a scale, under the marks that it shows; with what is read aloud, and the title of the axis.
fn waterfall(
    rows: &[Row],
    instants: &[Instant],
    x: Scale,
    now: Seconds,
    (description, title): (&str, &str),
) -> Chart {
    let marks = ChartSymbols::new(instants, x);
    let top = marks.height();
    let tops = row_tops(rows, top + 4.0);
    let bottom = tops.last().copied().unwrap_or(top) + ROW + 2.0;
    let drawing = html! {
        (grid(x, top, bottom))
        @for (row, y) in rows.iter().zip(&tops) { (window(x, row, *y)) }
        @for (row, y) in rows.iter().zip(&tops) {
            (row_name(y + 17.0, &row.name))
            (bar(x, row, *y + (ROW - BAR) / 2.0, now))
        }
        (marks.lines(top, bottom))
        @for (row, y) in rows.iter().zip(&tops) { (caption(x, row, *y + 17.0, now)) }
        (marks.names(top))
        (axis(x, bottom, title))
    };
    let mut legend = fills(rows, now);
    legend.extend(mark_legend(instants, x));
    Chart {
        drawing: svg::drawing(WIDTH, bottom + AXIS, description, drawing),
        legend,
    }
}

/// The targets that lie too far out to be drawn to scale.
pub(crate) fn beyond(judged: &Judged) -> Vec<String> {
    let rows = timeline::rows(judged);
    let x = scale(judged, &rows, timeline::end(judged));
    let out = |i: &Instant| !x.shows(i.at);
    timeline::deadlines(judged)
        .into_iter()
        .filter(out)
        .map(|i| i.name)
        .collect()
}

/// Faults, detection, declaration and targets, in order of time.
fn marks(judged: &Judged) -> Vec<Instant> {
    let mut all = timeline::instants(judged);
    all.extend(timeline::deadlines(judged));
    all.sort_by(|a, b| a.at.total_cmp(&b.at));
    all
}

/// From just before the first row to the last end, with the targets and windows that are near it: a
/// target of 8h would leave no room for a recovery of 30m.
pub(super) fn scale(judged: &Judged, rows: &[Row], now: Seconds) -> Scale {
    let start = rows.iter().filter_map(|r| r.start).fold(0.0, f64::min);
    let ends = rows.iter().filter(|r| r.start.is_some()).map(|r| r.known_to(now));
    let mut end = ends.fold(1.0, f64::max);
    for (index, deadline) in timeline::deadlines(judged).iter().enumerate() {
        let reach = if index == 0 { 5.0 } else { 2.0 };
        if deadline.at <= end * reach {
            end = end.max(deadline.at);
        }
    }
    for (_, closes) in rows.iter().filter_map(|r| r.window) {
        if closes <= end * 1.5 {
            end = end.max(closes);
        }
    }
    let length = end - start;
    Scale::new((start - 0.012 * length, end + 0.03 * length), (LEFT, RIGHT))
}

fn row_tops(rows: &[Row], first: f64) -> Vec<f64> {
    let mut y = first;
    let mut tops = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let outage = |r: &Row| matches!(r.kind, Kind::Outage(_));
        if index > 0 && outage(&rows[index - 1]) && !outage(row) {
            y += BREAK;
        }
        tops.push(y);
        y += ROW;
    }
    tops
}

fn window(x: Scale, row: &Row, y: f64) -> Markup {
    let Some((opens, closes)) = row.window else {
        return html! {};
    };
    let (from, to) = (x.at(opens), x.at(closes));
    html! {
        rect class="window" x=(svg::Px(from)) y=(svg::Px(y + 1.0)) width=(svg::Px(to - from)) height=(svg::Px(ROW - 2.0)) {}
        @if x.shows(opens) { (svg::line("window-edge", (from, y + 1.0), (from, y + ROW - 1.0))) }
        @if x.shows(closes) { (svg::line("window-edge", (to, y + 1.0), (to, y + ROW - 1.0))) }
    }
}

fn bar(x: Scale, row: &Row, y: f64, now: Seconds) -> Markup {
    let Some(start) = row.start else { return html! {} };
    let (from, to) = (x.at(start), x.at(row.known_to(now)));
    let width = (to - from).max(3.0);
    html! {
        @for (fill, offset, part) in segments(row, width, now) { (area(fill, from + offset, y, part, BAR)) }
        @if row.end.is_none() {
            path class="open-end" d=(open_end(from + width, y)) {}
        }
    }
}

/// A torn edge: it goes on, or ended after the drill.
pub(crate) fn open_end(x: f64, y: f64) -> String {
    use maud::Render;
    let at = |dx: f64, dy: f64| format!("{} {}", svg::Px(x + dx).render().0, svg::Px(y + dy).render().0);
    let quarter = BAR / 4.0;
    format!(
        "M{} L{} L{} L{} L{}",
        at(0.0, -1.0),
        at(4.0, quarter),
        at(-1.0, 2.0 * quarter),
        at(4.0, 3.0 * quarter),
        at(0.0, BAR + 1.0)
    )
}

/// A bar's fills with their offset and width.
fn segments(row: &Row, width: f64, now: Seconds) -> Vec<(Fill, f64, f64)> {
    let shares = match row.kind {
        Kind::Outage(_) => vec![(Fill::Down, 1.0)],
        Kind::NotStarted => Vec::new(),
        Kind::Phase(parts, _) => shares(parts, row.length(now)),
    };
    spread(&shares, width)
}

/// The shares of a duration by where it came from; what is not attributed is told apart.
pub(super) fn shares(parts: Parts, length: Seconds) -> Vec<(Fill, f64)> {
    let known = parts.measured + parts.observed + parts.modelled;
    let whole = known.max(length);
    if whole <= 0.0 {
        return vec![(Fill::Plain, 1.0)];
    }
    let rest = whole - known;
    let rest = if rest > 0.001 * whole { rest } else { 0.0 };
    [
        (Fill::Solid, parts.measured),
        (Fill::Observed, parts.observed),
        (Fill::Modelled, parts.modelled),
        (Fill::Plain, rest),
    ]
    .into_iter()
    .filter(|(_, part)| *part > 0.0)
    .map(|(fill, part)| (fill, part / whole))
    .collect()
}

/// Shares as offsets and widths: what is there stays visible, at the cost of the widest.
pub(super) fn spread(shares: &[(Fill, f64)], width: f64) -> Vec<(Fill, f64, f64)> {
    let least = (width / shares.len().max(1) as f64).min(2.0);
    let mut widths: Vec<f64> = shares
        .iter()
        .map(|(_, share)| (share * width).max(least))
        .collect();
    let excess = widths.iter().sum::<f64>() - width;
    if let Some(widest) = widths.iter_mut().max_by(|a, b| a.total_cmp(b)) {
        *widest -= excess;
    }
    let mut offset = 0.0;
    let place = |((fill, _), part): (&(Fill, f64), f64)| {
        let at = offset;
        offset += part;
        (*fill, at, part)
    };
    shares.iter().zip(widths).map(place).collect()
}

/// The length of a bar, beside it where there is room.
fn caption(x: Scale, row: &Row, y: f64, now: Seconds) -> Markup {
    let text = row.caption(now);
    let Some(start) = row.start else {
        return svg::text(
            "caption quiet",
            Anchor::Start,
            x.at(0.0).max(LEFT) + 8.0,
            y,
            &text,
        );
    };
    let (from, to) = (x.at(start), x.at(row.known_to(now)).max(x.at(start) + 3.0));
    let width = labels::width(&text);
    if to + 8.0 + width <= WIDTH {
        return svg::text("caption", Anchor::Start, to + 8.0, y, &text);
    }
    if from - 8.0 - width >= LEFT {
        return svg::text("caption", Anchor::End, from - 8.0, y, &text);
    }
    svg::plate(to - 8.0, y, &text)
}

/// The samples of the fills that are drawn.
fn fills(rows: &[Row], now: Seconds) -> Vec<(Markup, &'static str)> {
    let drawn: Vec<Fill> = rows
        .iter()
        .flat_map(|r| segments(r, 100.0, now))
        .map(|(fill, ..)| fill)
        .collect();
    let names = [
        (Fill::Down, "service down"),
        (Fill::Solid, "measured: done here"),
        (Fill::Modelled, "modelled: stands for what did not happen here"),
        (Fill::Observed, "observed: a person took it"),
        (Fill::Plain, "of no stated origin"),
    ];
    let mut legend: Vec<(Markup, &'static str)> = names
        .into_iter()
        .filter(|(fill, _)| drawn.contains(fill))
        .map(|(fill, name)| (svg::swatch(fill), name))
        .collect();
    if rows.iter().any(|r| r.window.is_some()) {
        let sample = html! {
            svg class="swatch" viewBox="0 0 22 12" width="22" height="12" aria-hidden="true" {
                rect class="window" x="1" y="0.5" width="20" height="11" {}
                (svg::line("window-edge", (1.0, 0.5), (1.0, 11.5)))
                (svg::line("window-edge", (21.0, 0.5), (21.0, 11.5)))
            }
        };
        legend.push((sample, "window for the step's end"));
    }
    legend
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn parts_fill_the_bar_and_none_vanishes() {
        let parts = Parts {
            measured: 0.001,
            modelled: 3600.0,
            observed: 10.0,
        };
        let spread = spread(&shares(parts, 3610.001), 300.0);
        assert_eq!(spread.len(), 3);
        assert!(spread.iter().all(|(_, _, width)| *width >= 2.0));
        let (_, offset, width) = spread[2];
        assert!((offset + width - 300.0).abs() < 1e-9);
    }

    #[test]
    fn unattributed_time_stays_unattributed() {
        let parts = Parts {
            measured: 10.0,
            modelled: 0.0,
            observed: 0.0,
        };
        assert_eq!(shares(parts, 40.0), [(Fill::Solid, 0.25), (Fill::Plain, 0.75)]);
        assert_eq!(shares(Parts::default(), 0.0), [(Fill::Plain, 1.0)]);
    }

    #[test]
    fn a_far_target_is_named_instead_of_drawn() {
        assert_eq!(beyond(&fixtures::passing()), ["MTD 8h"]);
        assert!(recovery(&fixtures::empty()).is_none());
    }
}
