//! `firedrill compare`: two runs side by side, on the terminal, as JSON, and as a page.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use drill::journal::{self, Event};
use drill::measures;
use drill::plan::Plan;
use drill::report::Judged;
use reports::compare::{self, Side};

use crate::commands::{report, source};
use crate::exit::{End, Failure};
use crate::output;
use crate::run_folder::{self, Left};

/// How wide a comparison is where it is not written to a terminal.
const USUAL: usize = 100;
/// A terminal narrower than that is written to as if it were not.
const NARROWEST: usize = 60;

/// The command line of `firedrill compare`.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The folder of the first run (`runs/<scenario>/latest`).
    pub(crate) a: PathBuf,
    /// The folder of the second run, which is held against the first.
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
        writable(out, arguments.force)?;
    }
    let (a, b) = (Recorded::read(&arguments.a)?, Recorded::read(&arguments.b)?);
    if let (Some(one), Some(other)) = (real(&arguments.a), real(&arguments.b))
        && one == other
    {
        output::note(format_args!(
            "{} and {} are the same run",
            arguments.a.display(),
            arguments.b.display()
        ));
    }
    let comparison = compare::compare(&a.side(), &b.side());
    if let Some(out) = &arguments.out {
        run_folder::write(out, compare::html(&comparison).as_bytes())?;
    }
    let columns = console::Term::stdout()
        .size_checked()
        .map_or(USUAL, |(_, columns)| usize::from(columns));
    output::write(&match arguments.json {
        true => compare::json(&comparison),
        false => compare::terminal(&comparison, columns.max(NARROWEST)),
    })?;
    if let Some(out) = &arguments.out {
        output::note(out.display());
    }
    Ok(End::Done)
}

/// Whether the page can be written, before anything is read.
fn writable(out: &Path, force: bool) -> Result<(), Failure> {
    let refuse = |why: String| Err(Failure::Input(format!("--out {}: {why}", out.display())));
    match fs::symlink_metadata(out) {
        Ok(about) if about.is_dir() => return refuse("is a folder; name a file".to_owned()),
        Ok(_) if !force => return refuse("is there already; --force writes over it".to_owned()),
        _ => {}
    }
    let folder = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => refuse(format!("there is no folder {}", folder.display())),
        _ => Ok(()),
    }
}

fn real(folder: &Path) -> Option<PathBuf> {
    folder.canonicalize().ok()
}

/// A run that was recorded, judged again.
struct Recorded {
    name: String,
    judged: Judged,
    scenario: String,
    critical_path: Vec<String>,
    plan: Plan,
    tool: Option<String>,
}

impl Recorded {
    fn read(folder: &Path) -> Result<Recorded, Failure> {
        let judged = report::judge_folder(folder)?;
        let left = Left::read(folder)?;
        let wrong = |file: &str, why: &dyn std::fmt::Display| {
            Failure::Input(format!("{}: {why}", folder.join(file).display()))
        };
        let file = folder.join(run_folder::SCENARIO);
        let scenario = source::recorded(&file.display().to_string(), &left.scenario)?;
        let path = measures::critical_path(&scenario, &judged.report).into_iter();
        let is_step = |name: &String| judged.report.steps.iter().any(|step| step.id == *name);
        let critical_path = path.map(|part| part.name).filter(is_step).collect();
        let journal =
            journal::read(left.files().journal).map_err(|error| wrong(run_folder::JOURNAL, &error))?;
        let tool = journal.events().find_map(|(_, event)| match event {
            Event::Started { tool, .. } => Some(tool.clone()),
            _ => None,
        });
        Ok(Recorded {
            // Where `latest` leads to is what will still be true tomorrow.
            name: real_name(folder),
            critical_path,
            judged,
            plan: serde_json::from_slice(&left.plan).map_err(|error| wrong(run_folder::PLAN, &error))?,
            scenario: String::from_utf8_lossy(&left.scenario).into_owned(),
            tool,
        })
    }

    fn side(&self) -> Side<'_> {
        Side {
            name: self.name.clone(),
            report: &self.judged.report,
            scenario: &self.scenario,
            critical_path: self.critical_path.clone(),
            plan: &self.plan,
            tool: self.tool.clone(),
        }
    }
}

/// `runs/hello/20261121T091403Z-1` for `runs/hello/latest`.
fn real_name(folder: &Path) -> String {
    let target = fs::read_link(folder).ok().filter(|target| target.is_relative());
    let named = match (target, folder.parent()) {
        (Some(target), Some(parent)) => parent.join(target),
        _ => folder.to_owned(),
    };
    named.display().to_string()
}
