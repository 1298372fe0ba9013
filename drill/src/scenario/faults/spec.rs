//! What a fault says of itself: what it affects, and how, in the words that plan, validation and measures share.

use super::Latency;
use crate::resource::ResourceId;
use crate::scenario::Scenario;
use crate::scenario::checks::FaultCheck;
use crate::units::Fraction;

/// What a fault says of itself.
pub(crate) trait FaultSpec {
    /// Checks it against the other parts of the scenario.
    fn check(&self, _: &mut FaultCheck<'_, '_, '_, '_>) {}

    /// What it affects, and how.
    fn impacts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Impact<'a>>;

    /// Which keys of which store it targets, if it is about keys.
    fn target_selector(&self) -> Option<TargetSelector<'_>> {
        None
    }

    /// By how much it delays each call, if that is all that it does.
    fn delays(&self) -> Option<Latency> {
        None
    }

    /// What can be under only one such fault at a time; two whose times overlap contradict each other.
    fn exclusive_resources(&self, _: &Scenario) -> Vec<String> {
        Vec::new()
    }

    /// Whether all that it does is done when it is injected, so that nothing ends by itself or with its end.
    fn is_done_at_once(&self, scenario: &Scenario) -> bool {
        !self.impacts(scenario).iter().any(|impact| impact.effect.lasts())
    }

    /// Why a search for damage does not see what it destroyed, in a clause: one that reads values, or only a listing.
    fn unseen_because(&self, _reads_values: bool) -> Option<&'static str> {
        None
    }
}

/// What a fault does to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Objects are gone until they are written again.
    DeletesObjects,
    /// Objects are there and are not what they were.
    DamagesObjects,
    /// The bucket is gone, and everything in it.
    DeletesBucket,
    /// It is not reachable while the fault is active.
    MakesUnreachable,
    /// It answers some requests with errors, or wrongly, or not at all.
    Fails,
    /// It fails who reads, and takes every write.
    FailsReads,
    /// It answers late.
    Slows,
    /// A protection stops. It breaks nothing, and dates no loss.
    StopsReplication,
}

impl Effect {
    /// Whether it makes writes unreadable or unacknowledged, and so dates a loss.
    pub fn breaks_data(self) -> bool {
        !matches!(
            self,
            Effect::StopsReplication | Effect::Slows | Effect::FailsReads
        )
    }

    /// Whether it lasts as long as the fault does; what else it does is done at once.
    pub fn lasts(self) -> bool {
        !matches!(
            self,
            Effect::DeletesObjects | Effect::DamagesObjects | Effect::DeletesBucket
        )
    }

    /// Whether it can turn a service red that rests on the resource.
    pub fn turns_red(self) -> bool {
        self != Effect::StopsReplication
    }
}

/// One thing that a fault affects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Impact<'a> {
    /// What.
    pub resource: ResourceId<'a>,
    /// How.
    pub effect: Effect,
}

/// Which of a store's keys a fault targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetSelector<'a> {
    /// The label of the store.
    pub store: &'a str,
    /// Only keys that begin so.
    pub prefix: &'a str,
    /// How many of the objects that are current then.
    pub fraction: Fraction,
}
