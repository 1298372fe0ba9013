//! A run beside what a baseline has of its scenario: the figures that a baseline keeps, and no others.
//!
//! ```text
//!   run ──► observe ──► Figures ──┐                  ┌──► terminal, page (the same as of two runs)
//!                                 ├──► OfBaseline ───┤
//!   baseline.json ────► Figures ──┘                  └──► json
//! ```

use baseline::{Range, Recorded, StepFigures};
use drill::report::{Report, Verdict};
use drill::scenario::Durations;
use drill::units::ByteSize;
use serde::Serialize;

use super::comparison::SCHEMA;
use super::json::to_json;
use super::tables::{Row, Table, difference};
use super::view::{Heading, View};
use super::{page, terminal};
use crate::text;

/// The limits of such a comparison.
const METHOD: &str = "A baseline keeps figures of several drills, as the smallest and the largest that was seen; of measured \
     times the median stands here, too. A change is what lies beyond all that was seen before, and calls nothing a regression: \
     firedrill ci with --baseline and --repeat does. A baseline keeps no findings and no draws, and of the scenario its hash alone.";

/// One side of the comparison.
#[derive(Clone, Copy, Debug)]
pub struct Figures<'a> {
    /// As the user named it.
    pub name: &'a str,
    /// Its figures: of the drills of a baseline, or of the one run.
    pub figures: &'a Recorded,
    /// The report of the run; none of a baseline.
    pub report: Option<&'a Report>,
    /// Which values of modelled durations the scenario of the run asks for; drills of a baseline take those.
    pub durations: Option<Durations>,
}

/// A run and a baseline, matched by names.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfBaseline {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The scenario.
    pub scenario: String,
    /// The first side.
    pub a: SideOfBaseline,
    /// The second side; differences are of it against the first.
    pub b: SideOfBaseline,
    /// What makes the comparison unfair, a sentence each; empty if nothing on record does.
    pub unfair: Vec<String>,
    /// The limits of a comparison.
    pub method: String,
}

/// One side, for programs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideOfBaseline {
    /// As the user named it.
    pub name: String,
    /// The verdict of the run; `null` of a baseline, all drills of which were as expected.
    pub verdict: Option<Verdict>,
    /// Its figures.
    pub figures: Recorded,
}

/// Compares a run with a baseline, or a baseline with a run.
pub fn with_baseline(scenario: &str, a: &Figures<'_>, b: &Figures<'_>) -> OfBaseline {
    OfBaseline {
        schema: SCHEMA,
        scenario: scenario.to_owned(),
        a: side(a),
        b: side(b),
        unfair: unfair(a.figures, b.figures)
            .into_iter()
            .chain([("A", a), ("B", b)].into_iter().filter_map(other_durations))
            .collect(),
        method: METHOD.to_owned(),
    }
}

impl OfBaseline {
    /// As JSON.
    pub fn json(&self) -> String {
        to_json(self)
    }

    /// For a terminal of so many columns.
    pub fn terminal(&self, columns: usize) -> String {
        terminal::shown(&self.view(), columns)
    }

    /// As a page.
    pub fn html(&self) -> String {
        page::shown(&self.view())
    }

    fn view(&self) -> View {
        let (a, b) = (&self.a.figures, &self.b.figures);
        let path = |figures: &Recorded| {
            let paths = figures.critical_paths.iter().map(|path| text::path(path));
            paths.collect::<Vec<_>>().join("; or ")
        };
        View {
            title: format!("A run of {} and its baseline", self.scenario),
            a: heading(&self.a),
            b: heading(&self.b),
            unfair: self.unfair.clone(),
            method: self.method.clone(),
            objectives: objectives(a, b),
            steps: steps(a, b),
            paths: [path(a), path(b)],
            data: data(a, b),
            findings: None,
            drilled: None,
        }
    }
}

fn side(side: &Figures<'_>) -> SideOfBaseline {
    SideOfBaseline {
        name: side.name.to_owned(),
        verdict: side.report.map(|report| report.verdict),
        figures: side.figures.clone(),
    }
}

fn heading(side: &SideOfBaseline) -> Heading {
    let figures = &side.figures;
    let what = match side.verdict {
        Some(_) => "a run".to_owned(),
        None => format!("baseline of {}", text::plural(figures.repeats.into(), "drill")),
    };
    let about = [
        what,
        format!("seed {}", figures.seed),
        figures.cloud.clone(),
        format!("Firedrill {}", figures.tool),
        figures.machine.to_string(),
    ];
    Heading {
        name: side.name.clone(),
        verdict: side.verdict,
        about: about.join(" · "),
    }
}

fn unfair(a: &Recorded, b: &Recorded) -> Vec<String> {
    let mut said = Vec::new();
    if a.sha256 != b.sha256 {
        said.push(
            "The scenario was changed between them: what has the same name stands side by side.".to_owned(),
        );
    }
    if a.seed != b.seed {
        said.push(format!(
            "They have different seeds, {} and {}: faults had other targets, and drawn values differ.",
            a.seed, b.seed
        ));
    }
    if a.cloud != b.cloud {
        said.push(format!(
            "They ran on different clouds: {} and {}.",
            a.cloud, b.cloud
        ));
    }
    if a.tool != b.tool {
        said.push(format!(
            "They were run by different versions of Firedrill: {} and {}.",
            a.tool, b.tool
        ));
    }
    if a.machine != b.machine {
        said.push(format!(
            "They ran on different machines, {} and {}: measured times differ for that alone.",
            a.machine, b.machine
        ));
    }
    if a.jobs != b.jobs {
        said.push(format!(
            "So many drills ran at once: {} in A, {} in B. Measured times differ for that alone.",
            a.jobs, b.jobs
        ));
    }
    said
}

/// That a run did not take the modelled durations of its file, which a suite's drills take.
fn other_durations((which, side): (&str, &Figures<'_>)) -> Option<String> {
    let (taken, asked) = (side.report?.durations, side.durations?);
    (taken != asked).then(|| {
        format!(
            "{which} took modelled durations {}, and drills of a baseline take them {}: modelled times differ for that alone.",
            text::durations(taken),
            text::durations(asked)
        )
    })
}

fn objectives(a: &Recorded, b: &Recorded) -> Table {
    let mut rows = Vec::new();
    for name in names(a.objectives.keys(), b.objectives.keys()) {
        let of = |side: &Recorded| side.objectives.get(&name).map(|figures| figures.actual_s);
        rows.push(seconds(&name, of(a), of(b)));
    }
    rows.push(seconds(
        "from the fault to its detection",
        a.detection_s,
        b.detection_s,
    ));
    rows.push(seconds(
        "from the last critical step to green",
        a.verification_s,
        b.verification_s,
    ));
    rows.push(seconds("the critical path", a.critical_path_s, b.critical_path_s));
    rows.retain(|row| (row.a.as_str(), row.b.as_str()) != (ABSENT, ABSENT));
    Table {
        heading: "Objectives and phases".to_owned(),
        note: None,
        rows,
    }
}

fn steps(a: &Recorded, b: &Recorded) -> Vec<Table> {
    let ids = |side: &Recorded| side.steps.iter().map(|step| step.id.clone()).collect::<Vec<_>>();
    let table = |id: String| {
        let (of_a, of_b) = (a.step(&id), b.step(&id));
        let on_path: Vec<&str> = [("A", a), ("B", b)]
            .into_iter()
            .filter(|(_, side)| side.is_critical(&id))
            .map(|(which, _)| which)
            .collect();
        let note = match on_path.as_slice() {
            [] => None,
            sides => Some(format!("On the critical path of {}.", sides.join(" and "))),
        };
        let count = |name: &str, of: fn(&StepFigures) -> Range<u64>| {
            whole(name, of_a.map(of), of_b.map(of), text::count)
        };
        Table {
            heading: format!("Step {id}"),
            note,
            rows: vec![
                done((a, of_a), (b, of_b)),
                measured(of_a, of_b),
                seconds(
                    "modelled",
                    of_a.map(|step| step.modelled_s),
                    of_b.map(|step| step.modelled_s),
                ),
                count("calls", |step| step.calls),
                count("calls that wait for one another", |step| step.sequential_waits),
                count("retries", |step| step.retries),
                whole(
                    "bytes",
                    of_a.map(|step| step.bytes),
                    of_b.map(|step| step.bytes),
                    |bytes| ByteSize(bytes).to_string(),
                ),
            ],
        }
    };
    names(ids(a).iter(), ids(b).iter())
        .into_iter()
        .map(table)
        .collect()
}

/// In how many drills it did what it should.
fn done(a: (&Recorded, Option<&StepFigures>), b: (&Recorded, Option<&StepFigures>)) -> Row {
    let shown = |(side, step): (&Recorded, Option<&StepFigures>)| {
        step.map_or("not in each drill".to_owned(), |step| {
            format!("{} of {}", step.done, side.repeats)
        })
    };
    let share = |(side, step): (&Recorded, Option<&StepFigures>)| {
        step.map(|step| f64::from(step.done) / f64::from(side.repeats.max(1)))
    };
    let change = match (share(a), share(b)) {
        (Some(before), Some(now)) if before == now => "",
        _ => "changed",
    };
    Row::with("did what it should", shown(a), shown(b), change)
}

/// The median of what was measured, and its range.
fn measured(a: Option<&StepFigures>, b: Option<&StepFigures>) -> Row {
    let range = |step: Option<&StepFigures>| Range::from_values(step?.measured_s.iter().copied());
    let shown = |step: Option<&StepFigures>| match (step, range(step)) {
        (Some(step), Some(range)) if range.least < range.most => {
            let median = text::span(baseline::statistics::median(&step.measured_s));
            format!("{median} ({})", spans(range))
        }
        (_, Some(range)) => spans(range),
        _ => ABSENT.to_owned(),
    };
    Row::with(
        "measured",
        shown(a),
        shown(b),
        beyond(range(a), range(b), text::span),
    )
}

fn data(a: &Recorded, b: &Recorded) -> Vec<Table> {
    let table = |name: String| {
        let (of_a, of_b) = (a.losses.get(&name), b.losses.get(&name));
        let count = |row: &str, of: fn(&baseline::Losses) -> Range<u64>| {
            whole(row, of_a.map(of), of_b.map(of), text::count)
        };
        Table {
            heading: format!("Data set {name}"),
            note: None,
            rows: vec![
                count("lost", |losses| losses.lost),
                count("corrupted", |losses| losses.corrupted),
                count("stale", |losses| losses.stale),
                count("of unknown fate", |losses| losses.unknown),
            ],
        }
    };
    names(a.losses.keys(), b.losses.keys())
        .into_iter()
        .map(table)
        .collect()
}

/// What stands where a side has no figure.
const ABSENT: &str = "–";

/// The names of both, in the order of the first.
fn names<'a>(a: impl Iterator<Item = &'a String>, b: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut all: Vec<String> = a.cloned().collect();
    for name in b {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    all
}

fn spans(range: Range<f64>) -> String {
    ranged(range, text::span)
}

/// `12s`, or `12s to 14s`.
fn ranged<T: Copy + PartialEq>(range: Range<T>, word: impl Fn(T) -> String) -> String {
    let (least, most) = (word(range.least), word(range.most));
    if least == most {
        least
    } else {
        format!("{least} to {most}")
    }
}

fn seconds(name: &str, a: Option<Range<f64>>, b: Option<Range<f64>>) -> Row {
    let shown = |range: Option<Range<f64>>| range.map_or(ABSENT.to_owned(), spans);
    Row::with(name, shown(a), shown(b), beyond(a, b, text::span))
}

fn whole(name: &str, a: Option<Range<u64>>, b: Option<Range<u64>>, word: fn(u64) -> String) -> Row {
    let shown = |range: Option<Range<u64>>| range.map_or(ABSENT.to_owned(), |range| ranged(range, word));
    let change = beyond(a.map(Range::from), b.map(Range::from), |n| word(n as u64));
    Row::with(name, shown(a), shown(b), change)
}

/// By how much the second lies beyond all of the first; empty where they overlap.
fn beyond(a: Option<Range<f64>>, b: Option<Range<f64>>, word: impl Fn(f64) -> String) -> String {
    let (Some(a), Some(b)) = (a, b) else {
        return String::new();
    };
    if b.least > a.most {
        difference(a.most, b.least, word)
    } else if b.most < a.least {
        difference(a.least, b.most, word)
    } else {
        String::new()
    }
}
