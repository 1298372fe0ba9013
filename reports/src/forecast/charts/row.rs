//! A row with a bar: its height and its name.

use drill::text::one_line;
use maud::Markup;

use crate::charts::LEFT;
use crate::svg::{self, Anchor};

/// The height of a row with a bar.
pub(super) const ROW: f64 = 25.0;

/// The name of a row, right before the drawing.
pub(super) fn row_name(y: f64, name: &str) -> Markup {
    svg::cut_text(
        "row-name",
        Anchor::End,
        LEFT - 12.0,
        y,
        LEFT - 20.0,
        &one_line(name),
    )
}
