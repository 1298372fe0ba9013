//! `region.outage`: a region is lost: all of it, part of its services, or, grey, in its heart only.

use serde::{Deserialize, Serialize};

use super::latency::latency;
use crate::scenario::decode::{Choice, Fields, InWords, Name, Names, Table, duration, written};
use crate::scenario::faults::{Effect, Hurt, Latency, Resource, Strike};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::validate::FaultCheck;
use crate::scenario::{PRIMARY, Scenario};
use crate::units::Fraction;

/// A region does not serve, or not as it should. Copies out of it and into it stop, and stay stopped until a
/// step resumes or reverses replication; its broker and the environments of its functions die.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionOutage {
    /// The label of the region.
    pub region: String,
    /// How much of it.
    pub form: OutageForm,
    /// What clients see of what is lost.
    pub manner: OutageManner,
    /// Partial: the services that are lost.
    pub services: Vec<OutageService>,
    /// Grey: how late everything answers.
    pub latency: Option<Latency>,
    /// Grey: how many requests fail all the same.
    pub errors: Option<Fraction>,
    /// Full, where the region is a container: what happens to that, too.
    #[serde(default)]
    pub container: Option<OutageContainer>,
}

/// What happens to the container of a region that is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutageContainer {
    /// Its processes are frozen; when the region serves again, it has what it had.
    Pause,
    /// It is killed; when the region serves again, it is empty.
    Kill,
}

impl RegionOutage {
    /// Its name in a scenario.
    pub const NAME: &'static str = "region.outage";

    /// Whether this service of the region is lost.
    pub fn loses(&self, service: OutageService) -> bool {
        match self.form {
            OutageForm::Full => true,
            OutageForm::Partial => self.services.contains(&service),
            OutageForm::Grey => false,
        }
    }
}

/// How much of a region is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutageForm {
    /// Everything.
    Full,
    /// Some services.
    Partial,
    /// It is slow, fails for some, and still acknowledges, while replication has stopped.
    Grey,
}

/// What clients see of what is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutageManner {
    /// Connections are refused.
    Refuse,
    /// Connections are taken, and nothing answers.
    Hang,
    /// Every request is answered with 503.
    Unavailable,
}

/// What a partial outage can lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OutageService {
    /// S3, and the copies out of it.
    S3,
    /// Lambda.
    Lambda,
    /// IoT Core.
    Iot,
    /// STS.
    Sts,
}

struct Services(Vec<OutageService>);

impl InWords for Services {
    const ALLOWED: &'static str = "some of s3, lambda, iot, sts, with commas";
    const PATTERN: &'static str = "^(s3|lambda|iot|sts)( *, *(s3|lambda|iot|sts))*$";

    fn parse(text: &str) -> Result<Self, Option<String>> {
        const ALL: [(&str, OutageService); 4] = [
            ("s3", OutageService::S3),
            ("lambda", OutageService::Lambda),
            ("iot", OutageService::Iot),
            ("sts", OutageService::Sts),
        ];
        let one = |word: &str| {
            let known = ALL.iter().find(|(name, _)| *name == word.trim());
            let hint = || crate::scenario::diagnostic::nearest(word, ALL.map(|(name, _)| name));
            known.map(|(_, service)| *service).ok_or_else(hint)
        };
        let mut services: Vec<OutageService> = text.split(',').map(one).collect::<Result<_, _>>()?;
        services.sort_unstable();
        services.dedup();
        Ok(Services(services))
    }
}

impl Table for RegionOutage {
    const DOC: &'static str = "A region is lost, wholly, partly, or grey.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let region = f.or(
            "region",
            "The label of the region.",
            Name::Of(Names::Region),
            PRIMARY,
        );
        let form = f.or(
            "form",
            "full, partial (some services), or grey (slow, failing for some, replication stopped).",
            Choice::of([
                ("full", OutageForm::Full),
                ("partial", OutageForm::Partial),
                ("grey", OutageForm::Grey),
            ]),
            "full",
        );
        let manner = f.or(
            "manner",
            "What clients see: refuse (connections), hang, or unavailable (503).",
            Choice::of([
                ("refuse", OutageManner::Refuse),
                ("hang", OutageManner::Hang),
                ("unavailable", OutageManner::Unavailable),
            ]),
            "refuse",
        );
        let services = f.optional(
            "services",
            "Partial: which services are lost.",
            written::<Services>(),
        );
        let slow = f.optional("latency", "Grey: how late everything answers.", latency());
        let errors = f.optional("errors", "Grey: how many requests fail.", written());
        let container = f.optional(
            "container",
            "Full, on LocalStack: what happens to the region's container, too: pause, or kill (it comes back empty).",
            Choice::of([("pause", OutageContainer::Pause), ("kill", OutageContainer::Kill)]),
        );
        f.ends_after = f.optional(
            "for",
            "After how long the region serves again.",
            duration(INSTANT, LONGEST),
        );
        let of_form: [(&str, bool, OutageForm); 4] = [
            ("services", services.is_some(), OutageForm::Partial),
            ("latency", slow.is_some(), OutageForm::Grey),
            ("errors", errors.is_some(), OutageForm::Grey),
            ("container", container.is_some(), OutageForm::Full),
        ];
        for (field, given, its_form) in of_form {
            if given && form != its_form {
                let allowed = format!("`{field}` only with `form: {}`", word(its_form));
                f.wrong(
                    field,
                    format!("`{field}` with `form: {}`", word(form)),
                    &allowed,
                    None,
                );
            }
        }
        if form == OutageForm::Partial && services.is_none() {
            let found = "a partial outage of nothing".to_owned();
            f.wrong("", found, "`services:`, as \"s3, lambda\"", None);
        }
        Some(RegionOutage {
            region,
            form,
            manner,
            services: services.map(|services| services.0).unwrap_or_default(),
            latency: slow,
            errors,
            container,
        })
    }
}

fn word(form: OutageForm) -> &'static str {
    match form {
        OutageForm::Full => "full",
        OutageForm::Partial => "partial",
        OutageForm::Grey => "grey",
    }
}

impl Strike for RegionOutage {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        let scenario = fault.scenario();
        if scenario.cloud.regions.len() == 1 && fault.whole() {
            let text = "there is no other region: nothing can take over".to_owned();
            fault.warn("region", text);
        }
    }

    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        let region = self.region.as_str();
        let grey = match self.errors {
            Some(_) => Effect::Fails,
            None => Effect::Slows,
        };
        let effect = |service| match self.form {
            OutageForm::Grey => Some(grey),
            _ => self.loses(service).then_some(Effect::Silences),
        };
        let mut hurts = Vec::new();
        for bucket in &scenario.cloud.buckets {
            let resource = Resource::Store {
                bucket: &bucket.label,
                region,
            };
            let stops = self.form == OutageForm::Grey || self.loses(OutageService::S3);
            let copied = bucket.replicate.is_some() && stops;
            hurts.extend(effect(OutageService::S3).map(|effect| Hurt { resource, effect }));
            hurts.extend(copied.then_some(Hurt {
                resource,
                effect: Effect::StopsReplication,
            }));
            let emptied = self.container == Some(OutageContainer::Kill);
            hurts.extend(emptied.then_some(Hurt {
                resource,
                effect: Effect::DeletesBucket,
            }));
        }
        for function in &scenario.cloud.functions {
            let resource = Resource::Function {
                function: &function.label,
                region,
            };
            hurts.extend(effect(OutageService::Lambda).map(|effect| Hurt { resource, effect }));
        }
        // A broker is no HTTP service: a grey region's is slow for nobody.
        if scenario.cloud.iot.is_some() && self.loses(OutageService::Iot) {
            let resource = Resource::Broker { region };
            hurts.push(Hurt {
                resource,
                effect: Effect::Silences,
            });
        }
        hurts
    }

    fn occupies(&self, _: &Scenario) -> Vec<String> {
        let region = &self.region;
        let of = |service: &str| format!("{service} of region {region}");
        let services = [
            (OutageService::S3, "s3"),
            (OutageService::Lambda, "lambda"),
            (OutageService::Iot, "the broker"),
            (OutageService::Sts, "sts"),
        ];
        let lost = services.into_iter().filter(|(service, _)| self.loses(*service));
        lost.map(|(_, name)| of(name)).collect()
    }
}
