//! `check`: a gate: the runbook goes on here only once a probe is green.

use serde::{Deserialize, Serialize};

use crate::scenario::actions::Act;
use crate::scenario::decode::{Fields, Name, Names, Table, Whole};

/// Waits until a probe was green so many times in a row, or the step's `timeout` is over: then it fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    const DOC: &'static str = "Goes on once a probe is green; fails when the step's `timeout` is over.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let probe = f.required("probe", "The probe.", Name::Of(Names::Probe));
        let green = f.or("green", "How many green results in a row.", Whole(1, 100), "2");
        Some(Check {
            probe: probe?,
            green: u32::try_from(green).unwrap_or(u32::MAX),
        })
    }
}

impl Act for Check {}
