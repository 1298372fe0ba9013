//! `firedrill compare`: two runs, or a run and its baseline, side by side: on the terminal, as JSON, and as a page.

mod run;

use std::path::{Path, PathBuf};

use clap::Args;
use reports::compare::{self, Comparison, Figures, OfBaseline};

use self::run::Recorded;
use crate::commands::baseline_file::BaselineFile;
use crate::exit::{End, Failure};
use crate::output;
use crate::run_folder;

/// How wide a comparison is where it is not written to a terminal.
const USUAL: usize = 100;
/// A terminal narrower than that is written to as if it were not.
const NARROWEST: usize = 60;

/// The command line of `firedrill compare`.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The folder of the first run (`runs/<scenario>/latest`), or a baseline (`baseline.json`).
    pub(crate) a: PathBuf,
    /// The folder of the second run, or a baseline, which is held against the first.
    pub(crate) b: PathBuf,
    /// Write a page, too.
    #[arg(long, value_name = "FILE.html")]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON, with every figure of both, for programs.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write over the page that is there.
    #[arg(long)]
    pub(crate) force: bool,
}

pub(crate) fn execute(arguments: &Compare) -> Result<End, Failure> {
    if let Some(out) = &arguments.out {
        run_folder::writable(out, arguments.force)?;
    }
    let compared = compared(&arguments.a, &arguments.b)?;
    if let Some(out) = &arguments.out {
        run_folder::write(out, compared.html().as_bytes())?;
    }
    let columns = console::Term::stdout()
        .size_checked()
        .map_or(USUAL, |(_, columns)| usize::from(columns));
    output::write(&if arguments.json {
        compared.json()
    } else {
        compared.terminal(columns.max(NARROWEST))
    })?;
    if let Some(out) = &arguments.out {
        output::note(out.display());
    }
    Ok(End::Done)
}

/// What was compared.
enum Compared {
    Runs(Box<Comparison>),
    OfBaseline(Box<OfBaseline>),
}

impl Compared {
    fn html(&self) -> String {
        match self {
            Compared::Runs(runs) => compare::html(runs),
            Compared::OfBaseline(one) => one.html(),
        }
    }

    fn json(&self) -> String {
        match self {
            Compared::Runs(runs) => compare::json(runs),
            Compared::OfBaseline(one) => one.json(),
        }
    }

    fn terminal(&self, columns: usize) -> String {
        match self {
            Compared::Runs(runs) => compare::terminal(runs, columns),
            Compared::OfBaseline(one) => one.terminal(columns),
        }
    }
}

/// Compares what lies at two places: a folder is a run, a file a baseline.
fn compared(a: &Path, b: &Path) -> Result<Compared, Failure> {
    Ok(match (a.is_file(), b.is_file()) {
        (true, true) => {
            return Err(Failure::Input(format!(
                "{} and {} are files: at least one of both is the folder of a run, a file is a baseline",
                a.display(),
                b.display()
            )));
        }
        (true, false) => {
            let run = Recorded::read(b)?;
            let (name, kept, now) = (a.display().to_string(), kept(a, &run)?, run.figures()?);
            let compared =
                compare::with_baseline(&run.scenario.name, &baseline(&name, &kept), &run.beside(&now));
            Compared::OfBaseline(Box::new(compared))
        }
        (false, true) => {
            let run = Recorded::read(a)?;
            let (name, kept, now) = (b.display().to_string(), kept(b, &run)?, run.figures()?);
            let compared =
                compare::with_baseline(&run.scenario.name, &run.beside(&now), &baseline(&name, &kept));
            Compared::OfBaseline(Box::new(compared))
        }
        (false, false) => {
            let runs = (Recorded::read(a)?, Recorded::read(b)?);
            if let (Some(one), Some(other)) = (real(a), real(b))
                && one == other
            {
                output::note(format_args!(
                    "{} and {} are the same run",
                    a.display(),
                    b.display()
                ));
            }
            Compared::Runs(Box::new(compare::compare(&runs.0.side(), &runs.1.side())))
        }
    })
}

fn baseline<'a>(name: &'a str, figures: &'a baseline::Recorded) -> Figures<'a> {
    Figures {
        name,
        figures,
        report: None,
        durations: None,
    }
}

/// What a baseline has of the scenario of a run.
fn kept(file: &Path, run: &Recorded) -> Result<baseline::Recorded, Failure> {
    let opened = BaselineFile::open(file, false).map_err(|failure| {
        Failure::Input(format!(
            "{failure}; hint: a run is named by its folder, runs/<scenario>/latest"
        ))
    })?;
    let scenarios = opened.into_baseline().scenarios;
    let name = &run.scenario.name;
    scenarios.get(name).cloned().ok_or_else(|| {
        let names: Vec<&str> = scenarios.keys().map(String::as_str).collect();
        let has = if names.is_empty() {
            "no scenario".to_owned()
        } else {
            names.join(", ")
        };
        Failure::Input(format!(
            "{}: has nothing of {name}, which {} is a run of; it has {has}",
            file.display(),
            run.name
        ))
    })
}

fn real(folder: &Path) -> Option<PathBuf> {
    folder.canonicalize().ok()
}
