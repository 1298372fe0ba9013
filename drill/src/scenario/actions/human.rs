//! `human`: people do something. A drill takes the time of it, or with `--interactive` people perform it.

use crate::scenario::Step;
use crate::scenario::actions::ActionSpec;
use crate::scenario::checks::StepCheck;
use crate::scenario::decode::{Documentation, Fields, Listed, LongText, Table, Text};
use crate::scenario::limits::ITEMS;

/// People act. How long it takes is the step's `takes`, which this action needs; with `--interactive` it takes as long as
/// they do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Human {
    /// What they are asked to do.
    pub instructions: Option<String>,
    /// The plan's manual checklist, which they tick.
    pub checklist: Vec<String>,
    /// The role whose approval the step is; none for other steps.
    pub approval: Option<String>,
}

impl Human {
    /// Its name in a scenario.
    pub const NAME: &'static str = "human";
}

impl Table for Human {
    const DOC: &'static str = "People act; how long they take is the step's `takes`, or what they take with \
        `--interactive`.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "In a drill the step lasts as long as its `takes` (modelled time, at its p95 unless \
            `clock.durations` says otherwise). With `firedrill run --interactive` people perform \
            it at the terminal at real time: the time is observed, and `takes` is not used.",
        needs: &[("runbook", "`takes` in the step itself")],
        example: r"
runbook:
  - id: declare
    do: human
    instructions: Confirm the damage, and declare the disaster.
    checklist: [Incident number is assigned, Bridge is open]
    approval: incident commander
    takes: {p50: 5m, p95: 15m}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let instructions = f.optional(
            "instructions",
            "What people are asked to do (shown with --interactive).",
            LongText,
        );
        let checklist = f.or_empty(
            "checklist",
            "The plan's manual checklist, which people tick (with --interactive).",
            Listed {
                max: ITEMS,
                item: Text,
            },
        );
        let approval = f.optional(
            "approval",
            "The step is an approval, and this is the role that gives it.",
            Text,
        );
        Some(Human {
            instructions,
            checklist,
            approval,
        })
    }
}

impl ActionSpec for Human {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        if !step.given("takes") {
            let allowed = "`takes:`, as {p50: 5m, p95: 15m}, since only the file knows how long people take";
            step.error("", "a human step without `takes`".to_owned(), allowed);
        }
        for (n, item) in self.checklist.iter().enumerate() {
            if self.checklist[..n].contains(item) {
                let path = format!("checklist[{n}]");
                step.error(&path, format!("{item:?}, for the second time"), "another item");
            }
        }
    }

    fn works(&self) -> bool {
        false
    }

    fn not_achieved(&self, _: &Step) -> String {
        "What people were to do was not done.".to_owned()
    }
}
