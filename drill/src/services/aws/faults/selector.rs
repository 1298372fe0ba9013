//! Which requests to the cloud a fault is about.

use crate::scenario::checks::FaultCheck;
use crate::scenario::decode::{Fields, InWords, Name, NameKind, Text, written};
use crate::scenario::faults::{Effect, Impact};
use crate::scenario::{Scenario, glob};
use crate::services::{SERVICES, Service, names_in_scopes};
use crate::units::Fraction;

/// Chooses requests; what is not given chooses all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// The label of the region that a request belongs to.
    pub region: Option<String>,
    /// The service, as credential scopes name it (`s3`, `lambda`); a glob.
    pub service: Option<String>,
    /// The operation in AWS's words (`GetObject`, `Put*`); a glob.
    pub operation: Option<String>,
    /// The name of the bucket or function (`programs-*`); a glob.
    pub resource: Option<String>,
    /// Who asks; default users and probes.
    pub principals: Vec<Caller>,
    /// How many of these requests; default all.
    pub probability: Fraction,
}

/// On whose behalf a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// People, runbooks, scripts, writers.
    User,
    /// A probe.
    Probe,
    /// Replication.
    Replicator,
    /// A rule of the broker.
    Rule,
    /// A function.
    Function,
}

impl Caller {
    const ALL: [(&'static str, Caller); 5] = [
        ("user", Caller::User),
        ("probe", Caller::Probe),
        ("replicator", Caller::Replicator),
        ("rule", Caller::Rule),
        ("function", Caller::Function),
    ];
}

/// Several callers, as `user, probe`.
struct Callers(Vec<Caller>);

impl InWords for Callers {
    const ALLOWED: &'static str = "`any`, or some of user, probe, replicator, rule, function, with commas";
    const PATTERN: &'static str =
        "^(any|(user|probe|replicator|rule|function)( *, *(user|probe|replicator|rule|function))*)$";

    fn parse(text: &str) -> Result<Self, Option<String>> {
        if text == "any" {
            return Ok(Callers(Caller::ALL.map(|(_, caller)| caller).to_vec()));
        }
        let one = |word: &str| {
            let known = Caller::ALL.iter().find(|(name, _)| *name == word.trim());
            let hint = || crate::scenario::nearest(word, Caller::ALL.map(|(name, _)| name));
            known.map(|(_, caller)| *caller).ok_or_else(hint)
        };
        let mut callers: Vec<Caller> = text.split(',').map(one).collect::<Result<_, _>>()?;
        callers.sort_unstable();
        callers.dedup();
        Ok(Callers(callers))
    }
}

impl Selector {
    /// Its fields, which stand beside those of the fault.
    pub(crate) fn fields(f: &mut Fields<'_, '_>) -> Selector {
        let region = f.optional(
            "region",
            "The label of the region that requests belong to (default: every one).",
            Name::Of(NameKind::REGION),
        );
        let service = f.optional(
            "service",
            "The service, as s3 or lambda (a glob; default: all).",
            Text,
        );
        let operation = f.optional(
            "operation",
            "The operation, as GetObject or Put* (a glob; default: all).",
            Text,
        );
        let resource = f.optional(
            "resource",
            "The name of the bucket or function (a glob; default: all).",
            Text,
        );
        let principals = f.or(
            "principals",
            "On whose behalf requests are made.",
            written::<Callers>(),
            "user, probe",
        );
        let probability = f.or(
            "probability",
            "The share of these requests that it hits.",
            written(),
            "1",
        );
        Selector {
            region,
            service,
            operation,
            resource,
            principals: principals.0,
            probability,
        }
    }

    /// Whether it may choose a request that `caller` makes of a service.
    pub fn chooses(&self, caller: Caller, service: &str, operation: &str) -> bool {
        let fits =
            |glob: &Option<String>, name: &str| glob.as_deref().is_none_or(|glob| glob::matches(glob, name));
        self.principals.contains(&caller) && fits(&self.service, service) && fits(&self.operation, operation)
    }

    /// A glob must name something that is there.
    pub(crate) fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        let scenario = fault.scenario();
        if let Some(resource) = &self.resource
            && fault.whole()
            && !names(scenario).iter().any(|name| glob::matches(resource, name))
        {
            let found = format!("{resource:?}, which no bucket or function of this scenario is called");
            fault.error(
                "resource",
                found,
                "the name (or a glob of it) of a bucket or function in `cloud:`",
            );
        }
        if let Some(service) = &self.service
            && !names_in_scopes()
                .iter()
                .any(|known| glob::matches(service, known))
        {
            let found = format!("{service:?}");
            fault.error(
                "service",
                found,
                &format!("one of {}, or a glob of them", names_in_scopes().join(", ")),
            );
        }
    }

    /// What requests of this kind are about.
    pub(crate) fn impacts<'a>(&self, scenario: &'a Scenario, effect: Effect) -> Vec<Impact<'a>> {
        let service = |name: &str| {
            self.service
                .as_deref()
                .is_none_or(|glob| glob::matches(glob, name))
        };
        let named = |name: &str| {
            self.resource
                .as_deref()
                .is_none_or(|glob| glob::matches(glob, name))
        };
        let region = |label: &str| self.region.as_deref().is_none_or(|region| region == label);
        let places = scenario.cloud.regions.iter();
        let mut impacts = Vec::new();
        for place in places.filter(|place| region(&place.label)) {
            for one in SERVICES.iter().filter(|one| service(one.name())) {
                let Some(effect) = self.on_users_of(*one, effect) else {
                    continue;
                };
                let resources = one.resources(&scenario.cloud, &place.label).into_iter();
                let chosen = resources.filter(|resource| {
                    let name = one.name_at_aws(&scenario.cloud, *resource);
                    name.is_some_and(|name| named(&name))
                });
                impacts.extend(chosen.map(|resource| Impact { resource, effect }));
            }
        }
        impacts
    }

    /// What those suffer who use a service's resources, of whose requests these have `effect`; nothing if they need none of
    /// these.
    fn on_users_of(&self, service: &dyn Service, effect: Effect) -> Option<Effect> {
        let operations = service.operations();
        let among = |names: &[&str]| {
            let chosen = |glob: &String| names.iter().any(|name| glob::matches(glob, name));
            self.operation.as_ref().is_none_or(chosen)
        };
        if operations
            .needed
            .is_some_and(|needed| needed.is_empty() || !among(needed))
        {
            return None;
        }
        if operations.writes.is_empty() {
            return Some(effect);
        }
        let only = |caller| self.principals.iter().all(|one| *one == caller);
        let writes = among(operations.writes) && !only(Caller::Probe);
        Some(match effect {
            Effect::Fails if only(Caller::Replicator) => Effect::StopsReplication,
            Effect::Fails if !writes => Effect::FailsReads,
            effect => effect,
        })
    }
}

/// What AWS calls the resources that requests name.
fn names(scenario: &Scenario) -> Vec<String> {
    let mut names = Vec::new();
    for region in &scenario.cloud.regions {
        for service in SERVICES {
            let resources = service.resources(&scenario.cloud, &region.label).into_iter();
            names.extend(resources.filter_map(|one| service.name_at_aws(&scenario.cloud, one)));
        }
    }
    names
}
