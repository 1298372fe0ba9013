//! The variables that the sources name are those of the tables, from which the reference is written.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use drill::variables::{
    ChildVariable, CommandVariable, DeclaredVariable, FunctionVariable, SandboxVariable, ScriptVariable,
    TestVariable,
};

/// The folders with sources, seen from the workspace.
const CRATES: [&str; 11] = [
    "baseline",
    "cloud-emulator",
    "drill",
    "evidence",
    "fleet-emulator",
    "forecast",
    "fuzz",
    "reports",
    "runtime",
    "simulator",
    "test-harness",
];

/// Calls `seen` with the path and text of every source file below a folder.
fn sources(folder: &Path, seen: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, seen);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            seen(&path, &fs::read_to_string(&path).expect("a source file is text"));
        }
    }
}

fn every_source(mut seen: impl FnMut(&Path, &str)) {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for name in CRATES {
        sources(&workspace.join(name), &mut seen);
    }
}

/// The words in a text that begin with `FIREDRILL_`.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let begins = text.match_indices("FIREDRILL_").map(|(at, _)| &text[at..]);
    begins.map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
        &rest[..end.unwrap_or(rest.len())]
    })
}

#[test]
fn every_firedrill_variable_in_the_sources_is_in_a_table() {
    let fixed: BTreeSet<&str> = ScriptVariable::ALL
        .iter()
        .map(|variable| variable.name())
        .chain(ChildVariable::ALL.iter().map(|variable| variable.name()))
        .chain(CommandVariable::ALL.iter().map(|variable| variable.name()))
        .chain(TestVariable::ALL.iter().map(|variable| variable.name()))
        .collect();
    let is_known = |name: &str| {
        let after_a_label = ["FIREDRILL_REGION_", "FIREDRILL_BUCKET_"];
        fixed.contains(name)
            || name == "FIREDRILL_"
            || after_a_label.iter().any(|begin| name.starts_with(begin))
    };
    let mut unknown = BTreeSet::new();
    every_source(|path, text| {
        for name in named(text).filter(|name| !is_known(name)) {
            unknown.insert(format!("{}: {name}", path.display()));
        }
    });
    assert_eq!(unknown, BTreeSet::new(), "add them to drill/src/variables.rs");
}

#[test]
fn every_variable_that_only_tests_read_is_read() {
    let mut read = BTreeSet::new();
    every_source(|path, text| {
        if !path.ends_with("drill/src/variables.rs") {
            read.extend(named(text).map(str::to_owned));
        }
    });
    for variable in TestVariable::ALL {
        assert!(read.contains(variable.name()), "{} is not read", variable.name());
    }
}

/// `std::env::var("NAME")` outside of tests is a variable that the command line reads.
#[test]
fn every_variable_that_is_read_by_its_name_is_in_a_table() {
    let known: BTreeSet<&str> = CommandVariable::ALL
        .iter()
        .map(|variable| variable.name())
        .collect();
    let mut unknown = BTreeSet::new();
    every_source(|path, text| {
        let sources = path.components().any(|part| part.as_os_str() == "src");
        let of_tests = path.components().any(|part| {
            let part = part.as_os_str().to_string_lossy();
            part == "tests.rs" || part == "gallery.rs" || part == "test-harness" || part == "fuzz"
        });
        if !sources || of_tests {
            return;
        }
        for call in ["env::var(\"", "env::var_os(\""] {
            let names = text.split(call).skip(1).filter_map(|rest| rest.split('"').next());
            for name in names.filter(|name| !known.contains(name)) {
                unknown.insert(format!("{}: {name}", path.display()));
            }
        }
    });
    assert_eq!(unknown, BTreeSet::new(), "add them to drill/src/variables.rs");
}

#[test]
fn every_variable_is_explained_in_sentences() {
    let docs = ScriptVariable::ALL
        .iter()
        .map(|variable| (variable.name(), variable.doc()))
        .chain(SandboxVariable::ALL.iter().map(|v| (v.name(), v.doc())))
        .chain(FunctionVariable::ALL.iter().map(|v| (v.name(), v.doc())))
        .chain(DeclaredVariable::ALL.iter().map(|v| (v.name(), v.doc())))
        .chain(ChildVariable::ALL.iter().map(|v| (v.name(), v.doc())))
        .chain(CommandVariable::ALL.iter().map(|v| (v.name(), v.doc())))
        .chain(TestVariable::ALL.iter().map(|v| (v.name(), v.doc())));
    for (name, doc) in docs {
        assert!(doc.ends_with('.') && doc.len() > 5, "{name}: {doc:?}");
    }
}
