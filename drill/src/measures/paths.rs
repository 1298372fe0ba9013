//! What a service and a data set rest on: resources, at an instant.
//!
//! ```text
//!  name ──(moves)──► region         probe ──► path(t) = { Store, Function, Broker, Names } in that region
//!                                                            ▲                   ▲
//!                                              faults affect ───┘    steps touch ───┘
//! ```
//!
//! A fault can have turned a service red if it affects what the service's path goes through at that time; a
//! step can have brought it back if it touches what the path went through. A name's moves make paths change.

use std::collections::BTreeMap;

use super::case::Case;
use super::injection::Injection;
use super::timeline::ProbeResult;
use crate::resource::ResourceId;
use crate::scenario::{DataKind, DataSet, Effect, IOT_NAME, Probe, Scenario, Step, Touches};
use crate::services::dns;
use crate::units::DrillTime;

/// A set of resources.
pub(crate) type Path<'a> = Vec<ResourceId<'a>>;

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

impl<'a> From<&ProbeResult<'a>> for Instant<'a> {
    fn from(look: &ProbeResult<'a>) -> Self {
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
    /// end all the same: existing connections survive a DNS change.
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
        let stores = self.scenario.cloud.store(bucket)?;
        broker.filter(|region| stores.is_in(region)).or(by_name)
    }

    /// What a probe's health rests on at `at`.
    pub(crate) fn path_of_probe(&self, probe: &'a Probe, at: impl Into<Instant<'a>>) -> Path<'a> {
        let at = at.into();
        let pointing = |name: &str| self.found_in(name, at);
        let path = self.scenario.path_of_probe_at(probe, &pointing);
        self.with_names(path, &self.names_of_probe(probe), at.at)
    }

    /// What a data set's writes rest on at `at`.
    pub(crate) fn path_of_data(&self, data: &'a DataSet, at: DrillTime) -> Path<'a> {
        let pointing = |name: &str| self.region_of(name, at);
        let path = self.scenario.path_of_data_at(data, &pointing);
        let names = match &data.kind {
            DataKind::Keyed { store: bucket } => vec![bucket.as_str()],
            DataKind::Stream { store: bucket, .. } => vec![IOT_NAME, bucket],
        };
        self.with_names(path, &names, at)
    }

    /// Once a name was moved, those who use it rest on its new answer.
    fn with_names(&self, mut path: Path<'a>, names: &[&str], at: DrillTime) -> Path<'a> {
        let mut moves = self.timeline.moves.iter();
        if moves.any(|moved| names.contains(&moved.name) && moved.at <= at) {
            path.push(dns::NAMES);
        }
        path
    }

    /// The names by which the clients of a probe's service find it.
    pub(crate) fn names_of_probe(&self, probe: &'a Probe) -> Vec<&'a str> {
        probe.kind.names()
    }

    /// Whether a fault does such an effect to a resource of the path.
    pub(crate) fn impacts(
        &self,
        injection: &Injection<'a>,
        path: &[ResourceId<'_>],
        such: fn(Effect) -> bool,
    ) -> bool {
        let impacts = injection.fault.action.impacts(self.scenario);
        impacts
            .iter()
            .any(|impact| such(impact.effect) && path.contains(&impact.resource))
    }

    /// Whether a fault broke data on the data set's path as it was at home, or where it went when it was injected.
    pub(crate) fn breaks(&self, injection: &Injection<'a>, data: &'a DataSet) -> bool {
        let mut path = self.path_of_data(data, DrillTime::ZERO);
        path.extend(self.path_of_data(data, injection.at));
        self.impacts(injection, &path, Effect::breaks_data)
    }
}

/// Whether a fault takes a protection of the bucket away: it is named as a cause, and dates nothing.
pub(crate) fn unprotects(scenario: &Scenario, injection: &Injection<'_>, bucket: &str) -> bool {
    let impacts = injection.fault.action.impacts(scenario);
    impacts
        .iter()
        .any(|impact| impact.effect == Effect::StopsReplication && impact.resource.is_store(bucket))
}

/// Whether a fault keeps what arrives in a bucket's store in one region from being copied out of it.
pub(crate) fn cuts_off(scenario: &Scenario, injection: &Injection<'_>, bucket: &str, region: &str) -> bool {
    let impacts = injection.fault.action.impacts(scenario);
    let cuts = |effect| matches!(effect, Effect::StopsReplication | Effect::MakesUnreachable);
    impacts
        .iter()
        .any(|impact| cuts(impact.effect) && impact.resource.is_store_in(bucket, region))
}

/// Whether a step may change anything, so that services may be well again, or worse, for it.
pub(crate) fn acts(scenario: &Scenario, step: &Step) -> bool {
    step.action.touches(scenario) != Touches::NOTHING
}
