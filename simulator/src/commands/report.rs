//! `firedrill report`: a recorded run is judged and rendered again, to the same bytes.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;
use drill::report::Judged;
use drill::variables::CommandVariable;
use reports::terminal::{self, Style};

use crate::details::{self, DetailFlags};
use crate::exit::{End, Failure};
use crate::judge::judge_folder_and_left;
use crate::{output, run_folder};

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The run's folder (`runs/<scenario>/latest`).
    pub(crate) run: PathBuf,
    /// Where to put the reports instead.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    // What is said after the drill is kept in the run's folder and marked in the report.
    #[command(flatten)]
    pub(crate) details: DetailFlags,
}

pub(crate) fn execute(arguments: &Report) -> Result<End, Failure> {
    let (mut judged, left) = judge_folder_and_left(&arguments.run)?;
    let out = arguments.out.as_deref().unwrap_or(&arguments.run);
    if arguments.out.is_some() {
        run_folder::empty_out(out)?;
    }
    let known = judged.report.details.take();
    judged.report.details = details::add(
        &arguments.details,
        &judged.report.scenario.name,
        known,
        &left,
        &arguments.run,
    )?;
    render(&judged, out)?;
    Ok(End::Judged(judged.report.verdict))
}

/// Writes every report into `folder`, and the summary to stdout, also where there is no room for the reports.
pub(crate) fn render(judged: &Judged, folder: &Path) -> Result<(), Failure> {
    let write = |format: &reports::Format| {
        run_folder::write(&folder.join(format.file), (format.render)(judged).as_bytes())
    };
    let written: Vec<Result<(), Failure>> = reports::FORMATS.iter().map(write).collect();
    let columns = console::Term::stdout()
        .size_checked()
        .map(|(_, columns)| usize::from(columns));
    let style = Style::detect(
        std::io::stdout().is_terminal(),
        std::env::var_os(CommandVariable::NoColor.name()).as_deref(),
        columns,
    );
    output::write(&terminal::render(judged, style, Some(folder)))?;
    written.into_iter().collect()
}
