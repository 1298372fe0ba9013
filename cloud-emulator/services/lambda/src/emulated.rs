//! Lambda as a service of a cloud: what it is made of.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cloud_service::CloudOptions;
use drill::scenario::Scenario;

use super::lambda::Lambda;

/// Lambda as a service of a cloud.
pub struct LambdaService {
    lambda: Arc<Lambda>,
    scenario: Scenario,
    folder: PathBuf,
    records: Option<PathBuf>,
}

impl LambdaService {
    pub(super) fn new(lambda: Arc<Lambda>, options: &CloudOptions<'_>) -> LambdaService {
        LambdaService {
            lambda,
            scenario: options.scenario.clone(),
            folder: options.scenario_folder.to_owned(),
            records: options.records.map(Path::to_owned),
        }
    }

    /// Lambda itself, for probes.
    pub fn lambda(&self) -> &Arc<Lambda> {
        &self.lambda
    }

    pub(super) fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The folder that the scenario's paths count from.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of the run's records, which no package takes in.
    pub(super) fn records(&self) -> Option<&Path> {
        self.records.as_deref()
    }

    /// AWS's name of the region of this label.
    pub(super) fn aws_region(&self, label: &str) -> Option<&str> {
        self.scenario.cloud.aws_region(label)
    }

    /// The labels of the regions that have a function now, or of the one that is asked for.
    pub(super) fn regions_with(&self, function: &str, region: Option<&str>) -> Vec<&str> {
        let regions = self.scenario.cloud.regions.iter();
        let asked = regions.filter(|known| region.is_none_or(|region| region == known.label));
        let there = asked.filter(|region| self.lambda.exists(&region.aws, function));
        there.map(|region| region.label.as_str()).collect()
    }

    /// AWS's name of the function that the scenario labels so; its decoder has seen to it that there is one.
    pub(super) fn name_of(&self, label: &str) -> &str {
        let function = self.scenario.cloud.function(label);
        &function.expect("the scenario's references were checked").name
    }
}
