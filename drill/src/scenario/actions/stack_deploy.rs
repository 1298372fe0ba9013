//! `stack.deploy`: what the scenario's `cloud:` declares is built in another region.

use crate::resource::ResourceId;
use crate::scenario::actions::{ActionSpec, Touches};
use crate::scenario::checks::StepCheck;
use crate::scenario::decode::{Documentation, Fields, Name, NameKind, Table};
use crate::scenario::{Scenario, Step};

/// Makes the buckets, functions, rules and the broker that the region does not have yet. How long the real
/// stack takes is the step's `takes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackDeploy {
    /// The label of the region.
    pub region: String,
}

impl StackDeploy {
    /// Its name in a scenario.
    pub const NAME: &'static str = "stack.deploy";
}

impl Table for StackDeploy {
    const DOC: &'static str = "Deploys in another region what `cloud` declares.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Makes the buckets, functions, rules and the broker that the region does not have yet. \
            Here that takes no time: `takes` says how long the real stack takes.",
        needs: &[("cloud.regions", "the region")],
        example: r#"
runbook:
  - {id: deploy, do: stack.deploy, region: backup, takes: {p50: 25m, p95: 40m}, source: "plan:149-156"}
"#,
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let region = f.required("region", "The label of the region.", Name::Of(NameKind::REGION));
        Some(StackDeploy { region: region? })
    }
}

impl ActionSpec for StackDeploy {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        if !step.given("takes") {
            let text = "no `takes`: building a stack takes no time here, and minutes at AWS".to_owned();
            step.warn("", text);
        }
    }

    fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        Touches::Only(scenario.cloud.resources(&self.region).collect())
    }

    fn deploys(&self, resource: ResourceId<'_>) -> bool {
        resource.region == self.region
    }

    fn puts_right(&self) -> bool {
        true
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!("Not everything was built in region {}.", self.region)
    }
}
