//! How the figure of a target is spread over the disasters: a histogram with the cumulative share, and the target.
//!
//! ```text
//!              │target 1h: met in 71.3 %
//!   4 % ┤    ▃▅│▇▅▃▂          ________ ▒ 100 %     the bar at the right is the share that lies beyond every
//!   2 % ┤  ▂▅██│█████▅▃▂▁____/         ▒           value: it ends what the cumulative line leaves open
//!       └──────┴─────────────────────  not back
//! ```

use forecast::plan::study::{Cell, Study, Target};
use maud::{Markup, html};

use super::axis::{axis, grid, time_scale};
use super::chart_name::{capital, name};
use super::symbols::{ChartSymbols, Mark};
use crate::charts::{LEFT, WIDTH};
use crate::figure::{Figure, curve};
use crate::forecast::{quantile, text};
use crate::svg::scale::Scale;
use crate::svg::{self, Anchor, Fill, area};

/// The height of the panel.
const PANEL: f64 = 170.0;
/// Where the panel ends; right of it are the labels of the cumulative share.
const EDGE: f64 = 984.0;
/// What the bar of the share beyond takes, and its width.
const SLOT: f64 = 100.0;
const BEYOND: f64 = 44.0;
/// A target that is further away than so many times the longest value is named instead of drawn.
const REACH: f64 = 2.5;
/// What stands below the panel.
const FOOT: f64 = 40.0;

/// One for each target whose figure is anything but nothing at all times.
pub(super) fn all(study: &Study) -> Vec<Figure> {
    let numbered = study.targets.iter().enumerate();
    numbered
        .filter_map(|(at, target)| chart(study, at + 1, target))
        .collect()
}

fn chart(study: &Study, number: usize, target: &Target) -> Option<Figure> {
    let figure = &target.figure;
    let total = figure.known + figure.beyond;
    let any = figure.beyond > 0
        || figure
            .quantiles
            .iter()
            .any(|quantile| quantile.value_s.is_some_and(|value| value > 0.0));
    if total == 0 || !any {
        return None;
    }
    let x = scale(target);
    let marks = ChartSymbols::new(marks(target), x, EDGE);
    let top = marks.height();
    let bottom = top + PANEL;
    let share = |runs: u64| runs as f64 / total as f64 * 100.0;
    let highest = figure
        .histogram
        .iter()
        .map(|cell| share(cell.runs))
        .fold(0.0, f64::max);
    let left = Scale::new(
        (0.0, if highest > 0.0 { highest * 1.05 } else { 1.0 }),
        (bottom, top),
    );
    let right = Scale::new((0.0, 100.0), (bottom, top));
    let what = text::figure(target.metric);
    let drawing = html! {
        (grid(x, top, bottom))
        (shares(left, right, highest > 0.0))
        @for cell in &figure.histogram { (bar(x, left.at(share(cell.runs)), bottom, cell, target.target_s)) }
        (curve("curve c-connected", &cumulative(&figure.histogram, x, right, share)))
        @if figure.beyond > 0 {
            (beyond(right, 100.0 - share(figure.beyond), text::beyond(target.metric), &text::part(figure.beyond, total)))
        }
        (marks.draw(top, bottom))
        (axis(x, bottom, ""))
        (svg::text("row-name", Anchor::Start, 4.0, top + 12.0, "disasters"))
        (svg::text("tick", Anchor::Start, 4.0, top + 28.0, "share in each bar"))
        (svg::cut_text("axis-title", Anchor::Start, 4.0, bottom + 17.0, LEFT - 60.0, what))
        (svg::text("axis-title", Anchor::Start, 4.0, bottom + 31.0, "modelled"))
    };
    let title = text::target(target);
    let description = format!(
        "{title}, modelled: how the figure is spread over the disasters. {}",
        text::line(study, target)
    );
    Some(Figure {
        name: name(
            "distribution",
            number,
            &text::objective(&target.service, target.metric),
        ),
        heading: capital(&text::figure_of(&target.service, target.metric)),
        drawing: svg::drawing(WIDTH, bottom + FOOT, &description, drawing),
        legend: legend(target, x),
        caption: caption(study, target, x),
    })
}

/// Over all values, and the target if it is near.
fn scale(target: &Target) -> Scale {
    let cells = target.figure.histogram.iter().filter(|cell| cell.runs > 0);
    let longest = cells.clone().map(|cell| cell.to_s).fold(0.0, f64::max);
    let near = longest <= 0.0 || target.target_s <= longest * REACH;
    let ends = cells.flat_map(|cell| [cell.from_s, cell.to_s]);
    let end = if target.figure.beyond > 0 {
        EDGE - SLOT
    } else {
        EDGE
    };
    time_scale(ends.chain(near.then_some(target.target_s)), (LEFT, end))
}

fn marks(target: &Target) -> Vec<Mark> {
    let figure = &target.figure;
    let met = format!(
        "target {}: met in {}",
        text::time(target.target_s),
        text::percent(target.chance)
    );
    let mut marks = vec![Mark::target(target.target_s, met)];
    for (percent, what) in [(50, "median"), (95, "95 in 100:")] {
        if let Some(value) = quantile(figure, percent) {
            marks.push(Mark::quantile(
                value,
                format!("{what} {}", text::against(value, target.target_s)),
            ));
        }
    }
    marks
}

/// The labels of both scales of shares.
fn shares(left: Scale, right: Scale, any: bool) -> Markup {
    html! {
        @if any {
            @for (tick, label) in left.percent_ticks(5) {
                (svg::line("axis", (LEFT - 4.0, left.at(tick)), (LEFT, left.at(tick))))
                (svg::text("tick", Anchor::End, LEFT - 8.0, left.at(tick) + 4.0, &label))
            }
        }
        (svg::line("axis", (LEFT, left.range().0), (LEFT, left.range().1)))
        @for (tick, label) in right.percent_ticks(5) {
            (svg::line("grid", (LEFT, right.at(tick)), (EDGE, right.at(tick))))
            (svg::text("tick", Anchor::Start, EDGE + 6.0, right.at(tick) + 4.0, &label))
        }
    }
}

/// A cell, in two parts where the target lies within it.
fn bar(x: Scale, y: f64, bottom: f64, cell: &Cell, target_s: f64) -> Markup {
    if cell.runs == 0 {
        return html! {};
    }
    let (from, to) = (x.at(cell.from_s), x.at(cell.to_s));
    // Bars stand apart where there is room, and what is there is seen.
    let to = if to - from > 4.0 {
        to - 1.0
    } else {
        to.max(from + 3.0)
    };
    let height = (bottom - y).max(1.0);
    let part = |fill, from: f64, to: f64| area(fill, from, bottom - height, to - from, height);
    html! {
        @if cell.to_s <= target_s { (part(Fill::Up, from, to)) }
        @else if cell.from_s > target_s { (part(Fill::Down, from, to)) }
        @else {
            @let split = x.at(target_s).clamp(from, to);
            (part(Fill::Up, from, split)) (part(Fill::Down, split, to))
        }
    }
}

/// The share of the disasters whose value is at most so long.
fn cumulative(cells: &[Cell], x: Scale, y: Scale, share: impl Fn(u64) -> f64) -> Vec<(f64, f64)> {
    let Some(first) = cells.first() else {
        return Vec::new();
    };
    let mut sum = 0;
    let mut points = vec![(x.at(first.from_s), y.at(0.0))];
    for cell in cells {
        sum += cell.runs;
        points.push((x.at(cell.to_s), y.at(share(sum))));
    }
    points.push((x.range().1, y.at(share(sum))));
    points
}

/// The bar of what lies beyond, from where the cumulative line ends.
fn beyond(y: Scale, from: f64, what: &str, share: &str) -> Markup {
    let middle = EDGE - SLOT / 2.0;
    let (bottom, _) = y.range();
    let height = (y.at(from) - y.at(100.0)).max(1.5);
    html! {
        (svg::line("window-edge", (EDGE - SLOT, y.at(100.0)), (EDGE - SLOT, bottom)))
        (area(Fill::Lost, middle - BEYOND / 2.0, y.at(100.0), BEYOND, height))
        (svg::text("tick", Anchor::Middle, middle, bottom + 17.0, what))
        (svg::text("caption", Anchor::Middle, middle, bottom + 32.0, share))
    }
}

fn legend(target: &Target, x: Scale) -> Vec<(Markup, String)> {
    let figure = &target.figure;
    let late = figure
        .histogram
        .iter()
        .any(|cell| cell.runs > 0 && cell.to_s > target.target_s);
    let early = figure
        .histogram
        .iter()
        .any(|cell| cell.runs > 0 && cell.from_s <= target.target_s);
    let mut legend = Vec::new();
    if early {
        legend.push((svg::swatch(Fill::Up), "within the target".to_owned()));
    }
    if late {
        legend.push((svg::swatch(Fill::Down), "later than the target".to_owned()));
    }
    if figure.beyond > 0 {
        legend.push((
            svg::swatch(Fill::Lost),
            format!("{}: beyond every value", text::beyond(target.metric)),
        ));
    }
    if figure.known > 0 {
        let cumulative = "share of the disasters up to there (right scale)".to_owned();
        legend.push((svg::line_swatch("curve c-connected"), cumulative));
    }
    legend.extend(
        x.shows(target.target_s)
            .then(|| (svg::line_swatch("m-deadline"), "target".to_owned())),
    );
    legend
}

fn caption(study: &Study, target: &Target, x: Scale) -> String {
    let mut said = format!("Modelled: {}.", text::line(study, target));
    if !x.shows(target.target_s) {
        said.push_str(&format!(
            " The target of {} lies beyond the right edge.",
            text::time(target.target_s)
        ));
    }
    said
}
