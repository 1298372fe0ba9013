//! What a fault does when it is injected and when it ends, and what a step's end of it does.

use drill::scenario::{
    DeleteMode, Effect, FaultAction, LambdaBadDeploy, LambdaDelete, LambdaError, LambdaLatency,
    LambdaThrottle, RegionOutage, S3DeleteBucket, S3DeleteObjects, S3PauseReplication,
};
use drill::units::DrillTime;

use super::World;
use super::broken::share;
use crate::plan::model::{NameIx, Region, ResourceIx};
use crate::plan::objects::{Copied, State};

impl World<'_, '_> {
    /// Injects a fault.
    pub(in crate::plan) fn inject(&mut self, fault: usize, now: DrillTime) {
        self.advance_all(now);
        self.injected[fault] = Some(now);
        let model = self.model;
        let spec = &model.faults[fault];
        let action = &spec.fault.action;
        if let Some(one) = action.get::<S3DeleteObjects>() {
            let state = match one.mode {
                DeleteMode::Marker if self.is_versioned(&one.bucket) => State::Hidden,
                DeleteMode::Marker | DeleteMode::Purge => State::Absent,
                DeleteMode::Overwrite => State::Overwritten,
            };
            self.destroy(
                fault,
                one.bucket.as_str(),
                one.prefix.as_deref(),
                share(one.fraction),
                state,
                now,
            );
        } else if let Some(one) = action.get::<S3DeleteBucket>() {
            if let Some(bucket) = model.bucket(&one.bucket) {
                let home = model.region(model.bucket_at(bucket).home).unwrap_or(0);
                self.buckets[bucket].end_copies(now);
                self.buckets[bucket].empty(home, fault);
                self.absent[model.store(bucket, home)] = true;
            }
        } else if let Some(of) = action.target_selector() {
            let damage = spec.impacts.iter().find_map(|(_, effect)| match effect {
                Effect::DeletesObjects => Some(State::Absent),
                Effect::DamagesObjects => Some(State::Corrupt),
                _ => None,
            });
            if let Some(state) = damage {
                self.destroy(fault, of.store, Some(of.prefix), share(of.fraction), state, now);
            }
        } else if action.is::<LambdaBadDeploy>() {
            for (impact, _) in &spec.impacts {
                self.broken[*impact] = !self.absent[*impact];
            }
        } else if action.is::<LambdaDelete>() {
            for (impact, _) in &spec.impacts {
                self.absent[*impact] = true;
            }
        }
        for (impact, effect) in &spec.impacts {
            if *effect == Effect::StopsReplication {
                self.hold_copies_of(*impact, now);
            }
            if *effect == Effect::DeletesBucket && action.is::<RegionOutage>() {
                let (bucket, region) = (*impact / model.regions.len(), *impact % model.regions.len());
                self.buckets[bucket].empty(region, fault);
            }
        }
        if !action.is_done_at_once(model.scenario) {
            self.active.push(fault);
        }
        // A function that is made later, in another region, is none of theirs.
        if action.is::<LambdaError>() || action.is::<LambdaLatency>() || action.is::<LambdaThrottle>() {
            let absent = spec.impacts.iter().filter(|(impact, _)| self.absent[*impact]);
            self.spared.extend(absent.map(|(impact, _)| (fault, *impact)));
        }
        self.cut_off();
        self.devices(now);
    }

    pub(super) fn is_versioned(&self, bucket: &str) -> bool {
        self.model
            .bucket(bucket)
            .is_some_and(|bucket| self.versioned[bucket])
    }

    pub(super) fn hold_copies_of(&mut self, store: ResourceIx, now: DrillTime) {
        let count = self.model.regions.len();
        let (bucket, region) = (store / count, store % count);
        let Some(objects) = self.buckets.get_mut(bucket) else {
            return;
        };
        if objects
            .copied()
            .is_some_and(|(from, to)| from == region || to == region)
        {
            objects.hold_copies(now);
            self.stopped[bucket].get_or_insert(now);
        }
    }

    pub(super) fn destroy(
        &mut self,
        fault: usize,
        label: &str,
        prefix: Option<&str>,
        fraction: f64,
        state: State,
        now: DrillTime,
    ) {
        let Some(bucket) = self.model.bucket(label) else {
            return;
        };
        let home = self.model.region(self.model.bucket_at(bucket).home).unwrap_or(0);
        let producers = self.producers(bucket, prefix);
        let mut targets = self.buckets[bucket].targets(producers, home);
        let (all, _) = self.buckets[bucket].sound(producers, home, drill::scenario::Verify::Sha256);
        let wanted = ((all as f64 * fraction).round() as usize).min(targets.len());
        for nth in 0..wanted {
            let other = nth + self.below((targets.len() - nth) as u64) as usize;
            targets.swap(nth, other);
            self.buckets[bucket].destroy(targets[nth] as usize, home, state, fault);
        }
        // What is written over is copied like any write, and markers are where that is asked for.
        let replicate = self.model.bucket_at(bucket).replicate;
        let markers = replicate.is_some_and(|replicate| replicate.delete_markers);
        let copied = match state {
            State::Overwritten => Some(Copied::Other),
            State::Hidden if markers => Some(Copied::Marker),
            _ => None,
        };
        if let (Some(copied), Some(lag)) = (copied, self.lag(bucket))
            && self.buckets[bucket]
                .copied()
                .is_some_and(|(from, _)| from == home)
        {
            for write in &targets[..wanted] {
                self.buckets[bucket].copy_change(*write as usize, copied, now, lag);
            }
        }
    }

    /// A fault ends by itself.
    pub(in crate::plan) fn end(&mut self, fault: usize, now: DrillTime) {
        self.advance_all(now);
        self.active.retain(|one| *one != fault);
        if let Some(one) = self.model.faults[fault].fault.action.get::<S3PauseReplication>()
            && let Some(bucket) = self.model.bucket(&one.bucket)
            && let Some((from, to)) = self.buckets[bucket].copied()
        {
            self.buckets[bucket].copy(from, to, now);
        }
        self.devices(now);
    }

    /// Faults that a step's work is the end of.
    pub(in crate::plan) fn end_by_step(&mut self, over: impl Fn(&FaultAction) -> bool) {
        let model = self.model;
        self.active
            .retain(|fault| !over(&model.faults[*fault].fault.action));
    }

    /// The names move to a region.
    pub(in crate::plan) fn move_names(&mut self, names: &[NameIx], to: Region, step: usize, now: DrillTime) {
        self.advance_all(now);
        for name in names {
            if self.names[*name] != to {
                self.names[*name] = to;
                self.moved[*name] = Some((step, now));
            }
        }
        self.devices(now);
    }
}
