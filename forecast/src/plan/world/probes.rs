//! Runs of probes: how their names resolve, and what they find there.

use drill::journal::Health;
use drill::scenario::{Caller, DnsStale, PathTelemetry, Sample};
use drill::units::{DrillTime, Span};

use super::probe_model::ProbeModel;
use super::{Act, CachedName, FIRST_RETRY, Found, On, POLL_INTERVAL, World};
use crate::plan::model::{BucketIx, Region, ResourceIx};
use crate::plan::objects::Producers;

impl World<'_, '_> {
    /// The region to which a name resolves for a probe's client.
    pub(super) fn resolve(&mut self, probe: usize, nth: usize, now: DrillTime) -> Region {
        let name = self.model.probes[probe].names[nth];
        let known = self.cached_names[probe][nth];
        let stale = self
            .active
            .iter()
            .any(|fault| self.model.faults[*fault].fault.action.is::<DnsStale>());
        if let Some(answer) = known.filter(|answer| answer.until > now || stale) {
            return answer.region;
        }
        let region = self.names[name];
        self.cached_names[probe][nth] = Some(CachedName {
            region,
            until: now + self.model.scenario.cloud.dns_ttl,
        });
        if known.is_some_and(|known| known.region != region)
            && let Some((step, at)) = self.moved[name]
        {
            self.acts.push(Act {
                at: at.max(now),
                step,
                on: On::Name { probe },
            });
        }
        region
    }

    /// The regions to which a probe's names resolve now.
    pub(in crate::plan) fn way(&mut self, probe: usize, now: DrillTime) -> [Region; 2] {
        let mut way = [0; 2];
        let names = self.model.probes[probe].names.len();
        for (nth, region) in way.iter_mut().enumerate().take(names) {
            *region = self.resolve(probe, nth, now);
        }
        way
    }

    /// What a round finds that begins now.
    pub(in crate::plan) fn run_probe(&mut self, probe: usize, now: DrillTime) -> Found {
        let way = self.way(probe, now);
        if let Some(after) = self.tried_again(probe, way) {
            return Found::Later { after, way };
        }
        let model = self.model;
        let timeout = model.probes[probe].probe.timeout;
        let (health, after) = match ProbeModel::from_kind(&model.probes[probe].probe.kind) {
            Some(ProbeModel::Sample(sample)) => self.read(probe, sample, way[0], now),
            Some(ProbeModel::Publish(path)) => self.publish(probe, path, way, now),
            Some(ProbeModel::Invoke) => self.invoke(probe, way),
            None => unreachable!("a scenario with it is refused"),
        };
        if after >= timeout {
            Found::Now {
                health: Health::Red,
                after: timeout,
                way,
            }
        } else {
            Found::Now { health, after, way }
        }
    }

    /// When a function is tried again to which a rule handed a canary's message and which failed, if that is in time and
    /// nothing else is in the way.
    pub(super) fn tried_again(&mut self, probe: usize, way: [Region; 2]) -> Option<Span> {
        let model = self.model;
        let path = model.probes[probe].probe.kind.get::<PathTelemetry>()?;
        let alive = |world: &Self, resource: &ResourceIx| !world.is_dead(*resource);
        let path_of = model.probes[probe].path(&way);
        let fails = |world: &Self| {
            path_of
                .iter()
                .any(|resource| world.is_function(*resource) && !world.function_works(*resource))
        };
        if !fails(self) || !path_of.iter().all(|resource| alive(self, resource)) {
            return None;
        }
        let retries = path_of
            .iter()
            .filter(|resource| self.is_function(**resource))
            .any(|resource| {
                let function = (*resource - model.function_in(0, 0)) / model.regions.len();
                model.functions[function].retries > 0
            });
        let window = self.window(&path.rule).as_us().max(1).unsigned_abs();
        let after = Span::from_us(self.below(window) as i64) + FIRST_RETRY;
        (retries && after < model.probes[probe].probe.timeout).then_some(after)
    }

    /// The result of a canary whose function was retried, now.
    pub(in crate::plan) fn retry_probe(&mut self, probe: usize, way: [Region; 2], now: DrillTime) -> bool {
        let path = self.model.probes[probe].path(&way);
        let well = path.iter().all(|resource| {
            !self.is_dead(*resource) && (!self.is_function(*resource) || self.function_works(*resource))
        });
        let Some(spec) = self.model.probes[probe].probe.kind.get::<PathTelemetry>() else {
            return false;
        };
        well && matches!(self.publish(probe, spec, way, now), (Health::Green, _))
    }

    /// Red, as soon as it is refused, or at the timeout.
    pub(super) fn dead(&self, probe: usize, resource: ResourceIx) -> (Health, Span) {
        if self.hangs(resource) {
            (Health::Red, self.model.probes[probe].probe.timeout)
        } else {
            (Health::Red, Span::ZERO)
        }
    }

    pub(super) fn read(
        &mut self,
        probe: usize,
        sample: Sample<'_>,
        region: Region,
        now: DrillTime,
    ) -> (Health, Span) {
        let Some(bucket) = self.model.bucket(sample.store) else {
            return (Health::Red, Span::ZERO);
        };
        let store = self.model.store(bucket, region);
        self.advance(bucket, now);
        if self.is_dead(store) {
            return self.dead(probe, store);
        }
        let producers = self.producers(bucket, Some(sample.prefix));
        let (all, sound) = self.buckets[bucket].sound(producers, region, sample.verify);
        let count = u64::from(sample.pass.of);
        if all < count {
            return (Health::Red, Span::ZERO);
        }
        let service = self.model.bucket_at(bucket).kind.service;
        let fails = self.failing(store, &[Caller::Probe], service, sample.operation);
        let delays = self.delays(store, &[Caller::Probe], service, sample.operation);
        let took = self.delayed(&delays, count as usize);
        if sound == all && fails == 0.0 {
            return (Health::Green, took);
        }
        // Without putting back: a sample has each object once.
        let (mut left, mut bad_left, mut passed) = (all, all - sound, 0);
        for _ in 0..count {
            let bad = self.below(left) < bad_left;
            left -= 1;
            bad_left -= u64::from(bad);
            let failed = fails > 0.0 && self.share() < fails;
            passed += u32::from(!bad && !failed);
        }
        let health = if passed >= sample.pass.n {
            Health::Green
        } else {
            Health::Red
        };
        (health, took)
    }

    pub(super) fn invoke(&mut self, probe: usize, way: [Region; 2]) -> (Health, Span) {
        let model = self.model;
        let mut took = Span::ZERO;
        for resource in model.probes[probe].path(&way) {
            let is_function = self.is_function(*resource);
            if self.is_dead(*resource) {
                return self.dead(probe, *resource);
            }
            if is_function && !self.function_works(*resource) {
                return (Health::Red, took);
            }
            let (service, operation) = if is_function {
                ("lambda", "Invoke")
            } else {
                ("s3", "GetObject")
            };
            let callers: &[Caller] = if is_function {
                &[Caller::Probe]
            } else {
                &[Caller::Function]
            };
            let fails = self.failing(*resource, callers, service, operation);
            if fails > 0.0 && self.share() < fails {
                return (Health::Red, took);
            }
            let delays = self.delays(*resource, callers, service, operation);
            took += self.delayed(&delays, 1);
        }
        (Health::Green, took)
    }

    pub(in crate::plan) fn is_function(&self, resource: ResourceIx) -> bool {
        let first = self.model.function_in(0, 0);
        (first..self.model.broker(0)).contains(&resource)
    }

    pub(super) fn publish(
        &mut self,
        probe: usize,
        path: &PathTelemetry,
        way: [Region; 2],
        now: DrillTime,
    ) -> (Health, Span) {
        let model = self.model;
        let timeout = model.probes[probe].probe.timeout;
        let broker = model.broker(way[0]);
        if self.absent[broker] {
            return (Health::Red, Span::ZERO);
        }
        let Some(bucket) = model.bucket(&path.bucket) else {
            return (Health::Red, Span::ZERO);
        };
        // The store that the probe reads is requested first, and fails at once if it does not exist.
        let read = model.store(bucket, way[1]);
        if self.is_dead(read) {
            return self.dead(probe, read);
        }
        if self.is_dead(broker) {
            return (Health::Red, timeout);
        }
        let window = self.window(&path.rule);
        let waited = Span::from_us(self.below(window.as_us().max(1).unsigned_abs()) as i64);
        let mut took = waited + POLL_INTERVAL.divided(2);
        for resource in model.probes[probe].path(&way) {
            if *resource == broker || *resource == model.all_names() {
                continue;
            }
            let is_function = self.is_function(*resource);
            if self.is_dead(*resource) || (is_function && !self.function_works(*resource)) {
                return (Health::Red, timeout);
            }
            let (service, operation) = if is_function {
                ("lambda", "Invoke")
            } else {
                ("s3", "PutObject")
            };
            let callers: &[Caller] = if is_function {
                &[Caller::Rule]
            } else {
                &[Caller::Function, Caller::Rule]
            };
            let fails = self.failing(*resource, callers, service, operation);
            if fails > 0.0 && self.share() < fails {
                return (Health::Red, timeout);
            }
            let delays = self.delays(*resource, callers, service, operation);
            took += self.delayed(&delays, 1);
        }
        for operation in ["ListObjectsV2", "GetObject"] {
            let fails = self.failing(read, &[Caller::Probe], "s3", operation);
            if fails > 0.0 && self.share() < fails {
                return (Health::Red, timeout);
            }
            let reads = self.delays(read, &[Caller::Probe], "s3", operation);
            took += self.delayed(&reads, 1);
        }
        // Filed where the broker is; read where the bucket's name points.
        if self.filed(bucket, way[0]) != Some(way[1]) {
            return (Health::Red, timeout);
        }
        if let (Some(wanted), Some(fleet)) = (path.devices, &model.fleet) {
            let all = u64::from(fleet.fleet.devices);
            let there = self.devices.connected(all, way[0], now + took);
            if u128::from(there) * 1_000_000 < u128::from(all) * u128::from(wanted.millionths()) {
                return (Health::Red, took);
            }
        }
        (Health::Green, took)
    }

    pub(super) fn window(&self, rule: &str) -> Span {
        let mut rules = self.model.scenario.cloud.rules().iter();
        rules
            .find(|known| known.name == rule)
            .map_or(Span::ZERO, |rule| rule.batch_window)
    }

    /// The region of the store to which a rule of this region's broker writes.
    pub(in crate::plan) fn filed(&self, bucket: BucketIx, broker: Region) -> Option<Region> {
        if self.absent[self.model.store(bucket, broker)] {
            Some(self.names[bucket])
        } else {
            Some(broker)
        }
    }

    /// Whose keys begin so.
    pub(in crate::plan) fn producers(&self, bucket: BucketIx, prefix: Option<&str>) -> Producers {
        let Some(prefix) = prefix.filter(|prefix| !prefix.is_empty()) else {
            return Producers::ALL;
        };
        let inventory = self.model.bucket_at(bucket).inventory;
        let mut chosen = Producers::NONE;
        if inventory
            .into_iter()
            .any(|objects| objects.key(0).starts_with(prefix))
        {
            chosen.add(0);
        }
        for (nth, writer) in self.model.writers[bucket].iter().enumerate() {
            if format!("{}/", writer.name).starts_with(prefix)
                || prefix.starts_with(&format!("{}/", writer.name))
            {
                chosen.add(nth + 1);
            }
        }
        chosen
    }
}
