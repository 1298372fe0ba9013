//! A temporary folder in which the program is started, and by which its processes are recognised.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{GRACE, Program, Scenario, processes, within};

/// A folder of its own. Every process of the program works in it, its children as well.
pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Sandbox {
        let mut folder = TempDir::with_prefix("firedrill-test-").expect("a temporary folder");
        if let Some(kept) = std::env::var_os("FIREDRILL_TEST_KEEPS") {
            folder.disable_cleanup(true);
            println!("kept: {} ({})", folder.path().display(), kept.display());
        }
        Sandbox { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, content).expect("a file in a temporary folder");
        path
    }

    /// Writes a scenario to `<name>.yaml`.
    pub(crate) fn scenario(&self, scenario: &Scenario) -> PathBuf {
        self.write("scenario.yaml", scenario.text())
    }

    /// The program, to be started here.
    pub(crate) fn firedrill<S: AsRef<std::ffi::OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Program {
        Program::new(self.path(), arguments)
    }

    /// The names of what lies here, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).expect("the temporary folder can be read");
        let mut names: Vec<String> = entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    /// No process that was started here is left.
    pub(crate) fn assert_no_process_left(&self) {
        let gone = within(GRACE, || {
            processes::working_in(self.path()).is_empty().then_some(())
        });
        let left = processes::working_in(self.path());
        assert!(gone.is_some(), "{} processes are left: {left:#?}", left.len());
    }
}
