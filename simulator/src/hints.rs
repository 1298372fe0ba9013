//! What was probably meant where a path leads to no scenario, or to no run: the nearest that there is, named so that it can be
//! typed.
//!
//! ```text
//!   a path that is not there ──► scenario files around here ──► "did you mean scenarios/hello.yaml?"
//!   a folder that is no run  ──► runs/<scenario>/latest     ──► "did you mean runs/hello/latest?"
//! ```
//!
//! Nothing here decides anything: a hint is said behind the error, on the same line.

use std::fs;
use std::path::{Path, PathBuf};

use drill::scenario::nearest;

use crate::run_files;

/// How deep scenarios are looked for below the folder in which the program works.
const DEPTH: usize = 3;

/// No more entries of folders are looked at: a hint is worth no more time.
const MOST_ENTRIES: usize = 5_000;

/// So many of several are named.
const SHOWN: usize = 6;

/// Names of large folders that hold no scenarios.
const LEFT_OUT: [&str; 3] = ["target", "node_modules", run_files::RUNS];

/// How this program was started, so that a command that is suggested can be typed.
pub(crate) fn program() -> String {
    let name = std::env::args().next().unwrap_or_default();
    if name.contains('/') {
        quoted(Path::new(&name))
    } else {
        "firedrill".to_owned()
    }
}

/// A path as a shell reads it.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    shlex::try_quote(&text).map_or(text.clone(), |quoted| quoted.into_owned())
}

/// Behind an error about `path`, from which no scenario file can be read: `; hint: …`.
pub(crate) fn of_scenario(path: &Path) -> String {
    format!("; hint: {}", scenario(path, Path::new("")))
}

/// Behind an error about `path`, which is no folder of a run: `; hint: …`.
pub(crate) fn of_run(path: &Path) -> String {
    format!("; hint: {}", run(path, Path::new("")))
}

/// Whether a folder is one of a drill that was run.
pub(crate) fn is_run(folder: &Path) -> bool {
    folder.join(run_files::JOURNAL).exists()
}

fn did_you_mean(path: &Path) -> String {
    format!("did you mean {}?", quoted(path))
}

/// What to name instead of `path`, seen from the folder `here` (which is left out of what is said).
fn scenario(path: &Path, here: &Path) -> String {
    let at = here.join(path);
    if at.is_dir() {
        return in_folder(path, &at);
    }
    let found = scenarios(here);
    let named = stem(path);
    let mut exact = found
        .iter()
        .filter(|file| file.with_extension("").ends_with(path.with_extension("")))
        .chain(found.iter().filter(|file| stem(file) == named))
        .chain(found.iter().filter(|file| project(file) == named));
    if let Some(file) = exact.next() {
        return did_you_mean(file);
    }
    let names: Vec<String> = found.iter().map(|file| name(file)).collect();
    match nearest_of(&named, &names) {
        Some(place) => did_you_mean(&found[place]),
        None if found.is_empty() => format!(
            "no scenario files (*.yaml) were found in this folder or below; name one by its path, or write one of your own: {} \
             new NAME",
            program()
        ),
        None => format!(
            "name a scenario file by its path; found here: {}",
            several(found.iter().map(|file| quoted(file)))
        ),
    }
}

/// A folder was named where a file is wanted.
fn in_folder(path: &Path, at: &Path) -> String {
    if is_run(at) {
        return format!(
            "it is the folder of a run, which {} report {} shows",
            program(),
            quoted(path)
        );
    }
    let files = files_in(at);
    match files.iter().position(|name| name == run_files::SCENARIO) {
        Some(place) => did_you_mean(&path.join(&files[place])),
        None => match files.as_slice() {
            [] => format!(
                "it has no scenario files (*.yaml); {} new NAME writes one",
                program()
            ),
            [one] => did_you_mean(&path.join(one)),
            files => format!("name one of its files: {}", several(files.iter().cloned())),
        },
    }
}

/// What to name instead of `path`, seen from the folder `here`.
fn run(path: &Path, here: &Path) -> String {
    let at = here.join(path);
    let parent = path.parent().unwrap_or(Path::new(""));
    if at.is_file() && is_run(&here.join(parent)) && !parent.as_os_str().is_empty() {
        return did_you_mean(parent);
    }
    if is_run(&at.join("latest")) {
        return did_you_mean(&path.join("latest"));
    }
    for (file, what) in [
        ("forecast.json", "a forecast"),
        ("capacity.json", "a study of capacity"),
    ] {
        if at.join(file).exists() {
            return format!("it holds {what}, for which no drill was run");
        }
    }
    let runs = Path::new(run_files::RUNS);
    let all = folders_in(&here.join(runs));
    let latest = |name: &String| is_run(&here.join(runs).join(name).join("latest"));
    let names: Vec<String> = all.into_iter().filter(latest).collect();
    let named = if at.is_file() && stem(path) == stem(Path::new(run_files::SCENARIO)) {
        project(path)
    } else {
        stem(path)
    };
    // Of a path as runs/<scenario>/<time> its scenario tells.
    let is_meant = |name: &String| *name == named || path.iter().any(|part| part == name.as_str());
    let exact = names.iter().position(is_meant);
    match exact.or_else(|| nearest_of(&named, &names)) {
        Some(place) => did_you_mean(&runs.join(&names[place]).join("latest")),
        None if names.is_empty() => format!(
            "a run is a folder that {} run SCENARIO leaves, by default in runs/<scenario>/; there is none here",
            program()
        ),
        None => format!(
            "a run is a folder as runs/<scenario>/latest; there are those of {}",
            several(names.iter().cloned())
        ),
    }
}

/// The first ones of a list.
fn several(mut all: impl Iterator<Item = String>) -> String {
    let first: Vec<String> = all.by_ref().take(SHOWN).collect();
    let more = match all.next() {
        Some(_) => ", …",
        None => "",
    };
    format!("{}{more}", first.join(", "))
}

/// The name of a file without its ending.
fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// The name of the folder in which a file lies.
fn project(file: &Path) -> String {
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default();
    folder.to_string_lossy().into_owned()
}

/// What people call a scenario file: `hello` for `hello.yaml`, `mine` for `mine/scenario.yaml`.
fn name(file: &Path) -> String {
    let project = project(file);
    if file.file_name().is_some_and(|name| name == run_files::SCENARIO) && !project.is_empty() {
        project
    } else {
        stem(file)
    }
}

/// Which of these names is nearest, if one is near.
fn nearest_of(named: &str, names: &[String]) -> Option<usize> {
    let hint = nearest(named, names.iter().map(String::as_str))?;
    names
        .iter()
        .position(|name| nearest(named, [name.as_str()]).as_deref() == Some(hint.as_str()))
}

/// The scenario files below a folder, the nearest ones first.
fn scenarios(here: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut level = vec![PathBuf::new()];
    let mut looked_at = 0;
    for _ in 0..DEPTH {
        let mut below = Vec::new();
        for folder in level {
            let at = here.join(&folder);
            looked_at += fs::read_dir(&at).map_or(0, Iterator::count);
            if looked_at > MOST_ENTRIES {
                return found;
            }
            found.extend(files_in(&at).into_iter().map(|name| folder.join(name)));
            let folders = folders_in(&at).into_iter();
            let folders = folders.filter(|name| !LEFT_OUT.contains(&name.as_str()));
            below.extend(folders.map(|name| folder.join(name)));
        }
        level = below;
    }
    found
}

/// The names of the YAML files in a folder, in order.
fn files_in(folder: &Path) -> Vec<String> {
    let is_yaml = |name: &String| name.ends_with(".yaml") || name.ends_with(".yml");
    names_in(folder, |path| path.is_file())
        .into_iter()
        .filter(is_yaml)
        .collect()
}

/// The names of the folders in a folder, in order.
fn folders_in(folder: &Path) -> Vec<String> {
    names_in(folder, |path| path.is_dir())
}

/// The names in a folder of what is not hidden; none if it cannot be read.
fn names_in(folder: &Path, wanted: fn(&Path) -> bool) -> Vec<String> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .take(MOST_ENTRIES)
        .filter(|entry| wanted(&entry.path()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// A folder with scenarios, a project, and runs.
    fn there() -> TempDir {
        let folder = TempDir::new().expect("a temporary folder");
        for file in [
            "scenarios/hello.yaml",
            "scenarios/iot/bucket-loss.yaml",
            "mine/scenario.yaml",
            "runs/hello/20260101T000000Z-1/journal.jsonl",
            "runs/hello/latest/journal.jsonl",
            "runs/hello/latest/report.html",
            "runs/hello/forecast/latest/forecast.json",
            "empty/notes.txt",
        ] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it is ours");
            fs::write(path, "").expect("it is ours");
        }
        folder
    }

    #[test]
    fn a_scenario_that_is_not_there_gets_the_nearest_one() {
        let there = there();
        for (named, meant) in [
            ("hello", "scenarios/hello.yaml"),
            ("bucket-loss", "scenarios/iot/bucket-loss.yaml"),
            ("iot/bucket-loss.yaml", "scenarios/iot/bucket-loss.yaml"),
            ("scenarios/iot/bucket-los.yaml", "scenarios/iot/bucket-loss.yaml"),
            ("helo.yaml", "scenarios/hello.yaml"),
            ("mine", "mine/scenario.yaml"),
            ("mine.yaml", "mine/scenario.yaml"),
            ("scenarios/iot", "scenarios/iot/bucket-loss.yaml"),
        ] {
            let said = scenario(Path::new(named), there.path());
            assert_eq!(said, format!("did you mean {meant}?"), "{named}");
        }
        for (named, part) in [
            (
                "something-else-entirely",
                "found here: mine/scenario.yaml, scenarios/hello.yaml, ",
            ),
            ("empty", "it has no scenario files"),
            ("runs/hello/latest", "it is the folder of a run"),
        ] {
            let said = scenario(Path::new(named), there.path());
            assert!(said.contains(part), "{named}: {said}");
        }
        let nothing = TempDir::new().expect("a temporary folder");
        let said = scenario(Path::new("hello.yaml"), nothing.path());
        assert!(said.starts_with("no scenario files"), "{said}");
    }

    #[test]
    fn a_run_that_is_none_gets_the_nearest_one() {
        let there = there();
        for (named, meant) in [
            ("hello", "runs/hello/latest"),
            ("helo", "runs/hello/latest"),
            ("runs/hello", "runs/hello/latest"),
            ("runs/hello/20260202T000000Z-1", "runs/hello/latest"),
            ("scenarios/hello.yaml", "runs/hello/latest"),
            ("runs/hello/latest/report.html", "runs/hello/latest"),
        ] {
            let said = run(Path::new(named), there.path());
            assert_eq!(said, format!("did you mean {meant}?"), "{named}");
        }
        let said = run(Path::new("something-else-entirely"), there.path());
        assert!(said.ends_with("there are those of hello"), "{said}");
        let said = run(Path::new("runs/hello/forecast/latest"), there.path());
        assert!(said.contains("holds a forecast"), "{said}");
        let nothing = TempDir::new().expect("a temporary folder");
        let said = run(Path::new("runs/hello/latest"), nothing.path());
        assert!(said.contains("there is none here"), "{said}");
    }
}
