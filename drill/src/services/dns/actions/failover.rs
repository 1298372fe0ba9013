//! `dns.failover`: logical names point to another region from now on.

use crate::resource::ResourceId;
use crate::scenario::actions::{ActionSpec, Move, Touches};
use crate::scenario::checks::StepCheck;
use crate::scenario::decode::{Documentation, Fields, InWords, Name, NameKind, Table, written};
use crate::scenario::{Scenario, Step};
use crate::services::dns::NAMES;

/// Moves names: the next lookup returns that region; clients with a cached answer keep it until its TTL is
/// over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsFailover {
    /// The label of the region that they point to.
    pub to: String,
    /// Labels of buckets and functions, and `iot`; empty for all of them.
    pub names: Vec<String>,
}

impl DnsFailover {
    /// Its name in a scenario.
    pub const NAME: &'static str = "dns.failover";

    /// The names that it moves in this scenario.
    pub fn moved<'a>(&'a self, scenario: &'a Scenario) -> Vec<&'a str> {
        if self.names.is_empty() {
            scenario.names()
        } else {
            self.names.iter().map(String::as_str).collect()
        }
    }
}

struct Listed(Vec<String>);

impl InWords for Listed {
    const ALLOWED: &'static str = "labels of buckets and functions, and `iot`, with commas";
    const PATTERN: &'static str = "^[A-Za-z0-9._-]+( *, *[A-Za-z0-9._-]+)*$";

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        if names.iter().all(|name| !name.is_empty()) {
            Ok(Listed(names))
        } else {
            Err(None)
        }
    }
}

impl Table for DnsFailover {
    const DOC: &'static str = "Logical names point to another region (failover, or failback).";
    const DOCUMENTATION: Documentation = Documentation {
        details: "A lookup after the step returns the other region; clients that have the old answer \
            keep it until its TTL (`cloud.dns.ttl`) has expired, and existing connections survive. \
            The region must have what the names stand for: `stack.deploy` builds it.",
        needs: &[
            ("cloud.regions", "the region to fail over to"),
            ("cloud.dns", "the TTL of names"),
        ],
        example: r"
runbook:
  - {id: deploy, do: stack.deploy, region: backup, takes: {p50: 25m, p95: 40m}}
  - {id: failover, do: dns.failover, to: backup}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let to = f.required("to", "The label of the region.", Name::Of(NameKind::REGION));
        let names = f.optional(
            "names",
            "Which names: labels of buckets and functions, and iot (default: all).",
            written::<Listed>(),
        );
        Some(DnsFailover {
            to: to?,
            names: names.map(|names| names.0).unwrap_or_default(),
        })
    }
}

impl ActionSpec for DnsFailover {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        let known = step.scenario().names();
        for name in &self.names {
            if !known.contains(&name.as_str()) && step.whole() {
                step.error(
                    "names",
                    format!("{name:?}"),
                    &format!("some of {}", known.join(", ")),
                );
            }
        }
    }

    fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        let region = self.to.as_str();
        let cloud = &scenario.cloud;
        let moved = self.moved(scenario).into_iter();
        let mut touched: Vec<ResourceId<'a>> =
            moved.filter_map(|name| cloud.resource(name, region)).collect();
        touched.push(NAMES);
        Touches::Only(touched)
    }

    fn moves<'a>(&'a self, scenario: &'a Scenario) -> Option<Move<'a>> {
        Some(Move {
            names: self.moved(scenario),
            to: &self.to,
        })
    }

    fn puts_right(&self) -> bool {
        true
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!("Clients were not sent to region {}.", self.to)
    }
}
