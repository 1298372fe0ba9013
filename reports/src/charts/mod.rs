//! The charts of the page: recovery, probes, fleet, data. Each returns nothing where there is no data.
//!
//! ```text
//!        │ names of faults, detection, targets     Marks      one width, one gutter, one zero
//!  names ├──────────────────────────────────────              (the first fault), so that
//!  of    │ bars, strips, lines                     each chart what happened at once stands
//!  rows  ├──────────────────────────────────────              at one place in all charts
//!        │ ticks                                   axis
//! ```

mod clock;
mod data;
mod fleet;
mod objective;
mod probes;
mod recovery;
mod recovery_point;
mod trend;
mod zoom;

pub(crate) use clock::clock;
pub(crate) use data::outcomes;
pub(crate) use fleet::fleet;
pub(crate) use objective::{against_target, fills};
pub(crate) use probes::{gaps, probes};
pub(crate) use recovery::{BAR, beyond, open_end, recovery};
pub(crate) use recovery_point::recovery_point;
pub(crate) use trend::{Point, points, trend};
pub(crate) use zoom::zooms;

use maud::{Markup, html};

use crate::svg::labels::{self, Place};
use crate::svg::scale::Scale;
use crate::svg::{self, Anchor};
use crate::timeline::{Instant, Mark};

/// The width of every drawing.
pub(crate) const WIDTH: f64 = 1040.0;
/// Where drawings begin; left of it stand the names of rows.
pub(crate) const LEFT: f64 = 190.0;
/// Where they end.
pub(crate) const RIGHT: f64 = 1010.0;
/// The height of one row of names.
const NAME_ROW: f64 = 16.0;

/// A drawing and what its signs mean.
pub(crate) struct Chart {
    /// The picture.
    pub(crate) drawing: Markup,
    /// Samples with their meaning.
    pub(crate) legend: Vec<(Markup, &'static str)>,
}

/// Vertical lines with names above the drawing.
struct Marks<'a> {
    instants: Vec<&'a Instant>,
    places: Vec<Place>,
}

impl<'a> Marks<'a> {
    /// Those of `instants` (in order of time) that `x` shows.
    fn new(instants: &'a [Instant], x: Scale) -> Marks<'a> {
        let instants: Vec<&Instant> = instants.iter().filter(|i| x.shows(i.at)).collect();
        let names: Vec<(f64, &str)> = instants.iter().map(|i| (x.at(i.at), i.name.as_str())).collect();
        Marks {
            places: labels::stack(&names, WIDTH),
            instants,
        }
    }

    /// The room that the names take above the drawing.
    fn height(&self) -> f64 {
        let rows = self.places.iter().map(|place| place.row + 1).max().unwrap_or(0);
        rows as f64 * NAME_ROW + 8.0
    }

    /// The lines from each name down to `bottom`.
    fn lines(&self, top: f64, bottom: f64) -> Markup {
        html! {
            @for (instant, place) in self.instants.iter().zip(&self.places) {
                (svg::line(mark_class(instant.mark), (place.x, baseline(top, place) - 9.0), (place.x, bottom)))
            }
        }
    }

    /// The names.
    fn names(&self, top: f64) -> Markup {
        html! {
            @for (instant, place) in self.instants.iter().zip(&self.places) {
                @let (anchor, x) = match place.leftward {
                    true => (Anchor::End, place.x - labels::GAP),
                    false => (Anchor::Start, place.x + labels::GAP),
                };
                @let class = name_class(instant.mark);
                (svg::cut_text(class, anchor, x, baseline(top, place), labels::LONGEST, &instant.name))
            }
        }
    }
}

fn baseline(top: f64, place: &Place) -> f64 {
    top - 7.0 - place.row as f64 * NAME_ROW
}

fn mark_class(mark: Mark) -> &'static str {
    match mark {
        Mark::Fault => "m-fault",
        Mark::Detected => "m-detected",
        Mark::Declared => "m-declared",
        Mark::Moved | Mark::Inject => "m-moved",
        Mark::Deadline => "m-deadline",
    }
}

fn name_class(mark: Mark) -> &'static str {
    match mark {
        Mark::Fault => "name n-fault",
        Mark::Detected | Mark::Declared | Mark::Moved | Mark::Inject => "name",
        Mark::Deadline => "name n-deadline",
    }
}

/// The samples of the marks that a chart shows.
fn mark_legend(instants: &[Instant], x: Scale) -> Vec<(Markup, &'static str)> {
    let names = [
        (Mark::Fault, "fault"),
        (Mark::Detected, "detected"),
        (Mark::Declared, "declared"),
        (Mark::Moved, "names moved"),
        (Mark::Inject, "inject"),
        (Mark::Deadline, "target"),
    ];
    let shown = |mark: Mark| instants.iter().any(|i| i.mark == mark && x.shows(i.at));
    names
        .into_iter()
        .filter(|(mark, _)| shown(*mark))
        .map(|(mark, name)| (svg::line_swatch(mark_class(mark)), name))
        .collect()
}

/// Faint lines at the ticks.
fn grid(x: Scale, top: f64, bottom: f64) -> Markup {
    html! {
        @for (tick, _) in x.time_ticks(12) {
            (svg::line("grid", (x.at(tick), top), (x.at(tick), bottom)))
        }
    }
}

/// The axis of time below a drawing that ends at `y`; it takes [`AXIS`] pixels.
fn axis(x: Scale, y: f64, title: &str) -> Markup {
    let (left, right) = x.range();
    html! {
        (svg::line("axis", (left, y), (right, y)))
        @for (tick, label) in x.time_ticks(12) {
            (svg::line("axis", (x.at(tick), y), (x.at(tick), y + 4.0)))
            (svg::text("tick", Anchor::Middle, x.at(tick), y + 17.0, &label))
        }
        (svg::text("axis-title", Anchor::End, LEFT - 26.0, y + 17.0, title))
    }
}

/// The height of [`axis`].
const AXIS: f64 = 24.0;

/// The name of a row, right before the drawing.
fn row_name(y: f64, name: &str) -> Markup {
    svg::cut_text("row-name", Anchor::End, LEFT - 12.0, y, LEFT - 20.0, name)
}
