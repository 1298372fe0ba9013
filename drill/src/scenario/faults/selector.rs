//! Which requests to the cloud a fault is about.

use serde::{Deserialize, Serialize};

use crate::scenario::decode::{Fields, InWords, Name, Names, Text, written};
use crate::scenario::validate::FaultCheck;
use crate::scenario::{Effect, Hurt, Resource, Scenario, glob};
use crate::units::Fraction;

/// Chooses requests; what is not given chooses all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    /// The label of the region that a request belongs to.
    pub region: Option<String>,
    /// The service, as credential scopes name it (`s3`, `lambda`); a glob.
    pub service: Option<String>,
    /// The operation in AWS's words (`GetObject`, `Put*`); a glob.
    pub operation: Option<String>,
    /// The name of the bucket or function (`aws-iot-steel-*`); a glob.
    pub resource: Option<String>,
    /// Who asks; default users and probes.
    pub principals: Vec<Caller>,
    /// How many of these requests; default all.
    pub probability: Fraction,
}

/// On whose behalf a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
            let hint = || crate::scenario::diagnostic::nearest(word, Caller::ALL.map(|(name, _)| name));
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
            Name::Of(Names::Region),
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
        let principals = f.or("principals", "Who asks.", written::<Callers>(), "user, probe");
        let probability = f.or("probability", "How many of these requests.", written(), "1");
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
            && !SERVICES.iter().any(|known| glob::matches(service, known))
        {
            let found = format!("{service:?}");
            fault.error(
                "service",
                found,
                &format!("one of {}, or a glob of them", SERVICES.join(", ")),
            );
        }
    }

    /// What requests of this kind are about.
    pub(crate) fn hurts<'a>(&self, scenario: &'a Scenario, effect: Effect) -> Vec<Hurt<'a>> {
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
        let of_stores = self.on_stores(effect);
        let invokes = self
            .operation
            .as_deref()
            .is_none_or(|glob| glob::matches(glob, "Invoke"));
        let mut hurts = Vec::new();
        for place in scenario.cloud.regions.iter().filter(|place| region(&place.label)) {
            for bucket in &scenario.cloud.buckets {
                if service("s3") && named(&bucket.name_in(&place.label)) {
                    let resource = Resource::Store {
                        bucket: &bucket.label,
                        region: &place.label,
                    };
                    hurts.push(Hurt {
                        resource,
                        effect: of_stores,
                    });
                }
            }
            for function in &scenario.cloud.functions {
                if invokes && service("lambda") && named(&function.name) {
                    let resource = Resource::Function {
                        function: &function.label,
                        region: &place.label,
                    };
                    hurts.push(Hurt { resource, effect });
                }
            }
        }
        hurts
    }
}

/// The operations by which producers' data comes to be in a bucket, or goes.
const WRITES: [&str; 7] = [
    "PutObject",
    "DeleteObject",
    "DeleteObjects",
    "CopyObject",
    "CreateMultipartUpload",
    "UploadPart",
    "CompleteMultipartUpload",
];

impl Selector {
    /// What a store suffers, of which these requests have `effect`.
    fn on_stores(&self, effect: Effect) -> Effect {
        let only = |caller| self.principals.iter().all(|one| *one == caller);
        let operation = |glob: &String| WRITES.iter().any(|write| glob::matches(glob, write));
        let writes = self.operation.as_ref().is_none_or(operation) && !only(Caller::Probe);
        match effect {
            Effect::Fails if only(Caller::Replicator) => Effect::StopsReplication,
            Effect::Fails if !writes => Effect::FailsReads,
            effect => effect,
        }
    }
}

/// The services that the emulated cloud has.
const SERVICES: [&str; 4] = ["s3", "lambda", "sts", "iotdata"];

/// What buckets and functions are called.
fn names(scenario: &Scenario) -> Vec<String> {
    let regions = &scenario.cloud.regions;
    let stores = scenario
        .cloud
        .buckets
        .iter()
        .flat_map(|bucket| regions.iter().map(|region| bucket.name_in(&region.label)));
    let functions = scenario
        .cloud
        .functions
        .iter()
        .map(|function| function.name.clone());
    stores.chain(functions).collect()
}
