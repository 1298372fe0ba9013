//! What is wrong with a scenario, and where.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// A place in a file, both numbers from 1; columns count characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Mark {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// Where the fields of a file stand, by their paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<String, Mark>);

impl Places {
    /// Notes where a field stands.
    pub(crate) fn insert(&mut self, path: String, mark: Mark) {
        self.0.insert(path, mark);
    }

    /// Whether a field is in the file, be it right or wrong.
    pub fn contains(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// Where the field of this path (`runbook[2].script`) stands; if it is not given, where its nearest ancestor does.
    pub fn mark_of(&self, path: &str) -> Mark {
        let mut path = path;
        loop {
            if let Some(mark) = self.0.get(path) {
                return *mark;
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return Mark { line: 1, column: 1 },
            }
        }
    }
}

/// An error: what was found, what is allowed, and perhaps what was meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The file, as the user named it.
    pub file: String,
    /// Where.
    pub mark: Mark,
    /// The path of the field, as `runbook[2].within`; empty for the file as a whole.
    pub path: String,
    /// What stands there.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
    /// What was probably meant, or how it is written.
    pub hint: Option<String>,
}

impl std::error::Error for Diagnostic {}

/// `drill.yaml:31:14: faults[0].fraction: found 1.5; allowed: more than 0 and at most 1; hint: …`
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        place(f, &self.file, self.mark, &self.path)?;
        let found = on_one_line(&self.found);
        write!(f, "found {found}; allowed: {}", on_one_line(&self.allowed))?;
        match &self.hint {
            Some(hint) => write!(f, "; hint: {}", on_one_line(hint)),
            None => Ok(()),
        }
    }
}

/// Something that can be run, but probably not to the user's liking. It becomes a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The file, as the user named it.
    pub file: String,
    /// Where.
    pub mark: Mark,
    /// The path of the field.
    pub path: String,
    /// What it is, in a sentence without a full stop.
    pub text: String,
}

/// `drill.yaml:9:3: warning: objectives.mtd: …`
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        place(f, &self.file, self.mark, "warning")?;
        write!(f, "{}: {}", on_one_line(&self.path), on_one_line(&self.text))
    }
}

fn place(f: &mut fmt::Formatter<'_>, file: &str, mark: Mark, path: &str) -> fmt::Result {
    write!(f, "{file}:{}:{}: ", mark.line, mark.column)?;
    match path {
        "" => Ok(()),
        path => write!(f, "{}: ", on_one_line(path)),
    }
}

/// A text with what it has of the file's control characters written out: a message is one line.
fn on_one_line(text: &str) -> String {
    let shown = |c: char| {
        if c.is_control() {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    text.chars().map(shown).collect()
}

/// `did you mean "x"?` for the nearest of `names`, if one is near.
pub fn nearest<'a>(found: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let found = found.to_lowercase();
    let near = |name: &&str| strsim::normalized_damerau_levenshtein(&found, &name.to_lowercase());
    let (similarity, name) = names
        .into_iter()
        .map(|name| (near(&name), name))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    (similarity >= 0.5).then(|| format!("did you mean {name:?}?"))
}
