//! Faults: what breaks, and the witness that says that it is broken.
//!
//! ```text
//!   plan (targets) ──► strike ──► Broken (what was touched; a guard, if it can end)
//!                                   │
//!                      witness ◄────┘   reads back, with the keys of the audit
//! ```
//!
//! A fault on state goes through the resource itself. Its witness is somebody else: it asks the public API
//! (or the resource's own state, where the API would lie) whether a sample of what was touched is broken in
//! the way in which this fault breaks it. A fault without such a witness proves nothing about a plan.
//!
//! Adding a fault is one file here beside its entry in [`drill::scenario::faults`], and one line in each
//! of [`strike`] and [`witness`].

mod s3_corrupt_objects;
mod s3_delete_bucket;
mod s3_delete_objects;
mod s3_pause_replication;

use std::sync::Arc;

use aws_sdk_s3::Client;
use drill::scenario::{Bucket, FaultAction, Scenario};
use runtime::clock::Clock;

use crate::replication::{Pause, Replicator};
use crate::s3::Store;

/// How many of the things that a fault touched its witness looks at.
pub(crate) const SAMPLE: usize = 8;

/// What faults and witnesses work on.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// What the scenario declares.
    pub scenario: &'a Scenario,
    /// The seed of every draw.
    pub seed: u64,
    /// Drill time.
    pub clock: &'a Clock,
    /// The store itself.
    pub store: &'a Store,
    /// Who makes the copies.
    pub replicator: &'a Arc<Replicator>,
    /// S3 through the public API, with the keys of the audit.
    pub auditor: &'a Client,
}

impl<'a> Scene<'a> {
    /// The bucket that the scenario labels so; its decoder has seen to it that there is one.
    pub(crate) fn bucket(&self, label: &str) -> &'a Bucket {
        self.scenario
            .bucket(label)
            .expect("the scenario's references were checked")
    }
}

/// What a fault did. Dropping it ends the fault, if it is of a kind that can end.
#[derive(Debug)]
pub struct Broken {
    /// What was touched, in the order in which it was.
    pub touched: Vec<String>,
    /// Keeps the fault up.
    guard: Option<Pause>,
}

impl Broken {
    /// Damage that stays, whatever becomes of this value.
    pub(crate) fn damage(touched: Vec<String>) -> Broken {
        Broken { touched, guard: None }
    }

    /// Something that is broken as long as `guard` is there.
    pub(crate) fn while_held(touched: Vec<String>, guard: Pause) -> Broken {
        Broken {
            touched,
            guard: Some(guard),
        }
    }

    /// Whether dropping this value would still end something.
    pub fn stands(&self) -> bool {
        self.guard.as_ref().is_some_and(Pause::stands)
    }
}

/// What a witness saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Testimony {
    /// Whether it is broken in the way in which the fault breaks things.
    pub proven: bool,
    /// What was seen, in words.
    pub witness: String,
}

/// Breaks what the plan chose.
///
/// # Errors
/// If it cannot be broken, in words (a bucket that is no longer there).
pub async fn strike(fault: &FaultAction, scene: &Scene<'_>, targets: &[String]) -> Result<Broken, String> {
    match fault {
        FaultAction::S3DeleteObjects(fault) => s3_delete_objects::strike(fault, scene, targets),
        FaultAction::S3DeleteBucket(fault) => s3_delete_bucket::strike(fault, scene),
        FaultAction::S3CorruptObjects(fault) => s3_corrupt_objects::strike(fault, scene, targets),
        FaultAction::S3PauseReplication(fault) => s3_pause_replication::strike(fault, scene),
    }
}

/// Asks the fault's witness.
pub async fn witness(fault: &FaultAction, scene: &Scene<'_>, broken: &Broken) -> Testimony {
    match fault {
        FaultAction::S3DeleteObjects(fault) => s3_delete_objects::witness(fault, scene, broken).await,
        FaultAction::S3DeleteBucket(fault) => s3_delete_bucket::witness(fault, scene).await,
        FaultAction::S3CorruptObjects(fault) => s3_corrupt_objects::witness(fault, scene, broken).await,
        FaultAction::S3PauseReplication(fault) => s3_pause_replication::witness(fault, scene).await,
    }
}

/// Asks about a sample of what was touched, and counts the answers that show the damage. An answer that
/// shows something else is quoted.
pub(crate) async fn ask_sample<'a, F>(
    touched: &'a [String],
    damage: &str,
    ask: impl Fn(&'a str) -> F,
) -> Testimony
where
    F: Future<Output = Result<(), String>>,
{
    let (mut shown, mut otherwise) = (0, None);
    // Evenly over all that was touched, so that a strike that stopped half way is found.
    let step = touched.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<&String> = touched.iter().rev().step_by(step).collect();
    for key in &sample {
        match ask(key).await {
            Ok(()) => shown += 1,
            Err(found) => otherwise = Some(format!("{key}: {found}")),
        }
    }
    let asked = sample.len();
    let witness = match otherwise {
        _ if asked == 0 => "nothing was touched".to_owned(),
        None => format!("{shown} of {asked} sampled objects {damage}"),
        Some(found) => format!("{shown} of {asked} sampled objects {damage}; {found}"),
    };
    Testimony {
        proven: asked > 0 && shown == asked,
        witness,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(n: usize) -> Vec<String> {
        (0..n).map(|n| format!("k{n}")).collect()
    }

    #[tokio::test]
    async fn a_fault_that_touched_nothing_is_not_proven() {
        let testimony = ask_sample(&[], "are gone", async |_| Ok(())).await;
        assert!(!testimony.proven);
        assert_eq!(testimony.witness, "nothing was touched");
    }

    #[tokio::test]
    async fn one_sound_object_in_the_sample_is_enough_to_disprove() {
        let touched = keys(8);
        let ask = async |key: &str| {
            if key == "k3" {
                Err("it reads well".to_owned())
            } else {
                Ok(())
            }
        };
        let testimony = ask_sample(&touched, "are gone", ask).await;
        assert!(!testimony.proven);
        assert_eq!(
            testimony.witness,
            "7 of 8 sampled objects are gone; k3: it reads well"
        );
    }

    #[tokio::test]
    async fn a_sample_reaches_over_all_that_was_touched() {
        let touched = keys(300);
        let asked = std::cell::RefCell::new(Vec::new());
        let testimony = ask_sample(&touched, "are gone", async |key: &str| {
            asked.borrow_mut().push(key.to_owned());
            Ok(())
        });
        assert!(testimony.await.proven);
        assert_eq!(asked.borrow().len(), SAMPLE);
        assert!(asked.borrow().contains(&"k299".to_owned()));
    }
}
