//! What services and data sets depend on: the resources that a probe's request, or a data set's writes, go through.
//!
//! ```text
//!   s3.get_object     store of the bucket
//!   lambda.invoke     function ──► store of its bucket
//!   path.telemetry    broker ──► (function ──► store of its bucket) ──► store that the rule files to ──► store read
//! ```
//!
//! Which region each of them is in depends on where names point. That is the caller's to say ([`Pointing`]): home at
//! drill 0, and after a failover whatever the steps, or the journal of a run, have made of it. [`Resource::Names`] is
//! not in these paths; whoever knows that a name was moved adds it.

use super::{DataKind, DataSet, Effect, Fault, IOT_NAME, Probe, ProbeKind, Resource, Scenario};

/// The label of the region that a name points to, if there is anything of that name.
pub type Pointing<'a, 'f> = dyn Fn(&str) -> Option<&'a str> + 'f;

impl Scenario {
    /// What a probe depends on where nothing was moved, in order and each once.
    pub fn path_of_probe<'a>(&'a self, probe: &'a Probe) -> Vec<Resource<'a>> {
        self.path_of_probe_at(probe, &|name| self.home_of(name))
    }

    /// What a probe depends on where names point as `pointing` says, in order and each once.
    pub fn path_of_probe_at<'a>(
        &'a self,
        probe: &'a Probe,
        pointing: &Pointing<'a, '_>,
    ) -> Vec<Resource<'a>> {
        let mut route = Route::new(self, pointing);
        match &probe.kind {
            ProbeKind::S3GetObject(get) => route.read(&get.bucket),
            ProbeKind::LambdaInvoke(invoke) => {
                if let Some(region) = pointing(&invoke.function) {
                    route.invoke(&invoke.function, region);
                }
            }
            ProbeKind::PathTelemetry(path) => {
                let mut rules = self.cloud.iot.iter().flat_map(|iot| &iot.rules);
                let rule = rules.find(|rule| rule.name == path.rule);
                route.publish(&path.bucket, rule.and_then(|rule| rule.function.as_deref()));
            }
        }
        route.into_path()
    }

    /// What a data set's writes depend on where nothing was moved, in order and each once.
    pub fn path_of_data<'a>(&'a self, data: &'a DataSet) -> Vec<Resource<'a>> {
        self.path_of_data_at(data, &|name| self.home_of(name))
    }

    /// What a data set's writes depend on where names point as `pointing` says, in order and each once.
    pub fn path_of_data_at<'a>(
        &'a self,
        data: &'a DataSet,
        pointing: &Pointing<'a, '_>,
    ) -> Vec<Resource<'a>> {
        let mut route = Route::new(self, pointing);
        match &data.kind {
            DataKind::Objects { bucket } => route.read(bucket),
            DataKind::Telemetry { bucket, function, .. } => route.publish(bucket, function.as_deref()),
        }
        route.into_path()
    }

    /// Whether a fault has such an effect on a resource of the path.
    pub fn affects(&self, fault: &Fault, path: &[Resource<'_>], such: fn(Effect) -> bool) -> bool {
        let impacts = fault.action.hurts(self);
        impacts
            .iter()
            .any(|impact| such(impact.effect) && path.contains(&impact.resource))
    }
}

/// A path in the making.
struct Route<'a, 'p> {
    scenario: &'a Scenario,
    pointing: &'p Pointing<'a, 'p>,
    path: Vec<Resource<'a>>,
}

impl<'a, 'p> Route<'a, 'p> {
    fn new(scenario: &'a Scenario, pointing: &'p Pointing<'a, 'p>) -> Self {
        Route {
            scenario,
            pointing,
            path: Vec::new(),
        }
    }

    /// Objects are read, and written, where the bucket's name points to.
    fn read(&mut self, bucket: &'a str) {
        if let Some(region) = (self.pointing)(bucket) {
            self.path.push(Resource::Store { bucket, region });
        }
    }

    /// A function needs itself, and the bucket that it writes to, which is the one of its own region.
    fn invoke(&mut self, function: &'a str, region: &'a str) {
        self.path.push(Resource::Function { function, region });
        let declared = self.scenario.cloud.function(function);
        if let Some(bucket) = declared.and_then(|declared| declared.bucket.as_deref()) {
            self.path.push(Resource::Store { bucket, region });
        }
    }

    /// A message goes to the broker in use and, by its rule, to the store beside that broker (to the one in use, if
    /// there is none beside it). It has arrived when it can be read by the bucket's name.
    fn publish(&mut self, bucket: &'a str, function: Option<&'a str>) {
        if let Some(region) = (self.pointing)(IOT_NAME) {
            self.path.push(Resource::Broker { region });
            if let Some(function) = function {
                self.invoke(function, region);
            }
            if self.has_store(bucket, region) {
                self.path.push(Resource::Store { bucket, region });
            }
        }
        self.read(bucket);
    }

    fn has_store(&self, bucket: &str, region: &str) -> bool {
        self.scenario.bucket(bucket).is_some_and(|declared| {
            let replica = declared.replicate.as_ref().map(|replicate| &*replicate.to);
            declared.region == region || replica == Some(region)
        })
    }

    fn into_path(mut self) -> Vec<Resource<'a>> {
        self.path.sort_unstable();
        self.path.dedup();
        self.path
    }
}
