//! What this machine has of what the runbook's scripts need: the scripts, their sandbox, `aws`, their secrets.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use drill::journal::ReadinessCheck;
use drill::scenario::{Command, Scenario, Shell, Step};

use super::check::check;
use crate::conductor::runbook::shell;
use crate::exit::Failure;
use crate::files::{self, find_program};

/// As much of a script as is searched for `aws`.
const LONGEST_SCRIPT: u64 = 1 << 20;

/// Looks at scripts, secrets and `aws`. What `files` found wrong of them is told by step; `sandbox` is why scripts cannot be
/// isolated, if they cannot; none if they are not to be. Blocks.
pub(crate) fn checks(
    scenario: &Scenario,
    folder: &Path,
    found: &files::Found,
    sandbox: Option<Result<(), Failure>>,
) -> Vec<ReadinessCheck> {
    let shells: Vec<(&Step, &Command)> = scenario
        .runbook
        .iter()
        .filter_map(|step| Some((step, &step.action.get::<Shell>()?.command)))
        .collect();
    let mut checks: Vec<ReadinessCheck> = shells
        .iter()
        .map(|(step, command)| script(step, command, folder, found))
        .collect();
    let callers = shells.iter().filter(|(_, command)| calls_aws(command, folder));
    let callers: Vec<&str> = callers.map(|(step, _)| step.id.as_str()).collect();
    if !callers.is_empty() {
        checks.push(aws(&callers));
    }
    if let Some(sandbox) = sandbox.filter(|_| !shells.is_empty()) {
        let (holds, found) = match sandbox {
            Ok(()) => (true, "a sandbox can be made".to_owned()),
            Err(why) => (false, why.to_string()),
        };
        let remedy = "firedrill doctor says how to get it; --unisolated does without";
        checks.push(check("isolation of scripts", Some(holds), found, remedy));
    }
    checks.extend(scenario.secrets.iter().map(|name| secret(name)));
    checks
}

/// Whether the script of a step is there and parses, as far as that can be told without running it.
fn script(step: &Step, command: &Command, folder: &Path, found: &files::Found) -> ReadinessCheck {
    let wrong = found
        .errors
        .iter()
        .find(|error| error.path == step.path() || error.path.starts_with(&format!("{}.", step.path())));
    let what = format!("script of step {}", step.id);
    let remedy = "mend the script, or its place";
    match (wrong, command) {
        (Some(error), _) => check(what, Some(false), error.to_string(), remedy),
        (None, Command::Run(text)) => {
            let (holds, found) = commands(&files::named(text, folder));
            check(what, holds, found, remedy)
        }
        (None, Command::Script(_)) => {
            let found = "it is there, and what can be parsed parses; what it calls was not looked at";
            check(what, Some(true), found.to_owned(), remedy)
        }
    }
}

/// Whether the files are there that commands of a step name.
fn commands(named: &files::Named) -> (Option<bool>, String) {
    let listed = |all: &[String]| all.join("; ");
    match (named.wrong.is_empty(), named.open.is_empty()) {
        (false, _) => (Some(false), format!("it runs {}", listed(&named.wrong))),
        (true, false) => (
            None,
            format!("without running it, it cannot be told {}", listed(&named.open)),
        ),
        (true, true) => (
            Some(true),
            match named.there.len() {
                0 => "its commands parse, and its programs are installed here".to_owned(),
                _ => format!(
                    "its commands parse, and what they run is there: {}",
                    listed(&named.there)
                ),
            },
        ),
    }
}

/// Whether a step's commands call `aws`.
fn calls_aws(command: &Command, folder: &Path) -> bool {
    let is_aws = |text: &str| {
        let separates = |c: char| !(c.is_alphanumeric() || "_-./".contains(c));
        text.split(separates).any(|word| word == "aws")
    };
    match command {
        Command::Run(text) => is_aws(text),
        Command::Script(script) => {
            let words = shlex::split(script).unwrap_or_default();
            let Some(file) = words.first().map(|program| folder.join(program)) else {
                return false;
            };
            let mut bytes = Vec::new();
            let read = File::open(file).and_then(|file| file.take(LONGEST_SCRIPT).read_to_end(&mut bytes));
            read.is_ok() && is_aws(&String::from_utf8_lossy(&bytes))
        }
    }
}

fn aws(callers: &[&str]) -> ReadinessCheck {
    let path = std::env::var("PATH").unwrap_or_default();
    let program = find_program("aws", &path);
    let what = format!("the command aws, which step {} calls", callers.join(", "));
    let found = match &program {
        Some(file) => format!("it is {}", file.display()),
        None => "it is in no folder of PATH".to_owned(),
    };
    let remedy = "install the AWS CLI, as pip install awscli does";
    check(what, Some(program.is_some()), found, remedy)
}

/// Whether a run would take the secret from this environment.
fn secret(name: &str) -> ReadinessCheck {
    let unusable = shell::unusable(name);
    let found = match &unusable {
        None => "it is set, and long enough to be kept out of every record".to_owned(),
        Some(why) => why.clone(),
    };
    let remedy = format!("export {name}=…");
    check(format!("secret {name}"), Some(unusable.is_none()), found, &remedy)
}
