//! `human`: people do something that the drill only takes the time of.

use serde::{Deserialize, Serialize};

/// People act. How long it takes is the step's `takes`, which this action needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Human {}

impl Human {
    /// Its name in a scenario.
    pub const NAME: &'static str = "human";
}
