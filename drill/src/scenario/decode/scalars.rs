//! The kinds of single values: text, names, choices, numbers, switches.

use serde_json::{Value as Json, json};

use super::{Context, Kind, NameKind, Path};
use crate::scenario::diagnostic::nearest;
use crate::scenario::yaml::{Node, Value, is_number};
use crate::text::steers;

/// The longest text.
const MAX_TEXT: usize = 500;
/// The longest name.
const MAX_NAME: usize = 64;

/// A sentence or so, on one line: where it is shown, it can neither begin a line of its own nor steer a terminal.
pub(crate) struct Text;

impl Kind for Text {
    type Out = String;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<String> {
        // What ends a block of YAML (`>`, `|`) is no part of the text.
        let text = AnyText.read(node, at, context)?;
        let text = text.trim_end_matches('\n');
        if text.is_empty() || !is_one_line(text) {
            context.unexpected(node, at, ONE_LINE, None);
            return None;
        }
        Some(text.to_owned())
    }

    fn allowed(&self) -> String {
        AnyText.allowed()
    }

    fn schema(&self) -> Json {
        AnyText.schema()
    }
}

/// What a text has to be where it is something else.
pub(super) const ONE_LINE: &str =
    "a text on one line, without control characters and others that are not seen";

/// Whether a text stays on its line wherever it is shown.
pub(super) fn is_one_line(text: &str) -> bool {
    !text.chars().any(steers)
}

/// Any text, of several lines perhaps: the value of a variable, a part of an answer.
pub(crate) struct AnyText;

impl Kind for AnyText {
    type Out = String;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<String> {
        let text = text_of(node);
        match text {
            Some(text) if !text.is_empty() && text.chars().count() <= MAX_TEXT => Some(text.to_owned()),
            _ => {
                context.unexpected(node, at, &self.allowed(), quote_hint(node));
                None
            }
        }
    }

    fn allowed(&self) -> String {
        format!("a text of 1 to {MAX_TEXT} characters")
    }

    fn schema(&self) -> Json {
        json!({"type": "string", "minLength": 1, "maxLength": MAX_TEXT})
    }
}

/// The longest script or message.
const MAX_LONG_TEXT: usize = 20_000;

/// A script or a message, of several lines perhaps.
pub(crate) struct LongText;

impl Kind for LongText {
    type Out = String;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<String> {
        let text = text_of(node);
        match text {
            Some(text) if !text.trim().is_empty() && text.chars().count() <= MAX_LONG_TEXT => {
                Some(text.to_owned())
            }
            _ => {
                context.unexpected(node, at, &self.allowed(), quote_hint(node));
                None
            }
        }
    }

    fn allowed(&self) -> String {
        format!("a text of 1 to {MAX_LONG_TEXT} characters")
    }

    fn schema(&self) -> Json {
        json!({"type": "string", "minLength": 1, "maxLength": MAX_LONG_TEXT})
    }
}

/// A name that stands for something, or refers to something that a name stands for.
pub(crate) enum Name {
    /// A name on its own.
    Free,
    /// The name of something that is declared here or elsewhere.
    Of(NameKind),
}

impl Kind for Name {
    type Out = String;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<String> {
        let Some(text) = text_of(node).filter(|text| is_name(text)) else {
            context.unexpected(node, at, &self.allowed(), quote_hint(node));
            return None;
        };
        if let Name::Of(names) = self {
            context.refer(*names, text, node.mark, at.to_string());
        }
        Some(text.to_owned())
    }

    fn allowed(&self) -> String {
        match self {
            Name::Free => name_allowed(),
            Name::Of(names) => format!("the name of a {}", names.word()),
        }
    }

    fn schema(&self) -> Json {
        json!({"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$", "maxLength": MAX_NAME})
    }
}

/// What a name looks like.
pub(crate) fn name_allowed() -> String {
    format!("a name of letters, digits, `-`, `_` and `.`, at most {MAX_NAME}, a letter or digit first")
}

/// Whether `text` can be a name.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// One of some words.
pub(crate) struct Choice<'a, T> {
    options: Vec<(&'a str, T)>,
    /// A word that is not among them, and why.
    excluded: Option<(&'a str, &'a str)>,
}

impl<'a, T: Clone> Choice<'a, T> {
    /// Each word and what it means.
    pub(crate) fn new(options: impl IntoIterator<Item = (&'a str, T)>) -> Self {
        Choice {
            options: options.into_iter().collect(),
            excluded: None,
        }
    }

    /// Says why `word`, which one might expect, is not among them.
    pub(crate) fn without(mut self, word: &'a str, why: &'a str) -> Self {
        self.excluded = Some((word, why));
        self
    }

    fn keywords(&self) -> Vec<&'a str> {
        self.options.iter().map(|(word, _)| *word).collect()
    }
}

impl<'a> Choice<'a, &'a str> {
    /// Words that mean themselves.
    pub(crate) fn names(names: &[&'a str]) -> Self {
        Choice::new(names.iter().map(|name| (*name, *name)))
    }
}

impl<T: Clone> Kind for Choice<'_, T> {
    type Out = T;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<T> {
        let text = match &node.value {
            Value::Scalar { text, .. } => text.as_str(),
            _ => "",
        };
        let found = self.options.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let why = self
                .excluded
                .filter(|(word, _)| *word == text)
                .map(|(_, why)| why.to_owned());
            let hint = why.or_else(|| nearest(text, self.keywords()));
            context.unexpected(node, at, &self.allowed(), hint);
        }
        found.map(|(_, meaning)| meaning.clone())
    }

    fn allowed(&self) -> String {
        match self.keywords().as_slice() {
            [only] => (*only).to_owned(),
            words => format!("one of {}", words.join(", ")),
        }
    }

    fn schema(&self) -> Json {
        json!({"enum": self.keywords()})
    }
}

/// A whole number between two bounds, both included.
pub(crate) struct Whole(pub(crate) u64, pub(crate) u64);

impl Kind for Whole {
    type Out = u64;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<u64> {
        let number = match &node.value {
            Value::Scalar { text, quoted: false } => text.parse::<u64>().ok(),
            _ => None,
        };
        let found = number.filter(|number| (self.0..=self.1).contains(number));
        if found.is_none() {
            let hint = match &node.value {
                Value::Scalar { text, quoted: true } if text.parse::<u64>().is_ok() => {
                    Some("take the quotes away".to_owned())
                }
                _ => None,
            };
            context.unexpected(node, at, &self.allowed(), hint);
        }
        found
    }

    fn allowed(&self) -> String {
        match self {
            Whole(0, u64::MAX) => "a whole number, 0 or more".to_owned(),
            Whole(low, high) if low == high => format!("{low}"),
            Whole(low, high) => format!("a whole number from {low} to {high}"),
        }
    }

    fn schema(&self) -> Json {
        json!({"type": "integer", "minimum": self.0, "maximum": self.1})
    }
}

/// Yes or no.
pub(crate) struct Switch;

impl Kind for Switch {
    type Out = bool;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<bool> {
        let text = match &node.value {
            Value::Scalar { text, quoted: false } => text.as_str(),
            _ => "",
        };
        match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                let hint = match text.to_lowercase().as_str() {
                    "yes" | "on" | "y" | "true" => Some("write true".to_owned()),
                    "no" | "off" | "n" | "false" => Some("write false".to_owned()),
                    _ => None,
                };
                context.unexpected(node, at, &self.allowed(), hint);
                None
            }
        }
    }

    fn allowed(&self) -> String {
        "true or false".to_owned()
    }

    fn schema(&self) -> Json {
        json!({"type": "boolean"})
    }
}

/// The text of a scalar that YAML takes for text: not a number, a truth value or nothing.
fn text_of(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Scalar { text, quoted: true } => Some(text),
        Value::Scalar { text, quoted: false } if !node.is_null() && !is_typed(text) => Some(text),
        _ => None,
    }
}

fn is_typed(text: &str) -> bool {
    matches!(text, "true" | "false") || is_number(text)
}

fn quote_hint(node: &Node) -> Option<String> {
    match &node.value {
        Value::Scalar { text, quoted: false } if !node.is_null() && is_typed(text) => {
            Some(format!("put it in quotes: {text:?}"))
        }
        _ => None,
    }
}

/// Counts are bounded by their kinds; this only narrows their type.
pub(crate) fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
