//! What services and data sets depend on: the resources that a probe's request, or a data set's writes, go through.
//!
//! ```text
//!   s3.get_object     store of the bucket
//!   lambda.invoke     function ──► store of its bucket
//!   path.telemetry    broker ──► (function ──► store of its bucket) ──► store that the rule files to ──► store read
//! ```
//!
//! Which region each of them is in depends on where names point. That is the caller's to say ([`Pointing`]): home at
//! drill 0, and after a failover whatever the steps, or the journal of a run, have made of it. [`NAMES`](crate::services::dns::NAMES) is
//! not in these paths; callers that know that a name was moved add it.

use super::faults::Effect;
use super::probes::{Pointing, Route};
use super::{DataKind, DataSet, Fault, Probe, Scenario};
use crate::resource::ResourceId;
use crate::services::iot::publish;

impl Scenario {
    /// What a probe depends on where nothing was moved, in order and each once.
    pub fn path_of_probe<'a>(&'a self, probe: &'a Probe) -> Vec<ResourceId<'a>> {
        self.path_of_probe_at(probe, &|name| self.home_of(name))
    }

    /// What a probe depends on where names point as `pointing` says, in order and each once.
    pub fn path_of_probe_at<'a>(
        &'a self,
        probe: &'a Probe,
        pointing: &Pointing<'a, '_>,
    ) -> Vec<ResourceId<'a>> {
        let mut route = Route::new(&self.cloud, pointing);
        if let Some(spec) = probe.kind.spec() {
            spec.route(&mut route);
        }
        route.into_path()
    }

    /// What a data set's writes depend on where nothing was moved, in order and each once.
    pub fn path_of_data<'a>(&'a self, data: &'a DataSet) -> Vec<ResourceId<'a>> {
        self.path_of_data_at(data, &|name| self.home_of(name))
    }

    /// What a data set's writes depend on where names point as `pointing` says, in order and each once.
    pub fn path_of_data_at<'a>(
        &'a self,
        data: &'a DataSet,
        pointing: &Pointing<'a, '_>,
    ) -> Vec<ResourceId<'a>> {
        let mut route = Route::new(&self.cloud, pointing);
        match &data.kind {
            DataKind::Keyed { store } => route.read(store),
            DataKind::Stream { store, function, .. } => publish(&mut route, store, function.as_deref()),
        }
        route.into_path()
    }

    /// Whether a fault has such an effect on a resource of the path.
    pub fn affects(&self, fault: &Fault, path: &[ResourceId<'_>], such: fn(Effect) -> bool) -> bool {
        let impacts = fault.action.impacts(self);
        impacts
            .iter()
            .any(|impact| such(impact.effect) && path.contains(&impact.resource))
    }
}
