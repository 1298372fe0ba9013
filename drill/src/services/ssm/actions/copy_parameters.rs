//! `ssm.copy_parameters`: the parameters of one region are written to another.

use crate::scenario::actions::{ActionSpec, Compared, Copies, StoreLocation, Touches};
use crate::scenario::checks::StepCheck;
use crate::scenario::decode::{Documentation, Fields, Name, NameKind, Switch, Table};
use crate::scenario::{Scenario, Step};
use crate::services::ssm::{HIERARCHIES, hierarchy};

/// Writes what one region has to another, where it is absent or differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SsmCopyParameters {
    /// The label of the hierarchy.
    pub parameters: String,
    /// The label of the region that parameters come from.
    pub from: String,
    /// The label of the region that they go to.
    pub to: String,
    /// Whether what the source does not have is deleted.
    pub delete: bool,
}

impl SsmCopyParameters {
    /// Its name in a scenario.
    pub const NAME: &'static str = "ssm.copy_parameters";
}

impl Table for SsmCopyParameters {
    const DOC: &'static str = "Copies the parameters of one region to another.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Reads every parameter of the hierarchy in both regions, and puts those that are absent at \
            the destination or have another value there, whichever of the two is newer: what was \
            written at the destination only since then is replaced. Parameter Store copies nothing \
            to other regions by itself.",
        needs: &[
            ("cloud.parameters", "the hierarchy"),
            ("cloud.regions", "two regions"),
        ],
        example: r"
runbook:
  - {id: copy-settings, do: ssm.copy_parameters, parameters: settings, from: primary, to: backup}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let parameters = f.required("parameters", "The label of the hierarchy.", Name::Of(HIERARCHIES));
        let doc = "The label of the region that parameters come from.";
        let from = f.required("from", doc, Name::Of(NameKind::REGION));
        let doc = "The label of the region that they go to.";
        let to = f.required("to", doc, Name::Of(NameKind::REGION));
        let delete = f.or(
            "delete",
            "Whether what the source lacks is deleted.",
            Switch,
            "false",
        );
        Some(SsmCopyParameters {
            parameters: parameters?,
            from: from?,
            to: to?,
            delete,
        })
    }
}

impl ActionSpec for SsmCopyParameters {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        if self.from == self.to {
            let found = "the region that parameters come from".to_owned();
            step.error("to", found, "another region");
        }
    }

    fn restores(&self) -> Option<&str> {
        Some(&self.parameters)
    }

    fn touches<'a>(&'a self, _: &'a Scenario) -> Touches<'a> {
        Touches::Only(vec![hierarchy(&self.parameters, &self.to)])
    }

    fn copies(&self) -> Option<Copies<'_>> {
        let at = |region| StoreLocation {
            store: &self.parameters,
            region,
        };
        Some(Copies {
            from: at(&self.from),
            to: at(&self.to),
            deletes: self.delete,
            compares: Compared::Values,
        })
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!(
            "Not everything of {} was copied to region {}.",
            self.parameters, self.to
        )
    }
}
