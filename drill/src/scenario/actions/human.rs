//! `human`: people do something that the drill only takes the time of.

use serde::{Deserialize, Serialize};

use crate::scenario::actions::Act;
use crate::scenario::decode::{Fields, Table};
use crate::scenario::validate::StepCheck;

/// People act. How long it takes is the step's `takes`, which this action needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Human {}

impl Human {
    /// Its name in a scenario.
    pub const NAME: &'static str = "human";
}

impl Table for Human {
    const DOC: &'static str = "People act; how long they take is the step's `takes`.";

    fn table(_: &mut Fields<'_, '_>) -> Option<Self> {
        Some(Human {})
    }
}

impl Act for Human {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        if !step.given("takes") {
            let allowed = "`takes: {p50: …, p95: …}`, since only the file knows how long people take";
            step.error("", "a human step without `takes`".to_owned(), allowed);
        }
    }
}
