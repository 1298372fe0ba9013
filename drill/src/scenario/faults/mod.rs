//! What a fault can do: a file each, and a line here.

use crate::scenario::fill::Elsewhere;
use crate::units::Fraction;

registry! {
    /// What breaks.
    pub enum FaultAction as Strike {
        s3_delete_objects::S3DeleteObjects,
        s3_delete_bucket::S3DeleteBucket,
        s3_corrupt_objects::S3CorruptObjects,
        s3_pause_replication::S3PauseReplication,
    }
}

pub use s3_corrupt_objects::CorruptVia;
pub use s3_delete_objects::DeleteMode;

impl FaultAction {
    /// The label of the bucket that it strikes.
    pub fn bucket(&self) -> &str {
        self.as_dyn().bucket()
    }

    /// What it does to that bucket.
    pub fn effect(&self) -> Effect {
        self.as_dyn().effect()
    }

    /// Which of the bucket's keys it strikes, if it is about keys.
    pub fn aim(&self) -> Option<Aim<'_>> {
        self.as_dyn().aim()
    }
}

/// What a fault says of itself.
pub(crate) trait Strike {
    /// Fills in what other parts of the scenario say.
    fn fill(&mut self, _: &Elsewhere) {}
    /// The label of the bucket that it strikes.
    fn bucket(&self) -> &str;
    /// What it does to that bucket.
    fn effect(&self) -> Effect;
    /// Which of the bucket's keys it strikes, if it is about keys.
    fn aim(&self) -> Option<Aim<'_>> {
        None
    }
}

/// What a fault does to a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Objects are gone until they are written again.
    DeletesObjects,
    /// Objects are there and are not what they were.
    DamagesObjects,
    /// The bucket is gone, and everything in it.
    DeletesBucket,
    /// A protection of the bucket stops. It breaks nothing, and dates no loss.
    StopsReplication,
}

impl Effect {
    /// Whether it makes writes unreadable or unacknowledged, and so dates a loss.
    pub fn breaks_data(self) -> bool {
        self != Effect::StopsReplication
    }
}

/// Which of a bucket's keys a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aim<'a> {
    /// Only keys that begin so.
    pub prefix: &'a str,
    /// How many of the objects that are current then.
    pub fraction: Fraction,
}
