//! Whether the S3 of a drill was that of another program.

use super::case::Case;
use crate::report::EMBEDDED;
use crate::scenario::RouteTo;

/// What the S3 was, if it was not ours: an endpoint of its own, or the cloud of the drill.
pub(super) fn foreign<'a>(case: &Case<'a>) -> Option<&'a str> {
    let cloud = case.timeline.started.as_ref()?.cloud;
    let routed = case.scenario.cloud.route("s3");
    match routed {
        Some(RouteTo::Embedded) => None,
        Some(RouteTo::Url(url)) => Some(url),
        Some(RouteTo::Cloud) | None => (cloud != EMBEDDED).then_some(cloud),
    }
}
