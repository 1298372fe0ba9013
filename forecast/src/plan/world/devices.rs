//! Where the fleet is, and where its telemetry goes.

use drill::scenario::{Caller, Discovery};
use drill::units::DrillTime;

use super::World;
use crate::plan::flow::Flow;

impl World<'_, '_> {
    /// Notes where telemetry goes from now on.
    pub(super) fn flow(&mut self, now: DrillTime) {
        let Some(rule) = self.model.scenario.cloud.rules().first() else {
            return;
        };
        let Some(bucket) = self.model.bucket(&rule.bucket) else {
            return;
        };
        let broker = self.devices.at;
        let filed = broker.and_then(|broker| self.filed(bucket, broker));
        let put = filed.map_or(1.0, |region| {
            let store = self.model.store(bucket, region);
            if self.is_dead(store) {
                1.0
            } else {
                self.failing(store, &[Caller::Rule, Caller::Function], "s3", "PutObject")
            }
        });
        let function = rule
            .function
            .as_deref()
            .and_then(|label| self.model.function(label));
        let at = function
            .zip(broker)
            .map(|(function, region)| self.model.function_in(function, region));
        // What a rule brings to a store itself it keeps until it is taken. Events wait for a function that is there and
        // may not run; those of one that runs and fails do not.
        let (fails, waits) = match at {
            None => (if put < 1.0 { 0.0 } else { 1.0 }, true),
            Some(at) if self.absent[at] || self.broken[at] => (1.0, false),
            Some(at) if self.throttled[at] || self.is_unavailable(at) => (1.0, true),
            Some(at) => {
                let invoke = self.failing(at, &[Caller::Rule], "lambda", "Invoke");
                (1.0 - (1.0 - invoke) * (1.0 - put), false)
            }
        };
        let flow = Flow {
            broker,
            fails: (fails * 1e6).round() as u32,
            waits,
            filed,
        };
        if self.flows.last().is_none_or(|(_, last)| *last != flow) {
            self.flows.push((now, flow));
        }
    }

    /// Devices whose broker is gone lose their sessions; those without one try to reconnect.
    pub(in crate::plan) fn devices(&mut self, now: DrillTime) {
        self.look_for_a_broker(now);
        self.flow(now);
    }

    pub(super) fn look_for_a_broker(&mut self, now: DrillTime) {
        let Some(fleet) = &self.model.fleet else { return };
        if let Some(at) = self.devices.at
            && self.is_dead(self.model.broker(at))
        {
            self.devices.lose(now);
        }
        if self.devices.at.is_some() {
            return;
        }
        let regions = self.model.regions.len();
        let home = self.model.homes[self.model.iot()];
        let found = match fleet.profile.discovery {
            Discovery::Hardcoded => Some(home),
            Discovery::Dns => Some(self.names[self.model.iot()]),
            Discovery::List => (0..regions).find(|region| !self.is_dead(self.model.broker(*region))),
        };
        let Some(region) = found.filter(|region| !self.is_dead(self.model.broker(*region))) else {
            return;
        };
        let lost = self.devices.lost.unwrap_or(now);
        // The last devices with a cached answer resolve the name again when its TTL is over.
        let ttl = match (fleet.profile.discovery, self.moved[self.model.iot()]) {
            (Discovery::Dns, Some((_, at))) if at >= lost => {
                (at + self.model.scenario.cloud.dns_ttl).max(now)
            }
            _ => now,
        };
        let curve = self.curves.curve(fleet, ttl - lost, self.seed);
        self.devices.find(region, curve);
    }
}
