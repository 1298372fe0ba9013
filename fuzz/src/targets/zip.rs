//! Packages of functions.
//!
//! Whatever is unpacked lies below its folder, is of bounded size, has the names that the zip says, and is gone with its
//! function; what is refused leaves nothing behind, and is told as Lambda tells it.

use std::cell::RefCell;
use std::fs;
use std::io::{Cursor, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::LazyLock;

use bytes::Bytes;
use cloud_emulator::lambda::unpack_zip;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::Target;
use crate::mutate::{changed, changes, noise};

/// The target.
pub const TARGET: Target = Target {
    name: "zip",
    weight: 25,
    check,
    inputs,
};

/// The most that AWS unpacks.
const LARGEST: u64 = 262_144_000;

/// Files, folders and links of one package, and how deep they may lie.
const MOST_ENTRIES: u64 = 20_000;
const MOST_LEVELS: u64 = 128;

/// What an entry is.
#[derive(Clone, Debug)]
enum What {
    File(Vec<u8>),
    /// So many MiB of zeros, which take little room in the zip.
    Zeros(usize),
    Folder,
    Link(String),
}

#[derive(Clone, Debug)]
struct Entry {
    name: String,
    mode: u32,
    deflated: bool,
    what: What,
}

fn name() -> BoxedStrategy<String> {
    let usual = select(vec![
        "bootstrap",
        "lib/a.so",
        "lib/b/c.py",
        "lambda_function.py",
        "a",
        "d/",
        "d/e",
        "lib",
    ]);
    let odd = select(vec![
        "../out",
        "lib/../../out",
        "/etc/passwd",
        "a/./b",
        "a//b",
        "..",
        ".",
        "",
        "a\\..\\b",
        "a\0b",
        "ünï/日本",
        "\u{202e}exe",
        "lib/..",
        "bootstrap/x",
        "./bootstrap",
    ]);
    prop_oneof![
        20 => usual.prop_map(str::to_owned),
        1 => odd.prop_map(str::to_owned),
        1 => "[a-c./]{1,12}",
        1 => (1usize..400).prop_map(|length| "n".repeat(length)),
        1 => (1usize..300).prop_map(|depth| "d/".repeat(depth) + "x"),
    ]
    .boxed()
}

fn entry() -> BoxedStrategy<Entry> {
    let target = prop_oneof![
        3 => select(vec!["bootstrap", "a", "lib", "../a", "..", "../../out", "/etc/passwd", "", ".", "d/e", "lib/../a"])
            .prop_map(str::to_owned),
        1 => name(),
    ];
    let what = prop_oneof![
        2400 => vec(any::<u8>(), 0..80).prop_map(What::File),
        800 => (any::<u8>(), 0usize..3000).prop_map(|(byte, length)| What::File(vec![byte; length])),
        400 => Just(What::Folder),
        800 => target.prop_map(What::Link),
        1 => (1usize..30).prop_map(What::Zeros),
    ];
    let mode = prop_oneof![Just(0o644), Just(0o755), Just(0o4755), any::<u32>()];
    (name(), mode, any::<bool>(), what)
        .prop_map(|(name, mode, deflated, what)| Entry {
            name,
            mode,
            deflated,
            what,
        })
        .boxed()
}

fn zip_of(entries: &[Entry]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        let method = if entry.deflated || matches!(entry.what, What::Zeros(_)) {
            CompressionMethod::Deflated
        } else {
            CompressionMethod::Stored
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .unix_permissions(entry.mode);
        // What this writer does not write is not in the zip.
        let _ = match &entry.what {
            What::File(content) => writer
                .start_file(&entry.name, options)
                .and_then(|()| Ok(writer.write_all(content)?)),
            What::Zeros(mib) => writer
                .start_file(&entry.name, options)
                .and_then(|()| Ok(writer.write_all(&vec![0; mib << 20])?)),
            What::Folder => writer.add_directory(&entry.name, options),
            What::Link(target) => writer.add_symlink(&entry.name, target, options),
        };
    }
    writer.finish().map(Cursor::into_inner).unwrap_or_default()
}

/// More than may be unpacked, in few bytes.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let part = |number: usize| Entry {
        name: format!("part-{number}"),
        mode: 0o644,
        deflated: true,
        what: What::Zeros(60),
    };
    zip_of(&(0..5).map(part).collect::<Vec<_>>())
});

/// More folders than there may be, in few names.
static FOREST: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let path = |number: usize| Entry {
        name: format!("{number}/{}x", "d/".repeat(100)),
        mode: 0o644,
        deflated: false,
        what: What::File(Vec::new()),
    };
    zip_of(&(0..250).map(path).collect::<Vec<_>>())
});

fn inputs() -> BoxedStrategy<Vec<u8>> {
    let zips = vec(entry(), 0..6).prop_map(|entries| zip_of(&entries));
    prop_oneof![
        1 => Just(()).prop_map(|()| BOMB.clone()),
        1 => Just(()).prop_map(|()| FOREST.clone()),
        15_000 => (zips, changes()).prop_map(|(zip, changes)| changed(zip, &changes, &[])),
        1000 => noise(),
    ]
    .boxed()
}

thread_local! {
    /// A folder of this thread, in memory where the machine has that.
    static HOME: RefCell<tempfile::TempDir> = RefCell::new(home());
}

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a folder can be made");
    fs::write(home.path().join("out"), CANARY).expect("a file can be written");
    fs::write(home.path().join("a"), CANARY).expect("a file can be written");
    home
}

/// What lies beside the package, where names that leave it would write.
const CANARY: &[u8] = b"untouched";

fn check(bytes: &[u8]) -> &'static str {
    HOME.with_borrow(|home| check_in(home.path(), bytes))
}

fn check_in(home: &Path, bytes: &[u8]) -> &'static str {
    let root = home.join("package");
    let kind = match unpack_zip(Bytes::copy_from_slice(bytes), root.clone()) {
        Ok(package) => {
            let found = is_unpacked_rightly(&root, bytes);
            drop(package);
            match found.links {
                0 => "unpacked",
                _ => "unpacked, with links",
            }
        }
        Err((status, message)) => {
            assert_eq!(status, 400, "it is the zip's fault: {message}");
            match message.as_str() {
                text if text.starts_with("Could not unzip uploaded file") => "refused: broken",
                text if text.starts_with("Unzipped size must be smaller") => "refused: too large",
                text if text.starts_with("Unzipped code must have at most") => {
                    "refused: too many, or too deep"
                }
                text if text.starts_with("Uploaded file must be a non-empty zip") => "refused: empty",
                other => panic!("{other:?} is nothing that Lambda says of a zip"),
            }
        }
    };
    let mut beside: Vec<_> = fs::read_dir(home)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").file_name())
        .collect();
    beside.sort();
    assert_eq!(
        beside,
        ["a", "out"],
        "nothing else lies there, and nothing is left"
    );
    for name in ["a", "out"] {
        assert_eq!(
            fs::read(home.join(name)).expect("it is there"),
            CANARY,
            "{name} was written to"
        );
    }
    kind
}

/// What lies at `root`, as it may lie there of this zip.
fn is_unpacked_rightly(root: &Path, zip: &[u8]) -> Found {
    let mut found = Found::default();
    found.check(root, root, zip, 1);
    found.assert_bounded();
    assert!(found.entries > 0 || zip.len() > 22, "something is in it");
    found
}

/// What was unpacked.
#[derive(Default)]
struct Found {
    entries: u64,
    bytes: u64,
    links: u64,
    levels: u64,
}

impl Found {
    fn assert_bounded(&self) {
        assert!(self.bytes <= LARGEST, "{} bytes", self.bytes);
        assert!(self.entries <= MOST_ENTRIES, "{} files and folders", self.entries);
        assert!(self.levels <= MOST_LEVELS, "{} levels", self.levels);
    }

    fn check(&mut self, folder: &Path, root: &Path, zip: &[u8], level: u64) {
        for entry in fs::read_dir(folder).expect("a folder of a package can be read") {
            let path = entry.expect("an entry can be read").path();
            let meta = fs::symlink_metadata(&path).expect("it is there");
            self.entries += 1;
            self.levels = self.levels.max(level);
            if meta.is_symlink() {
                self.links += 1;
                let end = fs::canonicalize(&path).expect("a link leads somewhere");
                let root = fs::canonicalize(root).expect("the root is there");
                assert!(
                    end.starts_with(root),
                    "{} leads out, to {}",
                    path.display(),
                    end.display()
                );
                continue;
            }
            let mode = meta.permissions().mode() & 0o7777;
            assert!(
                matches!(mode, 0o755 | 0o644),
                "{} has mode {mode:o}",
                path.display()
            );
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .expect("names are text");
            let said = zip.windows(name.len()).any(|window| window == name.as_bytes());
            assert!(said || !name.is_ascii(), "{name:?} stands nowhere in the zip");
            if meta.is_dir() {
                self.check(&path, root, zip, level + 1)
            } else {
                assert!(
                    meta.is_file(),
                    "{} is neither file, folder nor link",
                    path.display()
                );
                self.bytes += meta.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objection;

    /// What the target says of a package that was unpacked and then changed.
    fn findings_after(spoil: impl FnOnce(&Path)) -> String {
        let zip = zip_of(&[Entry {
            name: "lib/bootstrap".to_owned(),
            mode: 0o755,
            deflated: false,
            what: What::File(b"content".to_vec()),
        }]);
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("package");
        let _package = unpack_zip(Bytes::from(zip.clone()), root.clone()).ok().unwrap();
        is_unpacked_rightly(&root, &zip);
        spoil(&root);
        objection(|| {
            is_unpacked_rightly(&root, &zip);
        })
    }

    #[test]
    fn wrongly_unpacked_package_is_detected() {
        let more = findings_after(|root| fs::write(root.join("unexpected"), "").unwrap());
        assert!(
            more.contains("\"unexpected\" stands nowhere in the zip"),
            "{more}"
        );
        let out = findings_after(|root| std::os::unix::fs::symlink("/etc", root.join("lib/b")).unwrap());
        assert!(out.contains("leads out, to /etc"), "{out}");
        let mode = findings_after(|root| {
            fs::set_permissions(root.join("lib"), fs::Permissions::from_mode(0o777)).unwrap()
        });
        assert!(mode.contains("has mode 777"), "{mode}");
        // Each of these names stands in the zip.
        let deep = findings_after(|root| fs::create_dir_all(root.join("lib/".repeat(200))).unwrap());
        assert!(deep.contains("levels") || deep.contains("has mode"), "{deep}");
    }

    #[test]
    fn unpacking_beyond_the_limit_is_detected() {
        let found = |bytes, entries, levels| Found {
            bytes,
            entries,
            levels,
            links: 0,
        };
        found(LARGEST, MOST_ENTRIES, MOST_LEVELS).assert_bounded();
        for too_much in [
            found(LARGEST + 1, 1, 1),
            found(1, MOST_ENTRIES + 1, 1),
            found(1, 1, MOST_LEVELS + 1),
        ] {
            objection(|| too_much.assert_bounded());
        }
    }
}
