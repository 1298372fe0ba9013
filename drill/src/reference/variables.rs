//! The page of variables, from the tables from which environments are made.

use super::{FieldDefault, Group, Page, Row, Table};
use crate::variables::{
    ChildVariable, CommandVariable, DeclaredVariable, FunctionVariable, SandboxVariable, ScriptVariable,
    TestVariable,
};

pub(super) fn page() -> Page {
    let script = rows(ScriptVariable::ALL, ScriptVariable::name, ScriptVariable::doc);
    let sandbox = rows(SandboxVariable::ALL, SandboxVariable::name, SandboxVariable::doc);
    let function = rows(
        FunctionVariable::ALL,
        FunctionVariable::name,
        FunctionVariable::doc,
    );
    let declared = rows(
        DeclaredVariable::ALL,
        DeclaredVariable::name,
        DeclaredVariable::doc,
    );
    let child = rows(ChildVariable::ALL, ChildVariable::name, ChildVariable::doc);
    let command = rows(CommandVariable::ALL, CommandVariable::name, CommandVariable::doc);
    let test = rows(TestVariable::ALL, TestVariable::name, TestVariable::doc);
    let of_script = "Scripts of `shell` steps: what the drill sets. The step's `env` and the scenario's `secrets` come on top.";
    Page {
        group: Group::Variables,
        name: "variables".to_owned(),
        summary: "The environment variables that scripts and functions get, and those that the command line reads."
            .to_owned(),
        details: "Labels are in capitals in names of variables, with `_` for what is no letter or digit. Scripts and \
                  functions get nothing else of your environment. A scenario may not set a variable in `env` or name one in \
                  `secrets` that begins with `AWS_` or `FIREDRILL_`, or that the sandbox sets."
            .to_owned(),
        needs: Vec::new(),
        impacts: Vec::new(),
        tables: vec![
            table("scripts", of_script, script),
            table("scripts in a sandbox", "Scripts: what the sandbox sets.", sandbox),
            table(
                "functions",
                "Functions: what Lambda sets, and what leads to the drill's endpoint.",
                function,
            ),
            table(
                "functions by their declaration",
                "Functions: what follows from their declaration; the variables of `env` come beside it.",
                declared,
            ),
            table("processes", "Every process that a drill starts on this machine.", child),
            table("commands", "What `firedrill` reads from your environment.", command),
            table("tests", "What the tests of Firedrill itself read.", test),
        ],
        choices: Vec::new(),
        example: String::new(),
    }
}

fn table(path: &str, doc: &str, rows: Vec<Row>) -> Table {
    Table {
        path: path.to_owned(),
        doc: doc.to_owned(),
        rows,
    }
}

fn rows<V: Copy>(all: &[V], name: fn(V) -> &'static str, doc: fn(V) -> &'static str) -> Vec<Row> {
    let row = |variable: &V| Row {
        name: name(*variable).to_owned(),
        value: String::new(),
        default: FieldDefault::Optional,
        doc: doc(*variable).to_owned(),
    };
    all.iter().map(row).collect()
}
