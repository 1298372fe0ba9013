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

mod aws;
mod container;
mod dns_stale;
mod iot;
mod lambda;
mod lambda_bad_deploy;
mod lambda_delete;
mod region_outage;
mod s3_corrupt_objects;
mod s3_delete_bucket;
mod s3_delete_objects;
mod s3_pause_replication;

use std::fmt;

use aws_sdk_s3::Client;
use drill::scenario::{Bucket, Fault, FaultAction, Function, Scenario};
use drill::units::{DrillTime, Span};
use futures::future::BoxFuture;
use runtime::clock::Clock;

use crate::cloud::Cloud;

/// How many of the things that a fault touched its witness looks at.
pub(crate) const SAMPLE: usize = 8;

/// How long a witness waits for something that the fault strikes: many times the interval of any probe.
const PATIENCE: Span = Span::from_mins(20);

/// How often it looks.
const LOOK_EVERY: Span = Span::from_secs(5);

/// What faults and witnesses work on.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// What the scenario declares.
    pub scenario: &'a Scenario,
    /// The seed of every draw.
    pub seed: u64,
    /// Drill time.
    pub clock: &'a Clock,
    /// What is broken.
    pub cloud: &'a Cloud,
    /// S3 through the public API, with the keys of the audit.
    pub auditor: &'a Client,
    /// When the fault ends by itself: its witness looks until then at the latest.
    pub until: DrillTime,
}

impl<'a> Scene<'a> {
    /// The bucket that the scenario labels so; its decoder has seen to it that there is one.
    pub(crate) fn bucket(&self, label: &str) -> &'a Bucket {
        self.scenario
            .bucket(label)
            .expect("the scenario's references were checked")
    }

    /// The function that the scenario labels so, likewise.
    pub(crate) fn function(&self, label: &str) -> &'a Function {
        self.scenario
            .cloud
            .function(label)
            .expect("the scenario's references were checked")
    }

    /// AWS's name of the region that the scenario labels so, likewise.
    pub(crate) fn aws_region(&self, label: &str) -> &'a str {
        self.scenario
            .cloud
            .aws_region(label)
            .expect("the scenario's references were checked")
    }

    /// The labels of the regions that have a function now, or of the one that is asked for.
    pub(crate) fn regions_with(&self, function: &str, region: Option<&'a str>) -> Vec<&'a str> {
        let labels = self
            .scenario
            .cloud
            .regions
            .iter()
            .map(|region| region.label.as_str());
        let asked = labels.filter(|label| region.is_none_or(|region| region == *label));
        let there = |label: &&str| self.cloud.lambda().exists(self.aws_region(label), function);
        asked.filter(there).collect()
    }

    /// A fault's place in the file, by which rules are ordered.
    fn order(&self, fault: &Fault) -> usize {
        self.scenario
            .faults
            .iter()
            .position(|known| known.id == fault.id)
            .unwrap_or(usize::MAX)
    }

    /// Waits until `seen` gives something, for as long as a witness waits, and no longer than the fault lasts.
    ///
    /// # Errors
    /// How long it waited in vain.
    pub(crate) async fn await_some<T>(&self, mut seen: impl FnMut() -> Option<T>) -> Result<T, Span> {
        self.await_within(PATIENCE, &mut seen).await
    }

    /// Likewise, for `patience`.
    pub(crate) async fn await_within<T>(
        &self,
        patience: Span,
        mut seen: impl FnMut() -> Option<T>,
    ) -> Result<T, Span> {
        let from = self.clock.now();
        let give_up = self.until.min(from + patience);
        loop {
            if let Some(found) = seen() {
                return Ok(found);
            }
            let now = self.clock.now();
            if now >= give_up {
                return Err((give_up - from).at_least_zero());
            }
            self.clock.sleep_until(give_up.min(now + LOOK_EVERY)).await;
        }
    }
}

/// Resolves when something is over that takes its time to come back: with when it was; `None` if it never does.
pub(crate) type Ending = BoxFuture<'static, Option<DrillTime>>;

/// Something that is broken for now. Dropping it ends it.
pub(crate) trait Standing: Send + Sync {
    /// Whether it still is: a step may have ended it.
    fn stands(&self) -> bool {
        true
    }

    /// How many requests or invocations it struck, if it counts them.
    fn hits(&self) -> Option<u64> {
        None
    }

    /// Ends it. `None` if it is over at once.
    fn end(self: Box<Self>) -> Option<Ending> {
        None
    }
}

/// What a fault did. Dropping it ends the fault, if it is of a kind that can end.
pub struct Broken {
    /// What was touched, in the order in which it was.
    pub touched: Vec<String>,
    /// The labels of the buckets whose replication it stopped.
    pub unreplicated: Vec<String>,
    /// When it was all broken.
    struck: DrillTime,
    /// Keeps the fault up.
    guards: Vec<Box<dyn Standing>>,
}

impl Broken {
    /// Damage that stays, whatever becomes of this value.
    pub(crate) fn damage(touched: Vec<String>) -> Broken {
        Broken {
            touched,
            unreplicated: Vec::new(),
            struck: DrillTime::ZERO,
            guards: Vec::new(),
        }
    }

    /// Something that is broken as long as `guard` is there.
    pub(crate) fn while_held(touched: Vec<String>, guard: impl Standing + 'static) -> Broken {
        let mut broken = Broken::damage(touched);
        broken.hold(guard);
        broken
    }

    /// One more thing that keeps it up.
    pub(crate) fn hold(&mut self, guard: impl Standing + 'static) {
        self.guards.push(Box::new(guard));
    }

    /// Whether dropping this value would still end something, or a step can.
    pub fn stands(&self) -> bool {
        self.guards.iter().any(|guard| guard.stands())
    }

    /// Ends the fault, which is due to end at `due`. When it was over: then, or later where something had to come back
    /// first, such as a container. `None` if that never came back.
    pub async fn end(self, due: DrillTime) -> Option<DrillTime> {
        let mut over = due;
        // One after the other: what a region has beside its container comes back with it.
        for guard in self.guards {
            if let Some(ending) = guard.end() {
                over = over.max(ending.await?);
            }
        }
        Some(over)
    }

    /// How many requests or invocations it struck.
    pub(crate) fn hits(&self) -> u64 {
        self.guards.iter().filter_map(|guard| guard.hits()).sum()
    }
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broken")
            .field("touched", &self.touched.len())
            .field("stands", &self.stands())
            .finish_non_exhaustive()
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

impl Testimony {
    /// It was waited for something that the fault strikes; `what` was seen of it, if anything was.
    pub(crate) fn of_wait<T>(
        seen: Result<T, Span>,
        what: impl FnOnce(T) -> String,
        nothing: &str,
    ) -> Testimony {
        match seen {
            Ok(seen) => Testimony {
                proven: true,
                witness: what(seen),
            },
            Err(waited) => Testimony {
                proven: false,
                witness: format!("{nothing} within {waited}"),
            },
        }
    }
}

/// A fault could not break all that it was to break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialInjection {
    /// What is broken all the same.
    pub touched: Vec<String>,
    /// Why the rest is not, in words (a bucket that is no longer there).
    pub why: String,
}

impl PartialInjection {
    /// It broke the first of its targets, and then one refused.
    fn at(targets: &[String], nth: usize, error: impl fmt::Display) -> PartialInjection {
        PartialInjection {
            touched: targets[..nth].to_vec(),
            why: format!("{}: {error}", targets[nth]),
        }
    }
}

impl From<String> for PartialInjection {
    fn from(why: String) -> PartialInjection {
        let touched = Vec::new();
        PartialInjection { touched, why }
    }
}

/// Breaks what the plan chose.
///
/// # Errors
/// If it cannot be broken, or not all of it.
pub async fn strike(
    fault: &Fault,
    scene: &Scene<'_>,
    targets: &[String],
) -> Result<Broken, PartialInjection> {
    let mut broken = act(fault, scene, targets).await?;
    broken.struck = scene.clock.now();
    Ok(broken)
}

async fn act(fault: &Fault, scene: &Scene<'_>, targets: &[String]) -> Result<Broken, PartialInjection> {
    match &fault.action {
        FaultAction::S3DeleteObjects(action) => s3_delete_objects::strike(action, scene, targets).await,
        FaultAction::S3DeleteBucket(action) => Ok(s3_delete_bucket::strike(action, scene).await?),
        FaultAction::S3CorruptObjects(action) => s3_corrupt_objects::strike(action, scene, targets),
        FaultAction::S3PauseReplication(action) => Ok(s3_pause_replication::strike(action, scene)?),
        FaultAction::RegionOutage(action) => Ok(region_outage::strike(action, fault, scene).await?),
        FaultAction::AwsError(_)
        | FaultAction::AwsThrottle(_)
        | FaultAction::AwsAccessDenied(_)
        | FaultAction::AwsLatency(_)
        | FaultAction::AwsHang(_)
        | FaultAction::AwsReset(_)
        | FaultAction::AwsCorruptResponse(_) => Ok(aws::strike(fault, scene)),
        FaultAction::LambdaError(_) | FaultAction::LambdaLatency(_) | FaultAction::LambdaThrottle(_) => {
            Ok(lambda::strike(fault, scene)?)
        }
        FaultAction::LambdaDelete(action) => lambda_delete::strike(action, scene),
        FaultAction::LambdaBadDeploy(action) => lambda_bad_deploy::strike(action, scene).await,
        FaultAction::IotKillBroker(action) => Ok(iot::kill(&action.region, fault, scene)?),
        FaultAction::IotFreezeBroker(action) => Ok(iot::freeze(&action.region, scene)?),
        FaultAction::DnsStale(_) => Ok(dns_stale::strike(scene)),
    }
}

/// Asks the fault's witness.
pub async fn witness(fault: &Fault, scene: &Scene<'_>, broken: &Broken) -> Testimony {
    match &fault.action {
        FaultAction::S3DeleteObjects(action) => s3_delete_objects::witness(action, scene, broken).await,
        FaultAction::S3DeleteBucket(action) => s3_delete_bucket::witness(action, scene).await,
        FaultAction::S3CorruptObjects(action) => s3_corrupt_objects::witness(action, scene, broken).await,
        FaultAction::S3PauseReplication(action) => s3_pause_replication::witness(action, scene, broken).await,
        FaultAction::RegionOutage(action) => region_outage::witness(action, scene, broken).await,
        FaultAction::AwsError(_)
        | FaultAction::AwsThrottle(_)
        | FaultAction::AwsAccessDenied(_)
        | FaultAction::AwsLatency(_)
        | FaultAction::AwsHang(_)
        | FaultAction::AwsReset(_)
        | FaultAction::AwsCorruptResponse(_) => aws::witness(scene, broken).await,
        FaultAction::LambdaError(_) | FaultAction::LambdaLatency(_) | FaultAction::LambdaThrottle(_) => {
            lambda::witness(scene, broken).await
        }
        FaultAction::LambdaDelete(action) => lambda_delete::witness(action, scene, broken).await,
        FaultAction::LambdaBadDeploy(action) => lambda_bad_deploy::witness(action, scene, broken).await,
        FaultAction::IotKillBroker(action) => iot::witness(&action.region, scene).await,
        FaultAction::IotFreezeBroker(action) => iot::witness(&action.region, scene).await,
        FaultAction::DnsStale(_) => dns_stale::witness(scene, broken).await,
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
