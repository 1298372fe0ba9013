//! What the work of a step takes and does, by the state in which it finds the cloud.
//!
//! The time is that of its calls at AWS, from the same table as in a live drill ([`drill::costs`]); where a scenario takes
//! the times of this machine (`timing: loopback`) it is none.

mod buckets;
mod objects;
mod scripts;
mod services;

use drill::costs::{Made, Scale};
use drill::scenario::{AuditDepth, Caller, Location, StepAction};
use drill::units::{DrillTime, Span};

use super::model::{BucketIx, NameIx, Region, ResourceIx};
use super::objects::State;
use super::world::{LANES, World};

/// Keys of a page of a listing, by the Amazon S3 API reference.
const PAGE: u64 = 1_000;

/// What a fault writes over objects has as many bytes.
const OVERWRITTEN_SIZE: u64 = 1_024;

/// How often a step that waits for copies looks: as live ones do.
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
struct Place {
    bucket: BucketIx,
    region: Region,
    store: ResourceIx,
    scale: Option<Scale>,
}

impl World<'_, '_> {
    fn place(&self, bucket: BucketIx, region: Region) -> Place {
        Place {
            bucket,
            region,
            store: self.model.store(bucket, region),
            scale: self.model.scale(bucket, self.buckets[bucket].current()),
        }
    }

    fn located(&self, location: &Location) -> Option<Place> {
        Some(self.place(
            self.model.bucket(&location.bucket)?,
            self.model.region(&location.region)?,
        ))
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
    fn listing(&self, operation: &str, keys: u64, place: Place) -> Span {
        self.call(operation, place.scale)
            .times(keys.div_ceil(PAGE).max(1) as i64)
    }

    /// For each of so many objects, one after the other and many at once: these calls.
    fn each(&self, objects: usize, place: Place, operations: &[&str]) -> Span {
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
        let fails = self.failing(store, &[Caller::User], "s3", operation);
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
        match action {
            StepAction::Human(_)
            | StepAction::Wait(_)
            | StepAction::Parallel(_)
            | StepAction::Notify(_)
            // A gate is opened by what probes find; see the run.
            | StepAction::Check(_)
            // Only past runs tell what a script does.
            | StepAction::Shell(_) => Work::nothing(),
            StepAction::S3Audit(one) => self.audit(&one.bucket, one.depth, now).unwrap_or_else(|| Work::failed(Span::ZERO)),
            StepAction::S3VerifyIntegrity(one) => self
                .audit(&one.bucket, AuditDepth::Bodies, now)
                .map_or_else(|| Work::failed(Span::ZERO), |found| {
                    let sound = found.effects.iter().all(|done| matches!(done, Done::Found(list) if list.is_empty()));
                    Work { failed: !sound, takes: found.takes, effects: Vec::new() }
                }),
            StepAction::S3RestoreVersions(one) => {
                let list = damages(&one.damaged);
                self.restore_versions(&one.bucket, list)
            }
            StepAction::S3RestoreObjects(one) => {
                let list = damages(&one.damaged);
                self.restore_objects(&one.bucket, &one.from, list)
            }
            StepAction::S3Sync(one) => self.sync(&one.from, &one.to, one.delete),
            StepAction::S3CreateBucket(one) => self.create_bucket(&one.bucket),
            StepAction::S3PutVersioning(one) => self.put_versioning(&one.bucket, one.status),
            StepAction::S3PutReplication(one) => self.put_replication(&one.bucket, one.status),
            StepAction::DnsFailover(one) => {
                let names = one.moved(self.model.scenario).into_iter();
                let names: Vec<NameIx> = names.filter_map(|name| self.model.name(name)).collect();
                match self.model.region(&one.to) {
                    Some(to) => Work::done(Span::ZERO, vec![Done::Moved { names, to }]),
                    None => Work::failed(Span::ZERO),
                }
            }
            StepAction::StackDeploy(one) => self.deploy(&one.region),
            StepAction::ReplicationReverse(one) => self.reverse(&one.bucket, one.existing, now),
            StepAction::ReplicationDrain(one) => self.drain(&one.bucket, now),
            StepAction::LambdaDeploy(one) => self.deploy_function(&one.function, one.region.as_deref()),
            StepAction::LambdaRollback(one) => self.rollback(&one.function, one.region.as_deref()),
            StepAction::LambdaPutConcurrency(one) => {
                let may = one.reserved != Some(0);
                self.on_function(&one.function, one.region.as_deref(), 1, |function| {
                    vec![Done::Ran { function, may }]
                })
            }
            StepAction::LambdaRedrive(one) => {
                self.on_function(&one.function, one.region.as_deref(), 2, |_| vec![Done::Redriven])
            }
            StepAction::IotRestartBroker(one) => self.restart(&one.region),
        }
    }
}
