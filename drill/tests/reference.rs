//! The reference: complete, correct by its examples, and on disk as it is generated.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use drill::reference::{FieldDefault, Found, Group, Page, find, in_scenario, markdown, pages};
use drill::scenario::{Scenario, documentation};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference")
}

/// The files below a folder, by their paths from there.
fn files_below(folder: &Path, at: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{at}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files_below(&entry.path(), &format!("{name}/"), found)
        } else {
            found.insert(name);
        }
    }
}

/// `UPDATE_REFERENCE=1 cargo test -p drill --test reference` writes it anew.
#[test]
fn the_reference_on_disk_is_current() {
    let files = markdown::files();
    let mut on_disk = BTreeSet::new();
    files_below(&folder(), "", &mut on_disk);
    let left_over: Vec<String> = on_disk
        .into_iter()
        .filter(|name| files.iter().all(|(path, _)| path != name))
        .collect();
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        for name in &left_over {
            fs::remove_file(folder().join(name)).unwrap();
        }
        for (path, text) in &files {
            let path = folder().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        return;
    }
    let stale = |(path, text): &&(String, String)| {
        fs::read_to_string(folder().join(path)).ok().as_deref() != Some(text.as_str())
    };
    let stale: Vec<&String> = files.iter().filter(stale).map(|(path, _)| path).collect();
    assert!(
        stale.is_empty() && left_over.is_empty(),
        "docs/reference/ is not current: run this test with UPDATE_REFERENCE=1\nstale or missing: {stale:?}\nleft over: \
         {left_over:?}"
    );
}

#[test]
fn every_section_and_choice_has_a_page_with_an_example() {
    let pages = pages();
    let ids: BTreeSet<(Group, &str)> = pages
        .iter()
        .map(|page| (page.group, page.name.as_str()))
        .collect();
    assert_eq!(ids.len(), pages.len(), "a name stands for two pages of a group");
    let names: BTreeSet<&str> = pages.iter().map(|page| page.name.as_str()).collect();
    for field in documentation().iter().flat_map(|root| &root.fields) {
        assert!(
            field.tables.is_empty() || names.contains(field.key),
            "{}",
            field.key
        );
        for choice in field.tables.iter().flat_map(|table| &table.variants) {
            assert!(names.contains(choice.name), "{}", choice.name);
        }
    }
    for page in pages.iter().filter(|page| page.group != Group::Variables) {
        let name = &page.name;
        assert!(!page.details.is_empty(), "{name} has no details");
        assert!(
            page.summary.ends_with('.') && page.details.ends_with('.'),
            "{name}"
        );
        assert!(!page.example.is_empty(), "{name} has no example");
        let key = page.group.section().unwrap_or(name.as_str());
        let shown = page
            .example
            .lines()
            .any(|line| line.starts_with(&format!("{key}:")));
        assert!(
            shown || name == "scenario",
            "the example of {name} does not show {key}"
        );
    }
}

#[test]
fn every_example_is_a_scenario_without_errors() {
    for page in pages().iter().filter(|page| page.group != Group::Variables) {
        let text = in_scenario(&page.example);
        let (scenario, _) = Scenario::parse(&page.name, &text).unwrap_or_else(|errors| {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            panic!("{}\n{text}", errors.join("\n"))
        });
        assert!(
            uses(page, &scenario),
            "the example of {} does not use it",
            page.name
        );
    }
}

/// Whether the scenario of an example has what its page is about.
fn uses(page: &Page, scenario: &Scenario) -> bool {
    let name = page.name.as_str();
    match page.group {
        Group::Fault => scenario.faults.iter().any(|fault| fault.action.name() == name),
        Group::Action => scenario.runbook.iter().any(|step| step.action.name() == name),
        Group::Probe => page.example.contains(&format!("do: {name}")) && !scenario.probes.is_empty(),
        Group::Writer => page.example.contains(&format!("do: {name}")) && !scenario.writers.is_empty(),
        Group::Section | Group::Variables => true,
    }
}

#[test]
fn what_a_page_needs_is_a_part_of_a_scenario() {
    let pages = pages();
    let is_field = |path: &str| {
        let (table, field) = path.rsplit_once('.').unwrap_or(("", path));
        let tables = pages.iter().filter(|page| page.group == Group::Section);
        tables
            .flat_map(|page| &page.tables)
            .any(|known| known.path == table && known.rows.iter().any(|row| row.name == field))
    };
    for page in &pages {
        for (path, what) in &page.needs {
            assert!(is_field(path), "{}: {path}", page.name);
            assert!(!what.is_empty(), "{}: {path}", page.name);
        }
    }
}

/// What a required field names must be there, so the page says so.
#[test]
fn a_page_needs_what_its_required_fields_name() {
    let sections = [
        ("the name of a bucket", "cloud.buckets"),
        ("the name of a function", "cloud.functions"),
        ("the name of a region", "cloud.regions"),
        ("the name of a probe", "probes"),
        ("the name of a step that does s3.audit", "runbook"),
    ];
    for page in pages().iter().filter(|page| page.group.section().is_some()) {
        let own = page.tables.iter().find(|table| table.path.is_empty());
        let required = own.into_iter().flat_map(|table| &table.rows);
        for row in required.filter(|row| row.default == FieldDefault::Required) {
            let named = sections.iter().find(|(value, _)| *value == row.value);
            let missing = named.filter(|(_, section)| page.needs.iter().all(|(path, _)| path != section));
            assert_eq!(missing, None, "{}: {}", page.name, row.name);
        }
    }
}

#[test]
fn every_fault_says_what_it_affects() {
    for page in pages().iter().filter(|page| page.group == Group::Fault) {
        assert!(!page.impacts.is_empty(), "{}", page.name);
    }
}

#[test]
fn links_between_pages_lead_to_pages() {
    let files = markdown::files();
    for (path, text) in &files {
        for link in text.split("](").skip(1) {
            let link = link.split([')', '#']).next().unwrap_or_default();
            let target = folder().join(path).parent().unwrap().join(link);
            assert!(link.starts_with("http") || target.exists(), "{path}: {link}");
        }
    }
}

#[test]
fn pages_are_found_by_name_path_and_group() {
    let page = |name: &str| match find(name) {
        Found::Page(page) => *page,
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(page("s3.sync").group, Group::Action);
    assert_eq!(page("actions").name, "runbook");
    assert!(
        page("faults")
            .choices
            .iter()
            .any(|(name, _)| name == "region.outage")
    );
    let buckets = page("cloud.buckets");
    assert!(
        buckets
            .tables
            .iter()
            .all(|table| table.path.starts_with("cloud.buckets"))
    );
    assert!(buckets.tables.len() > 2);
    let Found::Several(lambda) = find("lambda") else {
        panic!("pages of one service are found by its name");
    };
    assert!(lambda.iter().all(|page| page.name.starts_with("lambda.")));
    assert!(lambda.iter().any(|page| page.group == Group::Probe), "{lambda:?}");
    assert_eq!(
        find("s3.delete_object"),
        Found::Nothing(Some("did you mean \"s3.delete_objects\"?".to_owned()))
    );
    assert_eq!(find("zzzzzzzzzzzz"), Found::Nothing(None));
}
