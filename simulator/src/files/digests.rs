//! The bytes of what a drill runs, so that its records say which script recovered what.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use drill::journal::CodeFile;
use drill::scenario::{Command, FunctionCode, Scenario, Shell};
use sha2::{Digest, Sha256};

use super::looked::leads_out;

/// The files beside a scenario that it runs, by their paths: scripts of steps, files of its folder that scripts and commands name,
/// and packages of functions. What cannot be read is left out: a drill that needs it says so itself.
pub(crate) fn digests(scenario: &Scenario, folder: &Path) -> Vec<CodeFile> {
    let mut found = BTreeMap::new();
    for step in &scenario.runbook {
        if let Some(shell) = step.action.get::<Shell>() {
            let (Command::Script(text) | Command::Run(text)) = &shell.command;
            named(text, folder, &mut found);
        }
    }
    for function in scenario.cloud.functions() {
        if let FunctionCode::Package { path, .. } = &function.code
            && leads_out(folder, path).is_none()
            && let Some(sha256) = of_package(&folder.join(path))
        {
            found.insert(path.clone(), sha256);
        }
    }
    let files = found.into_iter();
    files.map(|(path, sha256)| CodeFile { path, sha256 }).collect()
}

/// The files of the folder that a text names, and those that these name in turn.
fn named(text: &str, folder: &Path, found: &mut BTreeMap<String, String>) {
    let is_part = |c: char| !c.is_whitespace() && !"\"';|&()<>`$={}".contains(c);
    for word in text.split(|c| !is_part(c)) {
        let path = word.trim_start_matches("./");
        // What is hidden is configuration, or a secret: nothing of it stands in records, not even its hash.
        let stays = !path.starts_with('/')
            && !path
                .split('/')
                .any(|part| part.is_empty() || part.starts_with('.'));
        if !stays || found.contains_key(path) {
            continue;
        }
        let file = folder.join(path);
        // A link may lead to files that do not belong to the scenario.
        let small = leads_out(folder, path).is_none()
            && fs::symlink_metadata(&file).is_ok_and(|about| about.is_file() && about.len() <= LARGEST);
        if small && let Ok(bytes) = fs::read(&file) {
            found.insert(path.to_owned(), sha256_hex(&bytes));
            named(&String::from_utf8_lossy(&bytes), folder, found);
        }
    }
}

/// Larger files are no scripts.
const LARGEST: u64 = 1 << 20;

/// A zip by its bytes; a folder by the paths and bytes of all files in it.
fn of_package(path: &Path) -> Option<String> {
    if path.is_file() {
        return Some(sha256_hex(&fs::read(path).ok()?));
    }
    let mut files = Vec::new();
    below(path, &mut files).ok()?;
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        let bytes = fs::read(&file).ok()?;
        let name = file.strip_prefix(path).ok()?.to_string_lossy().into_owned();
        hash.update(format!("{name}\0{}\n", sha256_hex(&bytes)));
    }
    Some(hex::encode(hash.finalize()))
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()? {
            kind if kind.is_dir() => below(&entry.path(), files)?,
            kind if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_names_and_what_that_names_is_found_once() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        put(
            "restore.sh",
            "source ./common.sh; echo restore.sh /etc/passwd ../outside\n",
        );
        put("common.sh", "echo \"$PWD/restore.sh\"\n");
        put("unused.sh", "true\n");
        put(".credentials", "a secret\n");
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("linked")).unwrap();
        let mut found = BTreeMap::new();
        named(
            "bash ./restore.sh && cat .credentials ./.credentials linked",
            folder.path(),
            &mut found,
        );
        let names: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(names, ["common.sh", "restore.sh"]);
        let before = found["common.sh"].clone();
        put("common.sh", "exit 1\n");
        let mut again = BTreeMap::new();
        named("restore.sh", folder.path(), &mut again);
        assert_ne!(again["common.sh"], before);
        assert_eq!(again["restore.sh"], found["restore.sh"]);
    }

    #[test]
    fn a_package_is_its_files() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("lib")).unwrap();
        fs::write(folder.path().join("lib/a.py"), "a").unwrap();
        let first = of_package(folder.path()).unwrap();
        assert_eq!(of_package(folder.path()), Some(first.clone()));
        fs::rename(folder.path().join("lib/a.py"), folder.path().join("lib/b.py")).unwrap();
        assert_ne!(of_package(folder.path()), Some(first));
        assert_eq!(of_package(&folder.path().join("nowhere")), None);
    }
}
