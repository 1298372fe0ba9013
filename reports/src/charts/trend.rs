//! A figure over the drills of one scenario: a dot for each with its number, against the target of its time.
//!
//! ```text
//!   1h ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄  target
//!        ● 42m
//!                   ● 30m      ◉ 29m   this drill
//!      2026-02     2026-05    2026-08
//! ```

use drill::details::{EarlierDrill, EarlierFigure};
use drill::report::{Metric, ObjectiveVerdict, Report, Seconds};
use maud::{Markup, html};

use super::layout::{LEFT, RIGHT, WIDTH};
use crate::svg::scale::Scale;
use crate::svg::{self, Anchor, Px, labels};
use crate::text;

const HEIGHT: f64 = 176.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 140.0;

/// A figure in one drill.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    /// `2026-11-21`.
    pub(crate) day: String,
    /// What was achieved, or at least.
    pub(crate) figure: Option<Seconds>,
    /// Whether that is a lower bound.
    pub(crate) bound: bool,
    /// The target then.
    pub(crate) target: Seconds,
    /// The drill's verdict.
    pub(crate) verdict: ObjectiveVerdict,
}

impl Point {
    fn new(started_at: &str, figure: &EarlierFigure) -> Point {
        Point {
            day: text::day(started_at).to_owned(),
            figure: figure.actual_s.or(figure.at_least_s),
            bound: figure.at_least_s.is_some(),
            target: figure.target_s,
            verdict: figure.verdict,
        }
    }

    /// `30m 15s`, `at least 22m`, `not known`.
    pub(crate) fn text(&self) -> String {
        match (self.figure, self.bound) {
            (Some(s), false) => text::span(s),
            (Some(s), true) => format!("at least {}", text::span(s)),
            (None, _) => "not known".to_owned(),
        }
    }
}

/// The figures of a service over all drills, this one last; a drill without it has none.
pub(crate) fn points(report: &Report, service: &str, metric: Metric) -> Vec<Option<Point>> {
    let of = |drill: &EarlierDrill| {
        let figure = drill
            .figures
            .iter()
            .find(|one| one.service == service && one.metric == metric)?;
        Some(Point::new(&drill.started_at, figure))
    };
    let earlier = report.details.iter().flat_map(|details| &details.earlier);
    let this = EarlierDrill::from_report("this drill", report);
    earlier.map(of).chain([of(&this)]).collect()
}

/// The chart of these points, the last of which is this drill; nothing where none has a figure.
pub(crate) fn trend(name: &str, points: &[Option<Point>]) -> Option<Markup> {
    let known = points.iter().flatten();
    let highest = known
        .clone()
        .filter_map(|one| one.figure)
        .chain(known.clone().map(|one| one.target))
        .fold(0.0, f64::max);
    if highest <= 0.0 || !known.clone().any(|one| one.figure.is_some()) {
        return None;
    }
    let y = Scale::new((0.0, highest * 1.18), (BOTTOM, TOP));
    let x = |n: usize| match points.len() {
        1 => f64::midpoint(LEFT, RIGHT),
        many => LEFT + 40.0 + n as f64 * (RIGHT - LEFT - 110.0) / (many - 1) as f64,
    };
    // A drill without a figure breaks the line.
    let pixel = |(n, one): (usize, &Option<Point>)| Some((x(n), y.at(one.as_ref()?.figure?)));
    let pixels: Vec<Option<(f64, f64)>> = points.iter().enumerate().map(pixel).collect();
    let figures: Vec<Vec<(f64, f64)>> = pixels
        .split(Option::is_none)
        .map(|run| run.iter().flatten().copied().collect())
        .filter(|run: &Vec<_>| !run.is_empty())
        .collect();
    let drawing = html! {
        (svg::text("row-name", Anchor::Start, 4.0, 16.0, name))
        @for (tick, label) in y.time_ticks(4) {
            (svg::line("grid", (LEFT, y.at(tick)), (RIGHT, y.at(tick))))
            (svg::text("tick", Anchor::End, LEFT - 8.0, y.at(tick) + 4.0, &label))
        }
        (svg::line("axis", (LEFT, BOTTOM), (RIGHT, BOTTOM)))
        @for run in &figures { (crate::figure::curve("curve c-connected", run)) }
        @for (n, one) in points.iter().enumerate() {
            @if let Some(one) = one { (dot(one, x(n), y, n + 1 == points.len())) }
        }
    };
    let description = format!("{name} over {}", text::plural(points.len() as u64, "drill"));
    Some(svg::drawing(WIDTH, HEIGHT, &description, drawing))
}

fn dot(point: &Point, x: f64, y: Scale, this: bool) -> Markup {
    let target = y.at(point.target);
    html! {
        (svg::line("m-deadline", (x - 26.0, target), (x + 26.0, target)))
        @if let Some(figure) = point.figure {
            @let (at, sign) = (y.at(figure), text::objective_sign(point.verdict));
            circle class="dot" cx=(Px(x)) cy=(Px(at)) r=(if this { "6" } else { "4" }) {}
            @if this { circle class="dot-inner" cx=(Px(x)) cy=(Px(at)) r="2.5" {} }
            @if point.bound { (svg::line("open-end", (x, at - 7.0), (x, at - 16.0))) }
            @let label = format!("{sign} {}", point.text());
            @let (anchor, dx) = if x + 10.0 + labels::width(&label) > WIDTH { (Anchor::End, -10.0) } else { (Anchor::Start, 10.0) };
            (svg::text("name", anchor, x + dx, at - 6.0, &label))
        } @else {
            (svg::text("name", Anchor::Middle, x, BOTTOM - 8.0, "not known"))
        }
        (svg::text("tick", Anchor::Middle, x, BOTTOM + 17.0, &point.day))
        @if this { (svg::text("tick", Anchor::Middle, x, BOTTOM + 32.0, "this drill")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn every_drill_has_a_dot_with_its_number() {
        let report = fixtures::quarterly().report;
        let points = points(&report, "program-delivery", Metric::Rto);
        let drawing = trend("program-delivery RTO", &points).unwrap().0;
        let known = points.iter().flatten().filter(|one| one.figure.is_some()).count();
        assert_eq!(drawing.matches("class=\"dot\"").count(), known);
        for point in points.iter().flatten() {
            assert!(drawing.contains(&point.text()) && drawing.contains(&point.day));
        }
        assert!(trend("x", &[None]).is_none());
    }
}
