//! Vertical lines with names above a drawing.

use maud::{Markup, html};

use crate::svg::labels::{self, LabelPosition};
use crate::svg::scale::Scale;
use crate::svg::{self, Anchor};

/// The height of one row of names above a drawing.
const NAME_ROW: f64 = 16.0;

/// A vertical line with its name.
pub(super) struct Mark {
    pub(super) at: f64,
    pub(super) class: &'static str,
    pub(super) name_class: &'static str,
    pub(super) name: String,
}

impl Mark {
    /// A target.
    pub(super) fn target(at: f64, name: String) -> Mark {
        Mark {
            at,
            class: "m-deadline",
            name_class: "name n-deadline",
            name,
        }
    }

    /// A quantile.
    pub(super) fn quantile(at: f64, name: String) -> Mark {
        Mark {
            at,
            class: "m-detected",
            name_class: "name",
            name,
        }
    }
}

/// Vertical lines whose names stand above each other where they would overlap.
pub(super) struct ChartSymbols {
    marks: Vec<Mark>,
    places: Vec<LabelPosition>,
}

impl ChartSymbols {
    /// Those that `x` shows, with names before the pixel `edge`.
    pub(super) fn new(mut marks: Vec<Mark>, x: Scale, edge: f64) -> ChartSymbols {
        marks.retain(|mark| x.shows(mark.at));
        marks.sort_by(|a, b| a.at.total_cmp(&b.at));
        let names: Vec<(f64, &str)> = marks
            .iter()
            .map(|mark| (x.at(mark.at), mark.name.as_str()))
            .collect();
        let places = labels::stack(&names, edge);
        ChartSymbols { marks, places }
    }

    /// The room that the names take above the drawing.
    pub(super) fn height(&self) -> f64 {
        let rows = self.places.iter().map(|place| place.row + 1).max().unwrap_or(0);
        rows as f64 * NAME_ROW + 8.0
    }

    /// The lines down to `bottom`, and the names above `top`.
    pub(super) fn draw(&self, top: f64, bottom: f64) -> Markup {
        let baseline = |place: &LabelPosition| top - 7.0 - place.row as f64 * NAME_ROW;
        html! {
                    @for (mark, place) in self.marks.iter().zip(&self.places) {
                        (svg::line(mark.class, (place.x, baseline(place) - 9.0), (place.x, bottom)))
                    }
                    @for (mark, place) in self.marks.iter().zip(&self.places) {
                        @let (anchor, x) = if place.leftward {
        (Anchor::End, place.x - labels::GAP)
        } else {
        (Anchor::Start, place.x + labels::GAP)
        };
                        (svg::cut_text(mark.name_class, anchor, x, baseline(place), labels::LONGEST, &mark.name))
                    }
                }
    }
}
