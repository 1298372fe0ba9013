//! The scenarios that ship, and the JSON Schema beside them.

use std::path::{Path, PathBuf};

use drill::scenario::{Command, Scenario, Shell, schema};

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

/// `hello.yaml`, and those of each system's folder.
fn shipped() -> Vec<PathBuf> {
    let entries = |folder: &Path| {
        let entries = std::fs::read_dir(folder).expect("the folder is there");
        entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    };
    let (folders, mut files): (Vec<PathBuf>, Vec<PathBuf>) =
        entries(&scenarios()).into_iter().partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| entries(folder)));
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files
}

fn parse(path: &Path) -> (Scenario, Vec<String>) {
    let text = std::fs::read(path).unwrap();
    let parsed = Scenario::parse_bytes(&path.display().to_string(), &text);
    let (scenario, warnings) = parsed.unwrap_or_else(|errors| panic!("{}", errors[0]));
    (
        scenario,
        warnings.iter().map(|warning| warning.text.clone()).collect(),
    )
}

#[test]
fn every_shipped_scenario_is_right() {
    let files = shipped();
    assert!(files.len() >= 11, "{files:?}");
    assert!(files.contains(&scenarios().join("hello.yaml")), "{files:?}");
    for file in files {
        let (scenario, warnings) = parse(&file);
        assert_eq!(
            Some(scenario.name.as_str()),
            file.file_stem().and_then(|stem| stem.to_str())
        );
        let folder = file.parent().expect("it lies in a folder");
        if folder != scenarios() {
            let system = folder.file_name().and_then(|name| name.to_str());
            assert_eq!(Some(scenario.system.as_str()), system);
        }
        if !scenario.name.ends_with("-as-written") {
            assert_eq!(warnings, [""; 0], "{}", file.display());
        }
    }
}

/// The commands of the plan's lines 214 to 237, and nothing that would say in this tool's words what they do.
#[test]
fn the_plan_as_written_is_drilled_with_its_own_commands() {
    let (scenario, warnings) = parse(&scenarios().join("iot-steel/s3-bucket-loss-as-written.yaml"));
    assert_eq!(warnings, [""; 0]);
    let commands: Vec<&str> = scenario
        .runbook
        .iter()
        .filter_map(|step| match &step.action.get::<Shell>()?.command {
            Command::Run(text) => Some(text.as_str()),
            Command::Script(_) => None,
        })
        .collect();
    let begins: Vec<String> = commands
        .iter()
        .map(|text| text.split(' ').take(3).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        begins,
        [
            "aws s3api put-bucket-versioning",
            "aws s3 ls",
            "aws s3api list-object-versions",
            "aws s3 sync"
        ]
    );
}

/// `UPDATE_SCHEMA=1 cargo test -p drill --test scenario_files` writes it anew.
#[test]
fn the_schema_beside_the_scenarios_is_current() {
    let path = scenarios().join("schema.json");
    let current = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == current,
        "scenarios/schema.json is old: run this test with UPDATE_SCHEMA=1"
    );
}

#[test]
fn every_field_of_the_schema_is_documented() {
    fn walk(schema: &serde_json::Value, path: &str, bare: &mut Vec<String>) {
        if !schema.is_object() {
            return;
        }
        if let Some(properties) = schema["properties"].as_object() {
            for (name, field) in properties {
                if field["description"].as_str().is_none_or(str::is_empty) {
                    bare.push(format!("{path}.{name}"));
                }
                walk(field, &format!("{path}.{name}"), bare);
            }
        }
        for key in ["items", "additionalProperties"] {
            walk(&schema[key], path, bare);
        }
        for key in ["oneOf", "anyOf"] {
            schema[key]
                .as_array()
                .into_iter()
                .flatten()
                .for_each(|one| walk(one, path, bare));
        }
    }
    let mut bare = Vec::new();
    walk(&schema(), "", &mut bare);
    assert_eq!(bare, [""; 0]);
    assert_eq!(schema()["properties"]["stable_for"]["default"], "5m");
    let faults = schema()["properties"]["faults"]["items"]["oneOf"]
        .as_array()
        .map(Vec::len);
    assert_eq!(faults, Some(20));
}
