//! What steps on buckets have in common: places, and lists of damage.

use super::audit::S3Audit;
use crate::scenario::checks::StepCheck;
use crate::scenario::{Scenario, Writer};
use crate::services::s3::Location;

/// The label of the bucket that step `audit` looks at.
pub(super) fn audited(scenario: &Scenario, audit: &str) -> String {
    let audit = scenario.step(audit).and_then(|step| step.action.get::<S3Audit>());
    audit.map(|audit| audit.bucket.clone()).unwrap_or_default()
}

/// The list of damage is made before it is used.
pub(super) fn check_damaged(step: &mut StepCheck<'_, '_, '_, '_>, audit: &str) {
    if !step.comes_after(audit) {
        let found = format!("{audit:?}, which is not before step {}", step.step.id);
        step.error("damaged", found, "the id of an earlier step that does s3.audit");
    }
    let scenario = step.scenario();
    let Some(audited) = scenario.step(audit).and_then(|step| step.action.get::<S3Audit>()) else {
        return;
    };
    let deletes = |writer: &&Writer| writer.store == audited.bucket && writer.deletes.is_some();
    if let Some(writer) = scenario.writers.iter().find(deletes) {
        let text = format!(
            "writer {} deletes objects of {}, and S3 does not tell those deletes from damage: this step undoes them, \
             which the report counts as resurrected",
            writer.name, audited.bucket
        );
        step.warn("damaged", text);
    }
}

/// Warns of a place where no store is.
pub(super) fn check_location(step: &mut StepCheck<'_, '_, '_, '_>, field: &str, location: &Location) {
    let scenario = step.scenario();
    let Some(bucket) = scenario.bucket(&location.bucket) else {
        return;
    };
    let replica = bucket.replicate.as_ref().map(|replicate| replicate.to.as_str());
    let there = [Some(bucket.region.as_str()), replica].contains(&Some(location.region.as_str()));
    if !there && scenario.cloud.aws_region(&location.region).is_some() {
        let text = format!(
            "bucket {} has no replica in region {}, so that the step will find nothing there",
            bucket.label, location.region
        );
        step.warn(&format!("{field}.region"), text);
    }
}
