//! The examples of the reference: every fault and every probe is simulated.

use drill::reference::{Group, in_scenario, pages};
use drill::scenario::{Effect, Verify};
use drill::units::DrillTime;

use super::*;
use crate::plan::fleet::Curves;
use crate::plan::model::Model;
use crate::plan::world::{ProbeModel, World};

#[test]
fn every_kind_of_probe_is_simulated() {
    for page in pages().iter().filter(|page| page.group == Group::Probe) {
        let scenario = Scenario::parse(&page.name, &in_scenario(&page.example))
            .expect("it is valid")
            .0;
        let of_page = scenario
            .probes
            .iter()
            .filter(|probe| probe.kind.name() == page.name);
        assert!(of_page.clone().count() > 0, "{}", page.name);
        for probe in of_page {
            assert!(
                ProbeModel::from_kind(&probe.kind).is_some(),
                "{} has no line in ProbeModel::from_kind",
                page.name
            );
        }
    }
}

/// What destroys values, and says so, destroys them here, too.
#[test]
fn every_fault_that_destroys_values_does_so_here() {
    for page in pages().iter().filter(|page| page.group == Group::Fault) {
        let text = in_scenario(&page.example);
        let scenario = Scenario::parse(&page.name, &text).expect("it is valid").0;
        let (model, curves) = (Model::new(&scenario), Curves::default());
        for (n, fault) in scenario.faults.iter().enumerate() {
            let destroys = |effect| matches!(effect, Effect::DeletesObjects | Effect::DamagesObjects);
            let impacts = fault.action.impacts(&scenario);
            let Some(hit) = impacts.iter().find(|impact| destroys(impact.effect)) else {
                continue;
            };
            let label = fault.action.target_selector().map(|of| of.store);
            let bucket = label
                .and_then(|label| model.bucket(label))
                .expect("a store that there is");
            let home = model.region(hit.resource.region).expect("a region that there is");
            let mut world = World::new(&model, &curves, 7, DrillTime::ZERO);
            let sound = |world: &mut World<'_, '_>| {
                let all = world.producers(bucket, None);
                world.buckets[bucket].sound(all, home, Verify::Sha256)
            };
            let (all, intact) = sound(&mut world);
            assert_eq!(intact, all, "{}", page.name);
            world.inject(n, DrillTime::ZERO + Span::from_mins(120));
            // Clients have written meanwhile.
            let (all, intact) = sound(&mut world);
            assert!(intact < all, "{}: {intact} of {all}", page.name);
        }
    }
}
