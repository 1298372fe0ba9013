//! Steps that make buckets, and set what protects them.

use drill::draw::lognormal_of;
use drill::scenario::{ReplicationStatus, VersioningStatus};
use drill::units::{DrillTime, Span};

use super::{Done, LOOK_AT_EXISTING, LOOK_AT_PENDING, Work};
use crate::plan::model::{BucketIx, Region};
use crate::plan::world::World;

impl World<'_, '_> {
    pub(super) fn create_bucket(&mut self, label: &str) -> Work {
        let Some(bucket) = self.model.bucket(label) else {
            return Work::failed(Span::ZERO);
        };
        let home = self.model.region(self.model.bucket_at(bucket).home).unwrap_or(0);
        let store = self.model.store(bucket, home);
        let takes = self.call("CreateBucket", None);
        if !self.absent[store] || self.is_unavailable(store) {
            Work::failed(takes)
        } else {
            Work::done(takes.times(2), vec![Done::Made(store)])
        }
    }

    pub(super) fn put_versioning(&mut self, label: &str, status: VersioningStatus) -> Work {
        let Some(bucket) = self.model.bucket(label) else {
            return Work::failed(Span::ZERO);
        };
        let place = self.store_location(bucket, self.home(bucket));
        let takes = self.call("PutBucketVersioning", None);
        let suspends = status == VersioningStatus::Suspended;
        // AWS refuses it under a replication configuration: 409 InvalidBucketState.
        let replicated = self.buckets[bucket]
            .copied()
            .is_some_and(|(from, _)| from == place.region);
        if self.refuses(place.store, "PutBucketVersioning", 1) || (suspends && replicated) {
            return Work::failed(takes);
        }
        Work::done(
            takes,
            vec![Done::Versioning {
                bucket,
                on: !suspends,
            }],
        )
    }

    pub(super) fn home(&self, bucket: BucketIx) -> Region {
        self.model.region(self.model.bucket_at(bucket).home).unwrap_or(0)
    }

    /// The two ends of a bucket's replication, from the one in `from` to the other.
    pub(super) fn ends(&self, bucket: BucketIx, from: Region) -> Option<(Region, Region)> {
        let replicate = self.model.bucket_at(bucket).replicate?;
        let (home, replica) = (self.home(bucket), self.model.region(&replicate.to)?);
        Some(if from == home {
            (home, replica)
        } else {
            (replica, home)
        })
    }

    pub(super) fn put_replication(&mut self, label: &str, status: ReplicationStatus) -> Work {
        let Some(bucket) = self.model.bucket(label) else {
            return Work::failed(Span::ZERO);
        };
        let takes = self.call("PutBucketReplication", None).times(2);
        let Some((from, to)) = self.ends(bucket, self.home(bucket)) else {
            return Work::failed(Span::ZERO);
        };
        let source = self.model.store(bucket, from);
        if self.refuses(source, "PutBucketReplication", 1) || self.absent[self.model.store(bucket, to)] {
            return Work::failed(takes);
        }
        let done = match status {
            ReplicationStatus::Enabled => Done::CopiesOn { bucket, from, to },
            ReplicationStatus::Disabled => Done::CopiesOff(bucket),
        };
        Work::done(takes, vec![done])
    }

    pub(super) fn reverse(&mut self, label: &str, existing: bool, now: DrillTime) -> Work {
        let Some(bucket) = self.model.bucket(label) else {
            return Work::failed(Span::ZERO);
        };
        let takes = self.call("PutBucketReplication", None).times(2);
        let Some((from, to)) = self.ends(bucket, self.names[bucket]) else {
            return Work::failed(Span::ZERO);
        };
        if self.refuses(self.model.store(bucket, from), "PutBucketReplication", 1)
            || self.refuses(self.model.store(bucket, to), "PutObject", 1)
        {
            return Work::failed(takes);
        }
        self.buckets[bucket].copy(from, to, now);
        let lag = self
            .model
            .bucket_at(bucket)
            .replicate
            .as_ref()
            .map(|replicate| replicate.lag);
        let last = match (existing, lag) {
            (true, Some(lag)) => {
                let who = self.draw();
                let chance = self.chance;
                self.buckets[bucket].copy_existing(now, lag, chance, who)
            }
            _ => None,
        };
        let last = last.max(self.filed_meanwhile(bucket, existing, now));
        let waits = last.map_or(Span::ZERO, |last| whole(last - now, LOOK_AT_EXISTING));
        Work::done(takes + waits, vec![Done::CopiesOn { bucket, from, to }])
    }

    /// When the last copy arrives of what rules filed in the store in use since its name moved there.
    pub(super) fn filed_meanwhile(
        &mut self,
        bucket: BucketIx,
        existing: bool,
        now: DrillTime,
    ) -> Option<DrillTime> {
        let spec = self.model.bucket_at(bucket);
        let lag = spec.replicate?.lag;
        let mut rules = self.model.scenario.cloud.rules().iter();
        let window = rules.find(|rule| rule.bucket == spec.label)?.batch_window;
        let (_, since) = self.moved[bucket].filter(|_| existing)?;
        let copies = ((now - since).as_us() / window.as_us().max(1)).max(1);
        // The longest of so many lags is distributed like one whose draw is the root of theirs.
        let uniform = (self.draw() >> 11) as f64 + 0.5;
        let longest = (uniform / (1u64 << 53) as f64).powf(1.0 / copies as f64);
        let longest = ((longest * (1u64 << 53) as f64) as u64).min((1 << 53) - 1) << 11;
        Some(now + lognormal_of(longest, lag.p50, lag.p99))
    }

    pub(super) fn drain(&mut self, label: &str, now: DrillTime) -> Work {
        let Some(bucket) = self.model.bucket(label) else {
            return Work::failed(Span::ZERO);
        };
        let given_up = self.buckets[bucket].given_up;
        let drained = || vec![Done::Drained { bucket, given_up }];
        match self.buckets[bucket].arrive() {
            None => Work::nothing(),
            // It checks again then: they may go on by then, or be given up.
            Some(DrillTime::MAX) => Work::done(LOOK_AT_PENDING, drained()),
            Some(last) => Work::done(whole(last - now, LOOK_AT_PENDING).max(LOOK_AT_PENDING), drained()),
        }
    }
}

/// Rounded up to whole rounds.
fn whole(span: Span, result: Span) -> Span {
    result.times((span.at_least_zero().as_us() + result.as_us() - 1) / result.as_us())
}
