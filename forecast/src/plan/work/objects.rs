//! Steps that find damage and restore objects.

use drill::scenario::{AuditDepth, Compared, Copies, Location};
use drill::units::{DrillTime, Span};

use super::{Done, OVERWRITTEN_SIZE, StoreLocation, Work};
use crate::plan::model::BucketIx;
use crate::plan::objects::State;
use crate::plan::world::World;

impl World<'_, '_> {
    /// The store in use of a bucket, and the other one.
    pub(super) fn stores(&self, bucket: BucketIx) -> (StoreLocation, Option<StoreLocation>) {
        let used = self.names[bucket];
        let spec = self.model.bucket_at(bucket);
        let home = self.model.region(spec.home);
        let replica = spec
            .replicate
            .as_ref()
            .and_then(|replicate| self.model.region(&replicate.to));
        let other = match replica {
            Some(_) => [home, replica]
                .into_iter()
                .flatten()
                .find(|region| *region != used),
            None => None,
        };
        (
            self.store_location(bucket, used),
            other.map(|region| self.store_location(bucket, region)),
        )
    }

    pub(super) fn audit(&mut self, label: &str, depth: AuditDepth, _now: DrillTime) -> Option<Work> {
        let bucket = self.model.bucket(label)?;
        let (used, other) = self.stores(bucket);
        if self.refuses(used.store, "ListObjectVersions", 1) {
            return None;
        }
        let current = self.buckets[bucket].listed(used.region);
        let mut takes = self.listing("ListObjectVersions", self.buckets[bucket].current(), used);
        let mut compared = None;
        if let Some(other) = other {
            takes += self.listing("ListObjectsV2", self.buckets[bucket].listed(other.region), other);
            compared = (!self.refuses(other.store, "ListObjectsV2", 1)).then_some(other.region);
        }
        if depth == AuditDepth::Bodies {
            takes += self.each(current as usize, used, &["GetObject"]);
        }
        let objects = &self.buckets[bucket];
        let found = objects.alive().filter_map(|write| {
            let state = objects.state(write, used.region);
            let damaged = match state {
                State::Hidden => true,
                State::Corrupt => depth == AuditDepth::Bodies,
                State::Absent => compared.is_some_and(|other| {
                    !matches!(objects.state(write, other), State::Absent | State::Hidden)
                }),
                State::Good | State::Overwritten => false,
            };
            damaged.then_some((write as u32, state))
        });
        let found = found.collect();
        Some(Work::done(takes, vec![Done::Found(found)]))
    }

    pub(super) fn restore_versions(&mut self, label: &str, damage: Option<Vec<(u32, State)>>) -> Work {
        let (Some(bucket), Some(damage)) = (self.model.bucket(label), damage) else {
            return Work::failed(Span::ZERO);
        };
        // It is the bucket itself that has older versions, wherever its name points.
        let home = self.model.region(self.model.bucket_at(bucket).home).unwrap_or(0);
        let place = self.store_location(bucket, home);
        if self.refuses(place.store, "DeleteObject", damage.len()) {
            return Work::failed(Span::ZERO);
        }
        let takes = self.listing("ListObjectVersions", self.buckets[bucket].current(), place)
            + self.each(damage.len(), place, &["DeleteObject"]);
        // Under what rotted there is no older version, nor where there is no version any more. What has a body by now has
        // no marker to remove.
        let objects = &self.buckets[bucket];
        let (mut list, mut failed) = (Vec::new(), false);
        for (write, found) in damage {
            match objects.state(write as usize, home) {
                _ if found != State::Hidden => failed = true,
                State::Hidden => list.push((write, State::Good)),
                State::Absent => failed = true,
                State::Good | State::Corrupt | State::Overwritten => {}
            }
        }
        Work {
            takes,
            failed,
            effects: vec![Done::Restored {
                bucket,
                region: home,
                list,
                source: None,
            }],
        }
    }

    pub(super) fn restore_objects(
        &mut self,
        label: &str,
        from: &Location,
        damage: Option<Vec<(u32, State)>>,
    ) -> Work {
        let (Some(bucket), Some(from), Some(damage)) =
            (self.model.bucket(label), self.located(from.as_store()), damage)
        else {
            return Work::failed(Span::ZERO);
        };
        let home = self.model.region(self.model.bucket_at(bucket).home).unwrap_or(0);
        let to = self.store_location(bucket, home);
        if self.refuses(from.store, "GetObject", damage.len())
            || self.refuses(to.store, "CopyObject", damage.len())
        {
            return Work::failed(Span::ZERO);
        }
        let source = &self.buckets[from.bucket];
        let list: Vec<(u32, State)> = damage
            .iter()
            // What another bucket has under the same key is something else.
            .filter(|_| from.bucket == bucket)
            .filter_map(|(write, _)| match source.state(*write as usize, from.region) {
                state @ (State::Good | State::Overwritten) => Some((*write, state)),
                _ => None,
            })
            .collect();
        let takes =
            self.each(damage.len(), from, &["GetObject"]) + self.each(list.len(), to, &["CopyObject"]);
        Work {
            takes,
            failed: list.len() < damage.len(),
            effects: vec![Done::Restored {
                bucket,
                region: home,
                list,
                source: Some(from.store),
            }],
        }
    }

    pub(super) fn sync(&mut self, copies: Copies<'_>) -> Work {
        let (Some(from), Some(to)) = (self.located(copies.from), self.located(copies.to)) else {
            return Work::failed(Span::ZERO);
        };
        let operations = self.model.bucket_at(to.bucket).operations;
        if self.refuses(from.store, operations.list, 1) || self.refuses(to.store, operations.copy, 1) {
            return Work::failed(Span::ZERO);
        }
        if from.bucket != to.bucket {
            // Its objects are none of the other bucket's: they bring nothing back.
            let listed = self.buckets[from.bucket].listed(from.region);
            let takes = self.listing(operations.list, listed, from)
                + self.listing(operations.list, self.buckets[to.bucket].listed(to.region), to)
                + self.each(listed as usize, from, &[operations.copy]);
            return Work::done(takes, Vec::new());
        }
        let removed = self.removed(to.bucket);
        // What objects are written over with has a size of its own.
        let resized = self.model.mean_size(to.bucket) != OVERWRITTEN_SIZE;
        let objects = &self.buckets[from.bucket];
        let mut list: Vec<(u32, State)> = Vec::new();
        let mut deleted = Vec::new();
        for write in objects.alive() {
            let (there, here) = (objects.state(write, from.region), objects.state(write, to.region));
            let there_is = !matches!(there, State::Absent | State::Hidden);
            let here_is = !matches!(here, State::Absent | State::Hidden);
            match (there_is, here_is) {
                (true, false) => list.push((write as u32, there)),
                (false, true) if copies.deletes => deleted.push((write as u32, removed)),
                (true, true) if objects.is_newer(write, from.region, to.region) => {
                    list.push((write as u32, there));
                }
                (true, true) if resized && (there == State::Overwritten) != (here == State::Overwritten) => {
                    list.push((write as u32, there));
                }
                (true, true) if copies.compares == Compared::Values && there != here => {
                    list.push((write as u32, there));
                }
                // Sizes are the same, whatever the bodies are.
                _ => {}
            }
        }
        let takes = self.listing(operations.list, objects.listed(from.region), from)
            + self.listing(operations.list, objects.listed(to.region), to)
            + self.each(list.len(), to, &[operations.copy])
            + self.each(deleted.len(), to, &[operations.delete]);
        list.extend(deleted);
        let effects = vec![Done::Restored {
            bucket: to.bucket,
            region: to.region,
            list,
            source: Some(from.store),
        }];
        Work::done(takes, effects)
    }

    /// What stands under a key that is deleted without naming a version.
    pub(super) fn removed(&self, bucket: BucketIx) -> State {
        if self.versioned[bucket] {
            State::Hidden
        } else {
            State::Absent
        }
    }
}
