//! One objective as a bar against its target, with the error as a whisker.

use drill::report::{Metric, Objective};
use maud::{Markup, html};

use super::recovery::{shares, spread};
use crate::svg::scale::Scale;
use crate::svg::{self, Fill, area};
use crate::text;
use crate::timeline::Parts;

const WIDTH: f64 = 310.0;
const HEIGHT: f64 = 30.0;
const BAR: f64 = 12.0;

/// The bar; nothing where no figure is known.
pub(crate) fn against_target(objective: &Objective) -> Option<Markup> {
    let figure = objective.actual_s.or(objective.at_least_s)?;
    let widest = objective.target_s.max(figure + objective.error_s).max(0.001);
    let x = Scale::new((0.0, widest * 1.06), (1.0, WIDTH - 1.0));
    let y = (HEIGHT - BAR) / 2.0;
    let fills = fills(objective);
    let length = x.at(figure) - 1.0;
    let target = x.at(objective.target_s);
    let low = x.at((figure - objective.error_s).max(0.0));
    let high = x.at(figure + objective.error_s);
    let middle = HEIGHT / 2.0;
    let drawing = html! {
        rect class="track" x="1" y=(svg::Px(y)) width=(svg::Px(target - 1.0)) height=(svg::Px(BAR)) {}
        @for (fill, offset, width) in spread(&fills, length.max(2.0)) { (area(fill, 1.0 + offset, y, width, BAR)) }
        @if objective.error_s > 0.0 && high - low > 1.0 { (svg::line("whisker", (low, middle), (high, middle))) }
        @if objective.actual_s.is_none() {
            (svg::line("open-end", (1.0 + length, y - 4.0), (1.0 + length, y + BAR + 4.0)))
        }
        (svg::line("m-ground", (target, 2.0), (target, HEIGHT - 2.0)))
        (svg::line("m-deadline", (target, 2.0), (target, HEIGHT - 2.0)))
    };
    let description = format!(
        "{} of {}",
        text::achieved_with_error(objective),
        text::span(objective.target_s)
    );
    Some(svg::drawing(WIDTH, HEIGHT, &description, drawing))
}

/// The shares of the bar: what a time is made of; a recovery point is no duration of work.
pub(crate) fn fills(objective: &Objective) -> Vec<(Fill, f64)> {
    let Some(figure) = objective.actual_s.or(objective.at_least_s).filter(|s| *s > 0.0) else {
        return Vec::new();
    };
    if objective.metric == Metric::Rpo {
        return vec![(Fill::Lost, 1.0)];
    }
    let parts = Parts {
        measured: objective.measured_s,
        modelled: objective.modelled_s,
        observed: objective.observed_s,
    };
    shares(parts, figure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn unknown_figure_has_no_bar_and_a_bound_an_open_one() {
        let mut objective = fixtures::passing().report.objectives[0].clone();
        let bar = against_target(&objective).unwrap().0;
        assert!(bar.contains("f-modelled") && bar.contains("whisker") && !bar.contains("open-end"));
        (objective.at_least_s, objective.actual_s) = (objective.actual_s, None);
        assert!(against_target(&objective).unwrap().0.contains("open-end"));
        objective.at_least_s = None;
        assert!(against_target(&objective).is_none());
    }

    #[test]
    fn recovery_point_has_no_shares() {
        let judged = fixtures::passing();
        assert_eq!(fills(&judged.report.objectives[1]), [(Fill::Lost, 1.0)]);
    }
}
