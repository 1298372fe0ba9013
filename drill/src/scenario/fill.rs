//! What a file leaves unsaid because another part of it says it.

use super::decode::Context;
use super::tables::UNSIZED;
use super::{
    CountedFrom, DataKind, DataSet, Fault, Location, PathTelemetry, ProbeKind, Scenario, SizeRange, Step,
    StepAction,
};
use crate::units::{ByteSize, Fraction};

/// Fills in what depends on other parts. What cannot be filled is an error.
pub(crate) fn fill(scenario: &mut Scenario, context: &mut Context<'_>) {
    name_faults(&mut scenario.faults);
    order_steps(scenario);
    route_rules(scenario);
    size_writers(scenario);
    let elsewhere = Elsewhere::of(scenario);
    for fault in &mut scenario.faults {
        fault.action.as_dyn_mut().fill(&elsewhere);
    }
    for step in &mut scenario.runbook {
        step.action.as_dyn_mut().fill(&elsewhere);
    }
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

/// Branches of a `parallel` go into the runbook before it, and every step that does not say what it comes
/// after comes after the one before it in the file.
fn order_steps(scenario: &mut Scenario) {
    let mut runbook: Vec<Step> = Vec::new();
    let mut previous: Vec<String> = Vec::new();
    for mut step in std::mem::take(&mut scenario.runbook) {
        let said = step.after.iter().all(|id| !id.is_empty());
        let after = match said {
            true => std::mem::take(&mut step.after),
            false => previous,
        };
        step.after.clone_from(&after);
        if let StepAction::Parallel(parallel) = &mut step.action {
            for mut branch in std::mem::take(&mut parallel.steps) {
                if branch.after.iter().any(String::is_empty) {
                    branch.after.clone_from(&after);
                }
                runbook.push(branch);
            }
            step.after.clone_from(&parallel.branches);
        }
        previous = vec![step.id.clone()];
        runbook.push(step);
    }
    scenario.runbook = runbook;
}

/// The messages of a rule that invokes a function go to the function's bucket.
fn route_rules(scenario: &mut Scenario) {
    let functions = &scenario.cloud.functions;
    for rule in scenario.cloud.iot.iter_mut().flat_map(|iot| &mut iot.rules) {
        let function = rule
            .function
            .as_ref()
            .and_then(|label| functions.iter().find(|f| f.label == *label));
        if let Some(bucket) = function.and_then(|function| function.bucket.as_ref()) {
            rule.bucket.clone_from(bucket);
        }
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

/// What faults and steps leave to other parts of the scenario to say.
pub(crate) struct Elsewhere {
    /// The bucket that each audit looks at.
    audits: Vec<(String, String)>,
    /// The home region of each bucket.
    homes: Vec<(String, String)>,
}

impl Elsewhere {
    fn of(scenario: &Scenario) -> Self {
        let audits = scenario.runbook.iter().filter_map(|step| match &step.action {
            StepAction::S3Audit(audit) => Some((step.id.clone(), audit.bucket.clone())),
            _ => None,
        });
        let buckets = scenario.cloud.buckets.iter();
        Elsewhere {
            audits: audits.collect(),
            homes: buckets
                .map(|bucket| (bucket.label.clone(), bucket.region.clone()))
                .collect(),
        }
    }

    /// The label of the bucket that step `audit` looks at.
    pub(crate) fn audited(&self, audit: &str) -> String {
        let found = self.audits.iter().find(|(id, _)| id == audit);
        found.map(|(_, bucket)| bucket.clone()).unwrap_or_default()
    }

    /// A location that does not say where is at home.
    pub(crate) fn at_home(&self, location: &mut Location) {
        if let Some((_, home)) = self.homes.iter().find(|(label, _)| *label == location.bucket)
            && location.region.is_empty()
        {
            location.region.clone_from(home);
        }
    }
}

/// How many devices must have a session for telemetry to be back, in millionths: a few are always under way.
const MOST_DEVICES: Fraction = match Fraction::from_millionths(990_000) {
    Some(share) => share,
    None => Fraction::ONE,
};

/// A canary takes the only rule, unless its probe names one.
fn route_probes(scenario: &mut Scenario, context: &mut Context<'_>) {
    let rules = scenario.cloud.iot.as_ref().map_or(&[][..], |iot| &iot.rules);
    for probe in &mut scenario.probes {
        let ProbeKind::PathTelemetry(path) = &mut probe.kind else {
            continue;
        };
        let PathTelemetry {
            rule: name,
            bucket,
            devices,
        } = path;
        if scenario.fleet.is_some() {
            devices.get_or_insert(MOST_DEVICES);
        }
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
            let (function, bucket) = (rule.function.clone(), rule.bucket.clone());
            let rule = rule.name.clone();
            (
                DataKind::Telemetry {
                    rule,
                    bucket,
                    function,
                },
                CountedFrom::Produced,
            )
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
