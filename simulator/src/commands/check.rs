//! `firedrill check`: validates scenarios, all errors at once.

use crate::cli::Check;
use crate::commands::source;
use crate::exit::{End, Failure};

pub(crate) fn execute(arguments: &Check) -> Result<End, Failure> {
    let mut errors = Vec::new();
    for path in &arguments.paths {
        for file in source::files(path)? {
            match source::read(&file) {
                Ok(source) => {
                    source.warnings.iter().for_each(|warning| println!("{warning}"));
                    println!("{}: ok", file.display());
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
