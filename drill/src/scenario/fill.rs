//! What a file leaves unsaid because another part of it says it.

use super::decode::Context;
use super::tables::UNSIZED;
use super::{
    CountedFrom, DataKind, DataSet, Fault, Location, PathTelemetry, ProbeKind, Scenario, SizeRange,
    StepAction,
};
use crate::units::ByteSize;

/// Fills in what depends on other parts. What cannot be filled is an error.
pub(crate) fn fill(scenario: &mut Scenario, context: &mut Context<'_>) {
    name_faults(&mut scenario.faults);
    size_writers(scenario);
    locate_steps(scenario);
    route_probes(scenario, context);
    scenario.data = data_sets(scenario);
}

/// Faults without an id are called by what they do.
fn name_faults(faults: &mut [Fault]) {
    for n in 0..faults.len() {
        if !faults[n].id.is_empty() {
            continue;
        }
        let name = faults[n].action.name();
        let free = |id: &String| faults.iter().all(|fault| fault.id != *id);
        let numbered = (2..).map(|k| format!("{name}-{k}"));
        let id = std::iter::once(name.to_owned()).chain(numbered).find(free);
        faults[n].id = id.unwrap_or_default();
    }
}

/// Writers write what their bucket holds, or objects of a usual size.
fn size_writers(scenario: &mut Scenario) {
    let usual = SizeRange {
        min: ByteSize(4 << 10),
        max: ByteSize(64 << 10),
    };
    let buckets = &scenario.cloud.buckets;
    for writer in scenario
        .writers
        .iter_mut()
        .filter(|writer| writer.size == UNSIZED)
    {
        let bucket = buckets.iter().find(|bucket| bucket.label == writer.bucket);
        let inventory = bucket.and_then(|bucket| bucket.objects.as_ref());
        writer.size = inventory.map_or(usual, |objects| objects.size);
    }
}

/// Steps that restore write to the bucket that was audited; locations are at home unless they say where.
fn locate_steps(scenario: &mut Scenario) {
    let audits: Vec<(String, String)> = scenario
        .runbook
        .iter()
        .filter_map(|step| match &step.action {
            StepAction::S3Audit(audit) => Some((step.id.clone(), audit.bucket.clone())),
            _ => None,
        })
        .collect();
    let audited = |id: &str| {
        audits
            .iter()
            .find(|(audit, _)| audit == id)
            .map(|(_, bucket)| bucket.clone())
    };
    let homes: Vec<(String, String)> = scenario
        .cloud
        .buckets
        .iter()
        .map(|bucket| (bucket.label.clone(), bucket.region.clone()))
        .collect();
    let at_home = |location: &mut Location| {
        if let Some((_, home)) = homes.iter().find(|(label, _)| *label == location.bucket)
            && location.region.is_empty()
        {
            location.region.clone_from(home);
        }
    };
    for step in &mut scenario.runbook {
        match &mut step.action {
            StepAction::S3RestoreVersions(restore) => {
                restore.bucket = audited(&restore.damaged).unwrap_or_default();
            }
            StepAction::S3RestoreObjects(restore) => {
                restore.bucket = audited(&restore.damaged).unwrap_or_default();
                at_home(&mut restore.from);
            }
            StepAction::S3Sync(sync) => {
                at_home(&mut sync.from);
                at_home(&mut sync.to);
            }
            _ => {}
        }
    }
}

/// A canary takes the only rule, unless its probe names one.
fn route_probes(scenario: &mut Scenario, context: &mut Context<'_>) {
    let rules = scenario.cloud.iot.as_ref().map_or(&[][..], |iot| &iot.rules);
    for probe in &mut scenario.probes {
        let ProbeKind::PathTelemetry(path) = &mut probe.kind else {
            continue;
        };
        let PathTelemetry { rule: name, bucket } = path;
        let rule = match (rules, name.as_str()) {
            ([only], "") => Some(only),
            (rules, name) => rules.iter().find(|rule| rule.name == *name),
        };
        if let Some(rule) = rule {
            name.clone_from(&rule.name);
            bucket.clone_from(&rule.bucket);
        } else if name.is_empty() && (rules.len() > 1 || context.errors.is_empty()) {
            let path = format!("probes.{}", probe.name);
            let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
            let (found, allowed) = match names.as_slice() {
                [] => (
                    "no rule that its message could take".to_owned(),
                    "a rule in cloud.iot.rules".to_owned(),
                ),
                names => (
                    format!("{} rules that its message could take", names.len()),
                    format!("`rule:` with one of {}", names.join(", ")),
                ),
            };
            context.error(context.mark_of(&path), path, found, &allowed, None);
        }
    }
}

/// The data sets that services name, each once.
fn data_sets(scenario: &Scenario) -> Vec<DataSet> {
    let mut data: Vec<DataSet> = Vec::new();
    for name in scenario
        .objectives
        .services
        .iter()
        .filter_map(|service| service.data.as_ref())
    {
        if data.iter().all(|known| known.name != *name) {
            data.extend(data_set(scenario, name));
        }
    }
    data
}

/// What `name` stands for: a rule's telemetry, a bucket's objects (telemetry, when only a rule writes
/// them), or the objects of a writer's bucket.
fn data_set(scenario: &Scenario, name: &str) -> Option<DataSet> {
    let rules = scenario.cloud.iot.as_ref().map_or(&[][..], |iot| &iot.rules);
    let filled_by_rule_alone = |bucket: &str| {
        let inventory = scenario.bucket(bucket).and_then(|bucket| bucket.objects.as_ref());
        inventory.is_none() && scenario.writers.iter().all(|writer| writer.bucket != bucket)
    };
    let rule = rules.iter().find(|rule| rule.name == name).or_else(|| {
        let of_bucket = rules.iter().find(|rule| rule.bucket == name);
        of_bucket.filter(|rule| filled_by_rule_alone(&rule.bucket))
    });
    let (kind, counted_from) = match rule {
        Some(rule) => {
            let (rule, bucket) = (rule.name.clone(), rule.bucket.clone());
            (DataKind::Telemetry { rule, bucket }, CountedFrom::Produced)
        }
        None => {
            let bucket = scenario
                .bucket(name)
                .map(|bucket| bucket.label.clone())
                .or_else(|| {
                    let writer = scenario.writers.iter().find(|writer| writer.name == name)?;
                    Some(writer.bucket.clone())
                })?;
            (DataKind::Objects { bucket }, CountedFrom::Acknowledged)
        }
    };
    Some(DataSet {
        name: name.to_owned(),
        kind,
        counted_from,
    })
}
