//! How a drill of the scenario is expected to end, and for which reason.

use serde::{Deserialize, Serialize};

use crate::report::Verdict;

/// The verdict that a drill is expected to reach, and why. Without one a drill is expected to pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// The verdict.
    pub verdict: Verdict,
    /// The reason; there whenever the verdict is `fail`.
    pub because: Option<Because>,
    /// Where it stands in the file.
    pub line: u32,
}

/// Why a drill is expected to end as it does. Objectives are named as in reports: `program-delivery rto`, `* mtd`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    /// The objectives that are missed: these, and no other.
    pub missed: Vec<String>,
    /// The objectives that the drill leaves open (inconclusive or not exercised): these, and no other; if absent, any.
    pub open: Option<Vec<String>>,
    /// The steps that fail, or of which a critical finding tells: each of these, and no other step fails; if absent, any.
    pub steps: Option<Vec<String>>,
    /// With what steps fail, by their ids: a text that their error, or a critical finding of them, contains.
    #[serde(default)]
    pub errors: Vec<(String, String)>,
}
