//! Packages of functions: whether each is there, Lambda takes it, and what it is to run is in it.

use std::path::Path;

use cloud_emulator::lambda::{FUNCTION_PATH, Python, find_python, python_runtimes, unpack_package};
use drill::scenario::{Function, FunctionCode};

use super::executable::{self, Problem};
use super::fields::{Fields, misplaced};
use super::looked::{Files, leads_out, nearest_file};
use super::python;
use crate::temporary::private_folder;

/// What a provided runtime runs.
const BOOTSTRAP: &str = "bootstrap";

/// Checks the package of a function, if it has one.
pub(super) fn check(files: &mut Files<'_>, function: &Function) {
    let FunctionCode::Package {
        path,
        runtime,
        handler,
    } = &function.code
    else {
        return;
    };
    let fields = Fields::new(&function.label);
    let is_python = runtime.starts_with("python");
    let interpreter = if is_python { find_python(runtime) } else { None };
    if is_python && interpreter.is_none() {
        no_interpreter(files, &fields, runtime);
    }
    let package = files.folder.join(path);
    if !package.exists() {
        let found = format!("{path:?}, which is not there");
        let allowed = format!("a zip or a folder in {}", files.folder.display());
        files.error(&fields.package, found, allowed, nearest_file(&package));
        return;
    }
    if let Some(end) = leads_out(files.folder, path) {
        let found = format!("{path:?}, which leads to {}", end.display());
        let allowed = format!("a zip or a folder in {}", files.folder.display());
        files.error(&fields.package, found, allowed, None);
        return;
    }
    let scratch = match private_folder("firedrill-check-") {
        Ok(scratch) => scratch,
        Err(error) => {
            let text = format!("{path} was not checked: no temporary folder: {error}");
            files.warn(&fields.package, text);
            return;
        }
    };
    let looked = unpack_package(&package, scratch.path().join("package"), |root| {
        if is_python {
            python::check(
                files,
                &fields,
                path,
                root,
                runtime,
                handler,
                interpreter.as_ref().map(Python::exe),
            )
        } else {
            bootstrap(files, &fields, path, root, runtime)
        }
    });
    if let Err(why) = looked {
        let found = format!("{path:?}, which Lambda refuses: {why}");
        files.error(
            &fields.package,
            found,
            "a zip or a folder that Lambda takes",
            None,
        );
    }
}

/// AWS has every Python, this machine has some, and a handler that works on one may not work on another.
fn no_interpreter(files: &mut Files<'_>, fields: &Fields, runtime: &str) {
    let found = format!("{runtime:?}, whose interpreter this machine does not have");
    let allowed = match python_runtimes().as_slice() {
        [] => "a runtime whose interpreter is in PATH, where there is no Python 3".to_owned(),
        there => format!("a runtime whose interpreter is in PATH: {}", there.join(", ")),
    };
    let hint = format!("install {runtime}: a handler is not run on another version than its own");
    files.error(&fields.runtime, found, allowed, Some(hint));
}

/// A provided runtime executes the package's `bootstrap`.
fn bootstrap(files: &mut Files<'_>, fields: &Fields, package: &str, root: &Path, runtime: &str) {
    let allowed = format!("a package with an executable `{BOOTSTRAP}` at its top, which {runtime} runs");
    match executable::check(&root.join(BOOTSTRAP), FUNCTION_PATH) {
        Ok(_) => {}
        Err(Problem::Missing) => {
            let found = format!("{package:?}, in which there is no `{BOOTSTRAP}`");
            files.error(&fields.package, found, allowed, misplaced(root, BOOTSTRAP));
        }
        Err(problem) => {
            let hint = (problem == Problem::NotExecutable).then(|| format!("chmod +x {BOOTSTRAP}"));
            let found = format!("{package:?}, with a `{BOOTSTRAP}` {}", problem.describe());
            files.error(&fields.package, found, allowed, hint);
        }
    }
}
