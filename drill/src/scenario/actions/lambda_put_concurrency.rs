//! `lambda.put_concurrency`: reserves execution environments for a function; 0 stops it.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::actions::{Act, Touches, functions, which_function};
use crate::scenario::decode::{Fields, Table, Whole};

/// Reserves execution environments for a function; 0 stops it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LambdaPutConcurrency {
    /// The label of the function.
    pub function: String,
    /// The label of the region; without it where the function is used then.
    pub region: Option<String>,
    /// How many; without it the reservation is taken away.
    pub reserved: Option<u32>,
}

impl LambdaPutConcurrency {
    /// Its name in a scenario.
    pub const NAME: &'static str = "lambda.put_concurrency";
}

impl Table for LambdaPutConcurrency {
    const DOC: &'static str = "Reserves execution environments for a function; 0 stops it.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) = which_function(f);
        let reserved = f.optional(
            "reserved",
            "How many (default: the reservation is taken away).",
            Whole(0, 1000),
        );
        Some(LambdaPutConcurrency {
            function: function?,
            region,
            reserved: reserved.and_then(|reserved| u32::try_from(reserved).ok()),
        })
    }
}

impl Act for LambdaPutConcurrency {
    fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        Touches::Only(functions(scenario, &self.function, self.region.as_deref()))
    }
}
