//! When shares of the fleet are back: the spread of each over the disasters.
//!
//! ```text
//!   99 % back   ├────▒▒▒▒┃▒▒▒▒▒─────┤    5 to 95 in 100, the middle half, the median
//! ```

use forecast::plan::study::{Distribution, Fleet, Study};
use maud::{Markup, html};

use super::axis::{AXIS, axis, grid, time_scale};
use super::row::row_name;
use crate::charts::{BAR, LEFT, WIDTH};
use crate::figure::Figure;
use crate::forecast::{quantile, text};
use crate::svg::scale::Scale;
use crate::svg::{self, Anchor, Fill, area};
use crate::text::{count, plural};

/// Where the spreads end; what stands beside them needs the rest.
const EDGE: f64 = 700.0;
const ROW: f64 = 30.0;
const TOP: f64 = 6.0;

/// The chart; nothing without a fleet that lost its sessions.
pub(super) fn chart(study: &Study) -> Option<Figure> {
    let fleet = study.fleet.as_ref().filter(|fleet| {
        fleet
            .back
            .iter()
            .any(|back| back.after.known + back.after.beyond > 0)
    })?;
    let values = fleet
        .back
        .iter()
        .flat_map(|back| [5, 25, 50, 75, 95].map(|percent| quantile(&back.after, percent)));
    let x = time_scale(values.flatten(), (LEFT, EDGE));
    let end = TOP + fleet.back.len() as f64 * ROW;
    let drawing = html! {
        (grid(x, TOP, end))
        @for (at, back) in fleet.back.iter().enumerate() {
            @let y = TOP + at as f64 * ROW;
            (row_name(y + 19.0, &format!("{} % back", back.percent)))
            (spread(x, y + (ROW - BAR) / 2.0, &back.after))
            @let beside = text::spread(&back.after, study.runs, None, "not back");
            (svg::cut_text("caption", Anchor::Start, EDGE + 14.0, y + 19.0, WIDTH - EDGE - 18.0, &beside))
        }
        (axis(x, end, "since the fault, modelled"))
    };
    let description =
        "When 50, 90, 99 and 100 % of the fleet are back, modelled: the spread over the disasters";
    Some(Figure {
        name: "fleet".to_owned(),
        heading: "How the fleet comes back".to_owned(),
        drawing: svg::drawing(WIDTH, end + AXIS, description, drawing),
        legend: vec![(
            sample(),
            "from 5 to 95 in 100 disasters; the box: the middle half; the stroke: the median".to_owned(),
        )],
        caption: caption(fleet),
    })
}

fn caption(fleet: &Fleet) -> String {
    format!(
        "Modelled: {} with {} on {} connects/s, from the first fault that took their sessions.",
        plural(fleet.devices, "device"),
        fleet.profile,
        count(fleet.connects_per_second.into())
    )
}

/// Whiskers, box and median; what lies beyond reaches the edge.
fn spread(x: Scale, y: f64, after: &Distribution) -> Markup {
    if after.known + after.beyond == 0 || quantile(after, 5).is_none() {
        return html! {};
    }
    let at = |percent: u32| quantile(after, percent).map_or(x.range().1, |value| x.at(value));
    boxed([at(5), at(25), at(50), at(75), at(95)], y, BAR)
}

fn boxed([low, from, median, to, high]: [f64; 5], y: f64, height: f64) -> Markup {
    let middle = y + height / 2.0;
    html! {
        (svg::line("whisker", (low, middle), (high, middle)))
        @for end in [low, high] { (svg::line("whisker", (end, y + 3.0), (end, y + height - 3.0))) }
        (area(Fill::Modelled, from, y, (to - from).max(2.0), height))
        (svg::line("m-ground", (median, y - 1.0), (median, y + height + 1.0)))
        (svg::line("m-fault", (median, y - 3.0), (median, y + height + 3.0)))
    }
}

fn sample() -> Markup {
    html! {
        svg class="swatch" viewBox="0 0 34 12" width="34" height="12" aria-hidden="true" {
            (boxed([1.0, 8.0, 16.0, 26.0, 33.0], 1.5, 9.0))
        }
    }
}
