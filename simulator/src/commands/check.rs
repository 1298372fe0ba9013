//! `firedrill check`: validates scenarios, all errors at once.

use crate::cli::Check;
use crate::commands::source;
use crate::exit::{End, Failure};
use crate::output;

pub(crate) fn execute(arguments: &Check) -> Result<End, Failure> {
    let mut errors = Vec::new();
    for path in &arguments.paths {
        for file in source::files(path)? {
            match source::read(&file) {
                Ok(source) => {
                    let mut lines = source.warnings;
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
