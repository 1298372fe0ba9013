//! The steps that ran, each after those that it comes after.
//!
//! ```text
//!  detection ──► declare ──┬──► long ──────► assess ──► restore      when would each end, were one longer?
//!                          └──► inform ──┤                           which of them decided when restore ended?
//! ```

use std::collections::BTreeMap;

use crate::scenario::Step;
use crate::units::{DrillTime, Span};

/// The name of the duration before all steps.
pub(super) const DETECTION: &str = "detection";

/// A step that ran.
struct Node<'a> {
    id: &'a str,
    after: Vec<usize>,
    start: DrillTime,
    end: DrillTime,
}

/// The steps that ran to an end of their own.
pub(super) struct Graph<'a> {
    nodes: Vec<Node<'a>>,
    places: BTreeMap<&'a str, usize>,
    detected: bool,
}

impl<'a> Graph<'a> {
    /// Of the steps of a runbook of which `ran` knows beginning and end; `detected` if monitoring started them.
    pub(super) fn new(
        runbook: &'a [Step],
        ran: impl Fn(&'a Step) -> Option<(DrillTime, DrillTime)>,
        detected: bool,
    ) -> Graph<'a> {
        let mut graph = Graph {
            nodes: Vec::new(),
            places: BTreeMap::new(),
            detected,
        };
        let ran = runbook.iter().filter_map(|step| {
            let (start, end) = ran(step)?;
            Some((step, start, end))
        });
        let mut waiting: Vec<_> = ran.collect();
        let all: Vec<&str> = waiting.iter().map(|(step, ..)| step.id.as_str()).collect();
        // Each round places the steps whose predecessors are placed; a scenario has no circles.
        while !waiting.is_empty() {
            let before = waiting.len();
            waiting.retain(|(step, start, end)| {
                let ran = step.after.iter().filter(|id| all.contains(&id.as_str()));
                let places: Option<Vec<usize>> =
                    ran.map(|id| graph.places.get(id.as_str()).copied()).collect();
                let Some(after) = places else { return true };
                graph.places.insert(&step.id, graph.nodes.len());
                graph.nodes.push(Node {
                    id: &step.id,
                    after,
                    start: *start,
                    end: *end,
                });
                false
            });
            if waiting.len() == before {
                break;
            }
        }
        graph
    }

    /// When each step would have ended, had a duration been longer by `change`.
    pub(super) fn ends(&self, duration: &str, change: Span) -> Vec<DrillTime> {
        let grown = |name: &str| if name == duration { change } else { Span::ZERO };
        let mut ends: Vec<DrillTime> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let then = node.after.iter().map(|at| self.nodes[*at].end).max();
            let now = node.after.iter().map(|at| ends[*at]).max();
            let shift = match (then, now) {
                (Some(then), Some(now)) => now - then,
                _ if self.detected => grown(DETECTION),
                _ => Span::ZERO,
            };
            ends.push(node.end.max(node.start) + shift + grown(node.id));
        }
        ends
    }

    /// By how much a step ends later than it did.
    pub(super) fn shift(&self, ends: &[DrillTime], step: &str) -> Option<Span> {
        let at = *self.places.get(step)?;
        Some(*ends.get(at)? - self.nodes[at].end.max(self.nodes[at].start))
    }

    /// The steps that decided when `step` ended, in the order of time, `step` the last: before each the one among those that it
    /// comes after that ended last. Empty if `step` did not run.
    pub(super) fn path_to(&self, step: &str) -> Vec<&'a str> {
        let mut path = Vec::new();
        let mut next = self.places.get(step).copied();
        while let Some(at) = next {
            let node = &self.nodes[at];
            path.push(node.id);
            // Of several that ended at once the first of the runbook.
            let latest = node.after.iter().copied().rev();
            next = latest.max_by_key(|at| self.nodes[*at].end);
        }
        path.reverse();
        path
    }

    /// The step that ended last.
    pub(super) fn last(&self) -> Option<&'a str> {
        let nodes = self.nodes.iter().rev();
        nodes.max_by_key(|node| node.end).map(|node| node.id)
    }
}
