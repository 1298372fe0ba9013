//! Probe health over time: a strip per probe, the faults above, the runbook's steps below.
//!
//! A result holds until the next one; where the next is far off, only as long as results usually do, so
//! that a probe that stopped does not look healthy. Up is a low bar, down a full one, unknown a hatched
//! outline: shapes, not colours alone.

use drill::journal::Health;
use drill::report::{Judged, ProbeSeries, Seconds};
use maud::{Markup, html};

use super::axis::{AXIS, axis, grid, row_name};
use super::chart::Chart;
use super::layout::{LEFT, NAME_ROW, RIGHT, WIDTH};
use super::symbols::{ChartSymbols, mark_legend};
use crate::svg::scale::Scale;
use crate::svg::{self, Anchor, Fill, area, labels};
use crate::timeline::{self, Timeline};

const ROW: f64 = 30.0;
const STRIP: f64 = 18.0;
const LANE: f64 = 12.0;

/// The strips; nothing where no probe ran.
pub(crate) fn probes(judged: &Judged) -> Option<Chart> {
    let series: Vec<&ProbeSeries> = judged
        .charts
        .probes
        .iter()
        .filter(|p| !p.results.is_empty())
        .collect();
    if series.is_empty() {
        return None;
    }
    let line = Timeline::new(&judged.report);
    let x = whole_drill(judged);
    let instants = timeline::instants(judged);
    let marks = ChartSymbols::new(&instants, x);
    let top = marks.height();
    let strips_end = top + series.len() as f64 * ROW;
    let lane = StepLane::new(judged, x);
    let bottom = strips_end + lane.height();
    let drawing = html! {
        (grid(x, top, bottom))
        @for (index, probe) in series.iter().enumerate() {
            @let y = top + index as f64 * ROW;
            (names(probe, y))
            @for run in runs(probe, line) { (strip(x, run, y + (ROW - STRIP) / 2.0)) }
        }
        (marks.lines(top, strips_end))
        (lane.draw(strips_end))
        (marks.names(top))
        (axis(x, bottom, line.title()))
    };
    let mut legend = vec![
        (svg::swatch(Fill::Up), "up"),
        (svg::swatch(Fill::Down), "down"),
        (
            svg::swatch(Fill::Unknown),
            "unknown: our own lateness explains the result",
        ),
    ];
    legend.extend(mark_legend(&instants, x));
    let description = "Health of each probe over time, with faults and runbook steps";
    Some(Chart {
        drawing: svg::drawing(WIDTH, bottom + AXIS, description, drawing),
        legend,
    })
}

/// The probe's name, and the services that it stands for where they are called otherwise.
fn names(probe: &ProbeSeries, y: f64) -> Markup {
    if probe.services.iter().all(|service| *service == probe.name) {
        return row_name(y + 19.0, &probe.name);
    }
    let services = format!("for {}", probe.services.join(", "));
    html! {
        (row_name(y + 14.0, &probe.name))
        (svg::cut_text("tick", Anchor::End, LEFT - 12.0, y + 27.0, LEFT - 20.0, &services))
    }
}

/// From drill 0 (or the first result before it) to the end.
pub(super) fn whole_drill(judged: &Judged) -> Scale {
    let line = Timeline::new(&judged.report);
    let probes = judged
        .charts
        .probes
        .iter()
        .filter_map(|p| p.results.first())
        .map(|(at, _)| *at);
    let fleet = judged.charts.fleet.first().map(|(at, _)| *at);
    let first = probes
        .chain(fleet)
        .min()
        .map_or(0.0, |at| at.as_secs_f64().min(0.0));
    let end = timeline::end(judged).max(line.at(first) + 1.0);
    Scale::new((line.at(first), end), (LEFT, RIGHT))
}

/// A time during which a probe kept saying the same.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Run {
    from: Seconds,
    to: Seconds,
    health: Health,
}

/// The results as runs; a gap stays a gap.
fn runs(probe: &ProbeSeries, line: Timeline) -> Vec<Run> {
    let results: Vec<(Seconds, Health)> = probe
        .results
        .iter()
        .map(|(at, health)| (line.at(at.as_secs_f64()), *health))
        .collect();
    let mut steps: Vec<Seconds> = results.windows(2).map(|w| w[1].0 - w[0].0).collect();
    steps.sort_by(f64::total_cmp);
    let usual = steps.get(steps.len() / 2).copied().unwrap_or(1.0);
    let mut runs: Vec<Run> = Vec::new();
    for (index, (from, health)) in results.iter().enumerate() {
        let next = results.get(index + 1).map_or(f64::INFINITY, |r| r.0);
        let to = if next - from > 3.0 * usual {
            from + usual
        } else {
            next
        };
        match runs.last_mut() {
            Some(run) if run.health == *health && run.to == *from => run.to = to,
            _ => runs.push(Run {
                from: *from,
                to,
                health: *health,
            }),
        }
    }
    runs
}

/// Gaps between results of a probe: its name, from when, to when.
pub(crate) fn gaps(judged: &Judged) -> Vec<(&str, Seconds, Seconds)> {
    let line = Timeline::new(&judged.report);
    let of = |probe: &'_ ProbeSeries| {
        let runs = runs(probe, line);
        let pairs = runs.windows(2).map(|pair| (pair[0].to, pair[1].from));
        pairs.filter(|(from, to)| to - from > 1.0).collect::<Vec<_>>()
    };
    let series = judged.charts.probes.iter();
    series
        .flat_map(|probe| {
            of(probe)
                .into_iter()
                .map(|(from, to)| (probe.name.as_str(), from, to))
        })
        .collect()
}

fn strip(x: Scale, run: Run, y: f64) -> Markup {
    let (from, to) = (x.at(run.from), x.at(run.to));
    let width = (to - from).max(1.0);
    match run.health {
        Health::Green => area(Fill::Up, from, y + STRIP - 6.0, width, 6.0),
        Health::Red => area(Fill::Down, from, y, width, STRIP),
        Health::Unknown => area(Fill::Unknown, from, y, width, STRIP),
    }
}

/// The runbook's steps as boxes in one lane, their names stacked below.
struct StepLane {
    boxes: Vec<(f64, f64)>,
    names: Vec<(f64, String)>,
    places: Vec<labels::LabelPosition>,
}

impl StepLane {
    fn new(judged: &Judged, x: Scale) -> StepLane {
        let line = Timeline::new(&judged.report);
        let now = timeline::end(judged);
        let mut steps: Vec<(f64, f64, &str)> = judged
            .report
            .steps
            .iter()
            .filter_map(|step| {
                let start = line.at(step.start_s?);
                let end = step.end_s.map_or(now, |s| line.at(s));
                Some((x.at(start), x.at(end), step.id.as_str()))
            })
            .collect();
        steps.sort_by(|a, b| a.0.total_cmp(&b.0));
        let near = |a: &(f64, f64, &str), b: &(f64, f64, &str)| b.0 - a.0 < 6.0;
        let names: Vec<(f64, String)> = steps.chunk_by(near).map(group_name).collect();
        let refs: Vec<(f64, &str)> = names.iter().map(|(x, name)| (*x, name.as_str())).collect();
        let places = labels::stack(&refs, WIDTH);
        StepLane {
            boxes: steps.iter().map(|(from, to, _)| (*from, *to)).collect(),
            places,
            names,
        }
    }

    fn height(&self) -> f64 {
        let rows = self.places.iter().map(|p| p.row + 1).max();
        rows.map_or(4.0, |rows| LANE + 16.0 + rows as f64 * NAME_ROW)
    }

    fn draw(&self, y: f64) -> Markup {
        let lane = y + 6.0;
        let baseline = |row: usize| lane + LANE + 14.0 + row as f64 * NAME_ROW;
        html! {
            @if !self.boxes.is_empty() { (row_name(lane + 10.0, "runbook")) }
            @for (from, to) in &self.boxes { (area(Fill::Plain, *from, lane, (to - from).max(2.0), LANE)) }
            @for place in &self.places {
                (svg::line("m-step", (place.x, lane + LANE), (place.x, baseline(place.row))))
            }
            @for (place, (_, name)) in self.places.iter().zip(&self.names) {
                @if place.leftward {
                    (svg::cut_text("name", Anchor::End, place.x - labels::GAP, baseline(place.row), labels::LONGEST, name))
                } @else {
                    (svg::cut_text("name", Anchor::Start, place.x + labels::GAP, baseline(place.row), labels::LONGEST, name))
                }
            }
        }
    }
}

/// `contain + 2`: steps that begin at about the same pixel share a name.
fn group_name(group: &[(f64, f64, &str)]) -> (f64, String) {
    let (x, _, first) = group[0];
    match group.len() {
        1 => (x, first.to_owned()),
        n => (x, format!("{first} + {}", n - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drill::units::DrillTime;

    fn series(results: &[(i64, Health)]) -> ProbeSeries {
        ProbeSeries {
            results: results
                .iter()
                .map(|(s, health)| (DrillTime::from_secs(*s), *health))
                .collect(),
            ..ProbeSeries::default()
        }
    }

    const LINE: Timeline = Timeline {
        zero: 0.0,
        from_fault: false,
    };

    #[test]
    fn equal_results_are_one_run_and_gaps_stay_gaps() {
        use Health::{Green, Red};
        let probe = series(&[
            (0, Green),
            (30, Green),
            (60, Red),
            (90, Red),
            (120, Red),
            (600, Green),
        ]);
        let runs = runs(&probe, LINE);
        assert_eq!(
            runs,
            [
                Run {
                    from: 0.0,
                    to: 60.0,
                    health: Green
                },
                Run {
                    from: 60.0,
                    to: 150.0,
                    health: Red
                },
                Run {
                    from: 600.0,
                    to: 630.0,
                    health: Green
                },
            ]
        );
    }

    #[test]
    fn a_single_result_is_no_state_for_the_whole_drill() {
        let runs = runs(&series(&[(10, Health::Green)]), LINE);
        assert_eq!(
            runs,
            [Run {
                from: 10.0,
                to: 11.0,
                health: Health::Green
            }]
        );
    }
}
