//! The fleet over time: devices connected, and messages per drill second.
//!
//! The counters of the journal only grow; the rate is their difference over at least 10 drill seconds.
//! Where no counter was written for longer than that, the line breaks.

use drill::journal::FleetCounters;
use drill::report::{Judged, Seconds};
use maud::{Markup, Render, html};

use super::axis::{AXIS, axis, grid};
use super::chart::Chart;
use super::layout::{LEFT, RIGHT, WIDTH};
use super::probes::whole_drill;
use super::symbols::{ChartSymbols, mark_legend};
use crate::svg::scale::Scale;
use crate::svg::{self, Anchor, Px};
use crate::text;
use crate::timeline::{self, Timeline};

const PANEL: f64 = 120.0;
const BETWEEN: f64 = 26.0;
/// Rates are taken over at least this long.
const BIN: Seconds = 10.0;
/// Without a sample for longer than this, nothing is known.
const GAP: Seconds = 35.0;

/// A value at a time; `None` breaks the line.
type Points = Vec<(Seconds, Option<f64>)>;

/// Both panels; nothing where there was no fleet.
pub(crate) fn fleet(judged: &Judged) -> Option<Chart> {
    let samples = &judged.charts.fleet;
    if samples.len() < 2 {
        return None;
    }
    let line = Timeline::new(&judged.report);
    let samples: Vec<(Seconds, FleetCounters)> = samples
        .iter()
        .map(|(at, counters)| (line.at(at.as_secs_f64()), *counters))
        .collect();
    let x = whole_drill(judged);
    let instants = timeline::instants(judged);
    let marks = ChartSymbols::new(&instants, x);
    let top = marks.height();
    let second = top + PANEL + BETWEEN;
    let bottom = second + PANEL;
    let drawing = html! {
        (grid(x, top, bottom))
        (connected(x, &samples, top))
        (rates(x, &samples, second))
        (marks.lines(top, bottom))
        (marks.names(top))
        (axis(x, bottom, line.title()))
    };
    let mut legend = vec![
        (svg::line_swatch("curve c-connected"), "connected"),
        (
            svg::line_swatch("curve c-published"),
            "published, repetitions included",
        ),
        (
            svg::line_swatch("curve c-acknowledged"),
            "acknowledged by the broker",
        ),
    ];
    legend.extend(mark_legend(&instants, x));
    let description = "Devices connected and messages per drill second over time";
    Some(Chart {
        drawing: svg::drawing(WIDTH, bottom + AXIS, description, drawing),
        legend,
    })
}

fn connected(x: Scale, samples: &[(Seconds, FleetCounters)], top: f64) -> Markup {
    let devices = samples.iter().map(|(_, c)| c.devices).max().unwrap_or(0);
    let points = broken(samples.iter().map(|(at, c)| (*at, c.connected as f64)).collect());
    let y = y_scale(devices as f64, top);
    html! {
        (panel(y, top, "devices connected", &format!("of {}", text::count(devices))))
        (svg::line("ceiling", (LEFT, y.at(devices as f64)), (x.range().1, y.at(devices as f64))))
        path class="curve c-connected" d=(path(x, y, &points)) {}
    }
}

fn rates(x: Scale, samples: &[(Seconds, FleetCounters)], top: f64) -> Markup {
    let published = rate(samples, |c| c.published);
    let acknowledged = rate(samples, |c| c.acknowledged);
    let highest = published
        .iter()
        .chain(&acknowledged)
        .filter_map(|(_, v)| *v)
        .fold(0.0, f64::max);
    let y = y_scale(highest, top);
    html! {
        (panel(y, top, "messages", "per drill second"))
        path class="curve c-published" d=(path(x, y, &published)) {}
        path class="curve c-acknowledged" d=(path(x, y, &acknowledged)) {}
    }
}

/// From 0 to a little above the highest value.
fn y_scale(highest: f64, top: f64) -> Scale {
    Scale::new((0.0, (highest * 1.1).max(1.0)), (top + PANEL, top))
}

/// The ticks of a panel, and its name in the gutter.
fn panel(y: Scale, top: f64, name: &str, unit: &str) -> Markup {
    html! {
        @for (tick, label) in y.count_ticks(5) {
            (svg::line("grid", (LEFT, y.at(tick)), (RIGHT, y.at(tick))))
            (svg::text("tick", Anchor::End, LEFT - 8.0, y.at(tick) + 4.0, &label))
        }
        (svg::text("row-name", Anchor::Start, 4.0, top + 12.0, name))
        (svg::text("tick", Anchor::Start, 4.0, top + 28.0, unit))
    }
}

/// The growth of a counter per second, over at least [`BIN`].
fn rate(samples: &[(Seconds, FleetCounters)], of: impl Fn(&FleetCounters) -> u64) -> Points {
    let mut points = Vec::new();
    let Some((mut since, mut before)) = samples.first().map(|(at, c)| (*at, of(c))) else {
        return points;
    };
    for (at, counters) in &samples[1..] {
        let (length, now) = (at - since, of(counters));
        // A rounding of the instants must not swallow a bin.
        if length < BIN - 0.01 {
            continue;
        }
        let grown = (length <= GAP).then(|| now.checked_sub(before)).flatten();
        points.push((since, grown.map(|n| n as f64 / length)));
        points.push((*at, grown.map(|n| n as f64 / length)));
        (since, before) = (*at, now);
    }
    points
}

/// The samples, with a break where they are far apart.
fn broken(samples: Vec<(Seconds, f64)>) -> Points {
    let mut points: Points = Vec::with_capacity(samples.len());
    let mut last: Option<Seconds> = None;
    for (at, value) in samples {
        if last.is_some_and(|last| at - last > GAP) {
            points.push((at, None));
        }
        points.push((at, Some(value)));
        last = Some(at);
    }
    points
}

/// The path of a line; of the points within one pixel only the extremes are kept.
fn path(x: Scale, y: Scale, points: &Points) -> String {
    let mut path = String::new();
    for run in points.split(|(_, value)| value.is_none()) {
        let pixels: Vec<(f64, f64)> = run
            .iter()
            .filter_map(|(at, value)| Some((x.at(*at), y.at((*value)?))))
            .collect();
        for (index, (px, py)) in thinned(&pixels).into_iter().enumerate() {
            path.push(if index == 0 { 'M' } else { 'L' });
            Px(px).render_to(&mut path);
            path.push(' ');
            Px(py).render_to(&mut path);
        }
    }
    path
}

/// First, lowest, highest and last point of every pixel, in their order.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept = Vec::new();
    for column in points.chunk_by(|a, b| a.0.floor() == b.0.floor()) {
        let extreme = |pick: fn(&f64, &f64) -> std::cmp::Ordering| {
            column
                .iter()
                .enumerate()
                .max_by(|a, b| pick(&a.1.1, &b.1.1))
                .map_or(0, |(index, _)| index)
        };
        let mut picks = vec![
            0,
            extreme(f64::total_cmp),
            extreme(|a, b| b.total_cmp(a)),
            column.len() - 1,
        ];
        picks.sort_unstable();
        picks.dedup();
        kept.extend(picks.into_iter().map(|index| column[index]));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    fn counters(published: u64) -> FleetCounters {
        FleetCounters {
            published,
            ..FleetCounters::default()
        }
    }

    #[test]
    fn a_rate_is_the_growth_of_a_counter() {
        let samples = [
            (0.0, counters(0)),
            (10.0, counters(200)),
            (15.0, counters(250)),
            (20.0, counters(500)),
        ];
        let points = rate(&samples, |c| c.published);
        assert_eq!(
            points,
            [
                (0.0, Some(20.0)),
                (10.0, Some(20.0)),
                (10.0, Some(30.0)),
                (20.0, Some(30.0))
            ]
        );
    }

    #[test]
    fn gaps_and_counters_that_shrink_break_the_line() {
        let samples = [(0.0, counters(5)), (10.0, counters(3)), (100.0, counters(9))];
        let values: Vec<_> = rate(&samples, |c| c.published).into_iter().map(|p| p.1).collect();
        assert_eq!(values, [None; 4]);
        assert_eq!(broken(vec![(0.0, 1.0), (50.0, 2.0)])[1], (50.0, None));
    }

    #[test]
    fn a_long_drill_gives_a_short_path() {
        let points: Points = (0..86_400)
            .map(|s| (f64::from(s), Some(f64::from(s % 7))))
            .collect();
        let x = Scale::new((0.0, 86_400.0), (0.0, 800.0));
        let path = path(x, Scale::new((0.0, 7.0), (100.0, 0.0)), &points);
        assert!(path.len() < 60_000, "{}", path.len());
        assert!(
            path.contains(" 100L") && path.contains(" 14.3"),
            "the extremes are kept"
        );
    }

    #[test]
    fn no_fleet_no_chart() {
        assert!(fleet(&fixtures::empty()).is_none());
        assert!(fleet(&fixtures::passing()).is_some());
    }
}
