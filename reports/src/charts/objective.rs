//! One objective as a bar against its target, with the error as a whisker.

use drill::report::Objective;
use maud::{Markup, html};

use super::recovery::{shares, spread};
use crate::svg::scale::Scale;
use crate::svg::{self, Fill, area};
use crate::timeline::Parts;
use crate::words;

const WIDTH: f64 = 260.0;
const HEIGHT: f64 = 30.0;
const BAR: f64 = 12.0;

/// The bar; nothing where no figure is known.
pub(crate) fn against_target(objective: &Objective) -> Option<Markup> {
    let figure = objective.actual_s.or(objective.at_least_s)?;
    let widest = objective.target_s.max(figure + objective.error_s).max(0.001);
    let x = Scale::new((0.0, widest * 1.06), (1.0, WIDTH - 1.0));
    let y = (HEIGHT - BAR) / 2.0;
    let parts = Parts {
        measured: objective.measured_s,
        modelled: objective.modelled_s,
        observed: objective.observed_s,
    };
    let attributed = parts.measured + parts.modelled + parts.observed > 0.0;
    let fills = if attributed {
        shares(parts, figure)
    } else {
        vec![(Fill::Plain, 1.0)]
    };
    let length = x.at(figure) - 1.0;
    let target = x.at(objective.target_s);
    let low = x.at((figure - objective.error_s).max(0.0));
    let high = x.at(figure + objective.error_s);
    let middle = HEIGHT / 2.0;
    let drawing = html! {
        rect class="track" x="1" y=(svg::Px(y)) width=(svg::Px(target - 1.0)) height=(svg::Px(BAR)) {}
        @if figure > 0.0 {
            @for (fill, offset, width) in spread(&fills, length.max(2.0)) { (area(fill, 1.0 + offset, y, width, BAR)) }
        }
        @if objective.error_s > 0.0 && high - low > 1.0 { (svg::line("whisker", (low, middle), (high, middle))) }
        @if objective.actual_s.is_none() {
            (svg::line("open-end", (1.0 + length, y - 4.0), (1.0 + length, y + BAR + 4.0)))
        }
        (svg::line("m-deadline", (target, 2.0), (target, HEIGHT - 2.0)))
    };
    let description = format!(
        "{} of {}",
        words::achieved_with_error(objective),
        words::span(objective.target_s)
    );
    Some(svg::drawing(WIDTH, HEIGHT, &description, drawing))
}
