//! What a simulation leaves: its files in a folder of its own, its pictures where they were asked for, and a summary.

use std::path::{Path, PathBuf};

use clap::Args;
use reports::Picture;

use crate::exit::Failure;
use crate::output;
use crate::run_folder::{self, RunFolder};

/// What every simulation is asked with.
#[derive(Debug, Args)]
pub(crate) struct Simulated {
    /// The seed of every draw (of a forecast that of its first run, which the others follow); without it the scenario's, else 1.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Threads; the outcome does not depend on them. Without it, one for each processor.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Where to put the page and the files: a new or empty folder. Without it: `runs/<scenario>/<command>/<time>-<seed>`.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Put the pictures here, too, as SVG files.
    #[arg(long, value_name = "DIR")]
    pub(crate) charts: Option<PathBuf>,
}

/// A terminal narrower than that is written to as if it were not.
const NARROWEST: usize = 60;

/// How wide a summary is where the output is not a terminal.
const USUAL: usize = 120;

/// What was simulated, in every form.
pub(super) struct Told<'a> {
    /// `forecast`: what its files are called.
    pub(super) name: &'a str,
    pub(super) json: String,
    pub(super) csv: String,
    pub(super) html: String,
    pub(super) pictures: Vec<Picture>,
    /// The summary, for so many columns.
    pub(super) summary: &'a dyn Fn(usize) -> String,
}

/// Makes the folder for pictures, so that one that cannot be made is found before anything is simulated.
pub(super) fn prepare(charts: Option<&Path>) -> Result<(), Failure> {
    let Some(charts) = charts else { return Ok(()) };
    std::fs::create_dir_all(charts)
        .map_err(|error| Failure::Input(format!("--charts {}: {error}", charts.display())))
}

/// Writes all of it, and the summary to stdout.
pub(super) fn write(told: &Told<'_>, folder: &RunFolder, charts: Option<&Path>) -> Result<(), Failure> {
    let file = |ending: &str| format!("{}.{ending}", told.name);
    folder.write(&file("json"), &told.json)?;
    folder.write(&file("csv"), &told.csv)?;
    folder.write(&file("html"), &told.html)?;
    if let Some(charts) = charts {
        for picture in &told.pictures {
            run_folder::write(&charts.join(&picture.file), picture.text.as_bytes())?;
        }
    }
    folder.link_latest();
    let columns = console::Term::stdout()
        .size_checked()
        .map_or(USUAL, |(_, columns)| usize::from(columns));
    output::write(&(told.summary)(columns.max(NARROWEST)))?;
    output::write(&format!(" {}\n", folder.file(&file("html")).display()))
}
