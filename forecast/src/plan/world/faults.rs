//! What a fault does when it strikes and when it ends, and what a step's end of it does.

use drill::scenario::{DeleteMode, Effect, FaultAction};
use drill::units::DrillTime;

use super::World;
use super::broken::share;
use crate::plan::model::{NameIx, Region, ResourceIx};
use crate::plan::objects::{Copied, State};

impl World<'_, '_> {
    /// A fault strikes.
    pub(in crate::plan) fn strike(&mut self, fault: usize, now: DrillTime) {
        self.advance_all(now);
        self.struck[fault] = Some(now);
        let model = self.model;
        let spec = &model.faults[fault];
        match &spec.fault.action {
            FaultAction::S3DeleteObjects(one) => {
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
            }
            FaultAction::S3CorruptObjects(one) => {
                let (prefix, fraction) = (one.prefix.as_deref(), share(one.fraction));
                self.destroy(fault, &one.bucket, prefix, fraction, State::Corrupt, now);
            }
            FaultAction::S3DeleteBucket(one) => {
                if let Some(bucket) = model.bucket(&one.bucket) {
                    let home = model.region(&model.bucket_at(bucket).region).unwrap_or(0);
                    self.buckets[bucket].end_copies(now);
                    self.buckets[bucket].empty(home, fault);
                    self.absent[model.store(bucket, home)] = true;
                }
            }
            FaultAction::LambdaBadDeploy(_) => {
                for (hurt, _) in &spec.hurts {
                    self.broken[*hurt] = !self.absent[*hurt];
                }
            }
            FaultAction::LambdaDelete(_) => {
                for (hurt, _) in &spec.hurts {
                    self.absent[*hurt] = true;
                }
            }
            _ => {}
        }
        for (hurt, effect) in &spec.hurts {
            if *effect == Effect::StopsReplication {
                self.hold_copies_of(*hurt, now);
            }
            if *effect == Effect::DeletesBucket && matches!(spec.fault.action, FaultAction::RegionOutage(_)) {
                let (bucket, region) = (*hurt / model.regions.len(), *hurt % model.regions.len());
                self.buckets[bucket].empty(region, fault);
            }
        }
        if !is_done_at_once(&spec.fault.action) {
            self.active.push(fault);
        }
        // A function that is made later, in another region, is none of theirs.
        if matches!(
            spec.fault.action,
            FaultAction::LambdaError(_) | FaultAction::LambdaLatency(_) | FaultAction::LambdaThrottle(_)
        ) {
            let absent = spec.hurts.iter().filter(|(hurt, _)| self.absent[*hurt]);
            self.spared.extend(absent.map(|(hurt, _)| (fault, *hurt)));
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
        let home = self
            .model
            .region(&self.model.bucket_at(bucket).region)
            .unwrap_or(0);
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
        let replicate = self.model.bucket_at(bucket).replicate.as_ref();
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
        if let FaultAction::S3PauseReplication(one) = &self.model.faults[fault].fault.action
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

/// Whether all that a fault does is done when it strikes.
pub(in crate::plan) fn is_done_at_once(action: &FaultAction) -> bool {
    matches!(
        action,
        FaultAction::S3DeleteObjects(_)
            | FaultAction::S3CorruptObjects(_)
            | FaultAction::S3DeleteBucket(_)
            | FaultAction::LambdaBadDeploy(_)
            | FaultAction::LambdaDelete(_)
    )
}
