//! From `drill.yaml`, flags and the plan's file to the details of a drill.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use drill::details::{Details, Given, GivenPlan, RecoveryPlan, SCHEMA, Scope, read};
use drill::scenario::Places;

use super::flags::DetailFlags;
use crate::exit::Failure;
use crate::output;
use crate::source::sha256_hex;

/// The largest `drill.yaml`, in bytes.
const LARGEST_FILE: u64 = 1 << 20;
/// The largest plan, in bytes.
const LARGEST_PLAN: u64 = 16 << 20;

/// The details of a drill, and the bytes of its plan.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) details: Details,
    /// The plan's file, if one is named.
    pub(crate) plan: Option<Vec<u8>>,
}

/// Reads what the user names; nothing is written, and earlier runs are not looked at.
///
/// # Errors
/// A file that cannot be read or is wrong, with every error of it at once.
pub(crate) fn resolve(flags: &DetailFlags) -> Result<Resolved, Failure> {
    let mut named = match &flags.details {
        Some(file) => Named::read(file)?,
        None => Named::default(),
    };
    named.overrule(flags)?;
    let given = named.given;
    let (plan, bytes) = match given.plan {
        Some(plan) => {
            let (plan, bytes) = plan_of(plan, named.plan)?;
            (Some(plan), bytes)
        }
        None => (None, None),
    };
    let scope = Scope {
        covers: given.scope,
        excludes: given.out_of_scope,
        added_at: None,
    };
    let details = Details {
        schema: SCHEMA,
        plan,
        participants: given.participants,
        prepared_by: given.prepared_by.into_iter().collect(),
        approved_by: given.approved_by,
        scope: (scope != Scope::default()).then_some(scope),
        owners: given.owners,
        earlier: Vec::new(),
        earlier_left_out: 0,
        register: None,
    };
    Ok(Resolved { details, plan: bytes })
}

/// Says that a `drill.yaml` beside the scenario is not read, where one lies there and none is named: a file that changes a
/// report should be asked for.
pub(crate) fn note_of_file_beside(flags: &DetailFlags, scenario: &Path) {
    let beside = scenario.with_file_name("drill.yaml");
    if flags.details.is_none() && beside != scenario && beside.is_file() {
        output::note(format_args!(
            "firedrill: {0} is not read; --details {0} takes people, plan and scope from it",
            beside.display()
        ));
    }
}

/// What is named, and where a plan's file lies.
#[derive(Default)]
struct Named {
    given: Given,
    plan: Option<PlanFile>,
}

/// A file that is to be read, and what to say before an error of it.
struct PlanFile {
    path: PathBuf,
    named_by: String,
}

impl Named {
    fn read(file: &Path) -> Result<Named, Failure> {
        let name = file.display().to_string();
        let bytes = bytes(file, LARGEST_FILE)
            .map_err(|error| Failure::Input(format!("--details: {name}: cannot be read: {error}")))?;
        let (given, places) = read(&name, &bytes).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Failure::Input(lines.join("\n"))
        })?;
        let folder = file.parent().unwrap_or(Path::new(""));
        let plan = given.plan.as_ref().and_then(|plan| plan.file.as_ref());
        let plan = plan.map(|plan| PlanFile {
            path: folder.join(plan),
            named_by: place(&name, &places, "plan.file"),
        });
        Ok(Named { given, plan })
    }

    /// Flags say more, or other than the file.
    fn overrule(&mut self, flags: &DetailFlags) -> Result<(), Failure> {
        let given = &mut self.given;
        if let Some(path) = &flags.plan {
            let plan = given.plan.get_or_insert_with(GivenPlan::default);
            plan.file = Some(path.display().to_string());
            self.plan = Some(PlanFile {
                path: path.clone(),
                named_by: "--plan".to_owned(),
            });
        }
        if let Some(version) = &flags.plan_version {
            let harmless = !version.trim().is_empty() && !version.chars().any(drill::text::steers);
            let plan = given.plan.as_mut().ok_or_else(|| {
                Failure::Input("--plan-version: of which plan? Name it with --plan or --details".to_owned())
            })?;
            if !harmless {
                return Err(Failure::Input(
                    "--plan-version: is to be a text on one line, without control characters".to_owned(),
                ));
            }
            plan.version = Some(version.trim().to_owned());
        }
        given.participants.extend(flags.participant.iter().cloned());
        given.approved_by.extend(flags.approved_by.iter().cloned());
        if let Some(person) = &flags.prepared_by {
            given.prepared_by = Some(person.clone());
        }
        Ok(())
    }
}

/// `drill.yaml:4:9: plan.file`.
fn place(file: &str, places: &Places, path: &str) -> String {
    let mark = places.mark_of(path);
    format!("{file}:{}:{}: {path}", mark.line, mark.column)
}

/// The plan with the hash of its file.
fn plan_of(plan: GivenPlan, file: Option<PlanFile>) -> Result<(RecoveryPlan, Option<Vec<u8>>), Failure> {
    let mut named = RecoveryPlan {
        title: plan.title,
        version: plan.version,
        file: plan.file,
        scenarios: plan.scenarios,
        ..RecoveryPlan::default()
    };
    let Some(PlanFile { path, named_by }) = file else {
        return Ok((named, None));
    };
    let bytes = bytes(&path, LARGEST_PLAN).map_err(|error| {
        Failure::Input(format!("{named_by}: {}: cannot be read: {error}", path.display()))
    })?;
    named.sha256 = Some(sha256_hex(&bytes));
    if let Ok(text) = std::str::from_utf8(&bytes) {
        named.lines = Some(text.lines().count() as u64);
        if named.title.is_none() {
            let heading = text.lines().find_map(|line| line.strip_prefix("# "));
            named.title = heading.map(|heading| drill::text::one_line(heading.trim()));
        }
    }
    Ok((named, Some(bytes)))
}

/// A regular file of at most so many bytes. It waits for no pipe, and for the end of no device.
pub(super) fn bytes(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest {
        Err(io::Error::other(format!(
            "it has more than {} MiB",
            largest >> 20
        )))
    } else {
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("plan.md"),
            "intro\n# Recovery of X\n## Scenario 1\n",
        )
        .unwrap();
        folder
    }

    #[test]
    fn flags_go_before_the_file_and_the_plan_is_hashed() {
        let folder = folder();
        let file = folder.path().join("drill.yaml");
        let yaml =
            "version: 1\nplan: {file: plan.md, version: '1'}\nparticipants: [{name: Ada, role: lead}]\n";
        fs::write(&file, yaml).unwrap();
        let flags = DetailFlags {
            details: Some(file),
            plan_version: Some("2".into()),
            participant: vec!["Grace: scribe".parse().unwrap()],
            ..DetailFlags::default()
        };
        let resolved = resolve(&flags).unwrap();
        let plan = resolved.details.plan.unwrap();
        assert_eq!(plan.title.as_deref(), Some("Recovery of X"));
        assert_eq!((plan.version.as_deref(), plan.lines), (Some("2"), Some(3)));
        assert_eq!(plan.sha256, resolved.plan.map(|bytes| sha256_hex(&bytes)));
        assert_eq!(resolved.details.participants.len(), 2);
    }

    #[test]
    fn a_plan_that_is_not_there_names_file_and_line() {
        let folder = folder();
        let file = folder.path().join("drill.yaml");
        fs::write(&file, "version: 1\nplan:\n  file: none.md\n").unwrap();
        let flags = |details: &Path| DetailFlags {
            details: Some(details.to_owned()),
            ..DetailFlags::default()
        };
        let error = resolve(&flags(&file)).unwrap_err().to_string();
        assert!(
            error.contains("drill.yaml:3:9: plan.file: ") && error.contains("none.md: cannot be read"),
            "{error}"
        );
        fs::write(&file, "version: 1\nplans: 7\npeople: []\n").unwrap();
        let error = resolve(&flags(&file)).unwrap_err().to_string();
        assert_eq!(error.lines().count(), 2, "{error}");
        let version = DetailFlags {
            plan_version: Some("1".into()),
            ..DetailFlags::default()
        };
        assert!(
            resolve(&version)
                .unwrap_err()
                .to_string()
                .contains("of which plan?")
        );
    }
}
