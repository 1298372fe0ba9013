//! Looks at everything that lies beside a scenario, in the order of its steps and functions.

use std::path::Path;

use drill::scenario::{Command, Diagnostic, Places, Scenario, Shell, Warning};

use super::looked::Files;
use super::{needs, packages, scripts, syntax};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What keeps a drill from running, in the order of the file.
    pub(crate) errors: Vec<Diagnostic>,
    /// What will disappoint, in the order of the file.
    pub(crate) warnings: Vec<Warning>,
}

/// Looks at the scripts and packages of a scenario, whose file is called `file` and lies in `folder`. Blocks.
///
/// Whether they run in a sandbox decides what that folder may be.
pub(crate) fn check(
    file: &str,
    scenario: &Scenario,
    places: &Places,
    folder: &Path,
    isolated: bool,
) -> Found {
    let mut files = Files {
        file,
        places,
        folder,
        errors: Vec::new(),
        warnings: Vec::new(),
    };
    let mut first = true;
    for step in &scenario.runbook {
        let Some(shell) = step.action.get::<Shell>() else {
            continue;
        };
        if std::mem::take(&mut first) && isolated {
            check_folder(&mut files, step.path());
        }
        match &shell.command {
            Command::Script(script) => {
                let path = format!("{}.script", step.path());
                scripts::check(&mut files, &path, script);
                syntax::check(&mut files, &path, script);
                if let Some(text) = syntax::shell_script(&files.folder.join(program_of(script))) {
                    needs::check(&mut files, &path, &text);
                }
            }
            Command::Run(text) => {
                let path = format!("{}.run", step.path());
                scripts::check_run(&mut files, &path, text);
                needs::check(&mut files, &path, text);
            }
        }
    }
    for function in scenario.cloud.functions() {
        packages::check(&mut files, function);
    }
    files.errors.sort_by_key(|error| error.mark);
    files.warnings.sort_by_key(|warning| warning.mark);
    Found {
        errors: files.errors,
        warnings: files.warnings,
    }
}

/// Scripts run in the scenario's folder, and could read everything in it.
fn check_folder(files: &mut Files<'_>, path: &str) {
    if let Some(hidden) = runtime::sandbox::shown_in(files.folder) {
        let found = format!(
            "a script of a scenario in {}, which would show it {hidden}: that must stay hidden from scripts",
            files.folder.display()
        );
        let hint = "move the scenario, and what lies beside it, into a folder of its own";
        files.error(
            path,
            found,
            "a script of a scenario that lies elsewhere",
            Some(hint.to_owned()),
        );
    }
}

/// The file that a script's first word names.
fn program_of(script: &str) -> String {
    let words = shlex::split(script).unwrap_or_default();
    words.into_iter().next().unwrap_or_default()
}
