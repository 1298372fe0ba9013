//! The charts of a forecast: how the figures of targets are spread, what durations do to them, what recovery is made of,
//! how the fleet comes back. Each is left out where there is no data.

mod critical;
mod distribution;
mod fleet;
mod tornado;

use drill::text::one_line;
use forecast::plan::study::Study;
use maud::{Markup, html};

use crate::charts::LEFT;
use crate::figure::Figure;
use crate::svg::labels::{self, Place};
use crate::svg::scale::Scale;
use crate::svg::{self, Anchor};

/// The height of one row of names above a drawing.
const NAME_ROW: f64 = 16.0;
/// The height of a row with a bar.
const ROW: f64 = 25.0;
/// What the axis of time takes below a drawing.
const AXIS: f64 = 28.0;

/// All that there is data for.
pub(super) fn all(study: &Study) -> Vec<Figure> {
    let mut all: Vec<Figure> = Vec::new();
    all.extend(distribution::all(study));
    all.extend(tornado::all(study));
    all.extend(critical::chart(study));
    all.extend(fleet::chart(study));
    all
}

/// `distribution-1-program-delivery-rto`: safe in names of files and in links, whatever a service is called; the number
/// tells apart what would read the same.
fn name(chart: &str, number: usize, what: &str) -> String {
    const LONGEST: usize = 40;
    let mut slug = String::new();
    for c in what.chars().map(|c| c.to_ascii_lowercase()) {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug.truncate(LONGEST);
    format!("{chart}-{number}-{}", slug.trim_end_matches('-'))
        .trim_end_matches('-')
        .to_owned()
}

/// The text with a capital at its beginning.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// A vertical line with its name.
struct Mark {
    at: f64,
    class: &'static str,
    name_class: &'static str,
    name: String,
}

impl Mark {
    /// A target.
    fn target(at: f64, name: String) -> Mark {
        Mark {
            at,
            class: "m-deadline",
            name_class: "name n-deadline",
            name,
        }
    }

    /// A quantile.
    fn quantile(at: f64, name: String) -> Mark {
        Mark {
            at,
            class: "m-detected",
            name_class: "name",
            name,
        }
    }
}

/// Vertical lines whose names stand above each other where they would overlap.
struct Marks {
    marks: Vec<Mark>,
    places: Vec<Place>,
}

impl Marks {
    /// Those that `x` shows, with names before the pixel `edge`.
    fn new(mut marks: Vec<Mark>, x: Scale, edge: f64) -> Marks {
        marks.retain(|mark| x.shows(mark.at));
        marks.sort_by(|a, b| a.at.total_cmp(&b.at));
        let names: Vec<(f64, &str)> = marks
            .iter()
            .map(|mark| (x.at(mark.at), mark.name.as_str()))
            .collect();
        let places = labels::stack(&names, edge);
        Marks { marks, places }
    }

    /// The room that the names take above the drawing.
    fn height(&self) -> f64 {
        let rows = self.places.iter().map(|place| place.row + 1).max().unwrap_or(0);
        rows as f64 * NAME_ROW + 8.0
    }

    /// The lines down to `bottom`, and the names above `top`.
    fn draw(&self, top: f64, bottom: f64) -> Markup {
        let baseline = |place: &Place| top - 7.0 - place.row as f64 * NAME_ROW;
        html! {
            @for (mark, place) in self.marks.iter().zip(&self.places) {
                (svg::line(mark.class, (place.x, baseline(place) - 9.0), (place.x, bottom)))
            }
            @for (mark, place) in self.marks.iter().zip(&self.places) {
                @let (anchor, x) = match place.leftward {
                    true => (Anchor::End, place.x - labels::GAP),
                    false => (Anchor::Start, place.x + labels::GAP),
                };
                (svg::cut_text(mark.name_class, anchor, x, baseline(place), labels::LONGEST, &mark.name))
            }
        }
    }
}

/// Faint lines at the times of [`axis`].
fn grid(x: Scale, top: f64, bottom: f64) -> Markup {
    html! { @for (tick, _) in x.time_ticks(9) { (svg::line("grid", (x.at(tick), top), (x.at(tick), bottom))) } }
}

/// The axis of time below a drawing that ends at `y`, with what it shows in the gutter.
fn axis(x: Scale, y: f64, title: &str) -> Markup {
    let (left, right) = x.range();
    html! {
        (svg::line("axis", (left, y), (right, y)))
        @for (tick, label) in x.time_ticks(9) {
            (svg::line("axis", (x.at(tick), y), (x.at(tick), y + 4.0)))
            (svg::text("tick", Anchor::Middle, x.at(tick), y + 17.0, &label))
        }
        (svg::text("axis-title", Anchor::End, LEFT - 26.0, y + 17.0, title))
    }
}

/// The name of a row, right before the drawing.
fn row_name(y: f64, name: &str) -> Markup {
    svg::cut_text(
        "row-name",
        Anchor::End,
        LEFT - 12.0,
        y,
        LEFT - 20.0,
        &one_line(name),
    )
}

/// A scale of time over all values with some room; from zero where that costs less than half of the width.
fn time_scale(values: impl Iterator<Item = f64>, range: (f64, f64)) -> Scale {
    let finite = values.filter(|value| value.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let low = low.min(high);
    let start = if low < high - low {
        low.min(0.0)
    } else {
        low - 0.15 * (high - low)
    };
    // A single value stands in the middle.
    let (start, high) = if high > low {
        (start, high)
    } else {
        (0.0, high.max(0.5) * 2.0)
    };
    Scale::new((start, high + 0.04 * (high - start)), range)
}
