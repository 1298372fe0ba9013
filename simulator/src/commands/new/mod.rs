//! `firedrill new`: a small project of one's own that runs at once, for people to change.
//!
//! ```text
//!   template/ (a project called my-drill) ──name──► DIR/NAME/scenario.yaml, restore.sh, README.md
//! ```
//!
//! The template is a project as it stands: what is tested is what is written, under another name.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::exit::{End, Failure};
use crate::{files, hints, output, run_folder};

/// What the template is called.
const TEMPLATE: &str = "my-drill";

/// The longest name: buckets are called after the project, and S3 allows 63 characters for that of a replica.
const LONGEST: usize = 40;

/// The command line of `firedrill new`.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// What the project, its scenario and its buckets are called: lower-case letters, digits and dashes.
    pub(crate) name: String,
    /// The folder to make it in.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Write over the files of a project that is there.
    #[arg(long)]
    pub(crate) force: bool,
}

/// A file of the template.
struct File {
    name: &'static str,
    text: &'static str,
    is_program: bool,
}

const FILES: [File; 3] = [
    File {
        name: "scenario.yaml",
        text: include_str!("template/scenario.yaml"),
        is_program: false,
    },
    File {
        name: "restore.sh",
        text: include_str!("template/restore.sh"),
        is_program: true,
    },
    File {
        name: "README.md",
        text: include_str!("template/README.md"),
        is_program: false,
    },
];

pub(crate) fn execute(arguments: &New) -> Result<End, Failure> {
    check_name(&arguments.name)?;
    let project = arguments.dir.join(&arguments.name);
    // `./NAME` would be right, too; `NAME` is what people type.
    let shown = project.strip_prefix(".").unwrap_or(&project).to_owned();
    if !arguments.force {
        refuse_what_is_there(&project, &shown)?;
    }
    fs::create_dir_all(&project)
        .map_err(|error| Failure::Input(format!("{}: cannot be made: {error}", shown.display())))?;
    for file in &FILES {
        write(&project, file, &arguments.name, &shown)?;
    }
    output::write(&summary(&shown))?;
    if !files::is_installed("aws") {
        output::note(format_args!(
            "{} calls aws, which is not installed here: {}",
            shown.join("restore.sh").display(),
            files::HOW_TO_GET_AWS
        ));
    }
    Ok(End::Done)
}

/// A name that can also be that of a folder, a scenario and the beginning of a bucket's.
fn check_name(name: &str) -> Result<(), Failure> {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let reserved = ["xn--", "sthree-", "amzn-s3-demo-"]
        .iter()
        .any(|prefix| name.starts_with(prefix));
    if name.len() <= LONGEST
        && edge(name.chars().next())
        && edge(name.chars().next_back())
        && name.chars().all(inside)
        && !reserved
    {
        return Ok(());
    }
    let better: String = name
        .to_lowercase()
        .chars()
        .map(|c| if inside(c) { c } else { '-' })
        .collect();
    let better = better.trim_matches('-');
    let hint = if better != name && !better.is_empty() && check_name(better).is_ok() {
        format!("; hint: {} new {better}", hints::program())
    } else {
        String::new()
    };
    Err(Failure::Input(format!(
        "{name:?} cannot be the name of a project: allowed: 1 to {LONGEST} of a-z, 0-9 and `-`, a letter or digit at both \
         ends, since its buckets are called after it; --dir names the folder to make it in{hint}"
    )))
}

/// Nothing of the user's is written over.
fn refuse_what_is_there(project: &Path, shown: &Path) -> Result<(), Failure> {
    match fs::symlink_metadata(project) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(Failure::Input(format!(
                "{}: cannot be looked at: {error}",
                shown.display()
            )));
        }
        Ok(_) if !project.is_dir() => {
            return Err(Failure::Input(format!(
                "{}: is there, and no folder",
                shown.display()
            )));
        }
        Ok(_) => {}
    }
    let there: Vec<&str> = FILES
        .iter()
        .map(|file| file.name)
        .filter(|name| fs::symlink_metadata(project.join(name)).is_ok())
        .collect();
    match there.as_slice() {
        [] => Ok(()),
        there => Err(Failure::Input(format!(
            "{}: has {} already; nothing was written; hint: another name, or --force to write over them",
            shown.display(),
            there.join(", ")
        ))),
    }
}

/// Writes a file of the template under the project's name.
fn write(project: &Path, file: &File, name: &str, shown: &Path) -> Result<(), Failure> {
    let path = project.join(file.name);
    let text = named(file.text, name, &shown.display().to_string());
    run_folder::write(&path, text.as_bytes())?;
    if file.is_program {
        let executable = |path: &Path| {
            let mode = fs::metadata(path)?.permissions().mode();
            // Who may read it may run it.
            fs::set_permissions(path, Permissions::from_mode(mode | ((mode & 0o444) >> 2)))
        };
        executable(&path).map_err(|error| {
            Failure::environment(format!("cannot make {} executable", path.display()), error)
        })?;
    }
    Ok(())
}

/// The template's text under another name. Commands name the project by the path at which it lies.
fn named(text: &str, name: &str, project: &str) -> String {
    let mut parts = text.split(TEMPLATE);
    let mut named = parts.next().unwrap_or_default().to_owned();
    for rest in parts {
        let is_path = rest.starts_with('/') && !named.ends_with("runs/");
        named.push_str(if is_path { project } else { name });
        named.push_str(rest);
    }
    named
}

/// What was written, and what to do next, as it can be typed.
fn summary(project: &Path) -> String {
    let program = hints::program();
    let path = |name: &str| hints::quoted(&project.join(name));
    let (scenario, script, readme) = (path("scenario.yaml"), path("restore.sh"), path("README.md"));
    let longest = scenario.len().max(script.len()).max(readme.len());
    format!(
        "{scenario:longest$}  what breaks, what is done about it, and what is to be achieved\n\
         {script:longest$}  the commands that bring it back: yours\n\
         {readme:longest$}  how to go on\n\n\
         Next:\n  {program} check {scenario}\n  {program} run {scenario}\n\
         It passes as it is. Then change what is marked CHANGE, and run it again.\n"
    )
}

#[cfg(test)]
mod tests;
