//! What faults and their verification work on.

use aws_sdk_s3::Client;
use cloud_gateway::Gateway;
use drill::scenario::{Bucket, Fault, Scenario};
use drill::units::{DrillTime, Span};
use runtime::clock::Clock;

use crate::listeners::Listeners;

/// How long verification waits for something that the fault hits: many times the interval of any probe.
const VERIFY_TIMEOUT: Span = Span::from_mins(20);

/// How often it looks.
const LOOK_EVERY: Span = Span::from_secs(5);

/// What faults and their verification work on.
#[derive(Clone, Copy)]
pub struct FaultContext<'a> {
    /// What the scenario declares.
    pub scenario: &'a Scenario,
    /// The seed of every draw.
    pub seed: u64,
    /// Drill time.
    pub clock: &'a Clock,
    /// The gateway, for faults on requests.
    pub gateway: &'a Gateway,
    /// The listeners of the cloud, and clients that go through them.
    pub listeners: &'a Listeners,
    /// S3 through the public API, with the keys of the audit.
    pub auditor: &'a Client,
    /// When the fault ends by itself: its verification looks until then at the latest.
    pub until: DrillTime,
}

impl<'a> FaultContext<'a> {
    /// The bucket that the scenario labels so; its decoder has seen to it that there is one.
    pub fn bucket(&self, label: &str) -> &'a Bucket {
        self.scenario
            .bucket(label)
            .expect("the scenario's references were checked")
    }

    /// AWS's name of the region that the scenario labels so, likewise.
    pub fn aws_region(&self, label: &str) -> &'a str {
        self.scenario
            .cloud
            .aws_region(label)
            .expect("the scenario's references were checked")
    }

    /// A fault's place in the file, by which rules are ordered.
    pub fn order(&self, fault: &Fault) -> usize {
        self.scenario
            .faults
            .iter()
            .position(|known| known.id == fault.id)
            .unwrap_or(usize::MAX)
    }

    /// Waits until `seen` gives something, for as long as verification waits, and no longer than the fault lasts.
    ///
    /// # Errors
    /// How long it waited in vain.
    pub async fn await_some<T>(&self, mut seen: impl FnMut() -> Option<T>) -> Result<T, Span> {
        self.await_within(VERIFY_TIMEOUT, &mut seen).await
    }

    /// Likewise, for `policy`.
    pub async fn await_within<T>(
        &self,
        policy: Span,
        mut seen: impl FnMut() -> Option<T>,
    ) -> Result<T, Span> {
        let from = self.clock.now();
        let give_up = self.until.min(from + policy);
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
