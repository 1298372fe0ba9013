//! Scripts of shell steps: whether each is there and can be executed.

use super::executable::{self, Problem};
use super::{Files, nearest_file};

/// Checks the script that stands at `path` in the scenario.
pub(super) fn check(files: &mut Files<'_>, path: &str, script: &str) {
    let words = shlex::split(script);
    let Some(program) = words.as_ref().and_then(|words| words.first()) else {
        let found = format!("{script:?}, which cannot be split into words");
        files.error(
            path,
            found,
            "a program and its arguments, with quotes in pairs",
            None,
        );
        return;
    };
    let file = files.folder.join(program);
    // It is found as the sandbox would: by the PATH of whoever runs the drill.
    let search_path = std::env::var("PATH").unwrap_or_default();
    let Err(problem) = executable::check(&file, &search_path) else {
        return;
    };
    let hint = match &problem {
        Problem::Missing => nearest_file(&file),
        Problem::NotExecutable => Some(format!("chmod +x {}", file.display())),
        Problem::NotAFile(_) | Problem::NoInterpreter { .. } => None,
    };
    let found = format!("{program:?}, {}", problem.words());
    let allowed = format!("a program that can be executed, in {}", files.folder.display());
    files.error(path, found, allowed, hint);
}
