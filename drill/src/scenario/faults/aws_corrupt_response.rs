//! `aws.corrupt_response`: answers come with other bytes than were stored.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Table, duration};
use crate::scenario::faults::{Effect, Hurt, Selector, Strike};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::validate::FaultCheck;

/// Bodies of answers are altered on their way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsCorruptResponse {
    /// Which requests.
    pub requests: Selector,
}

impl AwsCorruptResponse {
    /// Its name in a scenario.
    pub const NAME: &'static str = "aws.corrupt_response";
}

impl Table for AwsCorruptResponse {
    const DOC: &'static str = "Bodies of answers are altered on their way.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let requests = Selector::fields(f);
        f.ends_after = f.optional("for", "After how long it is over.", duration(INSTANT, LONGEST));
        Some(AwsCorruptResponse { requests })
    }
}

impl Strike for AwsCorruptResponse {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        self.requests.check(fault);
    }

    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        self.requests.hurts(scenario, Effect::Fails)
    }
}
