//! What a fault or a step affects, in words: from what it says of itself in the scenario of its example.

use super::Group;
use crate::resource::{ResourceClass, ResourceId};
use crate::scenario::Scenario;
use crate::scenario::actions::Touches;
use crate::scenario::faults::Effect;

/// The sentences of a fault's or an action's impact, one for each effect.
pub(super) fn impacts(group: Group, name: &str, scenario: &Scenario) -> Vec<String> {
    match group {
        Group::Fault => of_fault(name, scenario),
        Group::Action => of_action(name, scenario),
        _ => Vec::new(),
    }
}

fn of_fault(name: &str, scenario: &Scenario) -> Vec<String> {
    let mut effects: Vec<(Effect, Vec<String>)> = Vec::new();
    let faults = scenario.faults.iter().filter(|fault| fault.action.name() == name);
    for impact in faults.flat_map(|fault| fault.action.impacts(scenario)) {
        let place = match effects.iter().position(|(effect, _)| *effect == impact.effect) {
            Some(place) => place,
            None => {
                effects.push((impact.effect, Vec::new()));
                effects.len() - 1
            }
        };
        let resource = resource(impact.resource);
        if !effects[place].1.contains(&resource) {
            effects[place].1.push(resource);
        }
    }
    let sentence = |(effect, resources): (Effect, Vec<String>)| {
        let listed = resources.join(", ");
        format!("{listed}: {} ({}).", describe(effect), consequences(effect))
    };
    effects.into_iter().map(sentence).collect()
}

fn of_action(name: &str, scenario: &Scenario) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let steps = scenario.runbook.iter().filter(|step| step.action.name() == name);
    for touches in steps.map(|step| step.action.touches(scenario)) {
        match touches {
            Touches::Anything => {
                all.push("Any resource: the drill sees from the calls what it changes.".to_owned())
            }
            Touches::Only(resources) => all.extend(resources.into_iter().map(resource)),
        }
    }
    let mut distinct: Vec<String> = Vec::new();
    for one in all {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}

fn resource(resource: ResourceId<'_>) -> String {
    let (noun, name, region) = (resource.kind.noun, resource.name, resource.region);
    match resource.kind.class {
        ResourceClass::KeyedStore | ResourceClass::Compute => format!("{noun} `{name}` in `{region}`"),
        ResourceClass::Stream => format!("{noun} in `{region}`"),
        ResourceClass::Resolver => "names by which clients find services".to_owned(),
    }
}

fn describe(effect: Effect) -> &'static str {
    match effect {
        Effect::DeletesObjects => "what is stored is missing until it is restored or written again",
        Effect::DamagesObjects => "what is stored is not what was written",
        Effect::DeletesBucket => "the bucket is missing with everything in it",
        Effect::MakesUnreachable => "no response while the fault is in force",
        Effect::Fails => "some requests fail or get wrong responses while the fault is in force",
        Effect::FailsReads => "some reads fail while the fault is in force; writes are not affected",
        Effect::Slows => "responses are late while the fault is in force",
        Effect::StopsReplication => "no copies are made",
    }
}

fn consequences(effect: Effect) -> &'static str {
    match (effect.turns_red(), effect.breaks_data()) {
        (true, true) => "can turn services red; can cause data loss",
        (true, false) => "can turn services red; causes no data loss",
        (false, true) => "can cause data loss",
        (false, false) => "turns no service red; takes a protection away",
    }
}
