//! A scenario of a suite, and its drills.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use baseline::Context;
use drill::scenario::Scenario;
use reports::suite::Drilled;

use super::arguments::Ci;

/// One scenario.
pub(super) struct Item {
    pub(super) scenario: Scenario,
    pub(super) file: PathBuf,
    pub(super) seed: u64,
    /// Whether it runs alone.
    pub(super) alone: bool,
    pub(super) context: Context,
}

impl Item {
    /// The arguments with which this program drills it.
    pub(super) fn arguments(&self, arguments: &Ci, out: &Path) -> Vec<OsString> {
        let mut all: Vec<OsString> = vec!["run".into(), "--out".into(), out.into()];
        all.extend(["--seed".into(), self.seed.to_string().into()]);
        all.extend(["--cloud".into(), arguments.cloud.clone().into()]);
        if let Some(image) = &arguments.localstack_image {
            all.extend(["--localstack-image".into(), image.into()]);
        }
        if arguments.unisolated {
            all.push("--unisolated".into());
        }
        all.extend(["--".into(), self.file.clone().into()]);
        all
    }
}

/// The drills of one scenario.
pub(super) struct OfScenario {
    pub(super) scenario: Scenario,
    pub(super) drilled: Drilled,
    pub(super) context: Context,
}
