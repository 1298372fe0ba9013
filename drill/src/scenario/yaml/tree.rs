//! The tree.

use crate::scenario::diagnostic::Mark;

/// The most errors that one file gets.
pub(crate) const MAX_ERRORS: usize = 100;

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) mark: Mark,
    pub(crate) value: Value,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Text that may be a number, a truth value or null unless it was quoted.
    Scalar {
        text: String,
        quoted: bool,
    },
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key of a map and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub(crate) mark: Mark,
    pub(crate) text: String,
}

impl Node {
    /// A scalar as it would stand unquoted in a file.
    pub(crate) fn plain(text: &str) -> Node {
        Node {
            mark: Mark::default(),
            value: Value::Scalar {
                text: text.to_owned(),
                quoted: false,
            },
        }
    }

    /// Whether nothing stands there.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, quoted: false }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What stands there, for an error.
    pub(crate) fn shown(&self) -> String {
        match &self.value {
            _ if self.is_null() => "nothing".to_owned(),
            Value::Scalar { text, quoted: false } if is_number(text) => {
                format!("the number {}", shortened(text))
            }
            Value::Scalar { text, quoted: false } if matches!(text.as_str(), "true" | "false") => {
                text.clone()
            }
            Value::Scalar { text, .. } => format!("{:?}", shortened(text)),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        }
    }
}

/// Whether YAML takes this text for a number when it is not quoted.
pub(crate) fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) && text.parse::<f64>().is_ok()
}

/// The beginning of a long text.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
