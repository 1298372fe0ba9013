//! Parts of the recovery that are too short for the scale of the whole: drawn again, each on a scale of its own.

use drill::report::{Judged, Seconds};

use super::chart::Chart;
use super::layout::{LEFT, RIGHT};
use super::recovery::{scale, waterfall_from};
use crate::svg::scale::Scale;
use crate::timeline::{self, Row};

/// Bars that are narrower, in pixels, are drawn again.
const NARROW: f64 = 6.0;
/// Bars that are so near each other, in pixels of the whole, are drawn together.
const NEAR: f64 = 12.0;
/// Charts at most.
const MOST: usize = 3;

/// A part that is drawn again.
pub(crate) struct Zoom {
    /// From when, on the line of time.
    pub(crate) from: Seconds,
    /// To when.
    pub(crate) to: Seconds,
    /// The bars of this time on a scale of their own, which begins with the first of them.
    pub(crate) chart: Chart,
}

/// The parts that are drawn again, in order of time, and how many more there would be.
pub(crate) fn zooms(judged: &Judged) -> (Vec<Zoom>, usize) {
    let now = timeline::end(judged);
    let rows = timeline::rows(judged);
    if rows.is_empty() {
        return (Vec::new(), 0);
    }
    let x = scale(judged, &rows, now);
    let mut groups = groups(rows, x, now);
    // A lone short bar has its length beside it.
    groups.retain(|group| group.rows.len() > 1);
    let more = groups.len().saturating_sub(MOST);
    groups.sort_by_key(|group| std::cmp::Reverse(group.rows.len()));
    groups.truncate(MOST);
    groups.sort_by(|a, b| a.from.total_cmp(&b.from));
    let zooms = groups.into_iter().map(|group| {
        let length = (group.to - group.from).max(0.001);
        let own = Scale::new((-0.04 * length, 1.12 * length), (LEFT, RIGHT));
        let rows: Vec<Row> = group
            .rows
            .into_iter()
            .map(|row| shifted(row, group.from))
            .collect();
        Zoom {
            from: group.from,
            to: group.to,
            chart: waterfall_from(judged, &rows, own, group.from),
        }
    });
    (zooms.collect(), more)
}

/// The row with its times counted from `zero`.
fn shifted(row: Row, zero: Seconds) -> Row {
    let from = |at: Seconds| at - zero;
    Row {
        start: row.start.map(from),
        end: row.end.map(from),
        until: row.until.map(from),
        window: row.window.map(|(opens, closes)| (from(opens), from(closes))),
        ..row
    }
}

struct Group {
    from: Seconds,
    to: Seconds,
    rows: Vec<Row>,
}

/// Narrow bars that follow each other closely.
fn groups(rows: Vec<Row>, x: Scale, now: Seconds) -> Vec<Group> {
    let narrow = |row: &Row| {
        let ends = row.start.filter(|start| x.shows(*start)).zip(row.end);
        ends.is_some_and(|(start, end)| end > start && x.at(end) - x.at(start) < NARROW)
    };
    let mut narrow: Vec<Row> = rows.into_iter().filter(narrow).collect();
    narrow.sort_by(|a, b| a.start.unwrap_or(now).total_cmp(&b.start.unwrap_or(now)));
    let mut groups: Vec<Group> = Vec::new();
    for row in narrow {
        let (Some(start), Some(end)) = (row.start, row.end) else {
            continue;
        };
        match groups
            .last_mut()
            .filter(|group| x.at(start) - x.at(group.to) < NEAR)
        {
            Some(group) => {
                group.to = group.to.max(end);
                group.rows.push(row);
            }
            None => groups.push(Group {
                from: start,
                to: end,
                rows: vec![row],
            }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn steps_of_milliseconds_are_drawn_again() {
        let (zooms, _) = zooms(&fixtures::busy());
        let zoom = zooms
            .iter()
            .max_by_key(|zoom| zoom.chart.drawing.0.len())
            .unwrap();
        assert!(zoom.to - zoom.from < 1.0, "{} to {}", zoom.from, zoom.to);
        assert!(
            zoom.chart.drawing.0.contains(">100ms<"),
            "the axis has parts of a second"
        );
        assert!(zoom.chart.drawing.0.contains("switch-records-11"));
        assert_eq!(super::zooms(&fixtures::empty()).0.len(), 0);
    }
}
