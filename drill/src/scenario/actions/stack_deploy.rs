//! `stack.deploy`: what the scenario's `cloud:` declares is built in another region.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::actions::{Act, Touches};
use crate::scenario::decode::{Fields, Name, Names, Table};
use crate::scenario::faults::Resource;
use crate::scenario::validate::StepCheck;

/// Makes the buckets, functions, rules and the broker that the region does not have yet. How long the real
/// stack takes is the step's `takes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackDeploy {
    /// The label of the region.
    pub region: String,
}

impl StackDeploy {
    /// Its name in a scenario.
    pub const NAME: &'static str = "stack.deploy";
}

impl Table for StackDeploy {
    const DOC: &'static str = "What `cloud:` declares is built in another region.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let region = f.required("region", "The label of the region.", Name::Of(Names::Region));
        Some(StackDeploy { region: region? })
    }
}

impl Act for StackDeploy {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        if !step.given("takes") {
            let text = "no `takes`: building a stack takes no time here, and minutes at AWS".to_owned();
            step.warn("", text);
        }
    }

    fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        let (cloud, region) = (&scenario.cloud, self.region.as_str());
        let stores = cloud.buckets.iter().map(|bucket| Resource::Store {
            bucket: &bucket.label,
            region,
        });
        let functions = cloud.functions.iter().map(|function| Resource::Function {
            function: &function.label,
            region,
        });
        let broker = cloud.iot.iter().map(|_| Resource::Broker { region });
        Touches::Only(stores.chain(functions).chain(broker).collect())
    }
}
