//! Python packages: whether the handler is in them, and whether their files compile.
//!
//! `look.py` reads them: it compiles, and runs nothing of what it compiled.

use std::path::Path;
use std::process::Command;

use drill::scenario::nearest;
use serde::Deserialize;

use super::fields::{Fields, misplaced};
use super::looked::{Files, names_in};

/// Looks at a package; see there.
const LOOK: &str = include_str!("look.py");

/// What it says.
#[derive(Debug, Deserialize)]
struct Looked {
    /// Files that do not compile.
    broken: Vec<BrokenFile>,
    /// Whether the handler's module defines it; nothing where only running it would tell.
    handler: Option<bool>,
    /// What the handler's module defines.
    defined: Vec<String>,
    /// Modules that it needs at its start and that are nowhere.
    missing: Vec<Missing>,
}

#[derive(Debug, Deserialize)]
struct BrokenFile {
    file: String,
    line: Option<u32>,
    message: String,
    /// Whether the handler needs it at its start.
    needed: bool,
}

#[derive(Debug, Deserialize)]
struct Missing {
    file: String,
    module: String,
}

/// Checks the package that is unpacked in `root`. Without an interpreter only files are looked for.
pub(super) fn check(
    files: &mut Files<'_>,
    fields: &Fields,
    package: &str,
    root: &Path,
    runtime: &str,
    handler: &str,
    interpreter: Option<&Path>,
) {
    // As the runtime splits it.
    let Some((module, name)) = handler.rsplit_once('.').filter(|(module, _)| !module.is_empty()) else {
        let found = format!("{handler:?}");
        files.error(
            &fields.handler,
            found,
            "a handler of Python: module.function, as app.handler",
            None,
        );
        return;
    };
    let module = module.replace('/', ".");
    let Some(entry) = file_of(root, &module) else {
        no_module(files, fields, package, root, handler, &module);
        return;
    };
    // That the interpreter is not there is an error of its own.
    let Some(interpreter) = interpreter else { return };
    if !entry.ends_with(".py") {
        files.warn(
            &fields.handler,
            format!("{entry} was not checked: it is no Python source"),
        );
        return;
    }
    match inspect(interpreter, root, (&module, &entry, name)) {
        Ok(looked) => report(files, fields, package, runtime, (handler, &entry, name), &looked),
        Err(why) => files.warn(
            &fields.package,
            format!("the Python files of {package} were not checked: {why}"),
        ),
    }
}

/// The file of a module, from the package's top: `pkg/app.py`, `pkg/app/__init__.py`, or a compiled one.
fn file_of(root: &Path, module: &str) -> Option<String> {
    let stem = module.replace('.', "/");
    let sources = [format!("{stem}.py"), format!("{stem}/__init__.py")];
    if let Some(source) = sources.into_iter().find(|file| root.join(file).is_file()) {
        return Some(source);
    }
    let (folder, last) = stem.rsplit_once('/').unwrap_or(("", &stem));
    let is_compiled = |name: &String| {
        let rest = name.strip_prefix(last).unwrap_or_default();
        rest.starts_with('.') && (rest.ends_with(".so") || rest.ends_with(".pyc"))
    };
    let compiled = names_in(&root.join(folder)).into_iter().find(is_compiled)?;
    Some(Path::new(folder).join(compiled).display().to_string())
}

fn no_module(
    files: &mut Files<'_>,
    fields: &Fields,
    package: &str,
    root: &Path,
    handler: &str,
    module: &str,
) {
    let file = format!("{}.py", module.replace('.', "/"));
    let hint = misplaced(root, &file).or_else(|| {
        let names = names_in(root);
        let modules: Vec<&str> = names.iter().filter_map(|name| name.strip_suffix(".py")).collect();
        nearest(module, modules.iter().copied()).or_else(|| match modules.as_slice() {
            [] => None,
            modules => Some(format!("the modules at its top are {}", modules.join(", "))),
        })
    });
    let found = format!("{handler:?}, but there is no {file} in {package}");
    files.error(
        &fields.handler,
        found,
        "module.function of a module in the package",
        hint,
    );
}

/// Has an interpreter look at the package, isolated from its user's environment.
fn inspect(
    interpreter: &Path,
    root: &Path,
    (module, entry, name): (&str, &str, &str),
) -> Result<Looked, String> {
    let output = Command::new(interpreter)
        .args(["-I", "-B", "-c", LOOK])
        .arg(root)
        .args([module, entry, name])
        .env_clear()
        .current_dir("/")
        .output()
        .map_err(|error| format!("{}: {error}", interpreter.display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().last().unwrap_or("it said nothing");
        return Err(format!(
            "{} ended with {}: {last}",
            interpreter.display(),
            output.status
        ));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}

fn report(
    files: &mut Files<'_>,
    fields: &Fields,
    package: &str,
    runtime: &str,
    (handler, entry, name): (&str, &str, &str),
    looked: &Looked,
) {
    for broken in &looked.broken {
        let line = broken.line.map(|line| format!(":{line}")).unwrap_or_default();
        let what = format!(
            "{package}/{}{line}, which does not compile: {}",
            broken.file, broken.message
        );
        if broken.needed {
            files.error(
                &fields.package,
                what,
                format!("files that {runtime} compiles"),
                None,
            )
        } else {
            files.warn(
                &fields.package,
                format!("found {what}; the handler does not import it at its start"),
            )
        }
    }
    if looked.handler == Some(false) {
        let found = format!("{handler:?}, but {entry} in {package} does not define {name:?}");
        let hint = nearest(name, looked.defined.iter().map(String::as_str));
        files.error(
            &fields.handler,
            found,
            "a function at the top level of the module",
            hint,
        );
    }
    for missing in &looked.missing {
        let text = format!(
            "{package}/{} imports {}, which is neither in the package nor in {runtime} on this machine: the function \
             will not start here",
            missing.file, missing.module
        );
        files.warn(&fields.package, text);
    }
}
