//! What the objects of a drill stand for, where a step's calls take what they take at AWS.

use std::sync::Arc;

use drill::costs::{Scale, Stock};
use drill::scenario::Timing;
use drill::services::KeyedStore;

use super::toll::{StepHold, Toll};
use crate::conductor::context::Drill;
use crate::conductor::store::StoreUser;

/// What the step's calls take at AWS, if the scenario asks for that: each stands for as many as an object of its store
/// here stands for. Clients that are `scripted` compute between their calls.
pub(super) async fn toll(drill: &Drill, scripted: bool, hold: &Arc<StepHold>) -> Option<Arc<Toll>> {
    let scenario = &drill.spec.scenario;
    if scenario.timing() != Timing::Aws {
        return None;
    }
    // What a store holds as the step begins: writers do not wait for it.
    let mut scales: Vec<(Vec<String>, Scale)> = Vec::new();
    for store in scenario.cloud.stores() {
        let Some(real) = store.stands_for else { continue };
        let regions = scenario.cloud.regions.iter();
        let names = regions.map(|region| drill.access.name_in(store.label, &region.label));
        let scale = Scale {
            here: stock(drill, store).await,
            real: Stock {
                objects: real.objects,
                bytes: real.bytes.0,
            },
        };
        scales.push((names.collect(), scale));
    }
    let scale_of = move |name: &str| {
        let mut known = scales.iter();
        let found = known.find(|(names, _)| names.iter().any(|known| known == name))?;
        Some(found.1)
    };
    Some(Toll::new(&drill.host.clock, hold, scripted, Box::new(scale_of)))
}

/// What a store holds. What rules and functions write is not counted: the stores are listed, and the one that has more
/// counts.
async fn stock(drill: &Drill, store: KeyedStore<'_>) -> Stock {
    let known = drill.observed.writes.stock(store.label);
    if known.objects > 0 {
        return known;
    }
    let _held = drill.host.clock.hold("stock");
    let mut most = Stock::default();
    for region in &drill.spec.scenario.cloud.regions {
        let access = &drill.access;
        let listed = access.open_store(StoreUser::Audit, store.label, &region.label);
        let listed = listed.list("", "").await.unwrap_or_default();
        let here = Stock {
            objects: listed.len() as u64,
            bytes: listed.iter().map(|value| value.size).sum(),
        };
        if here.objects > most.objects {
            most = here;
        }
    }
    most
}
