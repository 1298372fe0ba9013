//! Commands of shell steps: whether scripts are there and can be executed, and whether `sh` can parse the rest.

use std::path::Path;

use super::executable::{self, Problem};
use super::looked::{Files, leads_out, nearest_file};
use super::syntax;

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
    if let Some(end) = leads_out(files.folder, program) {
        let found = format!("{program:?}, which leads to {}", end.display());
        let allowed = format!("a program in {}", files.folder.display());
        files.error(path, found, allowed, None);
        return;
    }
    check_program(files, path, program);
}

/// Checks commands for `sh` that stand at `path` in the scenario: whether it can parse them, and whether the first one
/// is there, if it is a program of the scenario's folder.
pub(super) fn check_run(files: &mut Files<'_>, path: &str, text: &str) {
    if let Some(error) = syntax::syntax_error_of(Path::new("/bin/sh"), ["-c", text]) {
        let found = format!("commands that sh cannot parse: {error}");
        files.error(path, found, "commands for `sh -e -c`", None);
        return;
    }
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "./_-+".contains(c);
    // What comes after `||` may make up for it.
    if first.starts_with("./") && first.chars().all(is_plain) && !text.contains("||") {
        check_program(files, path, first);
    }
}

fn check_program(files: &mut Files<'_>, path: &str, program: &str) {
    let file = files.folder.join(program);
    // It is found as the sandbox would: by the PATH of the process that runs the drill.
    let search_path = std::env::var("PATH").unwrap_or_default();
    let Err(problem) = executable::check(&file, &search_path) else {
        return;
    };
    let hint = match &problem {
        Problem::Missing => nearest_file(&file),
        Problem::NotExecutable => Some(format!("chmod +x {}", file.display())),
        Problem::NotAFile(_) | Problem::NoInterpreter { .. } => None,
    };
    let found = format!("{program:?}, {}", problem.describe());
    let allowed = format!("a program that can be executed, in {}", files.folder.display());
    files.error(path, found, allowed, hint);
}
