//! `region.outage`: a region is lost: all of it, part of its services, or, grey, in its heart only.

use std::sync::LazyLock;

use super::{Effect, FaultSpec, Impact, Latency, latency};
use crate::resource::ResourceClass;
use crate::scenario::checks::FaultCheck;
use crate::scenario::decode::{
    Choice, Documentation, Fields, Name, NameKind, Table, Written, duration, written,
};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::{PRIMARY, Scenario};
use crate::services::SERVICES;
use crate::units::Fraction;

/// A region does not serve, or not as it should. Copies out of it and into it stop, and stay stopped until a
/// step resumes or reverses replication; its broker and the environments of its functions die.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionOutage {
    /// The label of the region.
    pub region: String,
    /// How much of it.
    pub form: OutageForm,
    /// What clients see of what is lost.
    pub manner: FailureMode,
    /// Partial: the services that are lost.
    pub services: Vec<String>,
    /// Grey: how late everything answers.
    pub latency: Option<Latency>,
    /// Grey: how many requests fail all the same.
    pub errors: Option<Fraction>,
    /// Full, where the region is a container: what happens to that, too.
    pub container: Option<OutageContainer>,
}

/// What happens to the container of a region that is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutageContainer {
    /// Its processes are frozen; when the region serves again, it has what it had.
    Pause,
    /// It is killed; when the region serves again, it is empty.
    Kill,
}

impl RegionOutage {
    /// Its name in a scenario.
    pub const NAME: &'static str = "region.outage";

    /// Whether the service of this name (`s3`) is lost in the region.
    pub fn loses(&self, service: &str) -> bool {
        match self.form {
            OutageForm::Full => true,
            OutageForm::Partial => self.services.iter().any(|lost| lost == service),
            OutageForm::Grey => false,
        }
    }
}

/// How much of a region is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutageForm {
    /// Everything.
    Full,
    /// Some services.
    Partial,
    /// It is slow, fails for some, and still acknowledges, while replication has stopped.
    Grey,
}

/// What clients see of what is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureMode {
    /// Connections are refused.
    Refuse,
    /// Connections are taken, and nothing answers.
    Hang,
    /// Every request is answered with 503.
    Unavailable,
}

/// The kind of `services:`: names of services, with commas.
fn service_names() -> Written<Vec<String>> {
    static PATTERN: LazyLock<String> = LazyLock::new(|| {
        let one = names().join("|");
        format!("^({one})( *, *({one}))*$")
    });
    Written {
        allowed: format!("some of {}, with commas", names().join(", ")),
        pattern: &PATTERN,
        number: false,
        parse: Box::new(|text| {
            let listed: Vec<&str> = text.split(',').map(str::trim).collect();
            if let Some(unknown) = listed.iter().find(|name| !names().contains(name)) {
                return Err(crate::scenario::diagnostic::nearest(unknown, names()));
            }
            let chosen = names().into_iter().filter(|name| listed.contains(name));
            Ok(chosen.map(str::to_owned).collect())
        }),
    }
}

fn names() -> Vec<&'static str> {
    SERVICES.iter().map(|service| service.name()).collect()
}

impl Table for RegionOutage {
    const DOC: &'static str = "A region fails: fully, partly (some services), or grey (slow, with errors, without \
        replication).";
    const DOCUMENTATION: Documentation = Documentation {
        details: "With `form: full` the region's S3, Lambda and STS fail as `manner` says, its broker \
            and the environments of its functions are killed, and copies out of it and into it \
            stop. With `form: partial` only `services` are lost. With `form: grey` requests are \
            slow (`latency`) and some fail (`errors`), while writes are still acknowledged and \
            replication has stopped; the broker is not affected. Replication does not resume by \
            itself: a step puts it again (`s3.put_replication`, `replication.reverse`).",
        needs: &[("cloud.regions", "the region, and another one that can take over")],
        example: r"
faults:
  - {at: 35m, do: region.outage, region: primary, manner: hang, for: 6h}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let region = f.or(
            "region",
            "The label of the region.",
            Name::Of(NameKind::REGION),
            PRIMARY,
        );
        let form = f.or(
            "form",
            "How much of it fails: full, partial (some services), or grey (slow, some errors, replication stopped).",
            Choice::new([
                ("full", OutageForm::Full),
                ("partial", OutageForm::Partial),
                ("grey", OutageForm::Grey),
            ]),
            "full",
        );
        let manner = f.or(
            "manner",
            "What clients see: refuse (connections), hang, or unavailable (503).",
            Choice::new([
                ("refuse", FailureMode::Refuse),
                ("hang", FailureMode::Hang),
                ("unavailable", FailureMode::Unavailable),
            ]),
            "refuse",
        );
        let services = f.optional("services", "Partial: which services are lost.", service_names());
        let slow = f.optional(
            "latency",
            "Grey: the latency of every response, in drill time.",
            latency(),
        );
        let errors = f.optional("errors", "Grey: the share of requests that fail.", written());
        let container = f.optional(
            "container",
            "Full, on LocalStack: what happens to the region's container, too: pause, or kill (it comes back empty).",
            Choice::new([("pause", OutageContainer::Pause), ("kill", OutageContainer::Kill)]),
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
            services: services.unwrap_or_default(),
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

impl FaultSpec for RegionOutage {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        let scenario = fault.scenario();
        if scenario.cloud.regions.len() == 1 && fault.whole() {
            let text = "there is no other region: nothing can take over".to_owned();
            fault.warn("region", text);
        }
    }

    fn impacts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Impact<'a>> {
        let region = self.region.as_str();
        let grey = match self.errors {
            Some(_) => Effect::Fails,
            None => Effect::Slows,
        };
        let mut impacts = Vec::new();
        for service in SERVICES {
            // What has no HTTP API (the broker) is slow in no grey region.
            let is_http = service
                .operations()
                .needed
                .is_none_or(|needed| !needed.is_empty());
            let effect = match self.form {
                OutageForm::Grey => is_http.then_some(grey),
                _ => self.loses(service.name()).then_some(Effect::MakesUnreachable),
            };
            let stops = self.form == OutageForm::Grey || self.loses(service.name());
            for resource in service.resources(&scenario.cloud, region) {
                let store = resource
                    .as_store()
                    .and_then(|(label, _)| scenario.cloud.store(label));
                let copied = store.is_some_and(|store| store.replicate.is_some()) && stops;
                let emptied = store.is_some() && self.container == Some(OutageContainer::Kill);
                let effects = [
                    effect,
                    copied.then_some(Effect::StopsReplication),
                    emptied.then_some(Effect::DeletesBucket),
                ];
                let effects = effects.into_iter().flatten();
                impacts.extend(effects.map(|effect| Impact { resource, effect }));
            }
        }
        impacts
    }

    fn exclusive_resources(&self, scenario: &Scenario) -> Vec<String> {
        let region = self.region.as_str();
        let lost = SERVICES.iter().filter(|service| self.loses(service.name()));
        let held = lost.map(|service| {
            let resources = service.resources(&scenario.cloud, region).into_iter();
            // There is one in a region, which other faults name as well.
            let mut streams = resources.filter(|resource| resource.kind.class == ResourceClass::Stream);
            let stream = streams.next().map(|stream| format!("the {}", stream.kind.noun));
            stream.unwrap_or_else(|| service.name().to_owned())
        });
        held.map(|held| format!("{held} of region {region}")).collect()
    }
}
