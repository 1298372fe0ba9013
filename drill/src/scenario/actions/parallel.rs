//! `parallel`: steps that run side by side; it ends when all of them have.

use crate::scenario::Step;
use crate::scenario::actions::ActionSpec;
use crate::scenario::checks::StepCheck;
use crate::scenario::decode::{Documentation, Fields, ListOf, Table};
use crate::scenario::limits::ITEMS;

/// A join: its branches stand in the runbook before it, each after what this step comes after, and it
/// comes after all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parallel {
    /// The ids of its branches.
    pub branches: Vec<String>,
    /// The branches as they were read, until they are put into the runbook.
    pub(crate) steps: Vec<Step>,
}

impl Parallel {
    /// Its name in a scenario.
    pub const NAME: &'static str = "parallel";
}

/// A step inside of a `parallel`, which is no `parallel` itself.
pub(crate) struct Branch(pub(crate) Step);

impl Table for Parallel {
    const DOC: &'static str = "Steps that run in parallel; it ends when all of them have ended.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Its steps begin together, each with an `id`, `within` and `takes` of its own; they may \
            be anything but another `parallel`. The step itself ends with the last of them.",
        needs: &[],
        example: r#"
runbook:
  - id: first-response
    do: parallel
    steps:
      - {id: status-page, do: notify, to: status page, message: "{{system}}: {{impact}}"}
      - {id: assess, do: s3.audit, bucket: programs}
"#,
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let steps: Option<Vec<Branch>> =
            f.required("steps", "The steps, each as in `runbook`.", ListOf::new(ITEMS));
        let steps: Vec<Step> = steps?.into_iter().map(|branch| branch.0).collect();
        Some(Parallel {
            branches: steps.iter().map(|step| step.id.clone()).collect(),
            steps,
        })
    }
}

impl ActionSpec for Parallel {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        if self.branches.is_empty() && !step.given("steps[0]") {
            step.error("steps", "no steps".to_owned(), "at least one step");
        }
    }

    fn works(&self) -> bool {
        false
    }

    fn not_achieved(&self, _: &Step) -> String {
        "Not every one of its steps was done.".to_owned()
    }
}
