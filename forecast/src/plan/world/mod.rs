//! The cloud of one run: what is there, what is broken, where names point, and what a probe finds.

mod broken;
mod devices;
mod faults;
mod probe_model;
mod probes;

use drill::journal::Health;
use drill::scenario::Caller;
use drill::units::{DrillTime, Span};

pub(super) use self::probe_model::ProbeModel;
use super::fleet::{Curves, Whereabouts};
use super::flow::Flow;
use super::model::{BucketIx, Model, Region, ResourceIx};
use super::objects::{Objects, Producer, State};
use crate::chance::Chance;

/// Objects that one client reads at once: as our own clients do, and the AWS CLI by default.
pub(super) const LANES: usize = 10;

/// How often a canary's bucket is polled.
const POLL_INTERVAL: Span = Span::from_secs(2);

/// Lags and reactions are cut off at so many times their 99th percentile ([`drill::draw`]).
const CUT_OFF: i64 = 10;

/// An event that failed is tried again after one minute: AWS Lambda developer guide, "Asynchronous invocation: error
/// handling".
const FIRST_RETRY: Span = Span::from_mins(1);

/// Whose draws are those that are taken one after the other: no bucket's, and not those of telemetry's copies.
const STREAM: u64 = 1 << 63;

/// What a round of a probe finds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found {
    /// This, after so long.
    Now {
        health: Health,
        after: Span,
        way: [Region; 2],
    },
    /// That is seen after so long.
    Later { after: Span, way: [Region; 2] },
}

/// A name in the DNS cache of a probe's client.
#[derive(Clone, Copy, Debug)]
struct CachedName {
    region: Region,
    until: DrillTime,
}

/// Something that a step did, as far as services may be well again for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Act {
    pub(super) at: DrillTime,
    pub(super) step: usize,
    /// On what; of a name that moved: of which probe it was answered anew.
    pub(super) on: On,
}

/// What an act was on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    Resource(ResourceIx),
    Name { probe: usize },
}

/// Objects that are restored one after the other.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    pub(super) step: usize,
    pub(super) bucket: BucketIx,
    pub(super) region: Region,
    /// What becomes of which write, in their order.
    pub(super) list: Vec<(u32, State)>,
    pub(super) done: usize,
    pub(super) from: DrillTime,
    pub(super) to: DrillTime,
    /// The store that they come from, if it is another one.
    pub(super) source: Option<ResourceIx>,
    /// One of its stores became unavailable meanwhile: the rest fails.
    pub(super) cut: bool,
}

/// The cloud of one run.
pub(super) struct World<'m, 'a> {
    pub(super) model: &'m Model<'a>,
    /// Faults that were injected and have not ended.
    pub(super) active: Vec<usize>,
    /// What a fault leaves alone, since it was not there yet when it was injected.
    spared: Vec<(usize, ResourceIx)>,
    /// Things that are not there.
    pub(super) absent: Vec<bool>,
    /// Functions whose live version fails, and those that may not run.
    pub(super) broken: Vec<bool>,
    pub(super) throttled: Vec<bool>,
    /// Where each name points, and which step moved it, when.
    pub(super) names: Vec<Region>,
    pub(super) moved: Vec<Option<(usize, DrillTime)>>,
    cached_names: Vec<Vec<Option<CachedName>>>,
    pub(super) buckets: Vec<Objects>,
    /// Of each writer of each bucket: when its next write is due, and how many it has made.
    due: Vec<Vec<(DrillTime, Producer)>>,
    pub(super) versioned: Vec<bool>,
    pub(super) devices: Whereabouts,
    pub(super) acts: Vec<Act>,
    pub(super) under_way: Vec<Progress>,
    /// When functions began to fail what rules hand them, by function and region.
    pub(super) injected: Vec<Option<DrillTime>>,
    /// Where telemetry goes, from when on.
    pub(super) flows: Vec<(DrillTime, Flow)>,
    /// When copies out of each bucket were first held back or given up.
    pub(super) stopped: Vec<Option<DrillTime>>,
    pub(super) curves: &'m Curves,
    pub(super) chance: Chance,
    seed: u64,
    drawn: u64,
}

impl<'m, 'a> World<'m, 'a> {
    /// Everything is well, at `now`, shortly before the first fault.
    pub(super) fn new(model: &'m Model<'a>, curves: &'m Curves, seed: u64, now: DrillTime) -> World<'m, 'a> {
        let chance = Chance::new(seed, "forecast/plan");
        let count = model.regions.len();
        let mut world = World {
            model,
            active: Vec::new(),
            spared: Vec::new(),
            absent: vec![true; model.resources()],
            broken: vec![false; model.resources()],
            throttled: vec![false; model.resources()],
            names: model.homes.clone(),
            moved: vec![None; model.homes.len()],
            cached_names: model
                .probes
                .iter()
                .map(|probe| vec![None; probe.names.len()])
                .collect(),
            buckets: Vec::new(),
            due: Vec::new(),
            versioned: model.stores.iter().map(|store| store.versioned).collect(),
            devices: Whereabouts::home(model.homes[model.iot()]),
            acts: Vec::new(),
            under_way: Vec::new(),
            injected: vec![None; model.faults.len()],
            flows: Vec::new(),
            stopped: vec![None; model.stores.len()],
            curves,
            chance,
            seed,
            drawn: 0,
        };
        world.absent[model.all_names()] = false;
        for (at, function) in model.functions.iter().enumerate() {
            for region in function.regions.iter().filter_map(|label| model.region(label)) {
                world.absent[model.function_in(at, region)] = false;
            }
            let stops = function.reserved_concurrency == Some(0);
            for region in 0..count {
                world.throttled[model.function_in(at, region)] = stops;
            }
        }
        if let Some(iot) = model.scenario.cloud.iot() {
            for region in iot.regions.iter().filter_map(|label| model.region(label)) {
                world.absent[model.broker(region)] = false;
            }
        }
        for bucket in 0..model.stores.len() {
            world.stock(bucket, now);
        }
        world.flow(now);
        world
    }

    /// A number that is uniform over all 64-bit numbers, another one each time.
    pub(super) fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.chance.u64(STREAM, self.drawn)
    }

    /// Uniform between 0 and 1.
    pub(super) fn share(&mut self) -> f64 {
        ((self.draw() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// Uniform below `bound`.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.draw()) * u128::from(bound)) >> 64) as u64
    }

    /// What a bucket holds at `now`, its copies made but for those that are on their way.
    pub(super) fn stock(&mut self, bucket: BucketIx, now: DrillTime) {
        let model = self.model;
        let spec = model.bucket_at(bucket);
        let home = model.region(spec.home).unwrap_or(0);
        self.absent[model.store(bucket, home)] = false;
        let producers: Vec<Producer> = model.writers[bucket]
            .iter()
            .map(|writer| Producer {
                every: writer.every,
                keys: writer.keys,
            })
            .collect();
        let mut objects = Objects::new(model.regions.len(), &producers);
        // Where what is there at drill 0 stands, and where what is written until now does.
        let (mut held, mut stands) = (vec![home], vec![home]);
        if let Some(to) = spec.copied_to.and_then(|to| model.region(to)) {
            self.absent[model.store(bucket, to)] = false;
            held.push(to);
            if spec.replicate.is_some() {
                objects.copy(home, to, DrillTime::ZERO);
                stands.push(to);
            }
        }
        if let Some(inventory) = spec.inventory {
            let history = inventory.history.as_us().max(1).unsigned_abs();
            for _ in 0..inventory.count {
                let age = Span::from_us(self.below(history) as i64 + 1);
                objects.add_existing(0, DrillTime::ZERO - age, &held);
            }
        }
        let oldest_copy = spec
            .replicate
            .as_ref()
            .map_or(DrillTime::MAX, |replicate| now - replicate.lag.p99.times(CUT_OFF));
        let mut due = Vec::new();
        for (nth, producer) in producers.iter().enumerate() {
            let offset = Span::from_us(self.below(producer.every.as_us().max(1).unsigned_abs()) as i64);
            let mut next = DrillTime::ZERO + offset;
            let id = nth as u8 + 1;
            while next <= now {
                if next < oldest_copy && producer.keys.is_none() {
                    objects.add_existing(id, next, &stands);
                } else {
                    let lag = self.lag(bucket);
                    objects.write(id, producer.keys, next, home, lag);
                }
                next += producer.every;
            }
            due.push((next, *producer));
        }
        objects.settle(now);
        self.due.push(due);
        self.buckets.push(objects);
    }

    pub(super) fn lag(&self, bucket: BucketIx) -> Option<(drill::scenario::Lag, Chance, u64)> {
        let replicate = self.model.bucket_at(bucket).replicate?;
        Some((replicate.lag, self.chance, bucket as u64))
    }

    /// Writers write what is due by now, copies arrive, and restores go on.
    pub(super) fn advance(&mut self, bucket: BucketIx, now: DrillTime) {
        let region = self.names[bucket];
        let store = self.model.store(bucket, region);
        let spec = self.model.bucket_at(bucket);
        let mut at = 0;
        while at < self.due[bucket].len() {
            while self.due[bucket][at].0 <= now {
                let (due, producer) = self.due[bucket][at];
                self.due[bucket][at].0 = due + producer.every;
                let fails = self.failing(store, &[Caller::User], spec.kind.service, spec.operations.put);
                if self.is_dead(store) || (fails > 0.0 && self.share() < fails) {
                    continue;
                }
                let lag = self.lag(bucket);
                self.buckets[bucket].write(at as u8 + 1, producer.keys, due, region, lag);
            }
            at += 1;
        }
        self.buckets[bucket].settle(now);
        self.progress(bucket, now);
    }

    /// Everything is brought up to now.
    pub(super) fn advance_all(&mut self, now: DrillTime) {
        for bucket in 0..self.buckets.len() {
            self.advance(bucket, now);
        }
    }

    /// Restores that are under way have come as far as their time has.
    pub(super) fn progress(&mut self, bucket: BucketIx, now: DrillTime) {
        for one in self
            .under_way
            .iter_mut()
            .filter(|one| one.bucket == bucket && !one.cut)
        {
            let whole = (one.to - one.from).as_us().max(1) as i128;
            let past = (now - one.from).as_us().max(0) as i128;
            let share = (one.list.len() as i128 * past / whole).min(one.list.len() as i128);
            let upto = if now >= one.to {
                one.list.len()
            } else {
                share as usize
            };
            if upto <= one.done {
                continue;
            }
            for (write, state) in &one.list[one.done..upto] {
                self.buckets[bucket].put(*write as usize, one.region, *state, now.min(one.to));
            }
            one.done = upto;
            let on = On::Resource(self.model.store(bucket, one.region));
            self.acts.push(Act {
                at: now.min(one.to),
                step: one.step,
                on,
            });
        }
    }

    /// What is under way ends where a store that it needs is no longer there.
    pub(super) fn cut_off(&mut self) {
        for at in 0..self.under_way.len() {
            let one = &self.under_way[at];
            let to = self.model.store(one.bucket, one.region);
            let gone = self.is_dead(to) || one.source.is_some_and(|source| self.is_dead(source));
            self.under_way[at].cut |= gone;
        }
    }

    /// A step changed this at `now`.
    pub(super) fn acted(&mut self, step: usize, on: ResourceIx, now: DrillTime) {
        self.acts.push(Act {
            at: now,
            step,
            on: On::Resource(on),
        });
    }
}
