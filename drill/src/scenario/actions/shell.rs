//! `shell`: the user's own script or command, against the drill's endpoint and nothing else.

use crate::scenario::actions::{ActionSpec, Touches};
use crate::scenario::beside::{INSIDE, leads_out};
use crate::scenario::checks::StepCheck;
use crate::scenario::decode::{AnyText, Documentation, Fields, Name, NameKind, ScalarMap, Table, Text, size};
use crate::scenario::limits::ITEMS;
use crate::scenario::{PRIMARY, Scenario, Step};
use crate::units::ByteSize;
use crate::variables::is_of_drill;

/// Runs a command in the scenario's folder. Its exit code is judged; what it writes goes into the journal.
/// Its step's `timeout` counts in wall time.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
    const DOC: &'static str = "Runs your own script or command against the drill's endpoints only.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Runs in a sandbox that reaches the drill's endpoints only, with the variables of \
            [variables](../variables.md). The exit code is judged, and what it writes goes into \
            the journal. Its step's `timeout` counts in wall time (default 10m). \
            [scenarios/README.md](../../../scenarios/README.md#scripts) says what a script finds \
            there.",
        needs: &[],
        example: r#"
runbook:
  - id: restore
    do: shell
    run: |
      aws s3 sync "s3://$FIREDRILL_BUCKET_PROGRAMS_BACKUP" "s3://$FIREDRILL_BUCKET_PROGRAMS"
    timeout: 5m
"#,
    };

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
            Name::Of(NameKind::REGION),
            PRIMARY,
        );
        let env = f.or_empty(
            "env",
            "Further variables of its environment.",
            ScalarMap {
                names: NameKind::VARIABLE,
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

impl ActionSpec for Shell {
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

    fn not_achieved(&self, _: &Step) -> String {
        "Its commands may have done a part of what they were to do, or nothing.".to_owned()
    }
}
