//! The Pythons of this machine. A handler runs on the version that its function is declared for, or not at all: what
//! works on 3.11 says nothing of 3.14.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use parking_lot::Mutex;
use runtime::sandbox::hidden_in;

/// The folders that functions find programs in.
pub const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Minor versions of Python 3 that are looked for, to say which are there.
const MINORS: std::ops::RangeInclusive<u8> = 6..=30;

/// An interpreter that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Python {
    /// `python3.11`.
    runtime: String,
    /// The interpreter itself, at the end of all links; that of a virtual environment is the one in there.
    exe: PathBuf,
    /// The folders that it is installed in: its own, and that of the Python which its virtual environment was made with.
    prefixes: Vec<PathBuf>,
    /// One of these is or holds this folder, which must stay hidden from sandboxes.
    hidden: Option<PathBuf>,
    /// It has `boto3`, as AWS's has.
    has_boto3: bool,
}

/// What an interpreter needs of its prefix: its libraries, and what says that it is a virtual environment.
const OF_PREFIX: [&str; 3] = ["lib", "lib64", "pyvenv.cfg"];

/// A Python is installed where a sandbox that shows it would show what must stay hidden.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{runtime} at {} cannot be isolated: where it is installed lies {}, which must stay hidden; install it in a folder of its \
     own, or use --unisolated",
    .exe.display(),
    .hidden.display()
)]
pub struct HiddenPython {
    runtime: String,
    exe: PathBuf,
    hidden: PathBuf,
}

impl Python {
    /// Asks the interpreter at this path who it is; none if it does not answer. Blocks.
    pub fn at(path: &Path) -> Option<Python> {
        ask(path.to_owned())
    }

    /// What is run.
    pub fn exe(&self) -> &Path {
        &self.exe
    }

    /// Files and folders beside the interpreter itself that a sandbox has to show for it to run.
    ///
    /// # Errors
    /// It is installed where this would show what must stay hidden; in a sentence.
    pub fn shown(&self) -> Result<Vec<PathBuf>, HiddenPython> {
        if let Some(hidden) = &self.hidden {
            return Err(HiddenPython {
                runtime: self.runtime.clone(),
                exe: self.exe.clone(),
                hidden: hidden.clone(),
            });
        }
        let prefixes = self.prefixes.iter();
        let of_prefixes = prefixes.flat_map(|prefix| OF_PREFIX.map(|name| prefix.join(name)));
        let needed = of_prefixes.chain(beside_cellar(&self.exe));
        Ok(needed.filter(|path| path.exists()).collect())
    }

    /// How good it is to run functions with, in comparison with others of its version.
    fn rank(&self) -> (bool, bool) {
        (self.hidden.is_none(), self.has_boto3)
    }
}

/// Where Homebrew has what its programs are linked with, for one of those.
fn beside_cellar(exe: &Path) -> Vec<PathBuf> {
    let cellar = exe
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "Cellar"));
    let homebrew = cellar.and_then(Path::parent);
    homebrew.map_or_else(Vec::new, |homebrew| {
        ["Cellar", "opt", "lib"].map(|name| homebrew.join(name)).to_vec()
    })
}

/// What each candidate answered: each is asked once.
static ASKED: Mutex<BTreeMap<PathBuf, Option<Python>>> = Mutex::new(BTreeMap::new());

/// Finds the Python of a runtime (`python3.11`): one that a sandbox can show, with `boto3`, as AWS's has; else one that a
/// sandbox can show; the system's own before others, and these as `PATH` leads to them. A `python3` of that version will do.
/// Blocks for as long as interpreters take to start.
pub fn find_python(runtime: &str) -> Option<Python> {
    let asked = candidates(runtime).chain(candidates("python3")).filter_map(ask);
    let mut best: Option<Python> = None;
    for python in asked.filter(|python| python.runtime == runtime) {
        if python.rank() == (true, true) {
            return Some(python);
        }
        if best.as_ref().is_none_or(|best| best.rank() < python.rank()) {
            best = Some(python);
        }
    }
    best
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

/// What a Python is asked: its version, where it really is and is installed, and whether it has `boto3`. A virtual
/// environment is told by the place of its interpreter, which links to another one; every other link is followed.
const QUESTION: &str = "import importlib.util, os, sys
is_own = sys.base_prefix == sys.prefix
print('python%d.%d' % sys.version_info[:2])
print(os.path.realpath(sys.executable) if is_own else sys.executable)
print(importlib.util.find_spec('boto3') is not None)
for prefix in [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]: print(prefix)";

/// Which version a Python is and where it really is: version managers put scripts into `PATH` that need variables of
/// their own, and that may lead nowhere.
fn answer(python: &Path) -> Option<Python> {
    let output = Command::new(python)
        // Isolated from the user's environment: nothing that lies in a home is run.
        .args(["-I", "-c", QUESTION])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let lines: Vec<&str> = text.trim().lines().collect();
    let [runtime, exe, boto3, prefixes @ ..] = &lines[..] else {
        return None;
    };
    let exe = PathBuf::from(exe);
    if !output.status.success() || !exe.is_file() {
        return None;
    }
    let mut prefixes: Vec<PathBuf> = prefixes.iter().map(PathBuf::from).collect();
    prefixes.sort();
    prefixes.dedup();
    Some(Python {
        runtime: (*runtime).to_owned(),
        exe,
        hidden: prefixes.iter().find_map(|prefix| hidden_in(prefix)),
        prefixes,
        has_boto3: *boto3 == "True",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_runtime_has_its_own_python_or_none() {
        for runtime in python_runtimes() {
            let python = find_python(&runtime).expect("it was found before");
            let version = Command::new(python.exe())
                .arg("--version")
                .output()
                .expect("it runs");
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

    /// A Python that is installed in `prefix`.
    fn installed_in(prefix: &Path, exe: &str) -> Python {
        Python {
            runtime: "python3.12".to_owned(),
            exe: prefix.join(exe),
            prefixes: vec![prefix.to_owned()],
            hidden: None,
            has_boto3: false,
        }
    }

    #[test]
    fn of_an_installation_the_libraries_are_shown_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["bin", "lib/python3.12", "letters", "Cellar/python/bin", "opt"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let shown = |exe| installed_in(folder.path(), exe).shown().unwrap();
        assert_eq!(shown("bin/python3.12"), [folder.path().join("lib")]);
        let homebrew = ["lib", "Cellar", "opt", "lib"].map(|name| folder.path().join(name));
        assert_eq!(shown("Cellar/python/bin/python3.12"), homebrew);
    }

    #[test]
    fn an_installation_that_is_a_home_or_holds_one_is_refused() {
        let python = Python {
            hidden: Some("/home/ada".into()),
            ..installed_in(Path::new("/home/ada"), "bin/python3.12")
        };
        let refused = python.shown().unwrap_err().to_string();
        assert!(
            refused.starts_with("python3.12 at /home/ada/bin/python3.12 cannot be isolated"),
            "{refused}"
        );
        let elsewhere = installed_in(Path::new("/home/ada/.pyenv/versions/3.12"), "bin/python3.12");
        assert!(python.rank() < elsewhere.rank());
    }
}
