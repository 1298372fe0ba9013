//! The user's own commands: as a drill recorded them, or as they are hoped to work.

use drill::units::DrillTime;

use super::Done;
use crate::plan::calibration::PastChange;
use crate::plan::model::{BucketIx, Region};
use crate::plan::objects::State;
use crate::plan::world::World;

impl World<'_, '_> {
    /// A bucket and a region by their labels.
    fn labelled(&self, bucket: &str, region: &str) -> Option<(BucketIx, Region)> {
        Some((self.model.bucket(bucket)?, self.model.region(region)?))
    }

    /// What a step did in a recorded drill, as far as it applies to the state in which it finds the cloud.
    pub(in crate::plan) fn as_recorded(&mut self, changes: &[PastChange], now: DrillTime) -> Vec<Done> {
        self.advance_all(now);
        let mut effects = Vec::new();
        for change in changes {
            match change {
                PastChange::Bodies {
                    bucket,
                    region,
                    objects,
                    left,
                } => {
                    let Some((bucket, region)) = self.labelled(bucket, region) else {
                        continue;
                    };
                    let mut list = self.restorable(bucket, region);
                    list.truncate(share_of(list.len(), *objects, *left));
                    effects.push(Done::Restored {
                        bucket,
                        region,
                        list,
                        source: None,
                    });
                }
                PastChange::Deleted {
                    bucket,
                    region,
                    objects,
                } => {
                    let Some((bucket, region)) = self.labelled(bucket, region) else {
                        continue;
                    };
                    let mine = &self.buckets[bucket];
                    let there = mine
                        .alive()
                        .filter(|write| mine.state(*write, region) == State::Good);
                    let list = there
                        .take(*objects as usize)
                        .map(|write| (write as u32, self.removed(bucket)));
                    let list = list.collect();
                    effects.push(Done::Restored {
                        bucket,
                        region,
                        list,
                        source: None,
                    });
                }
                PastChange::Bucket { bucket, region } => {
                    if let (Some(bucket), Some(region)) =
                        (self.model.bucket(bucket), self.model.region(region))
                    {
                        effects.push(Done::Made(self.model.store(bucket, region)));
                    }
                }
                PastChange::Function { function, region } => {
                    if let (Some(function), Some(region)) =
                        (self.model.function(function), self.model.region(region))
                    {
                        let function = self.model.function_in(function, region);
                        effects.extend([Done::Made(function), Done::Mended(function)]);
                    }
                }
                PastChange::Broker { region } => {
                    effects.extend(self.model.region(region).map(Done::Restarted));
                }
            }
        }
        effects
    }

    /// The objects of a store that are damaged, and of which something is left to be put right with. What is not there comes
    /// first: that is what listings show.
    fn restorable(&self, bucket: BucketIx, region: Region) -> Vec<(u32, State)> {
        let objects = &self.buckets[bucket];
        let elsewhere = |write: usize| {
            (0..self.model.regions.len()).any(|other| {
                objects.state(write, other) == State::Good && !self.is_dead(self.model.store(bucket, other))
            })
        };
        let restorable = |write: &usize| match objects.state(*write, region) {
            State::Good => false,
            State::Hidden | State::Overwritten => true,
            State::Absent | State::Corrupt => elsewhere(*write),
        };
        let gone = |write: &usize| matches!(objects.state(*write, region), State::Absent | State::Hidden);
        let (gone, rotten): (Vec<usize>, Vec<usize>) = objects.alive().filter(restorable).partition(gone);
        let all = gone.into_iter().chain(rotten);
        all.map(|write| (write as u32, State::Good)).collect()
    }

    /// What a script could put right that is taken to work: everything that is left to be put right with.
    pub(in crate::plan) fn as_hoped(&mut self, now: DrillTime) -> Vec<Done> {
        self.advance_all(now);
        let mut effects = Vec::new();
        for bucket in 0..self.buckets.len() {
            let home = self.home(bucket);
            let store = self.model.store(bucket, home);
            if self.absent[store] {
                effects.push(Done::Made(store));
            }
            let region = self.names[bucket];
            if self.is_dead(self.model.store(bucket, region)) && region != home {
                continue;
            }
            let list = self.restorable(bucket, region);
            if !list.is_empty() {
                effects.push(Done::Restored {
                    bucket,
                    region,
                    list,
                    source: None,
                });
            }
        }
        for function in 0..self.model.functions.len() {
            let name = self.buckets.len() + function;
            let resource = self.model.function_in(function, self.names[name]);
            if !self.lambda_is_unavailable(resource) && (self.broken[resource] || self.absent[resource]) {
                effects.extend([Done::Made(resource), Done::Mended(resource)]);
            }
        }
        effects
    }
}

/// How many of `damaged` objects a script puts right that put `objects` right and left `left` in a recorded drill: the same
/// share, and all where it left none.
fn share_of(damaged: usize, objects: u64, left: u64) -> usize {
    let all = u128::from(objects) + u128::from(left);
    let share = (damaged as u128 * u128::from(objects)).div_ceil(all.max(1));
    usize::try_from(share).unwrap_or(damaged).min(damaged)
}
