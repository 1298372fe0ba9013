//! This reading of YAML beside that of `serde_norway`, the maintained continuation of `serde_yaml`: of the scenarios
//! that ship, and of what that library writes.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_norway::{Mapping, Value as Plain};

use super::{Node, Value, is_number, read};

fn tree(text: &str) -> Node {
    let mut errors = Vec::new();
    let tree = read("a.yaml", text, &mut errors);
    assert!(errors.is_empty(), "{errors:?} in {text}");
    tree.expect("without an error there is a tree")
}

/// Whether both found the same, and if not, where.
fn same(ours: &Node, theirs: &Plain, path: &str) -> Result<(), String> {
    let agree = match (&ours.value, theirs) {
        (_, Plain::Null) => ours.is_null(),
        (Value::Scalar { text, quoted: false }, Plain::Bool(theirs)) => *text == theirs.to_string(),
        (Value::Scalar { text, quoted: false }, Plain::Number(theirs)) => {
            is_number(text) && text.parse().ok() == theirs.as_f64()
        }
        (Value::Scalar { text, quoted }, Plain::String(theirs)) => {
            let is_else = ours.is_null() || is_number(text) || matches!(text.as_str(), "true" | "false");
            text == theirs && (*quoted || !is_else)
        }
        (Value::List(ours), Plain::Sequence(theirs)) if ours.len() == theirs.len() => {
            let mut pairs = ours.iter().zip(theirs).enumerate();
            return pairs.try_for_each(|(n, (ours, theirs))| same(ours, theirs, &format!("{path}[{n}]")));
        }
        (Value::Map(ours), Plain::Mapping(theirs)) if ours.len() == theirs.len() => {
            let mut pairs = ours.iter().zip(theirs);
            return pairs.try_for_each(|((key, ours), (name, theirs))| {
                let path = format!("{path}.{}", key.text);
                if name.as_str() == Some(key.text.as_str()) {
                    same(ours, theirs, &path)
                } else {
                    Err(format!("{path} is {name:?} there"))
                }
            });
        }
        _ => false,
    };
    if agree {
        Ok(())
    } else {
        Err(format!("{path}: {ours:?}, there {theirs:?}"))
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the scenarios are there");
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect()
}

#[test]
fn every_shipped_scenario_is_the_tree_that_another_library_reads() {
    let shipped = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios"));
    assert!(shipped.len() >= 10, "{shipped:?}");
    for file in shipped {
        let text = std::fs::read_to_string(&file).unwrap();
        let theirs: Plain = serde_norway::from_str(&text).unwrap();
        let agreed = same(&tree(&text), &theirs, "");
        assert_eq!(agreed, Ok(()), "{}", file.display());
    }
}

#[test]
fn a_difference_is_found() {
    let theirs: Plain = serde_norway::from_str("a: {b: [1, two]}").unwrap();
    assert_eq!(same(&tree("a: {b: [1, two]}"), &theirs, ""), Ok(()));
    for other in [
        "a: {b: [1, three]}",
        "a: {b: ['1', two]}",
        "a: {c: [1, two]}",
        "a: {b: [1]}",
    ] {
        assert!(same(&tree(other), &theirs, "").is_err(), "{other}");
    }
}

/// Any value, with texts that need quotation marks, escapes or several lines.
fn values() -> impl Strategy<Value = Plain> {
    let leaf = prop_oneof![
        Just(Plain::Null),
        any::<bool>().prop_map(Plain::from),
        any::<i64>().prop_map(Plain::from),
        (-1e9..1e9).prop_map(|number: f64| Plain::from(number)),
        "[ -~]{0,20}".prop_map(Plain::from),
        "[a-z'\":#&*!|>%@\\[\\]{},?\\- \n\tß…]{0,40}".prop_map(Plain::from),
        prop_oneof![
            Just("null"),
            Just("~"),
            Just("true"),
            Just("007"),
            Just("1e3"),
            Just("-.5"),
            Just("")
        ]
        .prop_map(Plain::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Plain::from),
            prop::collection::btree_map("[a-z_ :#'-]{1,12}", inner, 0..6).prop_map(|entries| {
                let entries = entries.into_iter().map(|(key, value)| (Plain::from(key), value));
                Plain::from(entries.collect::<Mapping>())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_another_library_writes_is_read_as_it_was(value in values()) {
        let text = serde_norway::to_string(&value).unwrap();
        prop_assert_eq!(same(&tree(&text), &value, ""), Ok(()), "{}", text);
    }
}
