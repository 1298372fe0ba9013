//! Programs that are installed below a home: people have their `aws` and `python3` there.
//!
//! A folder of the search path that is covered is shown again, with what belongs to its programs: the
//! libraries beside it, the tree of a version manager, and the installation that a link leads to. Nothing
//! else of the home is.

use std::fs;
use std::path::{Path, PathBuf};

use super::view::View;

/// What stands beside a folder of programs and belongs to them.
const BESIDE: [&str; 4] = ["lib", "lib64", "libexec", "pyvenv.cfg"];
/// Links that are followed in one folder at most.
const LINKS: usize = 1000;

/// What is to be shown of covered folders for the programs of a search path to run.
pub(super) fn of_path(path: &str, view: &View) -> Vec<PathBuf> {
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute() && view.covers(folder));
    let mut shown = Vec::new();
    for folder in folders {
        shown.extend(beside(&folder));
        shown.extend(linked(&folder).into_iter().filter(|target| view.covers(target)));
        shown.push(folder);
    }
    // What holds a home, or is one, is no installation.
    shown.retain(|path| view.hidden_in(path).is_none());
    shown
}

fn beside(folder: &Path) -> Vec<PathBuf> {
    let Some(parent) = folder.parent() else {
        return Vec::new();
    };
    if is_version_manager(folder, parent) {
        return vec![parent.to_owned()];
    }
    if folder.file_name().is_some_and(|name| name == "bin") {
        BESIDE
            .iter()
            .map(|name| parent.join(name))
            .filter(|path| path.exists())
            .collect()
    } else {
        Vec::new()
    }
}

/// `shims` lead to programs in `versions` or `installs`: pyenv, rbenv, asdf, mise.
fn is_version_manager(folder: &Path, parent: &Path) -> bool {
    let trees = ["versions", "installs"];
    folder.file_name().is_some_and(|name| name == "shims")
        && trees.iter().any(|tree| parent.join(tree).is_dir())
}

/// The installations that links in a folder lead to.
fn linked(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let links = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_symlink()))
        .take(LINKS);
    let mut found: Vec<PathBuf> = links.filter_map(|link| installation(&link.path())).collect();
    found.sort();
    found.dedup();
    found
}

/// The folder that holds what a link leads to, if it looks like an installation: a virtual environment, a
/// Python, or version 2 of the `aws` client.
fn installation(link: &Path) -> Option<PathBuf> {
    let target = link.canonicalize().ok()?;
    let mut folders = target.ancestors().skip(1);
    let found = folders.find(|folder| {
        let is_python = || folder.join("bin/python3").exists() && folder.join("lib").is_dir();
        folder.join("pyvenv.cfg").is_file() || folder.ends_with("aws-cli") || is_python()
    });
    found.map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A home with these files, whose links are written `name -> target`.
    fn home(files: &[&str]) -> (tempfile::TempDir, View) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let (file, target) = file
                .split_once(" -> ")
                .map_or((*file, None), |(f, t)| (f, Some(t)));
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match target {
                Some(target) => std::os::unix::fs::symlink(folder.path().join(target), path).unwrap(),
                None => fs::write(path, "").unwrap(),
            }
        }
        let view = View {
            covers: vec![folder.path().to_owned()],
            ..View::default()
        };
        (folder, view)
    }

    fn shown(files: &[&str], path: &str) -> Vec<String> {
        let (folder, view) = home(files);
        let found = of_path(folder.path().join(path).to_str().unwrap(), &view);
        let relative = found
            .iter()
            .map(|found| found.strip_prefix(folder.path()).unwrap());
        let mut names: Vec<String> = relative.map(|path| path.to_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_version_manager_is_shown_whole() {
        let files = [
            ".pyenv/shims/aws",
            ".pyenv/versions/3/bin/aws",
            ".aws/credentials",
        ];
        assert_eq!(shown(&files, ".pyenv/shims"), [".pyenv", ".pyenv/shims"]);
    }

    #[test]
    fn a_folder_of_programs_comes_with_its_libraries_and_nothing_else() {
        let files = [
            ".local/bin/aws",
            ".local/lib/python3/aws.py",
            ".local/share/keyrings/login",
        ];
        assert_eq!(shown(&files, ".local/bin"), [".local/bin", ".local/lib"]);
        assert_eq!(shown(&["bin/tool", "letters/a"], "bin"), ["bin"]);
    }

    #[test]
    fn links_lead_to_installations() {
        let files = [
            ".local/aws-cli/v2/2.1/dist/aws",
            ".local/pipx/venvs/http/bin/http",
            ".local/pipx/venvs/http/pyvenv.cfg",
            "letters/run.sh",
            ".local/bin/aws -> .local/aws-cli/v2/2.1/dist/aws",
            ".local/bin/http -> .local/pipx/venvs/http/bin/http",
            ".local/bin/run -> letters/run.sh",
        ];
        let expected = [".local/aws-cli", ".local/bin", ".local/pipx/venvs/http"];
        assert_eq!(shown(&files, ".local/bin"), expected);
    }

    #[test]
    fn home_that_looks_like_an_installation_is_not_shown() {
        let files = [
            "bin/python3",
            "lib/x",
            "letters/a",
            "tools/python3 -> bin/python3",
        ];
        assert_eq!(shown(&files, "tools"), ["tools"]);
    }
}
