//! `baseline.json`: what earlier drills of each scenario took, and on which machine.
//!
//! The file is made to be kept in git: scenarios and objectives in the order of their names, steps in that of the runbook,
//! one figure a line, nothing that differs between two writes of the same drills.

use std::collections::BTreeMap;

use drill::report::Seconds;
use serde::{Deserialize, Serialize};

/// The version of `baseline.json`.
pub const SCHEMA: u32 = 1;

/// The most repeats of a scenario. What a hundred on each side do not show is no difference that matters, and the exact test of
/// all their orders stays small.
pub const MOST_REPEATS: u32 = 100;

/// What earlier drills took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Each scenario by its name.
    pub scenarios: BTreeMap<String, Recorded>,
}

impl Default for Baseline {
    fn default() -> Baseline {
        Baseline {
            schema: SCHEMA,
            scenarios: BTreeMap::new(),
        }
    }
}

/// The drills of one scenario, all with the same seed on the same machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// SHA-256 (hex) of the scenario file.
    pub sha256: String,
    /// The seed of their draws.
    pub seed: u64,
    /// Where their AWS was.
    pub cloud: String,
    /// The version of Firedrill.
    pub tool: String,
    /// What they ran on.
    pub machine: Machine,
    /// How many drills ran at once.
    pub jobs: u32,
    /// How many there were.
    pub repeats: u32,
    /// From the fault until monitoring fired, in drill time; absent where a drill has no detection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detection_s: Option<Range<Seconds>>,
    /// From the end of the step that brought services back until they were green, in drill time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_s: Option<Range<Seconds>>,
    /// Each step that ran, in the order of the runbook.
    pub steps: Vec<StepFigures>,
    /// Steps of the runbook that did not come to an end in every drill, so that they have no figures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unfinished: Vec<String>,
    /// Each objective that has a figure, by its name (`program-delivery rto`).
    pub objectives: BTreeMap<String, ObjectiveFigures>,
    /// Objectives that have no figure in every drill.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_figure: Vec<String>,
    /// Each data set, by its name.
    pub losses: BTreeMap<String, Losses>,
    /// Each critical path that was seen: `detection`, ids of steps, `verification`.
    pub critical_paths: Vec<Vec<String>>,
    /// How long it was, in drill time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical_path_s: Option<Range<Seconds>>,
}

impl Recorded {
    /// The step of this id.
    pub fn step(&self, id: &str) -> Option<&StepFigures> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// A figure that no drill has: a range from more to less, or a time that is negative.
    fn impossible(&self) -> Option<String> {
        let count = |what: String, range: &Range<u64>| {
            (range.least > range.most).then(|| format!("{what} are from {} to {}", range.least, range.most))
        };
        let time = |what: String, range: &Range<Seconds>| {
            let possible = range.least >= 0.0 && range.least <= range.most;
            (!possible).then(|| format!("{what} is from {} s to {} s", range.least, range.most))
        };
        let steps = self.steps.iter().find_map(|step| {
            count(format!("calls of step {}", step.id), &step.calls)
                .or_else(|| count(format!("bytes of step {}", step.id), &step.bytes))
                .or_else(|| count(format!("retries of step {}", step.id), &step.retries))
                .or_else(|| count(format!("waits of step {}", step.id), &step.sequential_waits))
                .or_else(|| time(format!("modelled time of step {}", step.id), &step.modelled_s))
        });
        let objectives = self.objectives.iter().find_map(|(name, figures)| {
            let wrong = (figures.error_s < 0.0)
                .then(|| format!("objective {name} has an error of {} s", figures.error_s));
            wrong.or_else(|| time(format!("objective {name}"), &figures.actual_s))
        });
        let losses = self.losses.iter().find_map(|(name, losses)| {
            [&losses.lost, &losses.corrupted, &losses.stale, &losses.unknown]
                .into_iter()
                .find_map(|range| count(format!("writes of data set {name}"), range))
        });
        let phases = [
            ("detection", &self.detection_s),
            ("verification", &self.verification_s),
            ("the critical path", &self.critical_path_s),
        ];
        let phases = phases
            .into_iter()
            .find_map(|(what, range)| time(what.to_owned(), range.as_ref()?));
        steps.or(objectives).or(losses).or(phases)
    }

    /// Whether a step or phase lies on a critical path that was seen.
    pub fn is_critical(&self, name: &str) -> bool {
        self.critical_paths.iter().flatten().any(|part| part == name)
    }
}

/// What measured times depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// The model of its processors, as the system names it.
    pub cpu: String,
    /// How many processors drills could use.
    pub cores: u32,
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cores = if self.cores == 1 { "core" } else { "cores" };
        write!(f, "{} {cores} of {}", self.cores, self.cpu)
    }
}

/// The smallest and the largest value that was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range<T> {
    /// The smallest.
    pub least: T,
    /// The largest.
    pub most: T,
}

impl<T: Copy + PartialOrd> Range<T> {
    /// That of these values; none of nothing.
    pub fn from_values(values: impl IntoIterator<Item = T>) -> Option<Range<T>> {
        let mut values = values.into_iter();
        let first = values.next()?;
        let one = Range {
            least: first,
            most: first,
        };
        Some(values.fold(one, |range, value| Range {
            least: if value < range.least { value } else { range.least },
            most: if value > range.most { value } else { range.most },
        }))
    }
}

impl From<Range<u64>> for Range<f64> {
    fn from(range: Range<u64>) -> Range<f64> {
        Range {
            least: range.least as f64,
            most: range.most as f64,
        }
    }
}

/// The calls and times of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepFigures {
    /// Its id.
    pub id: String,
    /// In how many of the repeats it did what it should.
    pub done: u32,
    /// API calls.
    pub calls: Range<u64>,
    /// Bytes of bodies, both ways.
    pub bytes: Range<u64>,
    /// Calls that were made again.
    pub retries: Range<u64>,
    /// The longest chain of calls in which each began after the one before it was served.
    pub sequential_waits: Range<u64>,
    /// Modelled time.
    pub modelled_s: Range<Seconds>,
    /// Measured time of each repeat, in the order in which they ran.
    pub measured_s: Vec<Seconds>,
}

/// What was achieved of one objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectiveFigures {
    /// The figure.
    pub actual_s: Range<Seconds>,
    /// How exactly it was known at worst.
    pub error_s: Seconds,
}

/// What became of one data set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Losses {
    /// Writes that are not there.
    pub lost: Range<u64>,
    /// Writes with other bytes.
    pub corrupted: Range<u64>,
    /// Writes in the place of which an older version is there.
    pub stale: Range<u64>,
    /// Writes of which it is not known what became of them.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unknown: Range<u64>,
}

/// Whether it was none in every drill, which goes without saying.
fn is_none(count: &Range<u64>) -> bool {
    count.most == 0
}

/// A file that is no baseline of this version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {what}")]
pub struct BaselineError {
    /// Its line, from 1.
    pub line: usize,
    /// Its column, from 1.
    pub column: usize,
    /// What is wrong there.
    pub what: String,
}

impl Baseline {
    /// Reads `baseline.json`.
    ///
    /// # Errors
    /// If it is not JSON, of another schema, or has a figure that no drill has.
    pub fn parse(text: &str) -> Result<Baseline, BaselineError> {
        // First its version: what another one has is not this one's mistake.
        let version: Version = serde_json::from_str(text).map_err(broken)?;
        if version.schema != u64::from(SCHEMA) {
            let (line, column) = place_of(text, "\"schema\"");
            return Err(BaselineError {
                line,
                column,
                what: format!(
                    "found a baseline of schema {}; allowed: schema {SCHEMA}; hint: write it anew with --update-baseline, by this \
                     version of Firedrill",
                    version.schema
                ),
            });
        }
        let baseline: Baseline = serde_json::from_str(text).map_err(broken)?;
        baseline.check(text)?;
        Ok(baseline)
    }

    /// The same as `baseline.json`.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("figures are finite, and keys are text");
        json.push('\n');
        json
    }

    /// Takes over the scenarios of `newer`; those that it does not have stay.
    pub fn update(&mut self, newer: Baseline) {
        self.scenarios.extend(newer.scenarios);
    }

    fn check(&self, text: &str) -> Result<(), BaselineError> {
        for (name, recorded) in &self.scenarios {
            let wrong = |what: String| {
                let (line, column) = place_of(text, &format!("{}:", quoted(name)));
                Err(BaselineError { line, column, what })
            };
            if recorded.repeats > MOST_REPEATS {
                return wrong(format!(
                    "scenario {name}: {} repeats; at most {MOST_REPEATS} are compared",
                    recorded.repeats
                ));
            }
            if let Some(what) = recorded.impossible() {
                return wrong(format!("scenario {name}: {what}"));
            }
            for step in &recorded.steps {
                let measured = &step.measured_s;
                if measured.len() != recorded.repeats as usize {
                    return wrong(format!(
                        "scenario {name}: step {} has {} measured times of {} repeats",
                        step.id,
                        measured.len(),
                        recorded.repeats
                    ));
                }
                if step.done > recorded.repeats {
                    return wrong(format!(
                        "scenario {name}: step {} was done in {} of {} repeats",
                        step.id, step.done, recorded.repeats
                    ));
                }
                if measured.iter().any(|seconds| *seconds < 0.0) {
                    return wrong(format!("scenario {name}: step {} has a negative time", step.id));
                }
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Version {
    schema: u64,
}

fn broken(error: serde_json::Error) -> BaselineError {
    let what = error.to_string();
    // The place is given in front.
    let what = what
        .rsplit_once(" at line ")
        .map_or(what.as_str(), |(what, _)| what);
    BaselineError {
        line: error.line().max(1),
        column: error.column().max(1),
        what: format!("found no baseline: {what}"),
    }
}

/// A text as JSON writes it.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Where a part of the text stands; the beginning, where it does not.
fn place_of(text: &str, part: &str) -> (usize, usize) {
    let before = text.find(part).map_or("", |at| &text[..at]);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let column = before[line_start..].chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A baseline with one scenario of one step.
    pub(crate) fn example() -> Baseline {
        let whole = |least, most| Range { least, most };
        let recorded = Recorded {
            sha256: "ab".repeat(32),
            seed: 1,
            cloud: "embedded".to_owned(),
            tool: "0.1.0".to_owned(),
            machine: Machine {
                cpu: "Example 9000".to_owned(),
                cores: 2,
            },
            jobs: 1,
            repeats: 5,
            detection_s: Range::from_values([240.0, 241.5]),
            verification_s: Range::from_values([29.5]),
            steps: vec![StepFigures {
                id: "restore".to_owned(),
                done: 5,
                calls: whole(52, 52),
                bytes: whole(1_000, 1_020),
                retries: whole(0, 0),
                sequential_waits: whole(8, 11),
                modelled_s: Range {
                    least: 0.0,
                    most: 0.0,
                },
                measured_s: vec![1.0, 1.1, 0.9, 1.05, 0.95],
            }],
            unfinished: Vec::new(),
            objectives: BTreeMap::new(),
            without_figure: Vec::new(),
            losses: BTreeMap::new(),
            critical_paths: vec![vec!["detection".to_owned(), "restore".to_owned()]],
            critical_path_s: None,
        };
        let mut baseline = Baseline::default();
        baseline.scenarios.insert("hello".to_owned(), recorded);
        baseline
    }

    #[test]
    fn round_trip_gives_the_same_bytes() {
        let json = example().to_json();
        let read = Baseline::parse(&json).unwrap();
        assert_eq!(read, example());
        assert_eq!(read.to_json(), json);
    }

    #[test]
    fn another_schema_is_refused_with_its_line() {
        let json = example().to_json().replace("\"schema\": 1", "\"schema\": 7");
        let error = Baseline::parse(&json).unwrap_err();
        assert_eq!((error.line, error.column), (2, 3));
        assert!(
            error.what.contains("schema 7") && error.what.contains("schema 1"),
            "{error}"
        );
    }

    #[test]
    fn a_broken_file_is_refused_with_its_line() {
        let json = example().to_json();
        let cut = &json[..json.find("\"bytes\"").unwrap()];
        let error = Baseline::parse(cut).unwrap_err();
        assert!(error.line > 15 && !error.what.contains(" at line "), "{error}");
        let wrong = json.replace("\"seed\": 1", "\"seed\": \"one\"");
        let line = 1 + json[..json.find("\"seed\"").unwrap()].matches('\n').count();
        assert_eq!(Baseline::parse(&wrong).unwrap_err().line, line);
        assert_eq!(Baseline::parse("").unwrap_err().line, 1);
        assert!(Baseline::parse("[]").is_err());
        let unknown = json.replace("\"seed\"", "\"sead\"");
        assert!(Baseline::parse(&unknown).unwrap_err().what.contains("sead"));
    }

    #[test]
    fn repeats_and_times_must_agree() {
        let json = example().to_json().replace("\"repeats\": 5", "\"repeats\": 4");
        let error = Baseline::parse(&json).unwrap_err();
        assert!(
            error.what.contains("restore has 5 measured times of 4 repeats"),
            "{error}"
        );
        assert_eq!(error.line, 4);
    }

    #[test]
    fn figures_that_no_drill_has_are_refused() {
        for (change, said) in [
            (
                (|recorded: &mut Recorded| recorded.steps[0].calls = Range { least: 9, most: 3 })
                    as fn(&mut Recorded),
                "calls of step restore are from 9 to 3",
            ),
            (
                |recorded| recorded.detection_s = Range::from_values([-1.0]),
                "detection is from -1 s to -1 s",
            ),
            (|recorded| recorded.repeats = 101, "101 repeats; at most 100"),
            (
                |recorded| {
                    let figures = ObjectiveFigures {
                        actual_s: Range {
                            least: 1.0,
                            most: 1.0,
                        },
                        error_s: -1e9,
                    };
                    recorded.objectives.insert("x rto".to_owned(), figures);
                },
                "objective x rto has an error of -1000000000 s",
            ),
        ] {
            let mut wrong = example();
            change(wrong.scenarios.get_mut("hello").unwrap());
            let error = Baseline::parse(&wrong.to_json()).unwrap_err();
            assert!(error.what.contains(said) && error.line == 4, "{error}");
        }
    }

    #[test]
    fn an_update_keeps_what_was_not_drilled() {
        let mut baseline = example();
        let mut newer = example();
        let hello = newer.scenarios.remove("hello").unwrap();
        newer
            .scenarios
            .insert("other".to_owned(), Recorded { seed: 7, ..hello });
        baseline.update(newer);
        let names: Vec<&String> = baseline.scenarios.keys().collect();
        assert_eq!(names, ["hello", "other"]);
        assert_eq!(baseline.scenarios["hello"].seed, 1);
    }
}
