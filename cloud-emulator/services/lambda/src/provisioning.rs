//! How long it takes until a function, a change of one or a version can be used: in drill time.
//!
//! ```text
//!   CreateFunction ──► Pending ──► Active          nothing is invoked before
//!   UpdateFunction… ─► InProgress ──► Successful   what was there before is invoked until then
//!   PublishVersion ──► Pending ──► Active
//! ```
//!
//! Meanwhile `UpdateFunctionCode`, `UpdateFunctionConfiguration` and `PublishVersion` are refused with 409, as the page
//! "Lambda function states" of the Lambda Developer Guide has it: a runbook waits with `aws lambda wait` in between.

use drill::units::{DrillTime, Span};

/// How long each of these takes. Assumed: AWS says "very fast" of functions outside of a VPC ("Tracking the state of AWS
/// Lambda functions", AWS Compute Blog), and gives a figure only for those inside of one ("about a minute"). Its own
/// waiters ask once a second.
pub(crate) const PROVISIONING: Span = Span::from_secs(2);

/// When a version can be used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Provisioned {
    /// It is `Pending` before.
    pub(crate) active: DrillTime,
    /// It is an update in progress before.
    pub(crate) updated: DrillTime,
}

impl Provisioned {
    /// A version that can be used from then on.
    pub(crate) fn active_from(active: DrillTime) -> Provisioned {
        Provisioned {
            active,
            updated: DrillTime::ZERO,
        }
    }
}
