//! `wait`: the plan says to wait.

use serde::{Deserialize, Serialize};

use crate::units::Span;

/// Nothing happens for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// For how long, in drill time.
    #[serde(rename = "for")]
    pub for_: Span,
}

impl Wait {
    /// Its name in a scenario.
    pub const NAME: &'static str = "wait";
}
