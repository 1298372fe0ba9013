//! What is to be drilled: each scenario, so many times, and where each run goes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use baseline::{Context, Machine};
use cloud_emulator::cloud::Provider;
use drill::scenario::Scenario;
use runtime::{preflight, wall};

use super::arguments::Ci;
use super::item::Item;
use super::recorded;
use crate::exit::Failure;
use crate::{machine, output, run_folder, source, suite_file};

/// From so many devices on a drill has the machine for itself: its fleet needs all that there is.
const LARGE_FLEET: u64 = 500;

/// All drills of a suite.
pub(super) struct Work {
    pub(super) scenarios: Vec<Item>,
    /// Where the runs go.
    pub(super) out: PathBuf,
    /// How many drills run at once, at most.
    pub(super) jobs: u32,
    pub(super) repeat: u32,
}

impl Work {
    /// Reads and checks all scenarios, and makes the folder of the runs.
    ///
    /// # Errors
    /// Every error of every scenario at once; two scenarios of one name; a folder that is not empty.
    pub(super) fn from_arguments(arguments: &Ci) -> Result<Work, Failure> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let half = u32::try_from(cores / 2).unwrap_or(u32::MAX).max(1);
        let mut items = read(arguments)?;
        let drills = u32::try_from(items.len())
            .unwrap_or(u32::MAX)
            .saturating_mul(arguments.repeat);
        // More than there are drills makes no difference to them.
        let jobs = arguments.jobs.unwrap_or(half).min(drills);
        for item in &mut items {
            item.context.jobs = if item.alone { 1 } else { jobs };
        }
        let out = folder(arguments, &items)?;
        Ok(Work {
            scenarios: items,
            out,
            jobs,
            repeat: arguments.repeat,
        })
    }

    /// Each drill: the place of its scenario and its number, from 1. Repeats of one scenario are spread over the suite, so that
    /// what else the machine does meanwhile is spread over them.
    pub(super) fn drills(&self) -> Vec<(usize, u32)> {
        let numbers = 1..=self.repeat;
        numbers
            .flat_map(|n| (0..self.scenarios.len()).map(move |place| (place, n)))
            .collect()
    }

    /// The folder of a run.
    pub(super) fn folder(&self, place: usize, n: u32) -> PathBuf {
        self.out
            .join(&self.scenarios[place].scenario.name)
            .join(n.to_string())
    }
}

fn read(arguments: &Ci) -> Result<Vec<Item>, Failure> {
    let image = arguments.localstack_image.as_deref();
    let platform = Provider::platform(&arguments.cloud, image);
    let (mut items, mut errors): (Vec<Item>, Vec<String>) = Default::default();
    let mut names: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in &arguments.paths {
        for file in source::files(path)? {
            let read = source::read_with_files(&file, Some(platform), !arguments.unisolated);
            let source = match read {
                Ok(source) => source,
                Err(failure) => {
                    errors.push(failure.to_string());
                    continue;
                }
            };
            let provider = Provider::parse(&arguments.cloud, image, &source.scenario);
            errors.extend(provider.err().map(|error| format!("{}: {error}", file.display())));
            let name = source.scenario.name.clone();
            if let Some(first) = names.insert(name.clone(), file.clone()) {
                errors.push(format!(
                    "{}: name: found {name:?}, which is the name of {}, too; allowed: a name of its own for each scenario of a suite",
                    file.display(),
                    first.display()
                ));
            }
            source.warnings.iter().for_each(output::note);
            items.push(item(arguments, source.scenario, file));
        }
    }
    if errors.is_empty() {
        Ok(items)
    } else {
        Err(Failure::Input(errors.join("\n")))
    }
}

fn item(arguments: &Ci, scenario: Scenario, file: PathBuf) -> Item {
    let devices = scenario
        .fleet
        .as_ref()
        .map_or(0, |fleet| u64::from(fleet.devices));
    Item {
        seed: scenario.seed_or(arguments.seed),
        alone: devices >= LARGE_FLEET,
        context: Context {
            machine: Machine {
                cpu: machine::processor(),
                cores: machine::cores(),
            },
            jobs: 1,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
        },
        scenario,
        file,
    }
}

/// The folder of all runs, new or empty; with --force that of an earlier suite, without the runs that come anew.
fn folder(arguments: &Ci, items: &[Item]) -> Result<PathBuf, Failure> {
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => run_folder::suite(wall::now_us()),
    };
    let earlier = out.join(suite_file::FILE).is_file();
    if arguments.force && earlier {
        recorded::remove(&out, items.iter().map(|item| item.scenario.name.as_str()))?;
    } else if earlier {
        let message = "holds the runs of an earlier suite: name another folder, or --force to overwrite them";
        return Err(Failure::Input(format!("--out: {} {message}", out.display())));
    } else {
        preflight::empty_folder(&out).map_err(|error| Failure::Input(format!("--out: {error}")))?;
    }
    recorded::write(&out, items, arguments.repeat)?;
    Ok(out)
}
