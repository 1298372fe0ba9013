//! The recovery point on a line of time: oldest lost write, fault, newest lost write, and the target.
//!
//! ```text
//!              oldest lost ▓▓▓▓▓▓▓▓▓▓▓▓│▓▓▓ newest lost       achieved
//!                               ░░░░░░░│░░░                   the target: as long as it may be
//!                                    fault
//! ```
//! Both bars end where the loss does, so that their lengths can be compared.

use drill::report::{DataSet, Seconds};
use maud::{Markup, html};

use super::axis::{AXIS, axis, row_name};
use super::chart::Chart;
use super::layout::{LEFT, RIGHT, WIDTH};
use crate::svg::scale::Scale;
use crate::svg::{self, Anchor, Fill, area, labels};
use crate::text;

const ROW: f64 = 26.0;
const BAR: f64 = 15.0;

/// The line of one data set with the targets that are judged on it; nothing where nothing was lost or
/// the recovery point is not known.
pub(crate) fn recovery_point(set: &DataSet, targets: &[(String, Seconds)]) -> Option<Chart> {
    set.oldest_lost_s?;
    let length = set.rpa_s.or(set.rpa_at_least_s).filter(|rpa| *rpa > 0.0)?;
    let after = set.rpa_after_fault_s;
    let longest = targets.iter().map(|(_, target)| *target).fold(length, f64::max);
    let margin = 0.08 * longest;
    let x = Scale::new((after - longest - margin, after.max(0.0) + margin), (LEFT, RIGHT));
    let top = 22.0;
    let bottom = top + ROW * (1 + targets.len()) as f64 + 2.0;
    let drawing = html! {
        @for (tick, _) in x.time_ticks(10) { (svg::line("grid", (x.at(tick), top), (x.at(tick), bottom))) }
        (achieved(set, x, (after - length, after), top))
        @for (index, (name, target)) in targets.iter().enumerate() {
            (target_bar(x, name, (after - target, after), top + ROW * (index + 1) as f64))
        }
        (svg::line("m-fault", (x.at(0.0), 6.0), (x.at(0.0), bottom)))
        (fault_name(x))
        (axis(x, bottom, "time before and after the fault"))
    };
    let description = format!(
        "Age of the lost writes of {} against the recovery point objective",
        set.name
    );
    let mut legend = vec![(
        svg::swatch(Fill::Lost),
        "from the oldest lost, corrupted or stale write to the last",
    )];
    if !targets.is_empty() {
        legend.push((svg::swatch(Fill::Plain), "what the target allows"));
    }
    Some(Chart {
        drawing: svg::drawing(WIDTH, bottom + AXIS, &description, drawing),
        legend,
    })
}

fn fault_name(x: Scale) -> Markup {
    let leftward = x.at(0.0) + labels::GAP + labels::width("fault") > WIDTH;
    let (anchor, at) = if leftward {
        (Anchor::End, -labels::GAP)
    } else {
        (Anchor::Start, labels::GAP)
    };
    svg::text("name n-fault", anchor, x.at(0.0) + at, 15.0, "fault")
}

fn achieved(set: &DataSet, x: Scale, (from, to): (Seconds, Seconds), top: f64) -> Markup {
    let (left, right) = (x.at(from), x.at(to));
    let width = (right - left).max(3.0);
    let y = top + (ROW - BAR) / 2.0;
    html! {
        (row_name(y + 12.0, "lost data spans"))
        (area(Fill::Lost, left, y, width, BAR))
        @if set.rpa_s.is_none() { (svg::line("open-end", (left, y - 4.0), (left, y + BAR + 4.0))) }
        (beside(left, left + width, y + 12.0, &text::rpa(set)))
    }
}

fn target_bar(x: Scale, name: &str, (from, to): (Seconds, Seconds), top: f64) -> Markup {
    let (left, right) = (x.at(from), x.at(to));
    let width = (right - left).max(3.0);
    let y = top + (ROW - BAR) / 2.0;
    html! {
        (row_name(y + 12.0, &format!("{name} RPO")))
        (area(Fill::Plain, left, y, width, BAR))
        (beside(left, left + width, y + 12.0, &text::span(to - from)))
    }
}

/// A caption left of a bar, or on it where there is no room.
fn beside(left: f64, right: f64, y: f64, caption: &str) -> Markup {
    if left - 8.0 - labels::width(caption) > LEFT {
        return svg::text("caption", Anchor::End, left - 8.0, y, caption);
    }
    svg::plate(right - 8.0, y, caption)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn no_loss_or_no_knowledge_is_no_picture() {
        assert!(recovery_point(&DataSet::default(), &[]).is_none());
        let nothing_lost = DataSet {
            rpa_s: Some(0.0),
            ..DataSet::default()
        };
        assert!(recovery_point(&nothing_lost, &[("programs".into(), 900.0)]).is_none());
    }

    #[test]
    fn a_bound_is_drawn_open() {
        let judged = fixtures::as_written();
        let chart = recovery_point(&judged.report.data[0], &[("program-delivery".into(), 900.0)]).unwrap();
        assert!(chart.drawing.0.contains("open-end") && chart.drawing.0.contains("at least 8d"));
    }
}
