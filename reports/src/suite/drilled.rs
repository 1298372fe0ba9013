//! The drills of one scenario, and what came of them.

use baseline::Comparison;
use drill::expectation::unfulfilled;
use drill::report::{Judged, Objective, ObjectiveVerdict, Report, Seconds, Verdict};
use drill::scenario::{Expectation, Scenario};

/// One drill of a scenario.
#[derive(Clone, Debug)]
pub struct Drill {
    /// How long it took, in wall time.
    pub wall_s: Seconds,
    /// Its report, or why there is none.
    pub result: Result<Box<Report>, NoReport>,
}

/// A drill that did not come to a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoReport {
    /// The exit code; none if a signal ended it.
    pub exit: Option<i32>,
    /// Its last output.
    pub why: String,
}

/// The drills of one scenario.
#[derive(Clone, Debug)]
pub struct Drilled {
    /// The scenario's name.
    pub name: String,
    /// What happens in it.
    pub title: String,
    /// How its drills are expected to end.
    pub expectation: Expectation,
    /// Each service with an RPO, and the data set that it is judged on.
    pub recovery_points: Vec<(String, String)>,
    /// Its drills, at least one.
    pub drills: Vec<Drill>,
    /// When the first of them began (RFC 3339, UTC).
    pub started_at: String,
    /// What they are beside the baseline, if there is one.
    pub comparison: Option<Comparison>,
}

/// What came of a scenario, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// As expected, and no regression.
    Expected,
    /// Nothing unexpected was missed, and something is open that should not be: the verdict, or the comparison with the baseline.
    Inconclusive,
    /// A drill came to no report.
    Broken,
    /// A regression was called.
    Regression,
    /// A drill ended otherwise than expected.
    Unexpected,
}

impl Drilled {
    /// The drills of `scenario`.
    pub fn new(scenario: &Scenario, drills: Vec<Drill>, started_at: String) -> Drilled {
        let services = scenario.objectives.services.iter();
        let judged = services.filter(|service| service.rpo.is_some());
        Drilled {
            name: scenario.name.clone(),
            title: scenario.title.clone(),
            expectation: scenario.expect.clone().unwrap_or(drill::expectation::PASS),
            recovery_points: judged
                .filter_map(|service| Some((service.name.clone(), service.data.clone()?)))
                .collect(),
            drills,
            started_at,
            comparison: None,
        }
    }

    /// One drill that was run for itself, of which a pass is expected.
    pub(crate) fn alone(judged: &Judged) -> Drilled {
        let report = &judged.report;
        let points = judged.charts.recovery_points.iter();
        Drilled {
            name: report.scenario.name.clone(),
            title: report.scenario.title.clone(),
            expectation: drill::expectation::PASS,
            recovery_points: points
                .map(|point| (point.service.clone(), point.data.clone()))
                .collect(),
            drills: vec![Drill {
                wall_s: report.wall_seconds,
                result: Ok(Box::new(report.clone())),
            }],
            started_at: report.started_at.clone(),
            comparison: None,
        }
    }

    /// The reports that there are, in the order of the drills.
    pub fn reports(&self) -> impl Iterator<Item = &Report> {
        self.drills
            .iter()
            .filter_map(|drill| Some(&**drill.result.as_ref().ok()?))
    }

    /// The drills without a report.
    pub fn without_report(&self) -> impl Iterator<Item = &NoReport> {
        self.drills.iter().filter_map(|drill| drill.result.as_ref().err())
    }

    /// Why one drill is not as expected, a sentence each.
    pub(crate) fn unfulfilled(&self, report: &Report) -> Vec<String> {
        unfulfilled(&self.expectation, report)
    }

    /// What one drill came to.
    fn state_of(&self, report: &Report) -> State {
        let expected = self.expectation.because.as_ref();
        let named =
            |objective: &Objective| expected.is_some_and(|because| because.missed.contains(&objective.key()));
        let missed = |objective: &Objective| objective.verdict == ObjectiveVerdict::Fail && !named(objective);
        if self.unfulfilled(report).is_empty() {
            State::Expected
        } else if report.verdict == Verdict::Inconclusive
            && self.expectation.verdict != Verdict::Inconclusive
            && !report.objectives.iter().any(missed)
        {
            State::Inconclusive
        } else {
            State::Unexpected
        }
    }

    /// What came of the scenario: the worst of its drills and of the comparison.
    pub fn state(&self) -> State {
        let mut state = match self.without_report().next() {
            Some(_) => State::Broken,
            None => State::Expected,
        };
        if let Some(comparison) = &self.comparison {
            if comparison.is_regression() {
                state = state.max(State::Regression);
            } else if comparison.not_compared.is_some() {
                state = state.max(State::Inconclusive);
            }
        }
        self.reports()
            .map(|report| self.state_of(report))
            .fold(state, State::max)
    }

    /// The report that a reader should see first: of the drill that is furthest from what is expected.
    pub(crate) fn worst(&self) -> Option<&Report> {
        let differing = |report: &&Report| (self.state_of(report), self.unfulfilled(report).len());
        let mut worst: Option<&Report> = None;
        for report in self.reports() {
            if worst.is_none_or(|known| differing(&report) > differing(&known)) {
                worst = Some(report);
            }
        }
        worst
    }

    /// The wall time of all its drills together.
    pub(crate) fn wall_s(&self) -> Seconds {
        self.drills.iter().map(|drill| drill.wall_s).sum()
    }
}
