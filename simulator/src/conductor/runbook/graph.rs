//! The order of the steps: which may begin, and which never will.
//!
//! A step may begin when all that it comes after have ended, however they ended; one that comes after none
//! may begin at once. A step that fails and aborts leaves those under way alone, and nothing begins after it.

use drill::journal::Outcome;
use drill::scenario::{OnFailure, Scenario, Step};

/// How far a step has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    UnderWay,
    Ended,
}

/// The steps of a runbook that is being followed.
#[derive(Debug)]
pub(crate) struct Graph<'a> {
    scenario: &'a Scenario,
    /// In the order of the runbook.
    states: Vec<State>,
    aborted: bool,
}

impl<'a> Graph<'a> {
    pub(crate) fn new(scenario: &'a Scenario) -> Graph<'a> {
        Graph {
            scenario,
            states: vec![State::Waiting; scenario.runbook.len()],
            aborted: false,
        }
    }

    fn steps(&self) -> impl Iterator<Item = (&'a Step, State)> {
        self.scenario.runbook.iter().zip(self.states.iter().copied())
    }

    /// The steps whose turn has come, in the order of the runbook.
    pub(crate) fn ready(&self) -> Vec<&'a Step> {
        if self.aborted {
            return Vec::new();
        }
        let open = |id: &String| {
            self.steps()
                .any(|(step, state)| step.id == *id && state != State::Ended)
        };
        self.steps()
            .filter(|(step, state)| *state == State::Waiting && !step.after.iter().any(open))
            .map(|(step, _)| step)
            .collect()
    }

    /// A step has begun.
    pub(crate) fn begin(&mut self, step: &Step) {
        self.set(step, State::UnderWay);
    }

    /// A step has ended. The steps that will not begin for it are given, in the order of the runbook.
    pub(crate) fn end(&mut self, step: &Step, outcome: Outcome) -> Vec<&'a Step> {
        self.set(step, State::Ended);
        if outcome != Outcome::Failed || step.on_failure != OnFailure::Abort || self.aborted {
            return Vec::new();
        }
        self.aborted = true;
        let waiting = self.steps().filter(|(_, state)| *state == State::Waiting);
        let never: Vec<&Step> = waiting.map(|(step, _)| step).collect();
        for step in &never {
            self.set(step, State::Ended);
        }
        never
    }

    fn set(&mut self, step: &Step, state: State) {
        let mut steps = self.scenario.runbook.iter();
        if let Some(place) = steps.position(|known| known.id == step.id) {
            self.states[place] = state;
        }
    }

    /// Whether everything has ended that does not belong to the return home, which begins with step `from`.
    pub(crate) fn is_recovered(&self, from: Option<&str>) -> bool {
        let of_return =
            |step: &Step| from.is_some_and(|from| step.id == from || self.scenario.comes_before(from, step));
        self.steps()
            .all(|(step, state)| state == State::Ended || of_return(step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A runbook of `wait` steps, each with what more it says.
    fn scenario(steps: &[(&str, &str)]) -> Scenario {
        let steps: String = steps
            .iter()
            .map(|(id, more)| format!("  - {{id: {id}, do: wait, for: 1m{more}}}\n"))
            .collect();
        let text = format!(
            "version: 1\nname: t\ntitle: t\nsystem: t\nobjectives:\n  mtd: 2h\n  services:\n    \
             s: {{probe: p, data: b, rto: 1h, rpo: 15m}}\ncloud:\n  regions: {{primary: us-west-2}}\n  buckets:\n    \
             b: {{name: a-bucket, versioned: true, objects: {{count: 50, size: 1KiB..1KiB}}}}\nprobes:\n  \
             p: {{do: s3.get_object, bucket: b, sample: 5, pass: 5 of 5, every: 30s, timeout: 5s}}\n\
             faults:\n  - {{at: 35m, do: s3.delete_objects, bucket: b, fraction: 0.5, mode: marker}}\n\
             detection: {{probe: p, failing: 3 of 5, every: 1m, from: external}}\nrunbook:\n{steps}"
        );
        let (scenario, _) = Scenario::parse("t.yaml", &text).unwrap_or_else(|errors| panic!("{errors:?}"));
        scenario
    }

    fn ids(steps: &[&Step]) -> Vec<String> {
        steps.iter().map(|step| step.id.clone()).collect()
    }

    /// Ends a step, as `outcome`.
    fn end(graph: &mut Graph<'_>, id: &str, outcome: Outcome) -> Vec<String> {
        let step = graph.scenario.step(id).expect("a step of the test");
        graph.begin(step);
        ids(&graph.end(step, outcome))
    }

    #[test]
    fn steps_come_one_after_the_other_unless_they_say_otherwise() {
        let scenario = scenario(&[
            ("a", ""),
            ("b", ""),
            ("c", ", after: [a]"),
            ("d", ", after: [b, c]"),
            ("e", ", after: []"),
        ]);
        let mut graph = Graph::new(&scenario);
        assert_eq!(ids(&graph.ready()), ["a", "e"]);
        graph.begin(scenario.step("a").unwrap());
        assert_eq!(ids(&graph.ready()), ["e"]);
        end(&mut graph, "a", Outcome::Done);
        assert_eq!(ids(&graph.ready()), ["b", "c", "e"]);
        end(&mut graph, "b", Outcome::Failed);
        assert_eq!(ids(&graph.ready()), ["c", "e"]);
        end(&mut graph, "c", Outcome::Done);
        assert_eq!(ids(&graph.ready()), ["d", "e"]);
    }

    #[test]
    fn one_that_aborts_leaves_those_under_way_alone_and_ends_the_rest() {
        let scenario = scenario(&[
            ("a", ""),
            ("slow", ", after: [a]"),
            ("bad", ", after: [a], on_failure: abort"),
            ("next", ", after: [slow]"),
            ("free", ", after: []"),
        ]);
        let mut graph = Graph::new(&scenario);
        end(&mut graph, "a", Outcome::Done);
        graph.begin(scenario.step("slow").unwrap());
        assert_eq!(end(&mut graph, "bad", Outcome::Failed), ["next", "free"]);
        assert!(graph.ready().is_empty());
        assert!(!graph.is_recovered(None));
        assert!(end(&mut graph, "slow", Outcome::Done).is_empty());
        assert!(graph.ready().is_empty());
        assert!(graph.is_recovered(None));
    }

    #[test]
    fn the_return_home_is_what_comes_after_its_first_step() {
        let scenario = scenario(&[("a", ""), ("home", ""), ("after", ""), ("beside", ", after: [a]")]);
        let mut graph = Graph::new(&scenario);
        end(&mut graph, "a", Outcome::Done);
        assert!(!graph.is_recovered(Some("home")));
        end(&mut graph, "beside", Outcome::Done);
        assert!(graph.is_recovered(Some("home")));
        assert!(!graph.is_recovered(None));
    }
}
