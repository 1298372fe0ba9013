//! The axis of time, its grid, and the names of rows.

use maud::{Markup, html};

use super::layout::LEFT;
use crate::svg::scale::Scale;
use crate::svg::{self, Anchor};

/// Faint lines at the ticks.
pub(super) fn grid(x: Scale, top: f64, bottom: f64) -> Markup {
    html! {
        @for (tick, _) in x.time_ticks(12) {
            (svg::line("grid", (x.at(tick), top), (x.at(tick), bottom)))
        }
    }
}

/// The axis of time below a drawing that ends at `y`; it takes [`AXIS`] pixels.
pub(super) fn axis(x: Scale, y: f64, title: &str) -> Markup {
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
pub(super) const AXIS: f64 = 24.0;

/// The name of a row, right before the drawing.
pub(super) fn row_name(y: f64, name: &str) -> Markup {
    svg::cut_text("row-name", Anchor::End, LEFT - 12.0, y, LEFT - 20.0, name)
}
