//! What the work of a step takes and does, by the state in which it finds the cloud.
//!
//! The time is that of its calls at AWS, from the same table as in a live drill ([`drill::costs`]); where a scenario takes
//! the times of this machine (`timing: loopback`) it is none.

mod buckets;
mod objects;
mod scripts;
mod services;

use drill::costs::{Made, Scale};
use drill::scenario::{
    self, AuditDepth, Caller, IotRestartBroker, LambdaDeploy, LambdaPutConcurrency, LambdaRedrive,
    LambdaRollback, ReplicationDrain, ReplicationReverse, S3Audit, S3CreateBucket, S3PutReplication,
    S3PutVersioning, S3RestoreObjects, S3RestoreVersions, S3VerifyIntegrity, StackDeploy, StepAction,
};
use drill::units::{DrillTime, Span};

use super::model::{BucketIx, NameIx, Region, ResourceIx};
use super::objects::State;
use super::world::{LANES, World};

/// Keys of a page of a listing, by the Amazon S3 API reference.
const PAGE: u64 = 1_000;

/// What a fault writes over objects has as many bytes.
const OVERWRITTEN_SIZE: u64 = 1_024;

/// How often a step that waits for copies checks: as live ones do.
const LOOK_AT_EXISTING: Span = Span::from_secs(15);
pub(super) const LOOK_AT_PENDING: Span = Span::from_secs(60);

/// What came of a step's work.
pub(super) struct Work {
    /// How long it takes.
    pub(super) takes: Span,
    /// Whether it fails in the end; what it does on the way is done all the same.
    pub(super) failed: bool,
    pub(super) effects: Vec<Done>,
}

/// What a step does.
pub(super) enum Done {
    /// Objects are put back, one after the other.
    Restored {
        bucket: BucketIx,
        region: Region,
        list: Vec<(u32, State)>,
        /// The store that they come from, if it is another one.
        source: Option<ResourceIx>,
    },
    /// It remembers what is damaged, for later steps.
    Found(Vec<(u32, State)>),
    Moved {
        names: Vec<NameIx>,
        to: Region,
    },
    Made(ResourceIx),
    Mended(ResourceIx),
    Ran {
        function: ResourceIx,
        may: bool,
    },
    Restarted(Region),
    CopiesOn {
        bucket: BucketIx,
        from: Region,
        to: Region,
    },
    CopiesOff(BucketIx),
    Versioning {
        bucket: BucketIx,
        on: bool,
    },
    Redriven,
    /// Copies had been given up so often when it began to wait for those that were under way.
    Drained {
        bucket: BucketIx,
        given_up: u64,
    },
}

impl Work {
    fn done(takes: Span, effects: Vec<Done>) -> Work {
        Work {
            takes,
            failed: false,
            effects,
        }
    }

    fn nothing() -> Work {
        Work::done(Span::ZERO, Vec::new())
    }

    fn failed(takes: Span) -> Work {
        Work {
            takes,
            failed: true,
            effects: Vec::new(),
        }
    }
}

/// One bucket's store as a step meets it.
#[derive(Clone, Copy)]
struct StoreLocation {
    bucket: BucketIx,
    region: Region,
    store: ResourceIx,
    scale: Option<Scale>,
}

impl World<'_, '_> {
    fn store_location(&self, bucket: BucketIx, region: Region) -> StoreLocation {
        StoreLocation {
            bucket,
            region,
            store: self.model.store(bucket, region),
            scale: self.model.scale(bucket, self.buckets[bucket].current()),
        }
    }

    fn located(&self, at: scenario::StoreLocation<'_>) -> Option<StoreLocation> {
        Some(self.store_location(self.model.bucket(at.store)?, self.model.region(at.region)?))
    }

    /// One call that stands by itself.
    fn call(&self, operation: &str, scale: Option<Scale>) -> Span {
        let made = Made {
            operation,
            objects: 1,
            sent: 0,
            received: 0,
        };
        self.model.charge(made, scale).before
    }

    /// A listing of so many keys or versions.
    fn listing(&self, operation: &str, keys: u64, place: StoreLocation) -> Span {
        self.call(operation, place.scale)
            .times(keys.div_ceil(PAGE).max(1) as i64)
    }

    /// For each of so many objects, one after the other and many at once: these calls.
    fn each(&self, objects: usize, place: StoreLocation, operations: &[&str]) -> Span {
        let size = self.model.mean_size(place.bucket);
        let one = operations.iter().map(|operation| {
            let (sent, received) = match *operation {
                "PutObject" => (size, 0),
                "GetObject" => (0, size),
                _ => (0, 0),
            };
            let made = Made {
                operation,
                objects: 1,
                sent,
                received,
            };
            let charge = self.model.charge(made, place.scale);
            charge.before + charge.after
        });
        let one: Span = one.sum();
        let all = one
            .times(i64::try_from(objects).unwrap_or(i64::MAX))
            .divided(LANES as i64);
        match objects {
            0 => Span::ZERO,
            _ => all.max(one),
        }
    }

    /// Whether the operator's calls to a store fail: it is not there, or silent, or fails them more often than clients try.
    fn refuses(&mut self, store: ResourceIx, operation: &str, calls: usize) -> bool {
        /// The SDK tries a call three times in all, by default.
        const TRIES: i32 = 3;
        if self.is_dead(store) {
            return true;
        }
        let kind = self.model.bucket_at(store / self.model.regions.len()).kind;
        let fails = self.failing(store, &[Caller::User], kind.service, operation);
        if fails <= 0.0 {
            return false;
        }
        let all_well = (1.0 - fails.powi(TRIES)).powi(calls.max(1) as i32);
        (self.draw() >> 11) as f64 / (1u64 << 53) as f64 >= all_well
    }

    /// What a step does that begins its work now; `damages` are those that earlier steps found.
    pub(super) fn work(
        &mut self,
        action: &StepAction,
        damages: impl Fn(&str) -> Option<Vec<(u32, State)>>,
        now: DrillTime,
    ) -> Work {
        self.advance_all(now);
        if let Some(work) = self.on_values(action, damages, now) {
            return work;
        }
        if let Some(work) = self.on_functions(action) {
            return work;
        }
        if let Some(moves) = action.moves(self.model.scenario) {
            let names = moves.names.into_iter().filter_map(|name| self.model.name(name));
            let names: Vec<NameIx> = names.collect();
            return match self.model.region(moves.to) {
                Some(to) => Work::done(Span::ZERO, vec![Done::Moved { names, to }]),
                None => Work::failed(Span::ZERO),
            };
        }
        if let Some(one) = action.get::<StackDeploy>() {
            return self.deploy(&one.region);
        }
        if let Some(one) = action.get::<IotRestartBroker>() {
            return self.restart(&one.region);
        }
        // The others only take their time: a gate is opened by what probes find (see the run), and the effect of a script
        // is known from past runs only.
        Work::nothing()
    }

    /// What a step does with the values of keyed stores, if it is about them.
    fn on_values(
        &mut self,
        action: &StepAction,
        damages: impl Fn(&str) -> Option<Vec<(u32, State)>>,
        now: DrillTime,
    ) -> Option<Work> {
        if let Some(one) = action.get::<S3Audit>() {
            let found = self.audit(&one.bucket, one.depth, now);
            return Some(found.unwrap_or_else(|| Work::failed(Span::ZERO)));
        }
        if let Some(one) = action.get::<S3VerifyIntegrity>() {
            let Some(found) = self.audit(&one.bucket, AuditDepth::Bodies, now) else {
                return Some(Work::failed(Span::ZERO));
            };
            let mut effects = found.effects.iter();
            let sound = effects.all(|done| matches!(done, Done::Found(list) if list.is_empty()));
            return Some(Work {
                failed: !sound,
                takes: found.takes,
                effects: Vec::new(),
            });
        }
        if let Some(one) = action.get::<S3RestoreVersions>() {
            let list = damages(&one.damaged);
            return Some(self.restore_versions(&one.bucket, list));
        }
        if let Some(one) = action.get::<S3RestoreObjects>() {
            let list = damages(&one.damaged);
            return Some(self.restore_objects(&one.bucket, &one.from, list));
        }
        if let Some(copies) = action.copies() {
            return Some(self.sync(copies));
        }
        self.on_stores(action, now)
    }

    /// What a step does with buckets and their replication, if it is about them.
    fn on_stores(&mut self, action: &StepAction, now: DrillTime) -> Option<Work> {
        if let Some(one) = action.get::<S3CreateBucket>() {
            return Some(self.create_bucket(&one.bucket));
        }
        if let Some(one) = action.get::<S3PutVersioning>() {
            return Some(self.put_versioning(&one.bucket, one.status));
        }
        if let Some(one) = action.get::<S3PutReplication>() {
            return Some(self.put_replication(&one.bucket, one.status));
        }
        if let Some(one) = action.get::<ReplicationReverse>() {
            return Some(self.reverse(&one.bucket, one.existing, now));
        }
        let one = action.get::<ReplicationDrain>()?;
        Some(self.drain(&one.bucket, now))
    }

    /// What a step does with functions, if it is about them.
    fn on_functions(&mut self, action: &StepAction) -> Option<Work> {
        if let Some(one) = action.get::<LambdaDeploy>() {
            return Some(self.deploy_function(&one.function, one.region.as_deref()));
        }
        if let Some(one) = action.get::<LambdaRollback>() {
            return Some(self.rollback(&one.function, one.region.as_deref()));
        }
        if let Some(one) = action.get::<LambdaPutConcurrency>() {
            let may = one.reserved != Some(0);
            return Some(
                self.on_function(&one.function, one.region.as_deref(), 1, |function| {
                    vec![Done::Ran { function, may }]
                }),
            );
        }
        let one = action.get::<LambdaRedrive>()?;
        Some(self.on_function(&one.function, one.region.as_deref(), 2, |_| vec![Done::Redriven]))
    }
}
