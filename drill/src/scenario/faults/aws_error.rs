//! `aws.error`: requests are answered with an error, in the shape of their service.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Table, Text, Whole, duration};
use crate::scenario::faults::{Effect, Hurt, Selector, Strike};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::validate::FaultCheck;

/// Requests are answered with an AWS error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsError {
    /// Which requests.
    pub requests: Selector,
    /// AWS's error code (`InternalError`).
    pub code: String,
    /// The HTTP status; default as AWS gives with the code, else 500.
    pub status: Option<u16>,
    /// The message.
    pub message: String,
}

impl AwsError {
    /// Its name in a scenario.
    pub const NAME: &'static str = "aws.error";
}

impl Table for AwsError {
    const DOC: &'static str = "Requests are answered with an AWS error, in the shape of their service.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let requests = Selector::fields(f);
        let code = f.required("code", "AWS's error code, as InternalError.", Text);
        let status = f.optional(
            "status",
            "The HTTP status (default: that which AWS gives with the code, else 500).",
            Whole(400, 599),
        );
        let message = f.or(
            "message",
            "The message.",
            Text,
            "We encountered an internal error. Please try again.",
        );
        f.ends_after = f.optional("for", "After how long it is over.", duration(INSTANT, LONGEST));
        Some(AwsError {
            requests,
            code: code?,
            status: status.and_then(|status| u16::try_from(status).ok()),
            message,
        })
    }
}

impl Strike for AwsError {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        self.requests.check(fault);
    }

    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        self.requests.hurts(scenario, Effect::Fails)
    }
}
