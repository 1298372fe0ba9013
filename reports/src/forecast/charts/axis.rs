//! The axis of time, its grid and its scale.

use maud::{Markup, html};

use crate::charts::LEFT;
use crate::svg::scale::Scale;
use crate::svg::{self, Anchor};

/// What the axis of time takes below a drawing.
pub(super) const AXIS: f64 = 28.0;

/// Faint lines at the times of [`axis`].
pub(super) fn grid(x: Scale, top: f64, bottom: f64) -> Markup {
    html! { @for (tick, _) in x.time_ticks(9) { (svg::line("grid", (x.at(tick), top), (x.at(tick), bottom))) } }
}

/// The axis of time below a drawing that ends at `y`, with what it shows in the gutter.
pub(super) fn axis(x: Scale, y: f64, title: &str) -> Markup {
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

/// A scale of time over all values with some room; from zero where that costs less than half of the width.
pub(super) fn time_scale(values: impl Iterator<Item = f64>, range: (f64, f64)) -> Scale {
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
