//! Faults, detection and the runbook.

use super::{Checks, holds_prefix};
use crate::scenario::{Bucket, Effect, Location, Reference, Step};

pub(super) fn check(checks: &mut Checks<'_, '_, '_>) {
    faults(checks);
    detection(checks);
    let runbook = &checks.scenario.runbook;
    for (n, step) in runbook.iter().enumerate() {
        let path = checks.context.item_path("runbook", n);
        window(checks, step, &path);
        step.action.as_dyn().check(&mut StepCheck { checks, step, path });
    }
    if runbook.is_empty() && !checks.given("runbook[0]") {
        checks.warn("runbook", "no steps: nothing is recovered".to_owned());
    }
}

fn faults(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    if s.faults.is_empty() && !checks.given("faults[0]") {
        checks.warn("faults", "no faults: no objective is exercised".to_owned());
    }
    for (n, fault) in s.faults.iter().enumerate() {
        let Some(bucket) = s.bucket(fault.action.bucket()) else {
            continue;
        };
        let (label, path) = (&bucket.label, checks.context.item_path("faults", n));
        let pauses = fault.action.effect() == Effect::StopsReplication;
        if pauses && bucket.replicate.is_none() && checks.whole() {
            let text =
                format!("bucket {label} is not replicated: there is nothing to pause, and no proof of it");
            checks.warn(&format!("{path}.bucket"), text);
        }
        if let Some(aim) = fault.action.aim()
            && !holds_prefix(s, bucket, aim.prefix)
        {
            let text = format!(
                "no key of bucket {label} begins with {:?}, so that it strikes nothing",
                aim.prefix
            );
            checks.warn(&format!("{path}.prefix"), text);
        }
    }
}

fn detection(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    if s.detection.is_none() && !s.runbook.is_empty() && !checks.given("detection") {
        let found = "a runbook without detection".to_owned();
        checks.error(
            "runbook",
            found,
            "`detection:` beside it, which is what starts the steps",
        );
    }
    if let (Some(detection), Some(probe)) =
        (&s.detection, s.detection.as_ref().and_then(|d| s.probe(&d.probe)))
        && detection.every < probe.every
    {
        let text = format!(
            "it asks every {}, but its probe gives a result every {}",
            detection.every, probe.every
        );
        checks.warn("detection.every", text);
    }
}

/// A window counts from something that comes before the step.
fn window(checks: &mut Checks<'_, '_, '_>, step: &Step, path: &str) {
    let Some(within) = &step.within else { return };
    let Reference::Step(from) = &within.counted_from else {
        return;
    };
    if !comes_before(checks, from, step) {
        let found = format!("{from:?}, which is not before step {}", step.id);
        let path = match checks.given(&format!("{path}.within.from")) {
            true => format!("{path}.within.from"),
            false => format!("{path}.from"),
        };
        checks.error(
            &path,
            found,
            "fault, detection, declaration or the id of an earlier step",
        );
    }
}

/// Whether step `id` is earlier than `step`; a step that could not be read is taken to be.
fn comes_before(checks: &Checks<'_, '_, '_>, id: &str, step: &Step) -> bool {
    let place = |id: &str| checks.scenario.runbook.iter().position(|step| step.id == id);
    match (place(id), place(&step.id)) {
        (Some(earlier), Some(own)) => earlier < own,
        _ => true,
    }
}

/// One step under examination, by its own action.
pub(crate) struct StepCheck<'a, 's, 'c, 'f> {
    checks: &'a mut Checks<'s, 'c, 'f>,
    step: &'s Step,
    path: String,
}

impl<'s> StepCheck<'_, 's, '_, '_> {
    /// The path of one of the step's fields, or with "" of the step itself.
    fn path(&self, field: &str) -> String {
        match field {
            "" => self.path.clone(),
            field => format!("{}.{field}", self.path),
        }
    }

    /// Notes an error in a field.
    pub(crate) fn error(&mut self, field: &str, found: String, allowed: &str) {
        self.checks.error(&self.path(field), found, allowed);
    }

    /// Notes a warning about a field.
    pub(crate) fn warn(&mut self, field: &str, text: String) {
        self.checks.warn(&self.path(field), text);
    }

    /// Whether a field is in the file.
    pub(crate) fn given(&self, field: &str) -> bool {
        self.checks.given(&self.path(field))
    }

    /// The bucket of this label.
    pub(crate) fn bucket(&self, label: &str) -> Option<&'s Bucket> {
        self.checks.scenario.bucket(label)
    }

    /// The list of damage is made before it is used.
    pub(crate) fn damaged(&mut self, audit: &str) {
        if !comes_before(self.checks, audit, self.step) {
            let found = format!("{audit:?}, which is not before step {}", self.step.id);
            self.error("damaged", found, "the id of an earlier step that does s3.audit");
        }
    }

    /// Warns of a place where no store is.
    pub(crate) fn location(&mut self, field: &str, location: &Location) {
        let Some(bucket) = self.bucket(&location.bucket) else {
            return;
        };
        let replica = bucket.replicate.as_ref().map(|replicate| replicate.to.as_str());
        let there = [Some(bucket.region.as_str()), replica].contains(&Some(location.region.as_str()));
        if !there && self.checks.scenario.cloud.aws_region(&location.region).is_some() {
            let text = format!(
                "bucket {} has no replica in region {}, so that the step will find nothing there",
                bucket.label, location.region
            );
            self.warn(&format!("{field}.region"), text);
        }
    }
}
