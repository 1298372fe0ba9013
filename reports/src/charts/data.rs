//! What became of the writes: a stacked bar per data set, and where the lost ones died.
//!
//! The counts stand beside their samples, since a bar cannot show 3 of 93,000; in the bar each outcome
//! that is there keeps a visible width.

use drill::report::DataSet;
use maud::{Markup, html};

use super::axis::row_name;
use super::layout::{LEFT, RIGHT, WIDTH};
use super::recovery::spread;
use crate::svg::{self, Anchor, Fill, area};
use crate::text;

const BAR: f64 = 22.0;
const HOP: f64 = 20.0;

/// The bar of a data set, and its legend with counts; nothing where nothing was counted.
pub(crate) fn outcomes(set: &DataSet) -> Option<(Markup, Vec<(Markup, String)>)> {
    if set.counted == 0 {
        return None;
    }
    let parts: Vec<(Fill, &str, u64)> = parts(set).into_iter().filter(|(_, _, n)| *n > 0).collect();
    let whole = set.counted as f64;
    let shares: Vec<(Fill, f64)> = parts
        .iter()
        .map(|(fill, _, n)| (*fill, *n as f64 / whole))
        .collect();
    let hops_top = BAR + 14.0;
    let height = if set.lost_by_hop.is_empty() {
        BAR + 4.0
    } else {
        hops_top + set.lost_by_hop.len() as f64 * HOP
    };
    let drawing = html! {
        (row_name(BAR - 5.0, &format!("{} {}", text::count(set.counted), set.counted_from)))
        @for (fill, offset, width) in spread(&shares, RIGHT - LEFT) {
            (area(fill, LEFT + offset, 1.0, width, BAR))
        }
        (hops(set, hops_top))
    };
    let legend = parts
        .iter()
        .map(|(fill, name, n)| {
            let share = text::share(*n as f64, whole);
            (
                svg::swatch(*fill),
                format!("{name} {} ({share})", text::count(*n)),
            )
        })
        .collect();
    let description = format!(
        "Outcomes of the {} writes of {}",
        text::count(set.counted),
        set.name
    );
    Some((svg::drawing(WIDTH, height, &description, drawing), legend))
}

/// The outcomes that add up to `counted`.
fn parts(set: &DataSet) -> [(Fill, &'static str, u64); 5] {
    [
        (Fill::Solid, "stable", set.stable),
        (Fill::Delayed, "delayed", set.delayed),
        (Fill::Lost, "lost", set.lost),
        (Fill::Corrupted, "corrupted", set.corrupted),
        (Fill::Stale, "stale", set.stale),
    ]
}

/// Where the lost ones died, to a scale of their own.
fn hops(set: &DataSet, top: f64) -> Markup {
    let most = set.lost_by_hop.values().copied().max().unwrap_or(0).max(1) as f64;
    html! {
        @for (index, (hop, n)) in set.lost_by_hop.iter().enumerate() {
            @let y = top + index as f64 * HOP;
            @let width = (*n as f64 / most * 300.0).max(2.0);
            (row_name(y + 12.0, &format!("lost in {hop}")))
            (area(Fill::Lost, LEFT, y + 2.0, width, 12.0))
            (svg::text("caption", Anchor::Start, LEFT + width + 8.0, y + 12.0, &text::count(*n)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn every_outcome_that_is_there_is_drawn_and_counted() {
        let judged = fixtures::as_written();
        let (drawing, legend) = outcomes(&judged.report.data[0]).unwrap();
        let names: Vec<_> = legend.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(
            names,
            ["stable 538 (94.4 %)", "lost 3 (0.5 %)", "corrupted 29 (5.1 %)"]
        );
        for class in ["f-solid", "f-lost", "f-corrupted"] {
            assert!(drawing.0.contains(class));
        }
        assert!(!drawing.0.contains("f-stale"));
        assert!(outcomes(&DataSet::default()).is_none());
    }
}
