//! The gate between faults and writes: a write that is due at the instant of a fault follows it.

use drill::scenario::Fault;
use drill::units::{DrillTime, Span};
use tokio::sync::watch;

/// Opens for each instant once its faults have struck.
#[derive(Debug)]
pub(crate) struct Gate {
    /// The instants of all faults, in order.
    strikes: Vec<DrillTime>,
    /// How many of them have passed.
    passed: watch::Sender<usize>,
}

impl Gate {
    pub(crate) fn new(faults: &[Fault]) -> Gate {
        let mut strikes: Vec<DrillTime> = faults.iter().map(|fault| DrillTime::ZERO + fault.at).collect();
        strikes.sort();
        strikes.dedup();
        Gate {
            strikes,
            passed: watch::Sender::new(0),
        }
    }

    /// The faults of the next instant have struck, or never will.
    pub(crate) fn pass(&self) {
        self.passed.send_modify(|passed| *passed += 1);
    }

    /// No fault strikes any more.
    pub(crate) fn open(&self) {
        self.passed.send_replace(self.strikes.len());
    }

    /// Waits until the faults up to and including `due` have struck.
    pub(crate) async fn wait(&self, due: DrillTime) {
        let before = self.strikes.partition_point(|strike| *strike <= due);
        let mut passed = self.passed.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = passed.wait_for(|passed| *passed >= before).await;
    }
}

/// Groups faults by their instant, in the order of the file within each.
pub(crate) fn by_instant(faults: &[Fault]) -> Vec<(Span, Vec<&Fault>)> {
    let mut groups: Vec<(Span, Vec<&Fault>)> = Vec::new();
    for fault in faults {
        match groups.iter_mut().find(|(at, _)| *at == fault.at) {
            Some((_, group)) => group.push(fault),
            None => groups.push((fault.at, vec![fault])),
        }
    }
    groups.sort_by_key(|(at, _)| *at);
    groups
}

#[cfg(test)]
mod tests {
    use drill::scenario::{FaultAction, S3DeleteBucket};

    use super::*;

    fn fault(id: &str, minute: i64) -> Fault {
        let action = FaultAction::S3DeleteBucket(S3DeleteBucket {
            bucket: "b".to_owned(),
        });
        Fault {
            id: id.to_owned(),
            at: Span::from_mins(minute),
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
        let gate = std::sync::Arc::new(Gate::new(&[fault("a", 5), fault("b", 9)]));
        gate.wait(DrillTime::from_secs(299)).await;
        let waiting = tokio::spawn({
            let gate = gate.clone();
            async move { gate.wait(DrillTime::from_secs(300)).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        gate.pass();
        waiting.await.unwrap();
        gate.open();
        gate.wait(DrillTime::from_secs(99_999)).await;
    }
}
