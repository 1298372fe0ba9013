//! The Pythons of this machine. A handler runs on the version that its function is declared for, or not at all: what
//! works on 3.11 says nothing of 3.14.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use parking_lot::Mutex;

use super::launch::PATH;

/// Minor versions of Python 3 that are looked for, to say which are there.
const MINORS: std::ops::RangeInclusive<u8> = 6..=30;

/// An interpreter that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Python {
    /// `python3.11`.
    runtime: String,
    /// The interpreter itself.
    exe: PathBuf,
    /// It has `boto3`, as AWS's has, where a sandbox shows it.
    has_boto3: bool,
}

/// What each candidate answered: each is asked once.
static ASKED: Mutex<BTreeMap<PathBuf, Option<Python>>> = Mutex::new(BTreeMap::new());

/// Finds the Python of a runtime (`python3.11`): one that has `boto3`, as AWS's has; else the system's own, else the first
/// that `PATH` leads to. A `python3` of that version will do. Blocks for as long as interpreters take to start.
pub fn find_python(runtime: &str) -> Option<PathBuf> {
    let asked = candidates(runtime).chain(candidates("python3")).filter_map(ask);
    let mut first = None;
    for python in asked.filter(|python| python.runtime == runtime) {
        if python.has_boto3 {
            return Some(python.exe);
        }
        first = first.or(Some(python.exe));
    }
    first
}

/// The runtimes whose Python this machine has, in order of their versions. Blocks.
pub fn python_runtimes() -> Vec<String> {
    let runtimes = MINORS.map(|minor| format!("python3.{minor}"));
    runtimes
        .filter(|runtime| find_python(runtime).is_some())
        .collect()
}

/// What is wrong with a runtime whose Python this machine does not have, in words.
pub(super) fn missing_python(runtime: &str) -> String {
    match python_runtimes().as_slice() {
        [] => format!("{runtime} is not installed on this machine, nor is any other Python 3"),
        there => format!(
            "{runtime} is not installed on this machine, which has {}",
            there.join(", ")
        ),
    }
}

/// The files of this name in the folders that programs are found in.
fn candidates(name: &str) -> impl Iterator<Item = PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = PATH
        .split(':')
        .chain(path.split(':'))
        .map(PathBuf::from)
        .collect();
    let files = folders
        .into_iter()
        .map(|folder| folder.join(name))
        .collect::<Vec<_>>();
    files
        .into_iter()
        .filter(|file| file.is_absolute() && file.is_file())
}

fn ask(candidate: PathBuf) -> Option<Python> {
    if let Some(answer) = ASKED.lock().get(&candidate) {
        return answer.clone();
    }
    let answer = answer(&candidate);
    ASKED.lock().insert(candidate, answer.clone());
    answer
}

/// What a Python is asked: its version, where it really is, and whether it has `boto3` where a sandbox shows it: with
/// itself, or in the system's folders.
const QUESTION: &str = "import importlib.util, sys
shown = sys.base_prefix == sys.prefix or sys.base_prefix.startswith('/usr')
print('python%d.%d' % sys.version_info[:2])
print(sys.executable)
print(shown and importlib.util.find_spec('boto3') is not None)";

/// Which version a Python is and where it really is: version managers put scripts into `PATH` that need variables of
/// their own, and that may lead nowhere.
fn answer(python: &Path) -> Option<Python> {
    let output = Command::new(python)
        // Isolated from the user's environment: nothing that lies in a home is run.
        .args(["-I", "-c", QUESTION])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let [runtime, exe, boto3] = text.trim().lines().collect::<Vec<_>>()[..] else {
        return None;
    };
    let exe = PathBuf::from(exe);
    (output.status.success() && exe.is_file()).then(|| Python {
        runtime: runtime.to_owned(),
        exe,
        has_boto3: boto3 == "True",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_runtime_has_its_own_python_or_none() {
        for runtime in python_runtimes() {
            let exe = find_python(&runtime).expect("it was found before");
            let version = Command::new(exe).arg("--version").output().expect("it runs");
            let version = String::from_utf8(version.stdout).expect("text");
            let wanted = runtime.replace("python", "Python ");
            assert!(version.starts_with(&format!("{wanted}.")), "{runtime}: {version}");
        }
        assert_eq!(find_python("python3.99"), None);
        assert_eq!(find_python("python3"), None);
        let said = missing_python("python3.99");
        assert!(
            said.starts_with("python3.99 is not installed on this machine"),
            "{said}"
        );
    }
}
