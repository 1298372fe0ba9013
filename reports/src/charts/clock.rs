//! The wall time of a drill as one band: what limited the rate of its clock, or at which rates it ran.

use std::collections::BTreeMap;

use drill::report::Clock;
use maud::{Markup, html};

use super::axis::row_name;
use super::layout::{LEFT, RIGHT, WIDTH};
use super::recovery::spread;
use crate::svg::{self, Fill, area};
use crate::text;

const BAND: f64 = 24.0;
const ROW: f64 = 34.0;
/// Parts of a band that are told apart; the shortest are drawn together.
const MOST: usize = 6;
/// How they are filled, the longest first.
const FILLS: [Fill; MOST] = [
    Fill::Solid,
    Fill::Modelled,
    Fill::Observed,
    Fill::Plain,
    Fill::Delayed,
    Fill::Stale,
];

/// A part of a band: its name, wall seconds, drill seconds if they are known.
type Part = (String, f64, Option<f64>);

/// The bands with their legends; nothing where the clock's course is not on record.
pub(crate) fn clock(clock: &Clock) -> Option<(Markup, Vec<(Markup, String)>)> {
    let limits = parts(
        clock
            .limits
            .iter()
            .map(|one| (one.limit.clone(), one.wall_s, Some(one.drill_s)))
            .collect(),
    );
    let rates = parts(octaves(clock));
    let bands: Vec<(&str, &Vec<Part>)> = [("limited by", &limits), ("drill s per wall s", &rates)]
        .into_iter()
        .filter(|(_, parts)| !parts.is_empty())
        .collect();
    if bands.is_empty() {
        return None;
    }
    let drawing = html! {
        @for (n, (name, parts)) in bands.iter().enumerate() {
            @let y = n as f64 * ROW + 2.0;
            @let whole: f64 = parts.iter().map(|(_, wall_s, _)| wall_s).sum();
            @let shares: Vec<(Fill, f64)> = parts.iter().zip(FILLS).map(|((_, wall_s, _), fill)| (fill, wall_s / whole.max(1e-9))).collect();
            (row_name(y + BAND - 8.0, name))
            @for (fill, offset, width) in spread(&shares, RIGHT - LEFT) { (area(fill, LEFT + offset, y, width, BAND)) }
        }
    };
    let legend = bands.iter().flat_map(|(name, parts)| {
        let whole: f64 = parts.iter().map(|(_, wall_s, _)| wall_s).sum();
        parts
            .iter()
            .zip(FILLS)
            .map(move |((part, wall_s, drill_s), fill)| {
                let rate = match drill_s {
                    Some(drill_s) => format!(", mean rate {:.0}", drill_s / wall_s.max(1e-9)),
                    None => String::new(),
                };
                let text = format!(
                    "{name} {part}: {} ({}){rate}",
                    text::span(*wall_s),
                    text::share(*wall_s, whole)
                );
                (svg::swatch(fill), text)
            })
    });
    let height = bands.len() as f64 * ROW;
    let description = "The wall time of the drill by what limited its clock, and by rate";
    Some((
        svg::drawing(WIDTH, height, description, drawing),
        legend.collect(),
    ))
}

/// The longest parts, and one for all others; those without any time are left out.
fn parts(mut all: Vec<Part>) -> Vec<Part> {
    all.retain(|(_, wall_s, _)| *wall_s > 0.0 && wall_s.is_finite());
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    if all.len() > MOST {
        let others = all.split_off(MOST - 1);
        let wall_s = others.iter().map(|(_, wall_s, _)| wall_s).sum();
        let drill_s: Option<f64> = others.iter().map(|(_, _, drill_s)| *drill_s).sum();
        all.push((format!("{} others", others.len()), wall_s, drill_s));
    }
    all
}

/// Wall time by rate, in octaves of it.
fn octaves(clock: &Clock) -> Vec<Part> {
    let mut octaves: BTreeMap<i32, f64> = BTreeMap::new();
    for share in clock.rates.iter().filter(|share| share.rate > 0.0) {
        *octaves.entry(share.rate.log2().floor() as i32).or_default() += share.wall_s;
    }
    let bound = |octave: i32| 2f64.powi(octave).to_string();
    let part = |(octave, wall_s): (i32, f64)| {
        (
            format!("{} to {}", bound(octave), bound(octave + 1)),
            wall_s,
            None,
        )
    };
    octaves.into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;
    use drill::journal::LimitShare;

    #[test]
    fn pages_of_limits_are_one_band() {
        let mut of = fixtures::passing().report.clock;
        of.limits = (0..40)
            .map(|n| LimitShare {
                limit: format!("limit {n}"),
                wall_s: f64::from(n),
                drill_s: f64::from(n) * 10.0,
            })
            .collect();
        let (_, legend) = clock(&of).unwrap();
        let texts: Vec<&str> = legend.iter().map(|(_, text)| text.as_str()).collect();
        assert!(
            texts[0].starts_with("limited by limit 39: 39s") && texts[5].contains("34 others"),
            "{texts:?}"
        );
        assert!(texts.iter().all(|text| !text.contains("limit 0:")), "{texts:?}");
        assert!(clock(&Clock::default()).is_none());
    }
}
