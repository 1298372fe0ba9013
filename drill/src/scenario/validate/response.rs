//! Faults, detection and the runbook.

use super::{Checks, holds_prefix, order};
use crate::scenario::{Bucket, Location, Reference, Scenario, Step, StepAction, Writer};

pub(super) fn check(checks: &mut Checks<'_, '_, '_>) {
    faults(checks);
    detection(checks);
    let runbook = &checks.scenario.runbook;
    order::check(checks);
    for step in runbook {
        let path = step.path.clone();
        window(checks, step, &path);
        step.action.as_dyn().check(&mut StepCheck { checks, step, path });
    }
    if runbook.is_empty() && !checks.given("runbook[0]") {
        checks.warn("runbook", "no steps: nothing is recovered".to_owned());
    }
}

fn faults(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    if s.faults.is_empty() && !checks.given("faults[0]") && !s.exercise.is_without_faults() {
        checks.warn("faults", "no faults: no objective is exercised".to_owned());
    }
    for (n, fault) in s.faults.iter().enumerate() {
        // A repeated fault stands there once for each time.
        let (path, repeated) = checks.fault_path(n);
        if repeated {
            continue;
        }
        if let Some(aim) = fault.action.aim()
            && let Some(bucket) = s.bucket(aim.bucket)
            && !holds_prefix(s, bucket, aim.prefix)
        {
            let (label, prefix) = (&bucket.label, aim.prefix);
            let text = format!("no key of bucket {label} begins with {prefix:?}, so that it strikes nothing");
            checks.warn(&format!("{path}.prefix"), text);
        }
        fault.action.as_dyn().check(&mut FaultCheck { checks, path });
    }
    overlaps(checks);
}

/// Two faults that cannot hold at once do not.
fn overlaps(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    let window = |fault: &crate::scenario::Fault| {
        let from = fault.at.clock()?;
        Some((
            from,
            fault.for_.map_or(crate::units::Span::MAX, |lasts| from + lasts),
        ))
    };
    for (n, fault) in s.faults.iter().enumerate() {
        let Some((from, to)) = window(fault) else { continue };
        let occupied = fault.action.occupies(s);
        let clash = s.faults[..n].iter().find_map(|other| {
            let (other_from, other_to) = window(other)?;
            let shared = other
                .action
                .occupies(s)
                .into_iter()
                .find(|thing| occupied.contains(thing))?;
            (from < other_to && other_from < to && other.line != fault.line)
                .then_some((other, other_to, shared))
        });
        let Some((other, until, thing)) = clash else {
            continue;
        };
        let (path, _) = checks.fault_path(n);
        let found = format!("{}, while fault {} already holds {thing}", fault.at, other.id);
        let allowed = match until {
            crate::units::Span::MAX => {
                format!("earlier than {}, which does not end by itself", other.id)
            }
            until => format!("{until} or later, when {} is over", other.id),
        };
        checks.error(&format!("{path}.at"), found, &allowed);
    }
}

/// One fault under examination, by its own action.
pub(crate) struct FaultCheck<'a, 's, 'c, 'f> {
    checks: &'a mut Checks<'s, 'c, 'f>,
    path: String,
}

impl<'s> FaultCheck<'_, 's, '_, '_> {
    /// The scenario.
    pub(crate) fn scenario(&self) -> &'s Scenario {
        self.checks.scenario
    }

    /// Whether every part of the file could be read.
    pub(crate) fn whole(&self) -> bool {
        self.checks.whole()
    }

    /// Notes an error in a field.
    pub(crate) fn error(&mut self, field: &str, found: String, allowed: &str) {
        self.checks
            .error(&format!("{}.{field}", self.path), found, allowed);
    }

    /// Notes a warning about a field.
    pub(crate) fn warn(&mut self, field: &str, text: String) {
        self.checks.warn(&format!("{}.{field}", self.path), text);
    }

    /// A region that is to have a function has it, from the start or by a step.
    pub(crate) fn function(&mut self, function: &str, region: Option<&str>) {
        let s = self.checks.scenario;
        let (Some(declared), Some(region)) = (s.cloud.function(function), region) else {
            return;
        };
        let deployed = s.runbook.iter().any(|step| match &step.action {
            StepAction::StackDeploy(deploy) => deploy.region == region,
            StepAction::LambdaDeploy(deploy) => {
                deploy.function == function && deploy.region.as_deref().is_none_or(|to| to == region)
            }
            _ => false,
        });
        if self.whole() && !declared.regions.iter().any(|label| label == region) && !deployed {
            let found = format!("{region:?}, which does not have {function}");
            self.error(
                "region",
                found,
                &format!("one of {}", declared.regions.join(", ")),
            );
        }
    }

    /// A region that is to have a broker has one, from the start or by a step.
    pub(crate) fn broker(&mut self, field: &str, region: &str) {
        let s = self.checks.scenario;
        if !self.whole() {
            return;
        }
        let Some(iot) = &s.cloud.iot else {
            self.error(field, "no broker in any region".to_owned(), "`cloud.iot:`");
            return;
        };
        let deployed = s.runbook.iter().any(|step| match &step.action {
            StepAction::StackDeploy(deploy) => deploy.region == region,
            _ => false,
        });
        if !iot.regions.iter().any(|label| label == region) && !deployed {
            let found = format!("{region:?}, which has no broker");
            self.error(field, found, &format!("one of {}", iot.regions.join(", ")));
        }
    }
}

fn detection(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    let starts_itself = s.exercise.is_without_faults();
    if s.detection.is_none() && !s.runbook.is_empty() && !checks.given("detection") && !starts_itself {
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

/// Whether step `id` has ended when `step` begins; a step that could not be read is taken to have.
fn comes_before(checks: &Checks<'_, '_, '_>, id: &str, step: &Step) -> bool {
    checks.scenario.step(id).is_none() || !checks.whole() || checks.scenario.comes_before(id, step)
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

    /// The scenario.
    pub(crate) fn scenario(&self) -> &'s Scenario {
        self.checks.scenario
    }

    /// Whether every part of the file could be read.
    pub(crate) fn whole(&self) -> bool {
        self.checks.whole()
    }

    /// A URL that the drill may post to: loopback, or allowed by `safety.allow_hosts`.
    pub(crate) fn endpoint(&mut self, field: &str, url: &str) {
        let safety = &self.checks.scenario.safety;
        if let Err(allowed) = safety.permits(url) {
            self.error(field, format!("{url:?}"), &allowed);
        }
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
        let s = self.checks.scenario;
        let Some(StepAction::S3Audit(audited)) = s.step(audit).map(|step| &step.action) else {
            return;
        };
        let deletes = |writer: &&Writer| writer.bucket == audited.bucket && writer.deletes.is_some();
        if let Some(writer) = s.writers.iter().find(deletes) {
            let text = format!(
                "writer {} deletes objects of {}, and S3 does not tell those deletes from damage: this step undoes them, \
                 which the report counts as resurrected",
                writer.name, audited.bucket
            );
            self.warn("damaged", text);
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
