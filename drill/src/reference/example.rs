//! An example of the reference as a whole scenario, so that it can be checked.
//!
//! The examples of all sections make one scenario. That of a fault, action, probe or writer takes the place of the
//! section that it names.

use std::sync::LazyLock;

use crate::scenario::documentation;

/// The sections of all examples together, each once.
static BASE: LazyLock<Vec<(String, String)>> = LazyLock::new(base);

/// The scenario of this example: its sections, and those of the reference's own scenario that it does not name.
pub fn in_scenario(example: &str) -> String {
    let own = sections(example);
    let mut text = String::new();
    for (key, base) in &*BASE {
        match own.iter().find(|(own, _)| own == key) {
            Some((_, section)) => {
                text.push_str(section);
                text.push_str(&other_entries(key, base, section));
            }
            None => text.push_str(base),
        }
    }
    text
}

fn base() -> Vec<(String, String)> {
    let root = documentation();
    let mut all = Vec::new();
    for table in &root {
        all.extend(sections(&table.example));
        let parts = table.fields.iter().flat_map(|field| &field.tables);
        all.extend(parts.flat_map(|part| sections(&part.example)));
    }
    all
}

/// The keys at the top level of a text in YAML, each with its lines.
fn sections(yaml: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for line in yaml.trim().lines() {
        let key = line
            .split_once(':')
            .filter(|_| !line.starts_with([' ', '-', '#']));
        match (key, all.last_mut()) {
            (Some((key, _)), _) => all.push((key.to_owned(), format!("{line}\n"))),
            (None, Some((_, text))) => *text += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    all
}

/// Probes and writers are referred to by name: those of the base that the example does not define stay.
fn other_entries(key: &str, base: &str, own: &str) -> String {
    if !["probes", "writers"].contains(&key) {
        return String::new();
    }
    let name = |line: &str| line.split_once(':').map(|(name, _)| name.to_owned());
    let defined: Vec<Option<String>> = own.lines().skip(1).map(name).collect();
    let others = base.lines().skip(1).filter(|line| !defined.contains(&name(line)));
    others.map(|line| format!("{line}\n")).collect()
}
