//! What all scripts of a drill share: the sandbox, its tools, the secrets, and what may not be shown of them.

use std::path::PathBuf;

use drill::scenario::{FunctionCode, Scenario, Shell};
use runtime::sandbox::{HOME, Sandbox, SandboxChild, SandboxError, SandboxSpec, shim};
use runtime::supervisor::{OutputLine, Supervisor};

use super::masks::{Masks, SHORTEST};
use crate::exit::Failure;
use crate::temporary::TemporaryFolder;

/// Why a run would not take a secret from this program's environment, if so.
pub(crate) fn unusable(name: &str) -> Option<String> {
    match std::env::var(name) {
        Err(std::env::VarError::NotPresent) => {
            Some("it is not set in this environment, from which a run would take it".to_owned())
        }
        Err(std::env::VarError::NotUnicode(_)) => {
            Some("it is no text in UTF-8, and a run would refuse it".to_owned())
        }
        Ok(value) if is_short(&value) => Some(format!(
            "it has fewer than {SHORTEST} characters, and a run would refuse it"
        )),
        Ok(_) => None,
    }
}

/// Whether a secret is too short to be kept out of every record.
fn is_short(value: &str) -> bool {
    value.len() < SHORTEST
}

/// The values of the variables that the scenario calls secrets.
#[derive(Clone, Default)]
pub(crate) struct Secrets(pub(super) Vec<(String, String)>);

impl Secrets {
    /// Takes them from this program's environment.
    ///
    /// # Errors
    /// Those that are not there.
    fn from_scenario(scenario: &Scenario) -> Result<Secrets, Failure> {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for name in &scenario.secrets {
            match std::env::var(name) {
                Ok(value) => found.push((name.clone(), value)),
                Err(_) => missing.push(name.as_str()),
            }
        }
        let short = |(_, value): &&(String, String)| is_short(value);
        let short: Vec<&str> = found
            .iter()
            .filter(short)
            .map(|(name, _)| name.as_str())
            .collect();
        if !short.is_empty() {
            return Err(Failure::Input(format!(
                "the scenario's secrets have at least {SHORTEST} characters, so that they can be kept out of every record \
                 without changing anything else; {} {} fewer",
                short.join(", "),
                if short.len() == 1 { "has" } else { "have" }
            )));
        }
        if missing.is_empty() {
            return Ok(Secrets(found));
        }
        let are = if missing.len() == 1 { "is" } else { "are" };
        Err(Failure::Input(format!(
            "the scenario's secrets are taken from the environment, where {} {are} not set",
            missing.join(", ")
        )))
    }

    /// Every text that no record shows: the secrets, and `more`.
    pub(crate) fn masks(&self, more: impl IntoIterator<Item = String>) -> Masks {
        Masks::new(self.0.iter().map(|(_, value)| value.clone()).chain(more))
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}

/// Starts scripts.
#[derive(Debug)]
pub(crate) struct Scripts {
    sandbox: Sandbox,
    isolated: bool,
    pub(super) secrets: Secrets,
    pub(super) masks: Masks,
    folder: TemporaryFolder,
}

impl Scripts {
    /// With the shim in place, in an empty folder.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub(crate) fn new(
        sandbox: Sandbox,
        isolated: bool,
        secrets: Secrets,
        masks: Masks,
        folder: TemporaryFolder,
    ) -> std::io::Result<Scripts> {
        let scripts = Scripts {
            sandbox,
            isolated,
            secrets,
            masks,
            folder,
        };
        shim(&scripts.tools())?;
        std::fs::create_dir(scripts.folder.path().join("home"))?;
        Ok(scripts)
    }

    /// The folder that comes first in the search path.
    pub(super) fn tools(&self) -> PathBuf {
        // Everybody may look into it; beside it is what they may not.
        self.folder.path().join("tools")
    }

    /// An empty home.
    pub(super) fn home(&self) -> PathBuf {
        if self.isolated {
            HOME.into()
        } else {
            self.folder.path().join("home")
        }
    }

    pub(super) async fn start(
        &self,
        supervisor: &Supervisor,
        spec: SandboxSpec,
        on_line: impl FnMut(OutputLine) + Send + 'static,
    ) -> Result<SandboxChild, SandboxError> {
        if self.isolated {
            self.sandbox.spawn(supervisor, spec, on_line).await
        } else {
            self.sandbox.spawn_unisolated(supervisor, spec, on_line).await
        }
    }
}

/// Whether anything of the user's own is to be run: a script, or a function.
pub(crate) fn has_code(scenario: &Scenario) -> bool {
    let package = |code: &FunctionCode| matches!(code, FunctionCode::Package { .. });
    let mut functions = scenario.cloud.functions().iter();
    has_scripts(scenario) || functions.any(|function| package(&function.code))
}

/// Whether the runbook has scripts that are run; in an exercise without faults none is.
pub(crate) fn has_scripts(scenario: &Scenario) -> bool {
    if scenario.exercise.is_without_faults() {
        return false;
    }
    let mut steps = scenario.runbook.iter();
    steps.any(|step| step.action.is::<Shell>())
}

/// Checks that the scenario's scripts can be run, and isolated unless they need not be, before anything is
/// made or started; gives the secrets.
///
/// # Errors
/// One clear sentence.
pub(crate) async fn prepare(scenario: &Scenario, isolated: bool) -> Result<Secrets, Failure> {
    let secrets = Secrets::from_scenario(scenario)?;
    prepare_isolation(scenario, isolated).await?;
    Ok(secrets)
}

/// Checks that what is the user's own can be isolated, unless it need not be.
///
/// # Errors
/// One clear sentence.
pub(crate) async fn prepare_isolation(scenario: &Scenario, isolated: bool) -> Result<(), Failure> {
    if !has_code(scenario) || !isolated {
        return Ok(());
    }
    let exe =
        std::env::current_exe().map_err(|error| Failure::environment("cannot find my own program", error))?;
    let supervisor =
        Supervisor::new(&exe, &["reaper".into()]).map_err(|error| Failure::Environment(error.to_string()))?;
    let available = Sandbox::new(&exe, ["sandbox"]).available(&supervisor).await;
    supervisor.shutdown(std::time::Duration::ZERO).await;
    available.map_err(Failure::Environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_plain_and_in_base64_wherever_they_begin() {
        let masks = Masks::new(["correct horse".to_owned(), String::new(), "horse".to_owned()]);
        assert_eq!(masks.mask("a correct horse, a horse"), "a ***, a ***");
        for before in ["", "u", "us", "use", "user:"] {
            let text = base64_simd::STANDARD.encode_to_string(format!("{before}correct horse and more"));
            let shown = masks.mask(&text);
            assert!(shown.contains("***"), "{text}: {shown}");
            let stable = &text[(before.len() * 8).div_ceil(6)..(before.len() + 13) * 8 / 6];
            assert!(!shown.contains(&stable[..8]), "{text}: {shown}");
        }
        assert_eq!(masks.mask("nothing of it"), "nothing of it");
        assert!(!format!("{masks:?}").contains("horse"));
    }
}
