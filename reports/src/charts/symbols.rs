//! Vertical lines with names above a drawing, and their legend.

use maud::{Markup, html};

use super::layout::{NAME_ROW, WIDTH};
use crate::svg::labels::{self, LabelPosition};
use crate::svg::scale::Scale;
use crate::svg::{self, Anchor};
use crate::timeline::{Instant, Mark};

/// Vertical lines with names above the drawing.
pub(super) struct ChartSymbols<'a> {
    instants: Vec<&'a Instant>,
    places: Vec<LabelPosition>,
}

impl<'a> ChartSymbols<'a> {
    /// Those of `instants` (in order of time) that `x` shows.
    pub(super) fn new(instants: &'a [Instant], x: Scale) -> ChartSymbols<'a> {
        let instants: Vec<&Instant> = instants.iter().filter(|i| x.shows(i.at)).collect();
        let names: Vec<(f64, &str)> = instants.iter().map(|i| (x.at(i.at), i.name.as_str())).collect();
        ChartSymbols {
            places: labels::stack(&names, WIDTH),
            instants,
        }
    }

    /// The room that the names take above the drawing.
    pub(super) fn height(&self) -> f64 {
        let rows = self.places.iter().map(|place| place.row + 1).max().unwrap_or(0);
        rows as f64 * NAME_ROW + 8.0
    }

    /// The lines from each name down to `bottom`.
    pub(super) fn lines(&self, top: f64, bottom: f64) -> Markup {
        html! {
            @for (instant, place) in self.instants.iter().zip(&self.places) {
                (svg::line(mark_class(instant.mark), (place.x, baseline(top, place) - 9.0), (place.x, bottom)))
            }
        }
    }

    /// The names.
    pub(super) fn names(&self, top: f64) -> Markup {
        html! {
                    @for (instant, place) in self.instants.iter().zip(&self.places) {
                        @let (anchor, x) = if place.leftward {
        (Anchor::End, place.x - labels::GAP)
        } else {
        (Anchor::Start, place.x + labels::GAP)
        };
                        @let class = name_class(instant.mark);
                        (svg::cut_text(class, anchor, x, baseline(top, place), labels::LONGEST, &instant.name))
                    }
                }
    }
}

fn baseline(top: f64, place: &LabelPosition) -> f64 {
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
pub(super) fn mark_legend(instants: &[Instant], x: Scale) -> Vec<(Markup, &'static str)> {
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
