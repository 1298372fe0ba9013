//! Packages of functions: whether each is there, Lambda takes it, and what it is to run is in it.

use std::path::Path;

use cloud_emulator::lambda::{FUNCTION_PATH, find_python, missing_python, unpack_package};
use drill::scenario::{Function, FunctionCode};
use tempfile::TempDir;

use super::executable::{self, Problem};
use super::{Files, names_in, nearest_file, python};

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
    let fields = Fields::of(&function.label);
    let interpreter = match runtime.starts_with("python") {
        true => {
            let found = find_python(runtime);
            if found.is_none() {
                let allowed =
                    "a runtime whose Python this machine has: a handler is not run on another version";
                let hint = format!("install {runtime}, or declare the version that AWS is to run");
                files.error(&fields.runtime, missing_python(runtime), allowed, Some(hint));
            }
            found
        }
        false => None,
    };
    let package = files.folder.join(path);
    if !package.exists() {
        let found = format!("{path:?}, which is not there");
        let allowed = format!("a zip or a folder in {}", files.folder.display());
        files.error(&fields.package, found, allowed, nearest_file(&package));
        return;
    }
    let scratch = match TempDir::with_prefix("firedrill-check-") {
        Ok(scratch) => scratch,
        Err(error) => {
            let text = format!("{path} was not checked: no temporary folder: {error}");
            files.warn(&fields.package, text);
            return;
        }
    };
    let looked = unpack_package(&package, scratch.path().join("package"), |root| {
        match runtime.starts_with("python") {
            true => python::check(
                files,
                &fields,
                path,
                root,
                runtime,
                handler,
                interpreter.as_deref(),
            ),
            false => bootstrap(files, &fields, path, root, runtime),
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

/// The paths of a function's fields in the file.
pub(super) struct Fields {
    pub(super) package: String,
    pub(super) runtime: String,
    pub(super) handler: String,
}

impl Fields {
    fn of(label: &str) -> Fields {
        let field = |name: &str| format!("cloud.functions.{label}.{name}");
        Fields {
            package: field("package"),
            runtime: field("runtime"),
            handler: field("handler"),
        }
    }
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
            let found = format!("{package:?}, with a `{BOOTSTRAP}` {}", problem.words());
            files.error(&fields.package, found, allowed, hint);
        }
    }
}

/// A hint at a folder of the package in which a file is that should be at its top.
pub(super) fn misplaced(root: &Path, file: &str) -> Option<String> {
    let folders = names_in(root);
    let folder = folders.iter().find(|name| root.join(name).join(file).is_file())?;
    Some(format!("it lies in {folder}/: pack the content of that folder"))
}
