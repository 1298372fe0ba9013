//! `firedrill check`: validates scenarios and what lies beside them, all errors at once.

use cloud_emulator::cloud::Provider;

use crate::cli::Check;
use crate::commands::source;
use crate::exit::{End, Failure};
use crate::output;

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
    match errors.is_empty() {
        true => Ok(End::Done),
        false => Err(Failure::Input(errors.join("\n"))),
    }
}
