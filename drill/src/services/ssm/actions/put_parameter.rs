//! `ssm.put_parameter`: one parameter is set, as a switch that a plan turns.

use crate::resource::ResourceId;
use crate::scenario::actions::{ActionSpec, Touches};
use crate::scenario::decode::{AnyText, Documentation, Fields, Name, NameKind, Table, Text};
use crate::scenario::{Scenario, Step};
use crate::services::ssm::{HIERARCHIES, hierarchy};

/// Sets a parameter, which then has one version more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SsmPutParameter {
    /// The label of the hierarchy.
    pub parameters: String,
    /// The parameter, by what its name has behind the hierarchy's path.
    pub key: String,
    /// Its value.
    pub value: String,
    /// The label of the region; without it where the hierarchy is used then.
    pub region: Option<String>,
}

impl SsmPutParameter {
    /// Its name in a scenario.
    pub const NAME: &'static str = "ssm.put_parameter";
}

impl Table for SsmPutParameter {
    const DOC: &'static str = "Sets a parameter, as a switch that the plan turns.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Puts the parameter, over the value that it had: the parameter then has one version \
            more. What is set so is the operator's: no data set counts it.",
        needs: &[("cloud.parameters", "the hierarchy")],
        example: r#"
runbook:
  - {id: read-only, do: ssm.put_parameter, parameters: settings, key: maintenance/read-only, value: "on"}
"#,
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let parameters = f.required("parameters", "The label of the hierarchy.", Name::Of(HIERARCHIES));
        let key = f.required(
            "key",
            "The parameter: what its name has behind the hierarchy's path.",
            Text,
        );
        let value = f.required("value", "Its value.", AnyText);
        let region = f.optional(
            "region",
            "The label of the region (default: where the hierarchy is used then).",
            Name::Of(NameKind::REGION),
        );
        let key = key?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
        if !key.bytes().all(is_name) || key.starts_with('/') || key.ends_with('/') || key.contains("//") {
            let allowed = "letters, digits, `.`, `-`, `_` and `/` between levels, as maintenance/read-only";
            f.wrong("key", format!("{key:?}"), allowed, None);
        }
        Some(SsmPutParameter {
            parameters: parameters?,
            key,
            value: value?,
            region,
        })
    }
}

impl ActionSpec for SsmPutParameter {
    fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        let regions = scenario.cloud.regions.iter().map(|region| region.label.as_str());
        let chosen = regions.filter(|label| self.region.as_deref().is_none_or(|region| region == *label));
        let touched: Vec<ResourceId<'a>> = chosen.map(|region| hierarchy(&self.parameters, region)).collect();
        Touches::Only(touched)
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!(
            "Parameter {} of {} has the value that it had.",
            self.key, self.parameters
        )
    }
}
