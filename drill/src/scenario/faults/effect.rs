//! What faults hurt, and how: the vocabulary that plan, validation and measures share.

use crate::units::Fraction;

/// A thing of the cloud that faults hurt, steps mend, and services rest on. Regions and buckets stand by
/// their labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource<'a> {
    /// A logical bucket's store in one region.
    Store {
        /// The label of the bucket.
        bucket: &'a str,
        /// The label of the region.
        region: &'a str,
    },
    /// A function in one region.
    Function {
        /// The label of the function.
        function: &'a str,
        /// The label of the region.
        region: &'a str,
    },
    /// The MQTT broker of a region, with its rules.
    Broker {
        /// The label of the region.
        region: &'a str,
    },
    /// The names under which clients find all of them.
    Names,
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
    /// It answers nobody as long as the fault lasts.
    Silences,
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

/// One thing that a fault hurts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hurt<'a> {
    /// What.
    pub resource: Resource<'a>,
    /// How.
    pub effect: Effect,
}

/// Which of a bucket's keys a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aim<'a> {
    /// The label of the bucket.
    pub bucket: &'a str,
    /// Only keys that begin so.
    pub prefix: &'a str,
    /// How many of the objects that are current then.
    pub fraction: Fraction,
}
