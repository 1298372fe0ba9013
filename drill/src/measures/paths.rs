//! What a service and a data set rest on: resources, at an instant.
//!
//! ```text
//!  name ──(moves)──► region         probe ──► path(t) = { Store, Function, Broker, Names } in that region
//!                                                            ▲                   ▲
//!                                              faults hurt ──┘    steps touch ───┘
//! ```
//!
//! A fault can have turned a service red if it hurts what the service's path goes through at that time; a
//! step can have brought it back if it touches what the path went through. A name's moves make paths change.

use std::collections::BTreeMap;

use super::case::{Case, Strike};
use super::timeline::Look;
use crate::scenario::{
    DataKind, DataSet, Effect, IOT_NAME, Probe, ProbeKind, Resource, Scenario, Step, Touches,
};
use crate::units::DrillTime;

/// A set of resources.
pub(crate) type Path<'a> = Vec<Resource<'a>>;

/// At which instant a path is looked at, and what a client found under the names on it, where that is known: who
/// keeps an old answer goes another way than the names say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instant<'a> {
    at: DrillTime,
    via: Option<&'a BTreeMap<String, String>>,
}

impl From<DrillTime> for Instant<'_> {
    fn from(at: DrillTime) -> Self {
        Instant { at, via: None }
    }
}

impl<'a> From<&Look<'a>> for Instant<'a> {
    fn from(look: &Look<'a>) -> Self {
        Instant {
            at: look.at,
            via: look.via,
        }
    }
}

impl<'a> Case<'a> {
    /// The label of the region that a name points to at `at`: its home, until it is moved.
    pub(crate) fn region_of(&self, name: &str, at: DrillTime) -> Option<&'a str> {
        let mut moves = self.timeline.moves.iter();
        let moved = moves.rfind(|moved| moved.name == name && moved.at <= at);
        moved
            .map(|moved| moved.to)
            .or_else(|| self.scenario.home_of(name))
    }

    /// The label of the region in which a client found a name.
    pub(crate) fn found_in(&self, name: &str, instant: Instant<'a>) -> Option<&'a str> {
        let seen = instant.via.and_then(|via| via.get(name)).map(String::as_str);
        seen.or_else(|| self.region_of(name, instant.at))
    }

    /// The regions that are not the one to which devices were sent last, and the devices that had a session there at the
    /// end all the same: a connection outlives a change of the name by which it was found.
    pub(crate) fn devices_elsewhere(&self) -> Vec<(&'a str, u64)> {
        let Some(wanted) = self.region_of(IOT_NAME, DrillTime::MAX) else {
            return Vec::new();
        };
        let regions = self.timeline.devices.iter();
        regions
            .filter(|(region, devices)| region != wanted && *devices > 0)
            .map(|(region, devices)| (region.as_str(), *devices))
            .collect()
    }

    /// The label of the region in which a rule's writes to a bucket arrive at `at`: that of the broker, where
    /// the bucket has a store there; else that of the bucket.
    pub(crate) fn filed_in(&self, bucket: &str, at: impl Into<Instant<'a>>) -> Option<&'a str> {
        let at = at.into();
        let by_name = self.found_in(bucket, at);
        let broker = self.found_in(IOT_NAME, at);
        let stores = self.scenario.bucket(bucket)?;
        let has = |region: &str| {
            let replica = stores.replicate.as_ref().map(|replicate| replicate.to.as_str());
            region == stores.region || replica == Some(region)
        };
        broker.filter(|region| has(region)).or(by_name)
    }

    /// What a probe's health rests on at `at`.
    pub(crate) fn path_of_probe(&self, probe: &'a Probe, at: impl Into<Instant<'a>>) -> Path<'a> {
        let (mut path, at) = (Path::new(), at.into());
        match &probe.kind {
            ProbeKind::S3GetObject(probe) => self.through_bucket(&mut path, &probe.bucket, at),
            ProbeKind::PathTelemetry(probe) => {
                let rules = self.scenario.cloud.iot.iter().flat_map(|iot| &iot.rules);
                let mut rules = rules.filter(|rule| rule.name == probe.rule);
                let function = rules.next().and_then(|rule| rule.function.as_deref());
                self.through_rule(&mut path, &probe.bucket, function, at);
            }
            ProbeKind::LambdaInvoke(probe) => {
                let region = self.found_in(&probe.function, at);
                self.through_function(&mut path, &probe.function, region);
                self.through_names(&mut path, &probe.function, at);
            }
        }
        distinct(path)
    }

    /// What a data set's writes rest on at `at`.
    pub(crate) fn path_of_data(&self, data: &'a DataSet, at: DrillTime) -> Path<'a> {
        let (mut path, at) = (Path::new(), at.into());
        match &data.kind {
            DataKind::Objects { bucket } => self.through_bucket(&mut path, bucket, at),
            DataKind::Telemetry { bucket, function, .. } => {
                self.through_rule(&mut path, bucket, function.as_deref(), at);
            }
        }
        distinct(path)
    }

    fn through_bucket(&self, path: &mut Path<'a>, bucket: &'a str, at: Instant<'a>) {
        let store = |region| Resource::Store { bucket, region };
        path.extend(self.found_in(bucket, at).map(store));
        self.through_names(path, bucket, at);
    }

    /// A rule of the broker in use writes to its own region's store, by its own region's function; what it
    /// wrote is read through the bucket's name.
    fn through_rule(&self, path: &mut Path<'a>, bucket: &'a str, function: Option<&'a str>, at: Instant<'a>) {
        let broker = self.found_in(IOT_NAME, at);
        path.extend(broker.map(|region| Resource::Broker { region }));
        if let Some(function) = function {
            self.through_function(path, function, broker);
        }
        let filed = self.filed_in(bucket, at);
        path.extend(filed.map(|region| Resource::Store { bucket, region }));
        self.through_bucket(path, bucket, at);
        self.through_names(path, IOT_NAME, at);
    }

    /// A function rests on the bucket that it writes to.
    fn through_function(&self, path: &mut Path<'a>, function: &'a str, region: Option<&'a str>) {
        let Some(region) = region else { return };
        path.push(Resource::Function { function, region });
        let bucket = self
            .scenario
            .cloud
            .function(function)
            .and_then(|f| f.bucket.as_deref());
        path.extend(bucket.map(|bucket| Resource::Store { bucket, region }));
    }

    /// Once a name was moved, those who use it rest on its new answer.
    fn through_names(&self, path: &mut Path<'a>, name: &str, at: Instant<'a>) {
        let moved = |moved: &&super::timeline::Move<'_>| moved.name == name && moved.at <= at.at;
        if self.timeline.moves.iter().any(|one| moved(&one)) {
            path.push(Resource::Names);
        }
    }

    /// Whether a fault does such an effect to a resource of the path.
    pub(crate) fn hurts(&self, strike: &Strike<'a>, path: &[Resource<'_>], such: fn(Effect) -> bool) -> bool {
        let hurts = strike.fault.action.hurts(self.scenario);
        hurts
            .iter()
            .any(|hurt| such(hurt.effect) && path.contains(&hurt.resource))
    }

    /// The names by which the clients of a probe's service find it.
    pub(crate) fn names_of_probe(&self, probe: &'a Probe) -> Vec<&'a str> {
        match &probe.kind {
            ProbeKind::S3GetObject(probe) => vec![&probe.bucket],
            ProbeKind::PathTelemetry(probe) => vec![IOT_NAME, &probe.bucket],
            ProbeKind::LambdaInvoke(probe) => vec![&probe.function],
        }
    }

    /// Whether a fault broke data on the data set's path as it was at home, or where it went when it struck.
    pub(crate) fn breaks(&self, strike: &Strike<'a>, data: &'a DataSet) -> bool {
        let mut path = self.path_of_data(data, DrillTime::ZERO);
        path.extend(self.path_of_data(data, strike.at));
        self.hurts(strike, &path, Effect::breaks_data)
    }
}

/// Whether a fault takes a protection of the bucket away: it is named as a cause, and dates nothing.
pub(crate) fn unprotects(scenario: &Scenario, strike: &Strike<'_>, bucket: &str) -> bool {
    let hurts = strike.fault.action.hurts(scenario);
    let here = |resource| matches!(resource, Resource::Store { bucket: label, .. } if label == bucket);
    hurts
        .iter()
        .any(|hurt| hurt.effect == Effect::StopsReplication && here(hurt.resource))
}

/// Whether a fault keeps what arrives in a bucket's store in one region from being copied out of it.
pub(crate) fn cuts_off(scenario: &Scenario, strike: &Strike<'_>, bucket: &str, region: &str) -> bool {
    let hurts = strike.fault.action.hurts(scenario);
    let cuts = |effect| matches!(effect, Effect::StopsReplication | Effect::Silences);
    hurts
        .iter()
        .any(|hurt| cuts(hurt.effect) && hurt.resource == Resource::Store { bucket, region })
}

/// Whether a step may change anything, so that services may be well again, or worse, for it.
pub(crate) fn acts(scenario: &Scenario, step: &Step) -> bool {
    step.action.touches(scenario) != Touches::NOTHING
}

fn distinct(mut path: Path<'_>) -> Path<'_> {
    path.sort_unstable();
    path.dedup();
    path
}
