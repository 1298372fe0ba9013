//! What a user says of a drill, in `drill.yaml` or by flags.

use std::str::FromStr;

use super::{Owner, Person};
use crate::scenario::{Diagnostic, Places, decode_file};
use crate::text::steers;

/// The longest name or role.
const LONGEST: usize = 500;

/// What `drill.yaml` says, before a file that it names is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// The plan.
    pub plan: Option<GivenPlan>,
    /// Who takes part.
    pub participants: Vec<Person>,
    /// Who prepared the drill.
    pub prepared_by: Option<Person>,
    /// Who approved it.
    pub approved_by: Vec<Person>,
    /// What it covers.
    pub scope: Vec<String>,
    /// What it does not.
    pub out_of_scope: Vec<String>,
    /// Who owns what.
    pub owners: Vec<Owner>,
}

/// The plan as it is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenPlan {
    /// Its file, from the folder of `drill.yaml`.
    pub file: Option<String>,
    /// Its title; else the first heading of the file.
    pub title: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Its own list of scenarios: id, title, and the Firedrill scenarios that drill it.
    pub scenarios: Vec<super::PlanScenario>,
}

/// Reads `drill.yaml`, with the places of its fields. `file` is its name in messages.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub fn read(file: &str, bytes: &[u8]) -> Result<(Given, Places), Vec<Diagnostic>> {
    decode_file(file, bytes)
}

/// A person who is not written as `NAME: ROLE`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is not written as \"NAME: ROLE\", as in \"Ada Lovelace: incident commander\", on one line and with at most 500 characters"
)]
pub struct PersonError;

impl FromStr for Person {
    type Err = PersonError;

    /// `Ada Lovelace: incident commander`.
    fn from_str(text: &str) -> Result<Person, PersonError> {
        let harmless = !text.chars().any(steers) && text.chars().count() <= LONGEST;
        let (name, role) = text.split_once(':').filter(|_| harmless).ok_or(PersonError)?;
        let (name, role) = (name.trim(), role.trim());
        if name.is_empty() || role.is_empty() {
            Err(PersonError)
        } else {
            Ok(Person {
                name: name.to_owned(),
                role: role.to_owned(),
                contact: None,
                added_at: None,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
version: 1
plan:
  file: plan.md
  title: Recovery plan
  version: "3.2"
  scenarios:
    - {id: "1", title: Region failure, drilled_by: region-failure}
    - {id: "3", title: Buckets deleted, drilled_by: [s3-bucket-loss, s3-bucket-loss-as-written]}
    - {id: "5", title: Ransomware}
participants:
  - {name: Ada Lovelace, role: incident commander, contact: ada@example.org}
prepared_by: {name: Grace Hopper, role: resilience manager}
approved_by:
  - {name: Mary Shaw, role: head of operations}
scope: [The two buckets and their replicas]
out_of_scope: [The mobile application]
owners:
  - {of: bucket programs, name: Team Firmware, contact: firmware@example.org}
"#;

    #[test]
    fn a_whole_file_is_read() {
        let (given, places) = read("drill.yaml", WHOLE.as_bytes()).unwrap();
        let plan = given.plan.unwrap();
        assert_eq!(plan.file.as_deref(), Some("plan.md"));
        let drilled: Vec<usize> = plan.scenarios.iter().map(|one| one.drilled_by.len()).collect();
        assert_eq!(drilled, [1, 2, 0]);
        assert_eq!(given.participants[0].contact.as_deref(), Some("ada@example.org"));
        assert_eq!(given.prepared_by.unwrap().name, "Grace Hopper");
        assert_eq!(given.owners[0].of, "bucket programs");
        assert_eq!(places.mark_of("plan.file").line, 4);
    }

    #[test]
    fn every_error_is_told_at_once_with_its_line() {
        let wrong = "version: 2\nplan: {files: a.md, scenarios: [{id: x}, {id: x, title: T}]}\nparticipants: Ada\nscope: 7\n";
        let errors = read("drill.yaml", wrong.as_bytes()).unwrap_err();
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let told = told.join("\n");
        for part in [
            "drill.yaml:1:10: version: found the number 2",
            "drill.yaml:2:8: plan.files: found an unknown key",
            "did you mean \"file\"?",
            "plan.scenarios[0].title: found no `title`",
            "drill.yaml:3:15: participants: found \"Ada\"",
        ] {
            assert!(told.contains(part), "{part} is not in\n{told}");
        }
    }

    #[test]
    fn a_person_is_a_name_and_a_role() {
        let person: Person = "Ada Lovelace: incident commander: night".parse().unwrap();
        assert_eq!(
            (person.name.as_str(), person.role.as_str()),
            ("Ada Lovelace", "incident commander: night")
        );
        for wrong in ["Ada", ": role", "Ada:", "a\u{1b}: b", "a: b\nc"] {
            assert_eq!(wrong.parse::<Person>(), Err(PersonError), "{wrong:?}");
        }
    }
}
