//! A page of the reference.

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// A section of the scenario format.
    Section,
    /// A fault.
    Fault,
    /// An action of a step.
    Action,
    /// A probe.
    Probe,
    /// A writer.
    Writer,
    /// Variables of environments.
    Variables,
}

impl Group {
    /// Every group, in the order of the index.
    pub const ALL: [Group; 6] = [
        Group::Section,
        Group::Fault,
        Group::Action,
        Group::Probe,
        Group::Writer,
        Group::Variables,
    ];

    /// The section in which `do` chooses one of them, if it does.
    pub fn section(self) -> Option<&'static str> {
        match self {
            Group::Fault => Some("faults"),
            Group::Action => Some("runbook"),
            Group::Probe => Some("probes"),
            Group::Writer => Some("writers"),
            Group::Section | Group::Variables => None,
        }
    }

    /// What one of them is called, and its heading in the index.
    pub fn labels(self) -> (&'static str, &'static str) {
        match self {
            Group::Section => ("section", "Sections"),
            Group::Fault => ("fault", "Faults"),
            Group::Action => ("action", "Actions of steps"),
            Group::Probe => ("probe", "Probes"),
            Group::Writer => ("writer", "Writers"),
            Group::Variables => ("variables", "Variables"),
        }
    }
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What it is about.
    pub group: Group,
    /// Its name: that of the section, or the value of `do`.
    pub name: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// More of that, in sentences.
    pub details: String,
    /// What else a scenario must have: the path of a section, and what is needed of it.
    pub needs: Vec<(String, String)>,
    /// What it affects, in the scenario of its example.
    pub impacts: Vec<String>,
    /// Its tables, the first its own.
    pub tables: Vec<Table>,
    /// What `do` may say here.
    pub choices: Vec<(String, String)>,
    /// A part of a scenario, in YAML.
    pub example: String,
}

impl Page {
    /// What tells this table from others at the same path: `: p50, p95` where a map may have one of several forms.
    pub fn form(&self, table: &Table) -> String {
        if self
            .tables
            .iter()
            .filter(|other| other.path == table.path)
            .count()
            == 1
        {
            return String::new();
        }
        let keys: Vec<&str> = table.rows.iter().map(|row| row.name.as_str()).collect();
        format!(": {}", keys.join(", "))
    }
}

/// A table of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The path of its fields, as `cloud.buckets.NAME`; empty for what `do` chooses.
    pub path: String,
    /// What it is, in a sentence.
    pub doc: String,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// A row of a table: a field, or a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// What may stand there; nothing for variables.
    pub value: String,
    /// What holds without it.
    pub default: FieldDefault,
    /// What it means.
    pub doc: String,
}

/// What holds where a field is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldDefault {
    /// It must be there.
    Required,
    /// This value holds.
    Value(String),
    /// Its meaning says it, or nothing.
    Optional,
}
