//! Texts of scenarios.
//!
//! A refused one is told in sentences that say where; an accepted one is read again to the same plan.

use std::path::Path;
use std::sync::LazyLock;

use drill::plan::Plan;
use drill::scenario::{Diagnostic, Mark, Platform, Scenario};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;

use crate::Target;
use crate::mutate::{changed, changes, noise};

/// The target.
pub const TARGET: Target = Target {
    name: "scenario",
    weight: 8,
    check,
    inputs,
};

/// The scenarios that ship, and the one with everything in it.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = vec![workspace.join("drill/tests/scenario/design.yaml")];
    let mut folders = vec![workspace.join("scenarios")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the scenarios are there") {
            let path = entry.expect("a folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml") {
                files.push(path);
            }
        }
    }
    files.sort();
    let read = |file| std::fs::read(file).expect("a scenario can be read");
    // Comments are no part of what is read, and would take most of the changes.
    let seeds = files.iter().map(read).map(|text| without_comments(&text));
    seeds.collect()
});

fn without_comments(text: &[u8]) -> Vec<u8> {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let said = lines.filter(|line| !line.trim_ascii_start().starts_with(b"#"));
    said.collect::<Vec<_>>().concat()
}

/// How much a plan may hold that is made for every input.
const PLANNED: u64 = 300;

fn inputs() -> BoxedStrategy<Vec<u8>> {
    let seeds = select(SEEDS.clone());
    prop_oneof![
        15 => (seeds, changes()).prop_map(|(seed, changes)| changed(seed, &changes, &SEEDS)),
        1 => noise(),
    ]
    .boxed()
}

fn check(bytes: &[u8]) -> &'static str {
    const FILE: &str = "drill.yaml";
    let parsed = Scenario::read(FILE, bytes, None);
    // Asked about other clouds as well, it comes to an end, and is not told less.
    let elsewhere = Scenario::read(FILE, bytes, Some(Platform::LocalStack { default_image: true }));
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(errors) => {
            are_sentences(FILE, bytes, &errors);
            assert!(elsewhere.is_err(), "what is wrong is wrong for every cloud");
            return if std::str::from_utf8(bytes).is_ok() {
                "refused"
            } else {
                "no text"
            };
        }
    };
    for warning in &parsed.warnings {
        is_in_the_file(bytes, warning.mark);
        is_text(&warning.to_string());
    }
    let recorded = Scenario::read_recorded(FILE, bytes).expect("what is right can be judged later");
    let scenario = parsed.scenario;
    let objects: u64 = scenario
        .cloud
        .buckets()
        .iter()
        .filter_map(|bucket| bucket.objects.as_ref())
        .map(|o| o.count)
        .sum();
    let devices = scenario
        .fleet
        .as_ref()
        .map_or(0, |fleet| u64::from(fleet.devices));
    if objects + devices > PLANNED {
        return "accepted, too large to be planned here";
    }
    let plan = serde_json::to_vec(&Plan::new(&scenario, 7)).expect("a plan is JSON");
    let again = serde_json::to_vec(&Plan::new(&recorded, 7)).expect("a plan is JSON");
    assert!(plan == again, "the same text gives the same plan");
    let read: Plan = serde_json::from_slice(&plan).expect("a plan that was written can be read");
    assert!(
        serde_json::to_vec(&read).expect("a plan is JSON") == plan,
        "a plan is read as it was written"
    );
    "accepted and planned"
}

/// Errors say where and what, in the order of the file, and are no flood.
fn are_sentences(file: &str, bytes: &[u8], errors: &[Diagnostic]) {
    assert!(!errors.is_empty(), "nothing is refused without a reason");
    assert!(errors.len() <= 5000, "{} errors", errors.len());
    assert!(
        errors.is_sorted_by_key(|error| error.mark),
        "errors in the order of the file"
    );
    for error in errors {
        is_in_the_file(bytes, error.mark);
        assert!(
            !error.found.trim().is_empty() && !error.allowed.trim().is_empty(),
            "{error:?}"
        );
        let text = error.to_string();
        let place = format!("{file}:{}:{}: ", error.mark.line, error.mark.column);
        assert!(text.starts_with(&place), "{text:?} does not say where");
        is_text(&text);
    }
}

fn is_in_the_file(bytes: &[u8], mark: Mark) {
    // Line breaks of YAML 1.2, and the end behind the last one.
    let lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).count();
    assert!(
        (1..=lines + 1).contains(&(mark.line as usize)),
        "{mark:?} of {lines} lines"
    );
    assert!(
        (1..=bytes.len() + 2).contains(&(mark.column as usize)),
        "{mark:?} of {} bytes",
        bytes.len()
    );
}

/// A message is one readable line. What steers a terminal is replaced where it is shown.
fn is_text(text: &str) {
    assert!(
        text.chars().count() < 2000,
        "a message of {} characters: {text:.200}",
        text.chars().count()
    );
    assert!(!text.contains('\n'), "more than one line: {text:?}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objection;

    #[test]
    fn incomplete_errors_are_detected() {
        let text = b"version: 1\nname: t\n";
        let error = |line, column, found: &str| Diagnostic {
            file: "f".to_owned(),
            mark: Mark { line, column },
            path: "name".to_owned(),
            found: found.to_owned(),
            allowed: "something else".to_owned(),
            hint: None,
        };
        are_sentences("f", text, &[error(1, 1, "a"), error(2, 7, "b")]);
        for wrong in [
            vec![],
            vec![error(2, 1, "a"), error(1, 1, "b")],
            vec![error(9, 1, "a")],
            vec![error(1, 99, "a")],
            vec![error(1, 1, " ")],
        ] {
            objection(|| are_sentences("f", text, &wrong));
        }
        for wrong in ["two\nlines", &"x".repeat(3000)] {
            objection(|| is_text(wrong));
        }
        objection(|| are_sentences("another file", text, &[error(1, 1, "a")]));
    }
}
