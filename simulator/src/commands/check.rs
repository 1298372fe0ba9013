//! `firedrill check`: validates scenarios and what lies beside them, all errors at once.

use std::path::PathBuf;

use clap::Args;
use cloud_emulator::cloud::Provider;

use crate::exit::{End, Failure};
use crate::{output, source};

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Scenario files, or folders of them.
    #[arg(default_value = "scenarios")]
    pub(crate) paths: Vec<PathBuf>,
    /// Check them for this cloud, too: `embedded`, `localstack`, a URL, or `label=URL,…` for each region.
    #[arg(long, value_name = "WHERE")]
    pub(crate) cloud: Option<String>,
    /// The image of LocalStack, instead of localstack/localstack:4.14.0, whose services are known.
    #[arg(long, value_name = "IMAGE", requires = "cloud")]
    pub(crate) localstack_image: Option<String>,
}

pub(crate) fn execute(arguments: &Check) -> Result<End, Failure> {
    let mut errors = Vec::new();
    for path in &arguments.paths {
        for file in source::files(path)? {
            let cloud = arguments.cloud.as_deref();
            let image = arguments.localstack_image.as_deref();
            let platform = cloud.map(|cloud| Provider::platform(cloud, image));
            match source::read_with_files(&file, platform, true) {
                Ok(source) => {
                    if let Some(Err(error)) =
                        cloud.map(|cloud| Provider::parse(cloud, image, &source.scenario))
                    {
                        errors.push(format!("{}: {error}", file.display()));
                        continue;
                    }
                    let mut lines = source.warnings.clone();
                    lines.extend(source.unset_secrets(&file));
                    lines.push(format!("{}: ok\n", file.display()));
                    output::write(&lines.join("\n"))?;
                }
                Err(failure) => errors.push(failure.to_string()),
            }
        }
    }
    if errors.is_empty() {
        Ok(End::Done)
    } else {
        Err(Failure::Input(errors.join("\n")))
    }
}
