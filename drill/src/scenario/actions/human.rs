//! `human`: people do something. A drill takes the time of it, or with `--interactive` people perform it.

use serde::{Deserialize, Serialize};

use crate::scenario::actions::Act;
use crate::scenario::decode::{Fields, Listed, LongText, Table, Text};
use crate::scenario::limits::ITEMS;
use crate::scenario::validate::StepCheck;

/// People act. How long it takes is the step's `takes`, which this action needs; with `--interactive` it takes as long as
/// they do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Human {
    /// What they are asked to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// The plan's manual checklist, which they tick.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checklist: Vec<String>,
    /// The role whose approval the step is; none for other steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
}

impl Human {
    /// Its name in a scenario.
    pub const NAME: &'static str = "human";
}

impl Table for Human {
    const DOC: &'static str =
        "People act; how long they take is the step's `takes`, or with --interactive what they take.";

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

impl Act for Human {
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
}
