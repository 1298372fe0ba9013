//! Names with `*` (any text, `/` included) and `?` (one character), as people write them in scenarios.

use std::fmt;

use drill::scenario::glob;

/// A pattern that names match as a whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Glob(Box<str>);

impl Glob {
    /// The pattern `text`.
    pub fn new(text: &str) -> Glob {
        Glob(text.into())
    }

    /// Whether all of `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        glob::matches(&self.0, name)
    }
}

impl From<&str> for Glob {
    fn from(text: &str) -> Glob {
        Glob::new(text)
    }
}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
