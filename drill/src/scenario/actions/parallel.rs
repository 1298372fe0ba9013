//! `parallel`: steps that run side by side; it ends when all of them have.

use serde::{Deserialize, Serialize};

use crate::scenario::Step;
use crate::scenario::actions::Act;
use crate::scenario::decode::{Fields, ListOf, Table};
use crate::scenario::limits::ITEMS;
use crate::scenario::validate::StepCheck;

/// A join: its branches stand in the runbook before it, each after what this step comes after, and it
/// comes after all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parallel {
    /// The ids of its branches.
    pub branches: Vec<String>,
    /// The branches as they were read, until they are put into the runbook.
    #[serde(skip)]
    pub(crate) steps: Vec<Step>,
}

impl Parallel {
    /// Its name in a scenario.
    pub const NAME: &'static str = "parallel";
}

/// A step inside of a `parallel`, which is no `parallel` itself.
pub(crate) struct Branch(pub(crate) Step);

impl Table for Parallel {
    const DOC: &'static str = "Steps that run side by side; it ends when all of them have.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let steps: Option<Vec<Branch>> = f.required("steps", "The steps.", ListOf::new(ITEMS));
        let steps: Vec<Step> = steps?.into_iter().map(|branch| branch.0).collect();
        Some(Parallel {
            branches: steps.iter().map(|step| step.id.clone()).collect(),
            steps,
        })
    }
}

impl Act for Parallel {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        if self.branches.is_empty() && !step.given("steps[0]") {
            step.error("steps", "no steps".to_owned(), "at least one step");
        }
    }
}
