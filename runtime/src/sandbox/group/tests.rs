//! Groups of both interfaces in a folder of plain files: no machine has both, and some have neither.

use super::*;

/// What the kernel puts into a group of version 2.
const OF_TWO: [&str; 5] = [
    "cgroup.procs",
    "cgroup.subtree_control",
    "memory.max",
    "memory.swap.max",
    "memory.events",
];
/// What it puts into one of version 1, on a machine that does not count swap.
const OF_ONE_WITHOUT_SWAP: [&str; 4] = [
    "cgroup.procs",
    "memory.limit_in_bytes",
    "memory.kmem.tcp.limit_in_bytes",
    "memory.oom_control",
];

fn fill(folder: &Path, files: &[&str]) -> io::Result<()> {
    fs::create_dir(folder)?;
    files.iter().try_for_each(|file| fs::write(folder.join(file), ""))
}

const TWO: Folders = Folders {
    make: |folder| fill(folder, &OF_TWO),
    remove: |folder| fs::remove_dir_all(folder),
    remove_home: |folder| fs::remove_dir_all(folder).unwrap(),
};
const ONE: Folders = Folders {
    make: |folder| fill(folder, &OF_ONE_WITHOUT_SWAP),
    ..TWO
};
/// One whose groups have no bound, as where the controller is not delegated.
const UNBOUNDED: Folders = Folders {
    make: |folder| fill(folder, &["cgroup.procs", "cgroup.subtree_control"]),
    ..TWO
};

/// A hierarchy of plain files, with a home for groups in it.
fn home(version: Version, folders: Folders) -> (tempfile::TempDir, Option<Arc<Home>>) {
    let top = tempfile::tempdir().unwrap();
    fs::write(top.path().join("cgroup.procs"), "").unwrap();
    let home = Home::make_at(top.path().join("home"), version, folders);
    (top, home)
}

/// The files of a group and what is written in them, without those that are empty.
fn written(group: &Group) -> Vec<(String, String)> {
    let files = fs::read_dir(&group.folder).unwrap().map(|file| file.unwrap());
    let mut written: Vec<_> = files
        .map(|file| {
            let text = fs::read_to_string(file.path()).unwrap();
            (file.file_name().into_string().unwrap(), text)
        })
        .filter(|(_, text)| !text.is_empty())
        .collect();
    written.sort();
    written
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs
        .map(|(file, text)| (file.to_owned(), text.to_owned()))
        .to_vec()
}

#[test]
fn a_group_of_version_2_is_bounded_with_its_own_files_alone() {
    let (_top, home) = home(Version::Two, TWO);
    let home = home.expect("groups can be made");
    let control = fs::read_to_string(home.folder.join("cgroup.subtree_control")).unwrap();
    assert_eq!(control, "+memory");
    let group = home.group("0", 4096).unwrap();
    let expected = pairs([("memory.max", "4096"), ("memory.swap.max", "0")]);
    assert_eq!(written(&group), expected);
    let names = fs::read_dir(&group.folder).unwrap().count();
    assert_eq!(names, OF_TWO.len(), "no file is made");
}

#[test]
fn a_group_of_version_1_can_do_without_the_accounting_of_swap() {
    let (_top, home) = home(Version::One, ONE);
    let group = home.expect("groups can be made").group("0", 4096).unwrap();
    let expected = pairs([
        ("memory.kmem.tcp.limit_in_bytes", "4096"),
        ("memory.limit_in_bytes", "4096"),
    ]);
    assert_eq!(written(&group), expected);
    let names = fs::read_dir(&group.folder).unwrap().count();
    assert_eq!(names, OF_ONE_WITHOUT_SWAP.len(), "no file is made");
}

#[test]
fn where_no_group_can_be_bounded_nothing_is_left() {
    for version in [Version::One, Version::Two] {
        let (top, home) = home(version, UNBOUNDED);
        assert!(home.is_none(), "{version:?}");
        let left: Vec<_> = fs::read_dir(top.path()).unwrap().flatten().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }
}
