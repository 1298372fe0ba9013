//! The order of the steps: which may begin, and which never will.
//!
//! A step may begin when all that it comes after have ended, however they ended; one that comes after none
//! may begin at once. A step that fails, or is skipped, and aborts leaves those under way alone, and nothing begins after it.

use std::sync::Arc;

use crate::journal::StepOutcome;
use crate::scenario::{OnFailure, Scenario, Step};

/// How far a step has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    UnderWay,
    Ended,
}

/// What a scenario says of the order of its steps, by their places in the runbook.
#[derive(Debug)]
struct Order {
    /// Those that each comes after.
    after: Vec<Vec<usize>>,
    /// Those of the return home.
    returns: Vec<bool>,
}

/// The steps of a runbook that is being followed. A copy of one that has not begun is as good as a new one, and costs less.
#[derive(Clone, Debug)]
pub struct Graph<'a> {
    steps: &'a [Step],
    order: Arc<Order>,
    states: Vec<State>,
    aborted: bool,
}

impl<'a> Graph<'a> {
    /// None has begun.
    pub fn new(scenario: &'a Scenario) -> Graph<'a> {
        let steps = &scenario.runbook;
        let place = |id: &String| steps.iter().position(|step| step.id == *id);
        let home = scenario
            .objectives
            .failback
            .as_ref()
            .map(|failback| failback.from.as_str());
        let returns =
            |step: &Step| home.is_some_and(|home| step.id == home || scenario.comes_before(home, step));
        let order = Order {
            after: steps
                .iter()
                .map(|step| step.after.iter().filter_map(place).collect())
                .collect(),
            returns: steps.iter().map(returns).collect(),
        };
        Graph {
            steps,
            order: Arc::new(order),
            states: vec![State::Waiting; steps.len()],
            aborted: false,
        }
    }

    /// The steps whose turn has come, in the order of the runbook.
    pub fn ready(&self) -> Vec<&'a Step> {
        if self.aborted {
            return Vec::new();
        }
        let is_ready = |place: &usize| {
            let mut after = self.order.after[*place].iter();
            self.states[*place] == State::Waiting && after.all(|before| self.states[*before] == State::Ended)
        };
        (0..self.steps.len())
            .filter(is_ready)
            .map(|place| &self.steps[place])
            .collect()
    }

    /// A step has begun.
    pub fn begin(&mut self, step: &Step) {
        self.set(step, State::UnderWay);
    }

    /// A step has ended. The steps that will not begin for it are given, in the order of the runbook.
    pub fn end(&mut self, step: &Step, outcome: StepOutcome) -> Vec<&'a Step> {
        self.set(step, State::Ended);
        if !outcome.is_not_done() || step.on_failure != OnFailure::Abort || self.aborted {
            return Vec::new();
        }
        self.aborted = true;
        let waiting = (0..self.steps.len()).filter(|place| self.states[*place] == State::Waiting);
        let never: Vec<usize> = waiting.collect();
        for place in &never {
            self.states[*place] = State::Ended;
        }
        never.into_iter().map(|place| &self.steps[place]).collect()
    }

    fn set(&mut self, step: &Step, state: State) {
        let known = |known: &Step| std::ptr::eq(known, step) || known.id == step.id;
        if let Some(place) = self.steps.iter().position(known) {
            self.states[place] = state;
        }
    }

    /// Whether everything has ended that does not belong to the return home.
    pub fn is_recovered(&self) -> bool {
        let mut steps = self.states.iter().zip(&self.order.returns);
        steps.all(|(state, returns)| *state == State::Ended || *returns)
    }

    /// Whether everything has ended.
    pub fn is_over(&self) -> bool {
        self.states.iter().all(|state| *state == State::Ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A runbook of `wait` steps, each with what more it says.
    fn scenario(steps: &[(&str, &str)]) -> Scenario {
        scenario_with("", steps)
    }

    fn scenario_with(objectives: &str, steps: &[(&str, &str)]) -> Scenario {
        let steps: String = steps
            .iter()
            .map(|(id, more)| format!("  - {{id: {id}, do: wait, for: 1m{more}}}\n"))
            .collect();
        let text = format!(
            "version: 1\nname: t\ntitle: t\nsystem: t\nobjectives:\n  mtd: 2h\n{objectives}  services:\n    \
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
    fn end(graph: &mut Graph<'_>, id: &str, outcome: StepOutcome) -> Vec<String> {
        let step = graph.steps.iter().find(|step| step.id == id);
        let step = step.expect("a step of the test");
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
        end(&mut graph, "a", StepOutcome::Done);
        assert_eq!(ids(&graph.ready()), ["b", "c", "e"]);
        end(&mut graph, "b", StepOutcome::Failed);
        assert_eq!(ids(&graph.ready()), ["c", "e"]);
        end(&mut graph, "c", StepOutcome::Done);
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
        end(&mut graph, "a", StepOutcome::Done);
        graph.begin(scenario.step("slow").unwrap());
        assert_eq!(end(&mut graph, "bad", StepOutcome::Failed), ["next", "free"]);
        assert!(graph.ready().is_empty());
        assert!(!graph.is_recovered());
        assert!(end(&mut graph, "slow", StepOutcome::Done).is_empty());
        assert!(graph.ready().is_empty());
        assert!(graph.is_recovered() && graph.is_over());
    }

    #[test]
    fn the_return_home_is_what_comes_after_its_first_step() {
        let steps = [("a", ""), ("home", ""), ("after", ""), ("beside", ", after: [a]")];
        let scenario = scenario_with("  failback: {from: home, rto: 1h}\n", &steps);
        let mut graph = Graph::new(&scenario);
        end(&mut graph, "a", StepOutcome::Done);
        assert!(!graph.is_recovered());
        end(&mut graph, "beside", StepOutcome::Done);
        assert!(graph.is_recovered());
        assert!(!graph.is_over());
    }
}
