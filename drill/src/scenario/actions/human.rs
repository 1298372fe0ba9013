//! `human`: people do something that the drill only takes the time of.

use serde::{Deserialize, Serialize};

use crate::scenario::decode::{Fields, Table};

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
