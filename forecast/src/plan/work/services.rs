//! Steps that build a region, and mend functions and brokers.

use drill::scenario::RegionOutage;
use drill::units::Span;

use super::{Done, Work};
use crate::plan::model::{Region, ResourceIx};
use crate::plan::world::World;

impl World<'_, '_> {
    pub(super) fn deploy(&mut self, label: &str) -> Work {
        let Some(region) = self.model.region(label) else {
            return Work::failed(Span::ZERO);
        };
        let mut effects = Vec::new();
        let mut takes = Span::ZERO;
        for bucket in 0..self.model.stores.len() {
            let store = self.model.store(bucket, region);
            takes += self.call("CreateBucket", None);
            if self.is_unavailable(store) {
                return Work {
                    takes,
                    failed: true,
                    effects,
                };
            }
            if self.absent[store] {
                takes += self.call("PutBucketVersioning", None);
                effects.push(Done::Made(store));
            }
        }
        for function in 0..self.model.functions.len() {
            let function = self.model.function_in(function, region);
            if self.absent[function] {
                effects.push(Done::Made(function));
            }
        }
        let mut failed = false;
        if self.model.scenario.cloud.iot().is_some() && self.is_dead(self.model.broker(region)) {
            failed = self.is_held_down(region);
            effects.extend((!failed).then_some(Done::Restarted(region)));
        }
        Work {
            takes,
            failed,
            effects,
        }
    }

    pub(super) fn function_at(&self, label: &str, region: Option<&str>) -> Option<ResourceIx> {
        let function = self.model.function(label)?;
        let region = match region {
            Some(label) => self.model.region(label)?,
            None => self.names[self.model.name(label)?],
        };
        Some(self.model.function_in(function, region))
    }

    pub(super) fn on_function(
        &mut self,
        label: &str,
        region: Option<&str>,
        calls: i64,
        effects: impl Fn(ResourceIx) -> Vec<Done>,
    ) -> Work {
        let takes = self.call("Invoke", None).times(calls);
        match self.function_at(label, region) {
            Some(function) if !self.lambda_is_unavailable(function) && !self.absent[function] => {
                Work::done(takes, effects(function))
            }
            _ => Work::failed(Span::ZERO),
        }
    }

    /// Makes a function, or puts its declared code live anew.
    pub(super) fn deploy_function(&mut self, label: &str, region: Option<&str>) -> Work {
        let takes = self.call("Invoke", None).times(3);
        match self.function_at(label, region) {
            Some(function) if !self.lambda_is_unavailable(function) => {
                Work::done(takes, vec![Done::Made(function), Done::Mended(function)])
            }
            _ => Work::failed(Span::ZERO),
        }
    }

    /// Whether its region's Lambda does not respond; to the operator a throttle is no outage.
    pub(super) fn lambda_is_unavailable(&self, function: ResourceIx) -> bool {
        let model = self.model;
        self.active.iter().any(|fault| {
            let fault = &model.faults[*fault];
            fault.fault.action.is::<RegionOutage>()
                && fault.impacts.iter().any(|(impact, effect)| {
                    *impact == function && *effect == drill::scenario::Effect::MakesUnreachable
                })
        })
    }

    pub(super) fn rollback(&mut self, label: &str, region: Option<&str>) -> Work {
        let takes = self.call("Invoke", None).times(3);
        match self.function_at(label, region) {
            Some(function)
                if !self.lambda_is_unavailable(function)
                    && !self.absent[function]
                    && self.broken[function] =>
            {
                Work::done(takes, vec![Done::Mended(function)])
            }
            _ => Work::failed(takes),
        }
    }

    /// Whether a region's broker cannot be started, since its region is lost.
    pub(super) fn is_held_down(&self, region: Region) -> bool {
        let broker = self.model.broker(region);
        self.active.iter().any(|fault| {
            let fault = &self.model.faults[*fault];
            fault.fault.action.is::<RegionOutage>()
                && fault.impacts.iter().any(|(impact, _)| *impact == broker)
        })
    }

    pub(super) fn restart(&mut self, label: &str) -> Work {
        match self.model.region(label) {
            Some(region) if !self.is_held_down(region) => {
                Work::done(Span::ZERO, vec![Done::Restarted(region)])
            }
            _ => Work::failed(Span::ZERO),
        }
    }
}
