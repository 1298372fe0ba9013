//! `wait`: the plan says to wait.

use crate::scenario::Step;
use crate::scenario::actions::ActionSpec;
use crate::scenario::decode::{Documentation, Fields, Table, duration};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::units::Span;

/// Nothing happens for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// For how long, in drill time.
    pub for_: Span,
}

impl Wait {
    /// Its name in a scenario.
    pub const NAME: &'static str = "wait";
}

impl Table for Wait {
    const DOC: &'static str = "The runbook waits for a fixed time.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "For a wait that the plan prescribes. The time is drill time and counts as modelled. To \
            wait until a service is back, use `check`; for replication `replication.drain`.",
        needs: &[],
        example: r#"
runbook:
  - {id: settle, do: wait, for: 10m, source: "plan:171"}
"#,
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let for_ = f.required("for", "For how long.", duration(INSTANT, LONGEST));
        Some(Wait { for_: for_? })
    }
}

impl ActionSpec for Wait {
    fn works(&self) -> bool {
        false
    }

    fn not_achieved(&self, _: &Step) -> String {
        "The wait did not come to its end.".to_owned()
    }
}
