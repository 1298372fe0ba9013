//! Effects of active faults: which resources respond, and which share of which requests fails or is late.

use drill::draw::lognormal_of;
use drill::scenario::{
    AwsError, AwsLatency, Caller, Effect, FailureMode, FaultAction, LambdaError, LambdaLatency, Latency,
    OutageForm, RegionOutage, RequestFault, Selector,
};
use drill::units::Span;

use super::{LANES, World};
use crate::plan::model::{BucketIx, Region, ResourceIx};

impl World<'_, '_> {
    /// Whether a fault is at work on a resource, as long as it is active.
    pub(super) fn impacts(&self, fault: usize, resource: ResourceIx) -> bool {
        let mut impacts = self.model.faults[fault].impacts.iter();
        impacts.any(|(impact, _)| *impact == resource) && !self.spared.contains(&(fault, resource))
    }

    /// Whether an active fault has such an effect on a resource.
    pub(super) fn suffers(&self, resource: ResourceIx, such: impl Fn(Effect) -> bool) -> bool {
        self.active.iter().any(|fault| {
            let mut impacts = self.model.faults[*fault].impacts.iter();
            self.impacts(*fault, resource)
                && impacts.any(|(impact, effect)| *impact == resource && such(*effect))
        })
    }

    /// Whether requests to a resource get no answer, whether it exists or not.
    pub(in crate::plan) fn is_unavailable(&self, resource: ResourceIx) -> bool {
        self.suffers(resource, |effect| effect == Effect::MakesUnreachable)
    }

    /// Whether a resource does not exist, or does not respond.
    pub(in crate::plan) fn is_dead(&self, resource: ResourceIx) -> bool {
        self.absent[resource] || self.is_unavailable(resource)
    }

    /// Whether requests to an unreachable resource hang instead of being refused.
    pub(super) fn hangs(&self, resource: ResourceIx) -> bool {
        self.active.iter().any(|fault| {
            let fault = &self.model.faults[*fault];
            let outage = fault.fault.action.get::<RegionOutage>();
            let hangs = outage.is_some_and(|outage| outage.manner == FailureMode::Hang);
            hangs
                && fault
                    .impacts
                    .iter()
                    .any(|(impact, effect)| *impact == resource && *effect == Effect::MakesUnreachable)
        })
    }

    /// Whether any name is not at home.
    pub(in crate::plan) fn is_away(&self) -> bool {
        self.names != self.model.homes
    }

    /// The region in which a bucket is read, if it can be.
    pub(in crate::plan) fn readable(&self, bucket: BucketIx) -> Option<Region> {
        let region = self.names[bucket];
        (!self.is_dead(self.model.store(bucket, region))).then_some(region)
    }

    /// Whether a function does its work where it is.
    pub(in crate::plan) fn function_works(&self, resource: ResourceIx) -> bool {
        !self.is_dead(resource) && !self.broken[resource] && !self.throttled[resource]
    }

    /// The share of such requests to a resource that fail.
    pub(in crate::plan) fn failing(
        &self,
        resource: ResourceIx,
        callers: &[Caller],
        service: &str,
        operation: &str,
    ) -> f64 {
        let mut well = 1.0;
        for fault in self.active.iter().filter(|fault| self.impacts(**fault, resource)) {
            let fault = &self.model.faults[*fault];
            let chosen = |requests: &Selector| {
                let any = callers
                    .iter()
                    .any(|caller| requests.chooses(*caller, service, operation));
                if any { share(requests.probability) } else { 0.0 }
            };
            let action = &fault.fault.action;
            let fails = if let Some(one) = action.get::<RequestFault>() {
                chosen(&one.requests)
            } else if let Some(one) = action.get::<AwsError>() {
                chosen(&one.requests)
            } else if let Some(one) = action.get::<LambdaError>().filter(|_| service == "lambda") {
                share(one.share)
            } else {
                grey(action).and_then(|one| one.errors).map_or(0.0, share)
            };
            well *= 1.0 - fails;
        }
        1.0 - well
    }

    /// What delays such requests to a resource.
    pub(super) fn delays(
        &self,
        resource: ResourceIx,
        callers: &[Caller],
        service: &str,
        operation: &str,
    ) -> Vec<Latency> {
        let active = self.active.iter().filter(|fault| self.impacts(**fault, resource));
        let slowing = active.filter_map(|fault| {
            let fault = &self.model.faults[*fault];
            let action = &fault.fault.action;
            if let Some(one) = action.get::<AwsLatency>() {
                let mut callers = callers.iter();
                let chosen = callers.any(|caller| one.requests.chooses(*caller, service, operation));
                chosen.then_some(one.latency)
            } else if let Some(one) = action.get::<LambdaLatency>().filter(|_| service == "lambda") {
                Some(one.latency)
            } else {
                grey(action)?.latency
            }
        });
        slowing.collect()
    }

    /// How long `calls` requests take that are delayed so, so many at once.
    pub(super) fn delayed(&mut self, delays: &[Latency], calls: usize) -> Span {
        if delays.is_empty() {
            return Span::ZERO;
        }
        let mut lanes = [Span::ZERO; LANES];
        for _ in 0..calls {
            let first = (0..LANES).min_by_key(|lane| lanes[*lane]).unwrap_or(0);
            for latency in delays {
                lanes[first] += lognormal_of(self.draw(), latency.p50, latency.p99);
            }
        }
        lanes.into_iter().max().unwrap_or_default()
    }
}

/// A region that is slow and fails for some.
fn grey(action: &FaultAction) -> Option<&RegionOutage> {
    let outage = action.get::<RegionOutage>();
    outage.filter(|outage| outage.form == OutageForm::Grey)
}

/// A fraction as a share.
pub(super) fn share(fraction: drill::units::Fraction) -> f64 {
    f64::from(fraction.millionths()) / 1e6
}
