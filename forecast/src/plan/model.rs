//! A scenario as a forecast sees it: numbers in the place of names, and what every probe rests on, region by region.

use drill::costs::{Charge, Made, Scale, Stock, charge};
use drill::firmware::{Overrides, Profile};
use drill::resource::{ResourceClass, ResourceId};
use drill::scenario::{Fault, Function, IOT_NAME, KeyedStore, Probe, Scenario, Step, Timing, Writer};
use drill::units::Span;

/// A region, by its place in the scenario.
pub(super) type Region = usize;
/// A bucket, likewise.
pub(super) type BucketIx = usize;
/// A thing that faults affect and services rest on.
pub(super) type ResourceIx = usize;
/// A name that moves: those of buckets, then of functions, then of the broker.
pub(super) type NameIx = usize;

/// A scenario in numbers.
pub(super) struct Model<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) regions: Vec<&'a str>,
    pub(super) probes: Vec<ProbeModel<'a>>,
    /// What each fault affects.
    pub(super) faults: Vec<FaultModel<'a>>,
    /// Every step, in the order of the runbook.
    pub(super) steps: Vec<&'a Step>,
    /// The home of each name.
    pub(super) homes: Vec<Region>,
    /// The probe of each service.
    pub(super) service_probe: Vec<usize>,
    /// The keyed stores.
    pub(super) stores: Vec<KeyedStore<'a>>,
    /// The functions.
    pub(super) functions: &'a [Function],
    /// The writers of each store.
    pub(super) writers: Vec<Vec<&'a Writer>>,
    pub(super) fleet: Option<FleetModel<'a>>,
    /// No step of a kind that is known puts anything right: the user's own commands must be what does.
    pub(super) by_scripts: bool,
}

/// A probe, and its way through the cloud.
pub(super) struct ProbeModel<'a> {
    pub(super) probe: &'a Probe,
    /// The names that it resolves: one, or two.
    pub(super) names: Vec<NameIx>,
    /// What it rests on where its names point to these regions, by the first and then the second of them.
    paths: Vec<Vec<ResourceIx>>,
    regions: usize,
}

impl ProbeModel<'_> {
    /// What it rests on where its names point to these regions.
    pub(super) fn path(&self, at: &[Region]) -> &[ResourceIx] {
        let first = at.first().copied().unwrap_or(0);
        let second = at.get(1).copied().unwrap_or(0);
        &self.paths[first * self.regions + second]
    }
}

/// A fault, and what it affects.
pub(super) struct FaultModel<'a> {
    pub(super) fault: &'a Fault,
    pub(super) impacts: Vec<(ResourceIx, drill::scenario::Effect)>,
}

/// The devices.
pub(super) struct FleetModel<'a> {
    pub(super) fleet: &'a drill::scenario::Fleet,
    pub(super) profile: Profile,
    pub(super) connects_per_second: u32,
}

impl<'a> Model<'a> {
    pub(super) fn new(scenario: &'a Scenario) -> Model<'a> {
        let regions: Vec<&str> = scenario
            .cloud
            .regions
            .iter()
            .map(|region| region.label.as_str())
            .collect();
        let mut model = Model {
            scenario,
            probes: Vec::new(),
            faults: Vec::new(),
            steps: scenario.runbook.iter().collect(),
            homes: Vec::new(),
            service_probe: Vec::new(),
            writers: scenario.cloud.stores().map(|_| Vec::new()).collect(),
            stores: scenario.cloud.stores().collect(),
            functions: scenario.cloud.functions(),
            fleet: None,
            by_scripts: !scenario.runbook.iter().any(|step| step.action.puts_right()),
            regions,
        };
        let names = model.names();
        model.homes = names
            .iter()
            .map(|name| {
                scenario
                    .home_of(name)
                    .and_then(|home| model.region(home))
                    .unwrap_or(0)
            })
            .collect();
        model.probes = scenario.probes.iter().map(|probe| model.probe(probe)).collect();
        let fault = |fault: &'a Fault| {
            let impacts = fault.action.impacts(scenario).into_iter();
            FaultModel {
                fault,
                impacts: impacts
                    .filter_map(|impact| Some((model.resource(&impact.resource)?, impact.effect)))
                    .collect(),
            }
        };
        model.faults = scenario.faults.iter().map(fault).collect();
        let probe_of = |name: &str| scenario.probes.iter().position(|probe| probe.name == name);
        let services = scenario.objectives.services.iter();
        model.service_probe = services
            .map(|service| probe_of(&service.probe).unwrap_or(0))
            .collect();
        for writer in &scenario.writers {
            if let Some(bucket) = model.bucket(&writer.store) {
                model.writers[bucket].push(writer);
            }
        }
        model.fleet = scenario.fleet.as_ref().and_then(|fleet| {
            let iot = scenario.cloud.iot()?;
            let overrides = Overrides {
                keep_alive: fleet.keep_alive,
                discovery: fleet.discovery,
            };
            Some(FleetModel {
                fleet,
                profile: Profile::from(fleet.profile).with(overrides),
                connects_per_second: iot.connects_per_second,
            })
        });
        model
    }

    /// Every name that moves.
    pub(super) fn names(&self) -> Vec<&'a str> {
        let stores = self.stores.iter().map(|store| store.label);
        let functions = self.functions.iter().map(|function| function.label.as_str());
        stores.chain(functions).chain([IOT_NAME]).collect()
    }

    pub(super) fn name(&self, name: &str) -> Option<NameIx> {
        self.names().iter().position(|known| *known == name)
    }

    /// The name under which devices find their broker.
    pub(super) fn iot(&self) -> NameIx {
        self.stores.len() + self.functions.len()
    }

    pub(super) fn region(&self, label: &str) -> Option<Region> {
        self.regions.iter().position(|known| *known == label)
    }

    pub(super) fn bucket(&self, label: &str) -> Option<BucketIx> {
        self.stores.iter().position(|store| store.label == label)
    }

    pub(super) fn bucket_at(&self, bucket: BucketIx) -> KeyedStore<'a> {
        self.stores[bucket]
    }

    pub(super) fn function(&self, label: &str) -> Option<usize> {
        self.functions.iter().position(|function| function.label == label)
    }

    /// A bucket's store in a region.
    pub(super) fn store(&self, bucket: BucketIx, region: Region) -> ResourceIx {
        bucket * self.regions.len() + region
    }

    /// A function in a region.
    pub(super) fn function_in(&self, function: usize, region: Region) -> ResourceIx {
        (self.stores.len() + function) * self.regions.len() + region
    }

    /// The broker of a region.
    pub(super) fn broker(&self, region: Region) -> ResourceIx {
        self.iot() * self.regions.len() + region
    }

    /// What all names rest on.
    pub(super) fn all_names(&self) -> ResourceIx {
        (self.iot() + 1) * self.regions.len()
    }

    /// How many resources there are.
    pub(super) fn resources(&self) -> usize {
        self.all_names() + 1
    }

    /// A resource in numbers.
    pub(super) fn resource(&self, resource: &ResourceId<'_>) -> Option<ResourceIx> {
        let region = || self.region(resource.region);
        Some(match resource.kind.class {
            ResourceClass::KeyedStore => self.store(self.bucket(resource.name)?, region()?),
            ResourceClass::Compute => self.function_in(self.function(resource.name)?, region()?),
            ResourceClass::Stream => self.broker(region()?),
            ResourceClass::Resolver => self.all_names(),
        })
    }

    fn probe(&self, probe: &'a Probe) -> ProbeModel<'a> {
        let names = probe.kind.names();
        let count = self.regions.len();
        let mut paths = Vec::with_capacity(count * count);
        for first in 0..count {
            for second in 0..count {
                let pointing = |name: &str| {
                    let place = names.iter().position(|known| *known == name);
                    let region = match place {
                        Some(0) => first,
                        Some(_) => second,
                        None => self.homes[self.name(name)?],
                    };
                    Some(self.regions[region])
                };
                let path = self.scenario.path_of_probe_at(probe, &pointing);
                paths.push(
                    path.iter()
                        .filter_map(|resource| self.resource(resource))
                        .collect(),
                );
            }
        }
        ProbeModel {
            probe,
            names: names.iter().filter_map(|name| self.name(name)).collect(),
            paths,
            regions: count,
        }
    }

    /// The mean size of an object of a bucket, in bytes.
    pub(super) fn mean_size(&self, bucket: BucketIx) -> u64 {
        let inventory = self.bucket_at(bucket).inventory.map(|inventory| inventory.size);
        let written = self.writers[bucket].first().map(|writer| writer.size);
        inventory
            .or(written)
            .map_or(0, |size| u64::midpoint(size.min.0, size.max.0))
    }

    /// What a bucket that holds so many objects here stands for.
    pub(super) fn scale(&self, bucket: BucketIx, objects: u64) -> Option<Scale> {
        let real = self.bucket_at(bucket).stands_for?;
        let bytes = objects.saturating_mul(self.mean_size(bucket));
        Some(Scale {
            here: Stock { objects, bytes },
            real: Stock {
                objects: real.objects,
                bytes: real.bytes.0,
            },
        })
    }

    /// What a call takes at AWS, and nothing where calls are not charged.
    pub(super) fn charge(&self, made: Made<'_>, scale: Option<Scale>) -> Charge {
        match self.scenario.timing() {
            Timing::Aws => charge(made, scale),
            Timing::Loopback => Charge::default(),
        }
    }

    /// The longest interval of probes and monitoring: faults are injected at any moment of it.
    pub(super) fn longest_interval(&self) -> Span {
        let probes = self.scenario.probes.iter().map(|probe| probe.every);
        let monitoring = self.scenario.detection.iter().map(|detection| detection.every);
        probes.chain(monitoring).max().unwrap_or_default()
    }
}
