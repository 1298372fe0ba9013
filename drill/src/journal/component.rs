//! What of the drill's own can be saturated.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A part of the drill that can be saturated: figures that rest on it say more of this machine than of the plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Recorded", rename_all = "snake_case")]
pub enum Component {
    /// A probe, by its name in the scenario.
    Probe(String),
    /// A rule, by its name.
    Rule(String),
    /// A function, by its label.
    Function(String),
    /// The devices.
    Fleet,
    /// What only an older version had, in its words: any figure may rest on it.
    Other(String),
}

impl fmt::Display for Component {
    /// `probe objects`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Component::Probe(name) => write!(f, "probe {name}"),
            Component::Rule(name) => write!(f, "rule {name}"),
            Component::Function(label) => write!(f, "function {label}"),
            Component::Fleet => f.write_str("fleet"),
            Component::Other(text) => f.write_str(text),
        }
    }
}

/// As journals have it: those of version 0.1.0 as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Recorded {
    Typed(Typed),
    Text(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Typed {
    Probe(String),
    Rule(String),
    Function(String),
    Fleet,
    Other(String),
}

impl From<Recorded> for Component {
    fn from(recorded: Recorded) -> Component {
        match recorded {
            Recorded::Typed(Typed::Probe(name)) => Component::Probe(name),
            Recorded::Typed(Typed::Rule(name)) => Component::Rule(name),
            Recorded::Typed(Typed::Function(label)) => Component::Function(label),
            Recorded::Typed(Typed::Fleet) => Component::Fleet,
            Recorded::Typed(Typed::Other(text)) => Component::Other(text),
            Recorded::Text(text) => match text.split_once(' ') {
                Some(("rule", name)) => Component::Rule(name.to_owned()),
                Some(("function", label)) => Component::Function(label.to_owned()),
                Some(("probe", name)) => Component::Probe(name.to_owned()),
                None if text == "fleet" => Component::Fleet,
                _ => Component::Other(text),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_so_are_texts_of_older_journals() {
        let all = [
            Component::Probe("objects of all".to_owned()),
            Component::Rule("telemetry".to_owned()),
            Component::Function("ingest".to_owned()),
            Component::Fleet,
            Component::Other("something else".to_owned()),
        ];
        for component in all {
            let written = serde_json::to_string(&component).unwrap();
            assert_eq!(serde_json::from_str::<Component>(&written).unwrap(), component);
            let text = serde_json::to_string(&component.to_string()).unwrap();
            assert_eq!(serde_json::from_str::<Component>(&text).unwrap(), component);
        }
    }
}
