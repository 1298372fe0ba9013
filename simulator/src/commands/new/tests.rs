use drill::scenario::Scenario;
use tempfile::TempDir;

use super::*;

fn arguments(dir: &Path, name: &str) -> New {
    New {
        name: name.to_owned(),
        dir: dir.to_owned(),
        force: false,
    }
}

fn refused(arguments: &New) -> String {
    match execute(arguments) {
        Err(failure) => failure.to_string(),
        Ok(_) => panic!("{arguments:?} is not refused"),
    }
}

#[test]
fn the_template_is_a_scenario_without_warnings() {
    let text = FILES[0].text;
    let parsed = Scenario::read("scenario.yaml", text.as_bytes(), None).expect("it reads well");
    assert!(parsed.warnings.is_empty(), "{:?}", parsed.warnings);
    assert_eq!(parsed.scenario.name, TEMPLATE);
    assert_eq!(parsed.scenario.cloud.buckets().len(), 2);
    assert!(text.matches("CHANGE").count() > 5, "it says what to change");
}

#[test]
fn every_name_in_a_project_is_its_own() {
    let folder = TempDir::new().expect("a temporary folder");
    execute(&arguments(folder.path(), "orders-2")).expect("it is written");
    for file in &FILES {
        let path = folder.path().join("orders-2").join(file.name);
        let text = fs::read_to_string(&path).expect("it was written");
        assert!(!text.contains(TEMPLATE), "{text}");
        assert!(!text.contains("runs//"), "{text}");
        let mode = fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o100 != 0, file.is_program, "{}", file.name);
    }
    let text = fs::read(folder.path().join("orders-2/scenario.yaml")).expect("it was written");
    let parsed = Scenario::read("scenario.yaml", &text, None).expect("it reads well");
    assert_eq!(parsed.scenario.name, "orders-2");
    let readme = fs::read_to_string(folder.path().join("orders-2/README.md")).expect("it was written");
    assert!(readme.contains("runs/orders-2/latest/report.html"), "{readme}");
    // The longest name gives names of buckets that S3 takes.
    let longest = "a".repeat(LONGEST);
    execute(&arguments(folder.path(), &longest)).expect("it is written");
    let text = fs::read(folder.path().join(longest).join("scenario.yaml")).expect("it was written");
    Scenario::read("scenario.yaml", &text, None).expect("it reads well");
}

#[test]
fn commands_name_the_project_by_its_path() {
    let text = "firedrill run my-drill/scenario.yaml; runs/my-drill/latest; my-drill-files; my-drill";
    let there = "firedrill run at/my-drill/mine/scenario.yaml; runs/mine/latest; mine-files; mine";
    assert_eq!(named(text, "mine", "at/my-drill/mine"), there);
}

#[test]
fn names_that_nothing_can_have_are_refused_with_one_that_can() {
    let folder = TempDir::new().expect("a temporary folder");
    for (name, hint) in [
        ("My Drill", Some("new my-drill")),
        ("a/b", Some("new a-b")),
        ("drill_", Some("new drill")),
        ("xn--x", None),
        ("", None),
        ("..", None),
        ("äö", None),
        (&"a".repeat(LONGEST + 1), None),
    ] {
        let said = refused(&arguments(folder.path(), name));
        assert!(said.contains("cannot be the name"), "{said}");
        match hint {
            Some(hint) => assert!(said.ends_with(hint), "{said}"),
            None => assert!(!said.contains("hint:"), "{said}"),
        }
    }
    let left = fs::read_dir(folder.path()).expect("it is ours").count();
    assert_eq!(left, 0, "nothing was written");
}

#[test]
fn nothing_is_written_over_without_force() {
    let folder = TempDir::new().expect("a temporary folder");
    let project = folder.path().join("mine");
    fs::create_dir(&project).expect("it is ours");
    fs::write(project.join("notes.txt"), "kept").expect("it is ours");
    execute(&arguments(folder.path(), "mine")).expect("other files do not conflict");
    fs::write(project.join("restore.sh"), "changed").expect("it is ours");
    let said = refused(&arguments(folder.path(), "mine"));
    assert!(
        said.contains("scenario.yaml, restore.sh, README.md") && said.contains("--force"),
        "{said}"
    );
    let read = |name: &str| fs::read_to_string(project.join(name)).expect("it is there");
    assert_eq!(read("restore.sh"), "changed");
    let forced = New {
        force: true,
        ..arguments(folder.path(), "mine")
    };
    execute(&forced).expect("it was asked for");
    assert!(read("restore.sh").starts_with("#!"));
    assert_eq!(read("notes.txt"), "kept");

    fs::write(folder.path().join("file"), "text").expect("it is ours");
    assert!(refused(&arguments(folder.path(), "file")).contains("no folder"));
}
