//! What all scripts of a drill share: the sandbox, its tools, the secrets, and what may not be shown of them.

use std::path::Path;
use std::sync::Arc;

use base64_simd::STANDARD_NO_PAD;
use drill::scenario::{FunctionCode, Scenario, StepAction};
use runtime::sandbox::{HOME, Sandbox, SandboxChild, SandboxError, SandboxSpec, shim};
use runtime::supervisor::{OutputLine, Supervisor};
use tempfile::TempDir;

use crate::exit::Failure;

/// What stands in the place of a secret.
const MASK: &str = "***";

/// Texts shorter than this are found everywhere: parts of encoded secrets below it are not masked.
const SHORTEST_PART: usize = 6;

/// The values of the variables that the scenario calls secrets.
#[derive(Clone, Default)]
pub(crate) struct Secrets(pub(super) Vec<(String, String)>);

impl Secrets {
    /// Takes them from this program's environment.
    ///
    /// # Errors
    /// Those that are not there.
    fn of(scenario: &Scenario) -> Result<Secrets, Failure> {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for name in &scenario.secrets {
            match std::env::var(name) {
                Ok(value) => found.push((name.clone(), value)),
                Err(_) => missing.push(name.as_str()),
            }
        }
        if missing.is_empty() {
            return Ok(Secrets(found));
        }
        Err(Failure::Environment(format!(
            "the scenario's secrets are taken from the environment, where {} is not set",
            missing.join(", ")
        )))
    }

    /// Every text that no record shows: the secrets, and `more`, plain and in base64.
    pub(crate) fn masks(&self, more: impl IntoIterator<Item = String>) -> Masks {
        Masks::of(self.0.iter().map(|(_, value)| value.clone()).chain(more))
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}

/// Texts that are masked wherever they stand, the longest first.
#[derive(Clone, Default)]
pub(crate) struct Masks(Arc<Vec<String>>);

impl Masks {
    /// These, plain and in base64.
    pub(super) fn of(secrets: impl IntoIterator<Item = String>) -> Masks {
        let mut texts: Vec<String> = Vec::new();
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            texts.extend(encoded(&secret));
            texts.push(secret);
        }
        // Of one that contains another nothing may be left over.
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        texts.dedup();
        Masks(Arc::new(texts))
    }

    /// All of them, for the journal.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.0.to_vec()
    }

    pub(super) fn mask(&self, text: &str) -> String {
        let masked = |text: String, secret: &String| match text.contains(secret) {
            true => text.replace(secret, MASK),
            false => text,
        };
        self.0.iter().fold(text.to_owned(), masked)
    }
}

impl std::fmt::Debug for Masks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} masks", self.0.len())
    }
}

/// How a secret reads in base64, for each place in a group of three bytes at which it may begin: the part
/// that does not depend on its neighbours.
fn encoded(secret: &str) -> Vec<String> {
    let part = |offset: usize| {
        let bytes = [vec![0; offset], secret.as_bytes().to_vec()].concat();
        let text = STANDARD_NO_PAD.encode_to_string(&bytes);
        let begin = (offset * 8).div_ceil(6);
        let end = bytes.len() * 8 / 6;
        text.get(begin..end).unwrap_or_default().to_owned()
    };
    (0..3)
        .map(part)
        .filter(|text| text.len() >= SHORTEST_PART)
        .collect()
}

/// Starts scripts.
#[derive(Debug)]
pub(crate) struct Scripts {
    sandbox: Sandbox,
    isolated: bool,
    pub(super) secrets: Secrets,
    pub(super) masks: Masks,
    folder: TempDir,
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
        folder: TempDir,
    ) -> std::io::Result<Scripts> {
        let scripts = Scripts {
            sandbox,
            isolated,
            secrets,
            masks,
            folder,
        };
        shim(scripts.tools())?;
        std::fs::create_dir(scripts.folder.path().join("home"))?;
        Ok(scripts)
    }

    /// The folder that comes first in the search path.
    pub(super) fn tools(&self) -> &Path {
        self.folder.path()
    }

    /// An empty home.
    pub(super) fn home(&self) -> std::path::PathBuf {
        match self.isolated {
            true => HOME.into(),
            false => self.folder.path().join("home"),
        }
    }

    pub(super) async fn start(
        &self,
        supervisor: &Supervisor,
        spec: SandboxSpec,
        on_line: impl FnMut(OutputLine) + Send + 'static,
    ) -> Result<SandboxChild, SandboxError> {
        match self.isolated {
            true => self.sandbox.spawn(supervisor, spec, on_line).await,
            false => self.sandbox.spawn_unisolated(supervisor, spec, on_line).await,
        }
    }
}

/// Whether anything of the user's own is to be run: a script, or a function.
pub(crate) fn has_code(scenario: &Scenario) -> bool {
    let package = |code: &FunctionCode| matches!(code, FunctionCode::Package { .. });
    let mut functions = scenario.cloud.functions.iter();
    has_scripts(scenario) || functions.any(|function| package(&function.code))
}

/// Whether the runbook has scripts.
pub(crate) fn has_scripts(scenario: &Scenario) -> bool {
    let mut steps = scenario.runbook.iter();
    steps.any(|step| matches!(step.action, StepAction::Shell(_)))
}

/// Checks that the scenario's scripts can be run, and isolated unless they need not be, before anything is
/// made or started; gives the secrets.
///
/// # Errors
/// One clear sentence.
pub(crate) async fn prepare(scenario: &Scenario, isolated: bool) -> Result<Secrets, Failure> {
    let secrets = Secrets::of(scenario)?;
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
        let masks = Masks::of(["correct horse".to_owned(), String::new(), "horse".to_owned()]);
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
