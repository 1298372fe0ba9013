//! What each duration does to the recovery time of a service: the median with half of it and with twice as much.

use forecast::plan::study::{Metric, Study, Target, WhatIf};
use maud::{Markup, html};

use super::axis::{AXIS, axis, grid};
use super::chart_name::name;
use super::row::{ROW, row_name};
use super::symbols::{ChartSymbols, Mark};
use crate::charts::{BAR, LEFT, WIDTH, open_end};
use crate::figure::Figure;
use crate::forecast::{advice, text};
use crate::svg::scale::Scale;
use crate::svg::{self, Anchor, Fill, area};
use crate::text::plural;

/// Where the bars end.
const EDGE: f64 = 780.0;
/// Where the two columns of chances end.
const COLUMNS: [f64; 2] = [905.0, 1030.0];
/// So many bars are drawn.
const MOST: usize = 15;
/// A median that moves less than this many seconds has not moved: it would read the same.
const MOVED_S: f64 = 0.5;

/// A duration, halved and doubled.
struct Bar<'a> {
    duration: &'a str,
    half: Option<&'a WhatIf>,
    double: Option<&'a WhatIf>,
}

impl<'a> Bar<'a> {
    /// The changes that are known.
    fn changes(&self) -> impl Iterator<Item = &'a WhatIf> + use<'a> {
        self.half.into_iter().chain(self.double)
    }

    /// From the least median to the largest; one that lies beyond is longer than all.
    fn width(&self) -> f64 {
        let medians = self
            .changes()
            .flat_map(|change| [change.median_before_s, change.median_after_s]);
        let medians = medians.map(|median| median.unwrap_or(f64::INFINITY));
        let (low, high) = medians.fold((f64::INFINITY, 0.0_f64), |(low, high), m| {
            (low.min(m), high.max(m))
        });
        if low.is_finite() { high - low } else { 0.0 }
    }

    /// Whether one of its medians lies beyond, and the other does not.
    fn is_open(&self) -> bool {
        let beyond = |change: &WhatIf| (change.median_before_s.is_none(), change.median_after_s.is_none());
        self.changes().map(beyond).any(|(before, after)| before != after)
    }

    /// How far the chance moves.
    fn swing(&self) -> f64 {
        self.changes()
            .map(|change| advice::gain(change).abs())
            .fold(0.0, f64::max)
    }
}

/// One for each service with an RTO that any duration changes.
pub(super) fn all(study: &Study) -> Vec<Figure> {
    let numbered = study.targets.iter().enumerate();
    let rto = numbered.filter(|(_, target)| target.metric == Metric::Rto);
    rto.filter_map(|(at, target)| chart(study, at + 1, target))
        .collect()
}

fn chart(study: &Study, number: usize, target: &Target) -> Option<Figure> {
    let bars = bars(study, target);
    let all = bars.len();
    let mut bars: Vec<Bar> = bars
        .into_iter()
        .filter(|bar| bar.width() >= MOVED_S || bar.swing() > 0.0)
        .collect();
    bars.sort_by(|a, b| {
        b.width()
            .total_cmp(&a.width())
            .then(b.swing().total_cmp(&a.swing()))
    });
    let first = bars.first()?.changes().next()?;
    let (still, less) = (all - bars.len(), bars.len().saturating_sub(MOST));
    bars.truncate(MOST);

    let x = scale(&bars, target.target_s);
    let mut marks = vec![Mark::target(
        target.target_s,
        format!("target {}", text::time(target.target_s)),
    )];
    if let Some(median) = first.median_before_s {
        marks.push(Mark::quantile(
            median,
            format!("median as it is {}", text::against(median, target.target_s)),
        ));
    }
    let marks = ChartSymbols::new(marks, x, EDGE);
    let top = marks.height().max(40.0);
    let end = top + 4.0 + bars.len() as f64 * ROW;
    let drawing = html! {
        (grid(x, top, end))
        (heads(top, target, first.before))
        @for (at, bar) in bars.iter().enumerate() {
            @let y = top + 4.0 + at as f64 * ROW;
            (row_name(y + 17.0, bar.duration))
            @for (change, fill) in [(bar.half, Fill::Up), (bar.double, Fill::Down)] { (side(x, y + (ROW - BAR) / 2.0, change, fill)) }
            @for (change, column) in [bar.half, bar.double].into_iter().zip(COLUMNS) {
                @if let Some(change) = change {
                    (svg::text("caption", Anchor::End, column, y + 17.0, &text::percent(change.after)))
                }
            }
        }
        (marks.draw(top, end))
        (axis(x, end, "median, modelled"))
        @if let Some(more) = remark(still, less) { (svg::text("tick", Anchor::Start, LEFT, end + AXIS + 10.0, &more)) }
    };
    let height = end + AXIS + if still + less > 0 { 18.0 } else { 0.0 };
    let heading = format!(
        "What decides the {}",
        text::figure_of(&target.service, target.metric)
    );
    let description = format!(
        "{heading}, modelled: the median with half of each duration and with twice as much, and the chances"
    );
    Some(Figure {
        name: name(
            "tornado",
            number,
            &text::objective(&target.service, target.metric),
        ),
        heading,
        drawing: svg::drawing(WIDTH, height, &description, drawing),
        legend: legend(x.shows(target.target_s)),
        caption: format!(
            "Modelled: the same {} with one duration changed at a time. {}The percentages are the disasters that meet {}.",
            plural(first.runs, "disaster"),
            if bars.iter().any(Bar::is_open) {
                "A torn bar has no end: half of the disasters are not back. "
            } else {
                ""
            },
            text::target(target)
        ),
    })
}

fn legend(with_target: bool) -> Vec<(Markup, String)> {
    let mut legend = vec![
        (
            svg::swatch(Fill::Up),
            "median with half of the duration".to_owned(),
        ),
        (
            svg::swatch(Fill::Down),
            "median with twice the duration".to_owned(),
        ),
        (svg::line_swatch("m-detected"), "median as it is".to_owned()),
    ];
    legend.extend(with_target.then(|| (svg::line_swatch("m-deadline"), "target".to_owned())));
    legend
}

/// Each duration with its changes, in the order of the study.
fn bars<'a>(study: &'a Study, target: &Target) -> Vec<Bar<'a>> {
    let mut bars: Vec<Bar> = Vec::new();
    for change in study
        .what_if
        .iter()
        .filter(|w| w.service == target.service && w.metric == target.metric)
    {
        let at = bars
            .iter()
            .position(|bar| bar.duration == change.duration)
            .unwrap_or_else(|| {
                bars.push(Bar {
                    duration: &change.duration,
                    half: None,
                    double: None,
                });
                bars.len() - 1
            });
        match change.factor {
            factor if factor < 1.0 => bars[at].half = Some(change),
            _ => bars[at].double = Some(change),
        }
    }
    bars
}

/// Over all medians, whose differences are what is to be seen; and the target if it is not far from them.
fn scale(bars: &[Bar], target_s: f64) -> Scale {
    let changes = bars.iter().flat_map(|bar| bar.changes());
    let medians = changes.flat_map(|change| [change.median_before_s, change.median_after_s]);
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    let (low, high) = medians
        .flatten()
        .fold(ends, |(low, high), m| (low.min(m), high.max(m)));
    if low > high {
        // No median is known: there is nothing but the target.
        return Scale::new((0.0, target_s.max(0.5) * 2.0), (LEFT, EDGE));
    }
    let width = (high - low).max(1.0);
    let near = (low - width..=high + width).contains(&target_s);
    let (low, high) = if near {
        (low.min(target_s), high.max(target_s))
    } else {
        (low, high)
    };
    let room = 0.07 * (high - low).max(1.0);
    Scale::new(((low - room).max(0.0), high + room), (LEFT, EDGE))
}

/// What the columns of chances are.
fn heads(top: f64, target: &Target, before: f64) -> Markup {
    let meets = format!(
        "meets {}: {} as it is",
        text::time(target.target_s),
        text::percent(before)
    );
    html! {
        (svg::text("tick", Anchor::End, COLUMNS[1], top - 24.0, &meets))
        @for (column, name) in COLUMNS.into_iter().zip(["with half", "with twice"]) {
            (svg::text("tick", Anchor::End, column, top - 7.0, name))
        }
    }
}

/// From the median as it is to the median with the change; torn where one of them lies beyond.
fn side(x: Scale, y: f64, change: Option<&WhatIf>, fill: Fill) -> Markup {
    let Some(change) = change else { return html! {} };
    let (edge, of) = (x.range().1, |median: Option<f64>| {
        median.map(|median| x.at(median))
    });
    let (from, to) = match (of(change.median_before_s), of(change.median_after_s)) {
        (None, None) => return html! {},
        (before, after) => (before.unwrap_or(edge), after.unwrap_or(edge)),
    };
    let open = change.median_before_s.is_none() || change.median_after_s.is_none();
    html! {
        (area(fill, from.min(to), y, (to - from).abs(), BAR))
        @if open { path class="open-end" d=(open_end(edge, y)) {} }
    }
}

/// What is not drawn.
fn remark(still: usize, less: usize) -> Option<String> {
    match (still, less) {
        (0, 0) => None,
        (still, 0) => Some(format!("and {still} more that change nothing")),
        (0, less) => Some(format!("and {less} more that change less")),
        (still, less) => Some(format!(
            "and {less} more that change less, and {still} that change nothing"
        )),
    }
}
