//! What scripts and functions are kept in, and what is to be said where that is less than it should be.
//!
//! Code of the user's is not run at all where it cannot be isolated, unless they say `--unisolated`. Functions of
//! Firedrill's own are this program, which may do without a sandbox: they run bare then, and that is announced.

use std::path::Path;
use std::sync::Arc;

use cloud_emulator::lambda::Isolation;
use drill::scenario::Scenario;
use runtime::sandbox::Sandbox;
use runtime::supervisor::Supervisor;

use super::runbook::shell;

/// What programs that are not ours run in. They see nothing of the drill's records, wherever these lie.
pub(super) fn sandbox(exe: &Path, records: Option<&Path>) -> Sandbox {
    let sandbox = Sandbox::new(exe, ["sandbox"]);
    match records {
        Some(records) => sandbox.hide(records),
        None => sandbox,
    }
}

/// Users' functions are kept in as their scripts are.
pub(crate) fn isolation(exe: &Path, isolated: bool, records: Option<&Path>) -> Isolation {
    if isolated {
        Isolation::Sandbox(Arc::new(sandbox(exe, records)))
    } else {
        Isolation::None
    }
}

/// What this machine lacks to keep in what the scenario runs, in sentences.
pub(crate) async fn weaknesses(
    scenario: &Scenario,
    isolation: &Isolation,
    supervisor: &Supervisor,
) -> Vec<String> {
    let runs_users_code = shell::has_code(scenario);
    let missing = match isolation {
        Isolation::None => unisolated(scenario, runs_users_code),
        // Where code of the user's is run it was tried before anything was made, and refused if there is none.
        Isolation::Sandbox(_) if runs_users_code => None,
        Isolation::Sandbox(sandbox) => own_functions_bare(scenario, sandbox, supervisor).await,
    };
    let isolated = matches!(isolation, Isolation::Sandbox(_));
    let landlock = (isolated && runs_users_code && runtime::sandbox::landlock().is_none()).then_some(
        "this kernel has no Landlock: what scripts and functions may write to was bounded by their mounts alone",
    );
    let memory = if isolated {
        "no control group can be made here: what a script or function took with all of its processes was counted ten \
             times a second instead, and they got no anonymous memory files"
    } else {
        "no control group can be made here: what a script or function took with all of its processes was not bounded"
    };
    let memory = (runs_users_code && !runtime::sandbox::memory_groups(supervisor)).then_some(memory);
    let others = landlock.into_iter().chain(memory).map(str::to_owned);
    missing.into_iter().chain(others).collect()
}

fn unisolated(scenario: &Scenario, runs_users_code: bool) -> Option<String> {
    let runs = runs_users_code || !scenario.cloud.functions().is_empty();
    let text = "scripts and functions run without isolation (--unisolated): they saw and reached what the user who ran the \
                drill does";
    runs.then(|| text.to_owned())
}

async fn own_functions_bare(
    scenario: &Scenario,
    sandbox: &Sandbox,
    supervisor: &Supervisor,
) -> Option<String> {
    if scenario.cloud.functions().is_empty() {
        return None;
    }
    let why = sandbox.available(supervisor).await.err()?;
    Some(format!(
        "functions of Firedrill's own run without a sandbox, as processes of the user who runs them: {why}"
    ))
}
