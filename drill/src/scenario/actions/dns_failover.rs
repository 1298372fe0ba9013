//! `dns.failover`: logical names point to another region from now on.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::actions::{Act, Touches};
use crate::scenario::decode::{Fields, InWords, Name, Names, Table, written};
use crate::scenario::faults::Resource;
use crate::scenario::validate::StepCheck;

/// The name under which devices find their broker.
pub const IOT_NAME: &str = "iot";

/// Moves names: whoever asks for them next is sent to that region; whoever knows the old answer keeps it
/// until its TTL is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
        match self.names.is_empty() {
            true => scenario.names(),
            false => self.names.iter().map(String::as_str).collect(),
        }
    }
}

struct Listed(Vec<String>);

impl InWords for Listed {
    const ALLOWED: &'static str = "labels of buckets and functions, and `iot`, with commas";
    const PATTERN: &'static str = "^[A-Za-z0-9._-]+( *, *[A-Za-z0-9._-]+)*$";

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        match names.iter().all(|name| !name.is_empty()) {
            true => Ok(Listed(names)),
            false => Err(None),
        }
    }
}

impl Table for DnsFailover {
    const DOC: &'static str = "Logical names point to another region.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let to = f.required("to", "The label of the region.", Name::Of(Names::Region));
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

impl Act for DnsFailover {
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
        let resource = |name: &'a str| match name {
            IOT_NAME => Resource::Broker { region },
            name if scenario.bucket(name).is_some() => Resource::Store { bucket: name, region },
            function => Resource::Function { function, region },
        };
        let mut touched: Vec<Resource<'a>> = self.moved(scenario).into_iter().map(resource).collect();
        touched.push(Resource::Names);
        Touches::Only(touched)
    }
}
