//! What is broken: who answers, who does not, and which share of which requests fails or is late.

use drill::draw::lognormal_of;
use drill::scenario::{Caller, Effect, FaultAction, Latency, OutageForm, OutageManner, Selector};
use drill::units::Span;

use super::{LANES, World};
use crate::plan::model::{BucketIx, Region, ResourceIx};

impl World<'_, '_> {
    /// Whether a fault is at work on a resource, as long as it is active.
    pub(super) fn hurts(&self, fault: usize, resource: ResourceIx) -> bool {
        let mut hurts = self.model.faults[fault].hurts.iter();
        hurts.any(|(hurt, _)| *hurt == resource) && !self.spared.contains(&(fault, resource))
    }

    /// Whether an active fault has such an effect on a resource.
    pub(super) fn suffers(&self, resource: ResourceIx, such: impl Fn(Effect) -> bool) -> bool {
        self.active.iter().any(|fault| {
            let mut hurts = self.model.faults[*fault].hurts.iter();
            self.hurts(*fault, resource) && hurts.any(|(hurt, effect)| *hurt == resource && such(*effect))
        })
    }

    /// Whether who asks for a resource has no answer, be it there or not.
    pub(in crate::plan) fn is_silent(&self, resource: ResourceIx) -> bool {
        self.suffers(resource, |effect| effect == Effect::Silences)
    }

    /// Whether a resource is not there, or answers nobody.
    pub(in crate::plan) fn is_dead(&self, resource: ResourceIx) -> bool {
        self.absent[resource] || self.is_silent(resource)
    }

    /// Whether who asks a silent resource waits for an answer that never comes.
    pub(super) fn hangs(&self, resource: ResourceIx) -> bool {
        self.active.iter().any(|fault| {
            let fault = &self.model.faults[*fault];
            let hangs = matches!(
                &fault.fault.action,
                FaultAction::RegionOutage(outage) if outage.manner == OutageManner::Hang
            );
            hangs
                && fault
                    .hurts
                    .iter()
                    .any(|(hurt, effect)| *hurt == resource && *effect == Effect::Silences)
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
        for fault in self.active.iter().filter(|fault| self.hurts(**fault, resource)) {
            let fault = &self.model.faults[*fault];
            let chosen = |requests: &Selector| {
                let any = callers
                    .iter()
                    .any(|caller| requests.chooses(*caller, service, operation));
                if any { share(requests.probability) } else { 0.0 }
            };
            let fails = match &fault.fault.action {
                FaultAction::AwsError(one) => chosen(&one.requests),
                FaultAction::AwsThrottle(one) => chosen(&one.requests),
                FaultAction::AwsAccessDenied(one) => chosen(&one.requests),
                FaultAction::AwsReset(one) => chosen(&one.requests),
                FaultAction::AwsHang(one) => chosen(&one.requests),
                FaultAction::AwsCorruptResponse(one) => chosen(&one.requests),
                FaultAction::LambdaError(one) if service == "lambda" => share(one.share),
                FaultAction::RegionOutage(one) if one.form == OutageForm::Grey => {
                    one.errors.map_or(0.0, share)
                }
                _ => 0.0,
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
        let active = self.active.iter().filter(|fault| self.hurts(**fault, resource));
        let slowing = active.filter_map(|fault| {
            let fault = &self.model.faults[*fault];
            match &fault.fault.action {
                FaultAction::AwsLatency(one) => {
                    let mut callers = callers.iter();
                    let chosen = callers.any(|caller| one.requests.chooses(*caller, service, operation));
                    chosen.then_some(one.latency)
                }
                FaultAction::LambdaLatency(one) if service == "lambda" => Some(one.latency),
                FaultAction::RegionOutage(one) if one.form == OutageForm::Grey => one.latency,
                _ => None,
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

/// A fraction as a share.
pub(super) fn share(fraction: drill::units::Fraction) -> f64 {
    f64::from(fraction.millionths()) / 1e6
}
