//! The gate between faults and writes: a write that is due at the instant of a fault follows it.
//!
//! ```text
//!  faults with a time of their own ──new──┐
//!                                         ├─► instants that are still to be injected ──► writes due then wait
//!  faults at steps, once those begin ─shut┘                 │ pass, open
//! ```

use std::collections::BTreeMap;

use drill::scenario::{Fault, When};
use drill::units::{DrillTime, Span};
use runtime::clock::Clock;
use tokio::sync::watch;

/// Opens for each instant once its faults have been injected.
#[derive(Debug)]
pub(crate) struct WriteBarrier {
    shut: watch::Sender<Shut>,
}

#[derive(Debug, Default)]
struct Shut {
    /// The instants whose faults are still to be injected, each once for every group of faults.
    instants: Vec<DrillTime>,
    /// When the faults of steps that have begun injection.
    of_steps: BTreeMap<(String, Span), DrillTime>,
    /// No more faults are injected.
    open: bool,
}

impl WriteBarrier {
    pub(crate) fn new(faults: &[Fault]) -> WriteBarrier {
        let groups = by_instant(faults).into_iter();
        let shut = Shut {
            instants: groups.map(|(at, _)| DrillTime::ZERO + at).collect(),
            ..Shut::default()
        };
        WriteBarrier {
            shut: watch::Sender::new(shut),
        }
    }

    /// The faults that are injected `after` a step has begun are injected at `due`, which is given back, or as soon as
    /// they can if that has passed: writes that are due then and later wait.
    pub(crate) fn shut(&self, step: &str, after: Span, due: DrillTime, clock: &Clock) -> DrillTime {
        let mut at = due;
        self.shut.send_modify(|shut| {
            // Writes that pass meanwhile are due before this, and are waited for like all that are.
            let earliest = clock.now() + Span::from_us(1);
            at = due.max(earliest);
            shut.instants.push(at);
            shut.of_steps.insert((step.to_owned(), after), at);
        });
        at
    }

    /// When the faults are injected that are due `after` a step has begun; waits until it has.
    pub(crate) async fn instant(&self, step: &str, after: Span) -> DrillTime {
        let place = (step.to_owned(), after);
        let mut shut = self.shut.subscribe();
        let known = shut.wait_for(|shut| shut.of_steps.contains_key(&place)).await;
        // The sender lives as long as `self`, so waiting cannot fail.
        known
            .ok()
            .and_then(|shut| shut.of_steps.get(&place).copied())
            .unwrap_or(DrillTime::MAX)
    }

    /// The faults of one instant have been injected, or never will.
    pub(crate) fn pass(&self, at: DrillTime) {
        self.shut.send_modify(|shut| {
            if let Some(place) = shut.instants.iter().position(|instant| *instant == at) {
                shut.instants.swap_remove(place);
            }
        });
    }

    /// No more faults are injected.
    pub(crate) fn open(&self) {
        self.shut.send_modify(|shut| shut.open = true);
    }

    /// Waits until the faults up to and including `due` have been injected.
    pub(crate) async fn wait(&self, due: DrillTime) {
        let mut shut = self.shut.subscribe();
        let lets_through = |shut: &Shut| shut.open || shut.instants.iter().all(|instant| *instant > due);
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = shut.wait_for(lets_through).await;
    }
}

/// Groups the faults of steps by when they are injected, in the order of the file within each.
pub(crate) fn by_step(faults: &[Fault]) -> Vec<(&str, Span, Vec<&Fault>)> {
    let mut groups: Vec<(&str, Span, Vec<&Fault>)> = Vec::new();
    for fault in faults {
        let When::Step { step, after } = &fault.at else {
            continue;
        };
        match groups
            .iter_mut()
            .find(|(of, then, _)| of == step && then == after)
        {
            Some((_, _, group)) => group.push(fault),
            None => groups.push((step, *after, vec![fault])),
        }
    }
    groups
}

/// Groups faults by their instant, in the order of the file within each.
pub(crate) fn by_instant(faults: &[Fault]) -> Vec<(Span, Vec<&Fault>)> {
    let mut groups: Vec<(Span, Vec<&Fault>)> = Vec::new();
    for fault in faults {
        let Some(at) = fault.at.clock() else { continue };
        match groups.iter_mut().find(|(instant, _)| *instant == at) {
            Some((_, group)) => group.push(fault),
            None => groups.push((at, vec![fault])),
        }
    }
    groups.sort_by_key(|(at, _)| *at);
    groups
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use drill::scenario::{FaultAction, S3DeleteBucket};

    use super::*;

    fn fault(id: &str, minute: i64) -> Fault {
        fault_at(id, When::Clock(Span::from_mins(minute)))
    }

    fn fault_at(id: &str, at: When) -> Fault {
        let action = FaultAction::new(S3DeleteBucket {
            bucket: "b".to_owned(),
        });
        Fault {
            id: id.to_owned(),
            at,
            action,
            for_: None,
            line: 1,
        }
    }

    #[test]
    fn faults_of_one_instant_stay_in_the_order_of_the_file() {
        let faults = [fault("late", 9), fault("b", 5), fault("a", 5)];
        let groups = by_instant(&faults);
        let ids: Vec<Vec<&str>> = groups
            .iter()
            .map(|(_, group)| group.iter().map(|fault| fault.id.as_str()).collect())
            .collect();
        assert_eq!(ids, [vec!["b", "a"], vec!["late"]]);
    }

    #[tokio::test]
    async fn a_write_due_before_a_fault_passes_and_one_due_with_it_follows_it() {
        let gate = Arc::new(WriteBarrier::new(&[fault("a", 5), fault("b", 9)]));
        gate.wait(DrillTime::from_secs(299)).await;
        let waiting = tokio::spawn({
            let gate = gate.clone();
            async move { gate.wait(DrillTime::from_secs(300)).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        gate.pass(DrillTime::from_secs(300));
        waiting.await.unwrap();
        gate.open();
        gate.wait(DrillTime::from_secs(99_999)).await;
    }

    #[test]
    fn faults_of_one_step_and_delay_are_injected_together() {
        let at = |secs| When::Step {
            step: "restore".to_owned(),
            after: Span::from_secs(secs),
        };
        let faults = [
            fault_at("a", at(30)),
            fault("clock", 5),
            fault_at("b", at(0)),
            fault_at("c", at(30)),
        ];
        let groups = by_step(&faults);
        let ids: Vec<(i64, Vec<&str>)> = groups
            .iter()
            .map(|(_, after, group)| {
                (
                    after.as_us() / 1_000_000,
                    group.iter().map(|f| f.id.as_str()).collect(),
                )
            })
            .collect();
        assert_eq!(ids, [(30, vec!["a", "c"]), (0, vec!["b"])]);
    }

    #[tokio::test]
    async fn a_fault_of_a_step_shuts_the_gate_once_the_step_begins() {
        let (clock, hand) = Clock::by_hand(1.0).unwrap();
        clock.start();
        hand.advance(Span::from_secs(100)).await;
        let gate = Arc::new(WriteBarrier::new(&[]));
        let known = tokio::spawn({
            let gate = gate.clone();
            async move { gate.instant("restore", Span::from_secs(30)).await }
        });
        gate.wait(DrillTime::from_secs(500)).await;
        let due = DrillTime::from_secs(130);
        assert_eq!(gate.shut("restore", Span::from_secs(30), due, &clock), due);
        assert_eq!(known.await.unwrap(), due);
        gate.wait(DrillTime::from_secs(129)).await;
        let waiting = tokio::spawn({
            let gate = gate.clone();
            async move { gate.wait(due).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        gate.pass(due);
        waiting.await.unwrap();
        // One that is due already is injected after every write that may have passed.
        let late = gate.shut("restore", Span::ZERO, DrillTime::from_secs(100), &clock);
        assert_eq!(late, DrillTime::from_secs(100) + Span::from_us(1));
        gate.wait(DrillTime::from_secs(100)).await;
    }
}
