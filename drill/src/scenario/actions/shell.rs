//! `shell`: the user's own script or command, against the drill's endpoint and nothing else.

use serde::{Deserialize, Serialize};

use crate::scenario::actions::{Act, Touches};
use crate::scenario::beside::{INSIDE, leads_out};
use crate::scenario::decode::{AnyText, Fields, Name, Names, ScalarMap, Table, Text, size};
use crate::scenario::limits::ITEMS;
use crate::scenario::validate::{StepCheck, is_of_drill};
use crate::scenario::{PRIMARY, Scenario};
use crate::units::ByteSize;

/// Runs a command in the scenario's folder. Its exit code is judged; what it writes goes into the journal.
/// Its step's `timeout` counts in wall time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shell {
    /// What is run.
    pub command: Command,
    /// The label of the region that `AWS_REGION` and `AWS_DEFAULT_REGION` say.
    pub region: String,
    /// Further variables of its environment.
    pub env: Vec<(String, String)>,
    /// What all of its processes may occupy together, files in its scratch folders included; default 4 GiB.
    pub memory: ByteSize,
}

/// What a shell step runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// A text for `sh -c`, with `-e` so that the first command that fails ends it.
    Run(String),
    /// A program of the scenario's folder, by its path from there, with arguments as a shell splits them.
    Script(String),
}

impl Shell {
    /// Its name in a scenario.
    pub const NAME: &'static str = "shell";
}

impl Table for Shell {
    const DOC: &'static str = "The user's own script or command, against the drill's endpoint only.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let run = f.optional(
            "run",
            "Commands for `sh -e -c`.",
            crate::scenario::decode::LongText,
        );
        let script = f.optional(
            "script",
            "A program of the scenario's folder, with its arguments (instead of `run`).",
            Text,
        );
        let region = f.or(
            "region",
            "The label of the region that AWS_REGION says.",
            Name::Of(Names::Region),
            PRIMARY,
        );
        let env = f.or_empty(
            "env",
            "Further variables of its environment.",
            ScalarMap {
                names: Names::Variable,
                max: ITEMS,
                item: AnyText,
            },
        );
        let memory = f.or(
            "memory",
            "What all of its processes may occupy together, files in its scratch folders included.",
            size(16 << 20, 1 << 40),
            "4GiB",
        );
        let command = match (run, script) {
            (Some(run), None) => Some(Command::Run(run)),
            (None, Some(script)) => Some(Command::Script(script)),
            (Some(_), Some(_)) => {
                f.wrong("script", "`run` and `script`".to_owned(), "one of them", None);
                None
            }
            (None, None) => {
                if !f.has("run") && !f.has("script") {
                    f.wrong(
                        "",
                        "a shell step that runs nothing".to_owned(),
                        "`run:` or `script:`",
                        None,
                    );
                }
                None
            }
        };
        Some(Shell {
            command: command?,
            region,
            env: env.into_iter().map(|(name, _, value)| (name, value)).collect(),
            memory,
        })
    }
}

impl Act for Shell {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        if let Command::Script(script) = &self.command {
            // Split as it is when it is run. What cannot be split runs nothing, and is told where files are looked at.
            let words = shlex::split(script).unwrap_or_default();
            if let Some(program) = words.first().filter(|program| leads_out(program)) {
                step.error("script", format!("{program:?}"), INSIDE);
            }
        }
        let reserved = self.env.iter().filter(|(name, _)| is_of_drill(name));
        for (name, _) in reserved {
            let found = format!("{name:?}, which the drill sets itself");
            step.error(&format!("env.{name}"), found, "any other variable");
        }
    }

    fn touches<'a>(&'a self, _: &'a Scenario) -> Touches<'a> {
        Touches::Anything
    }
}
