//! `check`: a gate: the runbook goes on here only once a probe is green.

use super::ActionSpec;
use crate::scenario::decode::{Documentation, Fields, Name, NameKind, Table, Whole, small};
use crate::scenario::{OnFailure, Step};

/// Waits until a probe was green so many times in a row, or the step's `timeout` is over: then it fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The probe.
    pub probe: String,
    /// How many green results in a row; default 2.
    pub green: u32,
}

impl Check {
    /// Its name in a scenario.
    pub const NAME: &'static str = "check";
}

impl Table for Check {
    const DOC: &'static str = "Continues once a probe is green; fails when the step's `timeout` has expired.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "A gate: the results of the probe count from the first that began after the step did. \
            It only reads. Without a `timeout` it waits until the drill gives up, and fails then.",
        needs: &[("probes", "the probe")],
        example: r"
runbook:
  - {id: programs-back, do: check, probe: program-delivery, green: 3, timeout: 1h}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let probe = f.required("probe", "The probe.", Name::Of(NameKind::PROBE));
        let green = f.or("green", "How many green results in a row.", Whole(1, 100), "2");
        Some(Check {
            probe: probe?,
            green: small(green),
        })
    }
}

impl ActionSpec for Check {
    fn only_reads(&self) -> bool {
        true
    }

    fn not_achieved(&self, step: &Step) -> String {
        match step.on_failure {
            OnFailure::Abort => "The steps that come after it were not started.".to_owned(),
            _ => format!("The runbook went on though {} was not green.", self.probe),
        }
    }
}
