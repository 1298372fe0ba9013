//! What a file leaves unsaid because another part of it says it.

use super::actions::Parallel;
use super::decode::Context;
use super::model::UNSIZED;
use super::{CountedFrom, DataKind, DataSet, Fault, Scenario, SizeRange, Step};
use crate::services::SERVICES;
use crate::units::ByteSize;

/// Fills in what depends on other parts. What cannot be filled is an error.
pub(crate) fn fill(scenario: &mut Scenario, context: &mut Context<'_>) {
    name_faults(&mut scenario.faults);
    order_steps(scenario);
    for service in SERVICES {
        service.fill(&mut scenario.cloud);
    }
    size_writers(scenario);
    fill_chosen(scenario, context);
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
        let after = if said {
            std::mem::take(&mut step.after)
        } else {
            previous
        };
        step.after.clone_from(&after);
        if let Some(parallel) = step.action.get_mut::<Parallel>() {
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

/// Writers write what their store holds, or values of a usual size.
fn size_writers(scenario: &mut Scenario) {
    let usual = SizeRange {
        min: ByteSize(4 << 10),
        max: ByteSize(64 << 10),
    };
    let unsized_ = scenario
        .writers
        .iter_mut()
        .filter(|writer| writer.size == UNSIZED);
    for writer in unsized_ {
        let store = scenario.cloud.store(&writer.store);
        let inventory = store.and_then(|store| store.inventory);
        writer.size = inventory.map_or(usual, |inventory| inventory.size);
    }
}

/// What a step or a probe leaves to other parts of the scenario to say.
fn fill_chosen(scenario: &mut Scenario, context: &mut Context<'_>) {
    let read = scenario.clone();
    for step in &mut scenario.runbook {
        if let Some(spec) = step.action.spec_mut() {
            spec.fill(&read);
        }
    }
    for probe in &mut scenario.probes {
        let filled = probe.kind.spec_mut().map_or(Ok(()), |spec| spec.fill(&read));
        if let Err(unfilled) = filled
            && (!unfilled.if_whole || context.errors.is_empty())
        {
            let path = format!("probes.{}", probe.name);
            context.error(
                context.mark_of(&path),
                path,
                unfilled.found,
                &unfilled.allowed,
                None,
            );
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
    let rules = scenario.cloud.rules();
    let filled_by_rule_alone = |store: &str| {
        let inventory = scenario.cloud.store(store).and_then(|store| store.inventory);
        inventory.is_none() && scenario.writers.iter().all(|writer| writer.store != store)
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
                DataKind::Stream {
                    rule,
                    store: bucket,
                    function,
                },
                CountedFrom::Produced,
            )
        }
        None => {
            let store = scenario.cloud.store(name).map(|store| store.label.to_owned());
            let store = store.or_else(|| {
                let writer = scenario.writers.iter().find(|writer| writer.name == name)?;
                Some(writer.store.clone())
            })?;
            (DataKind::Keyed { store }, CountedFrom::Acknowledged)
        }
    };
    Some(DataSet {
        name: name.to_owned(),
        kind,
        counted_from,
    })
}
