//! `aws.error`: requests are answered with an error, in the shape of their service.

use super::Selector;
use crate::scenario::Scenario;
use crate::scenario::checks::FaultCheck;
use crate::scenario::decode::{Documentation, Fields, Table, Text, Whole, duration};
use crate::scenario::faults::{Effect, FaultSpec, Impact};
use crate::scenario::limits::{INSTANT, LONGEST};

/// Requests are answered with an AWS error.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    const DOCUMENTATION: Documentation = Documentation {
        details: "The gateway decides on each request that the selector matches, from the injection \
            until `for` is over or the drill ends. The fault is proven by the requests that it has \
            hit. Requests of users (people, runbooks, scripts, writers) and probes are matched \
            unless `principals` says otherwise. The error has the form that the service's protocol \
            has for errors (XML for S3, JSON for Lambda).",
        needs: &[],
        example: r"
faults:
  - {at: 35m, do: aws.error, service: s3, operation: GetObject, resource: factory-programs, code: InternalError, for: 30m}
",
    };

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

impl FaultSpec for AwsError {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        self.requests.check(fault);
    }

    fn impacts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Impact<'a>> {
        self.requests.impacts(scenario, Effect::Fails)
    }
}
