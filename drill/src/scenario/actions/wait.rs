//! `wait`: the plan says to wait.

use serde::{Deserialize, Serialize};

use crate::scenario::actions::Act;
use crate::scenario::decode::{Fields, Table, duration};
use crate::scenario::limits::{INSTANT, LONGEST};
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

impl Table for Wait {
    const DOC: &'static str = "Nothing happens for a while.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let for_ = f.required("for", "For how long.", duration(INSTANT, LONGEST));
        Some(Wait { for_: for_? })
    }
}

impl Act for Wait {}
